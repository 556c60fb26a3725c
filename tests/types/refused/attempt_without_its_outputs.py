"""The outputs of an attempt say that it is one."""

from pipeline import Model, Train, fit, sample

from pylightnix_fn import DRef, Manager, derive
from pylightnix_fn.combinator.attempt import Attempted, attempt


def stage(m: Manager) -> tuple[Manager, DRef[Attempted[Model]]]:
    m, numbers = sample(m)
    # error: [arg-type] Argument 3 to "derive" has incompatible type "Model"
    return derive(m, Train(numbers), Model(), attempt(fit))
    # fixed: return derive(m, Train(numbers), Attempted(Model()), attempt(fit))
