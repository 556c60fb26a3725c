"""A realizer is run by hand only on a config of its class."""

from pipeline import Model, Train, fit, model

from pylightnix_fn import DRef, MemoryStore, instantiate
from pylightnix_fn.pausing import paused

closure = instantiate(model)
dref = DRef(closure.targets[0].text, Model())
# error: [arg-type] Argument 1 to "fit" has incompatible type "Paused[object, Model]"
fit(paused(closure, MemoryStore(), dref))
# fixed: fit(paused(closure, MemoryStore(), dref, Train))
