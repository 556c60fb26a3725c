"""Several models where one is wanted."""

from pipeline import Compare, model, models

from pylightnix_fn import Manager

m, one = model(Manager())
m, several = models(m)
# error: [arg-type] Argument 2 to "Compare" has incompatible type "Many[Model]"
config = Compare(several, several)
# fixed: config = Compare(several, one)
