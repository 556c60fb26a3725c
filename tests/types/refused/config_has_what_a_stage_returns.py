"""A stage gives a manager with the reference, and both must be taken."""

from pipeline import Train, sample

from pylightnix_fn import Manager

# error: [arg-type] Argument 1 to "Train" has incompatible type "tuple[Manager, DRef[Sample]]"
config = Train(sample(Manager()))
# fixed: config = Train(sample(Manager())[1])
