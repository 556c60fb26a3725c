"""A realizer is no pure function."""

from pipeline import Draw, draw

from pylightnix_fn import Inputs, pure


def count(inputs: Inputs[Draw]) -> int:
    return inputs.config.count


# error: [arg-type] Argument 1 to "pure" has incompatible type
realizer = pure(draw)
# fixed: realizer = pure(count)
