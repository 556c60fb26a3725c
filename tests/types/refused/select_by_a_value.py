"""A selection is told where the number lies; nothing can be read before it is realized."""

from pipeline import Model, model

from pylightnix_fn import Artifact, Manager, select


def where(out: Model) -> Artifact[float]:
    return out.accuracy


def number(out: Model) -> float:
    return where(out).read()


m, one = model(Manager())
# error: [arg-type] Argument 3 to "select" has incompatible type
m, winner = select(m, [one], number)
# fixed: m, winner = select(m, [one], where)
