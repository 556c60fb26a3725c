"""The winner is chosen by a number."""

from pipeline import Model, model

from pylightnix_fn import Artifact, Manager, select


def accuracy(out: Model) -> Artifact[float]:
    return out.accuracy


def remark(out: Model) -> Artifact[str]:
    return out.remark


m, one = model(Manager())
# error: [arg-type] Argument 3 to "select" has incompatible type
m, winner = select(m, [one], remark)
# fixed: m, winner = select(m, [one], accuracy)
