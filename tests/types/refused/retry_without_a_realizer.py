"""`retry(3)` is no realizer yet."""

from pipeline import Model, Train, fit, sample

from pylightnix_fn import Manager, derive, retry

m, numbers = sample(Manager())
# error: [arg-type] Argument 4 to "derive" has incompatible type
m, fitted = derive(m, Train(numbers), Model(), retry(3))
# fixed: m, fitted = derive(m, Train(numbers), Model(), retry(3)(fit))
