"""An attempt may have failed: its value is asked for."""

from pipeline import Model, Train, fit, sample

from pylightnix_fn import Manager, MemoryStore, derive, instantiate, realize
from pylightnix_fn.combinator.attempt import Attempted, attempt


def stage(m: Manager) -> float:
    closure = instantiate(
        lambda m: derive(m, Train(sample(m)[1]), Attempted(Model()), attempt(fit))
    )
    made = realize(closure, MemoryStore())
    # error: [attr-defined] "Attempted[Model]" has no attribute "accuracy"
    return made.out.accuracy.read()
    # fixed: return made.out.get().accuracy.read()
