"""A realizer reads the config that it is given."""

from pipeline import Draw, Model, Train, fit, sample

from pylightnix_fn import Manager, derive

m, numbers = sample(Manager())
# error: [arg-type] Argument 4 to "derive" has incompatible type "Callable[[Build[Train, Model]],
m, fitted = derive(m, Draw(), Model(), fit)
# fixed: m, fitted = derive(m, Train(numbers), Model(), fit)
