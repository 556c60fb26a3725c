"""Another realizer comes with the class of its config."""

from pipeline import Train, fit, model

from pylightnix_fn import Manager, redefine

m, fitted = model(Manager())
# error: [call-overload] No overload variant of "redefine" matches argument types
m, other = redefine(m, fitted, realizer=fit)
# fixed: m, other = redefine(m, fitted, config=Train, realizer=fit)
