"""A stage called without keeping what it returns: the name is a pair, no reference."""

from pipeline import Train, sample

from pylightnix_fn import Manager

# error: [arg-type] Argument 1 to "Train" has incompatible type "tuple[Manager, DRef[Sample]]"
config = Train(sample(Manager()))
# fixed: config = Train(sample(Manager())[1])
