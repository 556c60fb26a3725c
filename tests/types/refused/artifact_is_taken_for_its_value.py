"""An artifact is where a value lies, not the value."""

from pipeline import Model

from pylightnix_fn import Realization


def shown(model: Realization[Model]) -> None:
    # error: [operator] Unsupported operand types for * ("int" and "Artifact[float]")
    percent = 100 * model.out.accuracy
    # fixed: percent = 100 * model.out.accuracy.read()
    print(percent)
