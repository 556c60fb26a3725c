"""A combinator does not change what its realizer is for."""

from pipeline import Draw, Sample, draw, fit

from pylightnix_fn import Manager, derive, retry

# error: [arg-type] Argument 1 has incompatible type "Callable[[Build[Train, Model]], None]"
m, numbers = derive(Manager(), Draw(), Sample(), retry(3)(fit))
# fixed: m, numbers = derive(Manager(), Draw(), Sample(), retry(3)(draw))
