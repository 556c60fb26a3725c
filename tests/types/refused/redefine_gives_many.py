"""With a matcher for several, a reference becomes one to several."""

from pipeline import Model, model

from pylightnix_fn import DRef, Manager, all_of, latest, redefine


def stage(m: Manager) -> tuple[Manager, DRef[Model]]:
    m, fitted = model(m)
    matchers = (all_of(), latest())
    # error: [return-value] got "tuple[Manager, Many[Model]]", expected "tuple[Manager, DRef[Model]]"
    return redefine(m, fitted, matcher=matchers[0])
    # fixed: return redefine(m, fitted, matcher=matchers[1])
