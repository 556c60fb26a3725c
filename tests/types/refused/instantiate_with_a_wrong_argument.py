"""The arguments of a stage are checked where it is instantiated."""

from pipeline import model

from pylightnix_fn import instantiate

# error: [call-overload] No overload variant of "instantiate" matches argument types
closure = instantiate(model, rate="fast")
# fixed: closure = instantiate(model, rate=0.5)
