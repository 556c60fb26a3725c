"""With a matcher for several, a reference becomes one to several."""

from pipeline import Model, model

from pylightnix_fn import DRef, Manager, all_of, latest, redefine


def stage(m: Manager) -> tuple[Manager, DRef[Model]]:
    m, fitted = model(m)
    # error: [return-value] got "tuple[Manager, Many[Model]]", expected "tuple[Manager,
    return redefine(m, fitted, matcher=all_of())
    # fixed: return redefine(m, fitted, matcher=latest())
