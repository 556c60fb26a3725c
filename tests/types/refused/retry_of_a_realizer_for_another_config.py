"""A combinator does not change what its realizer is for."""

from pipeline import Draw, Sample, draw, fit

from pylightnix_fn import Manager, derive, retry

many = (retry(3)(fit), retry(3)(draw))
# error: [arg-type] Argument 4 to "derive" has incompatible type
m, numbers = derive(Manager(), Draw(), Sample(), many[0])
# fixed: m, numbers = derive(Manager(), Draw(), Sample(), many[1])
