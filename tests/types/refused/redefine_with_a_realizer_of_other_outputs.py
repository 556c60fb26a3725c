"""Another realizer is one for the same outputs."""

from pipeline import Draw, Train, draw, fit, model

from pylightnix_fn import Manager, redefine

m, fitted = model(Manager())
# error: [arg-type] Argument "realizer" to "redefine" has incompatible type
m, other = redefine(m, fitted, config=Draw, realizer=draw)
# fixed: m, other = redefine(m, fitted, config=Train, realizer=fit)
