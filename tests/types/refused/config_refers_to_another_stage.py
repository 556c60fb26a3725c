"""A model where a sample is wanted."""

from pipeline import Train, model, sample

from pylightnix_fn import Manager

m, fitted = model(Manager())
m, numbers = sample(m)
# error: [arg-type] Argument 1 to "Train" has incompatible type "DRef[Model]"
config = Train(fitted)
# fixed: config = Train(numbers)
