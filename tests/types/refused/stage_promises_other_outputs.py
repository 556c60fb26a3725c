"""A stage whose signature speaks of other outputs than it makes."""

from pipeline import Sample, model, sample

from pylightnix_fn import DRef, Manager


def stage(m: Manager) -> tuple[Manager, DRef[Sample]]:
    m, numbers = sample(m)
    # error: [return-value] got "tuple[Manager, DRef[Model]]", expected "tuple[Manager,
    return model(m)
    # fixed: return m, numbers
