"""A stage is given to `instantiate`, not called."""

from pipeline import model

from pylightnix_fn import Manager, instantiate, step

# error: [call-overload] No overload variant of "instantiate" matches argument type
closure = instantiate(model(Manager(), 0.5))
# fixed: closure = instantiate(step(model, 0.5))
