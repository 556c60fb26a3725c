"""A check sees the outputs of its realizer."""

from pipeline import Model, Sample, fit

from pylightnix_fn import require


def many(out: Sample) -> bool:
    return out.numbers.exists()


def good(out: Model) -> bool:
    return out.accuracy.read() > 0.5


# error: [arg-type] Argument 1 has incompatible type "Callable[[Build[Train, Model]], None]"
careful = require(many)(fit)
# fixed: careful = require(good)(fit)
