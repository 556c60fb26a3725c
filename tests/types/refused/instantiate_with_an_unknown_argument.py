"""An argument that the stage does not have."""

from pipeline import model

from pylightnix_fn import instantiate

# error: [call-overload] No overload variant of "instantiate" matches argument types
closure = instantiate(model, rat=0.5)
# fixed: closure = instantiate(model, rate=0.5)
