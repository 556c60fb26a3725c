"""A pure function is lifted before it is a realizer."""

from pipeline import Draw

from pylightnix_fn import Inputs, Manager, derive, number, pure, value


def count(inputs: Inputs[Draw]) -> float:
    return inputs.config.count


# error: [arg-type] Argument 4 to "derive" has incompatible type
m, made = derive(Manager(), Draw(), value(number), count)
# fixed: m, made = derive(Manager(), Draw(), value(number), pure(count))
