"""One model where several are wanted."""

from pipeline import Compare, model, models

from pylightnix_fn import Manager

m, one = model(Manager())
m, several = models(m)
# error: [arg-type] Argument 1 to "Compare" has incompatible type "DRef[Model]"
config = Compare(one, one)
# fixed: config = Compare(several, one)
