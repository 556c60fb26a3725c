"""A pure function sees the inputs of its own stage."""

from pipeline import Draw, Train

from pylightnix_fn import Inputs, Manager, derive, number, pure, value


def rate(inputs: Inputs[Train]) -> float:
    return inputs.config.rate


def count(inputs: Inputs[Draw]) -> float:
    return inputs.config.count


# error: [arg-type] Argument 1 to "pure" has incompatible type
m, made = derive(Manager(), Draw(), value(number), pure(rate))
# fixed: m, made = derive(Manager(), Draw(), value(number), pure(count))
