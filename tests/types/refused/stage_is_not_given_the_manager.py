"""A stage called without the manager."""

from pipeline import Sample, sample

from pylightnix_fn import DRef, Manager


def stage(m: Manager) -> tuple[Manager, DRef[Sample]]:
    # error: [arg-type] Argument 1 to "sample" has incompatible type "int"; expected "Manager"
    return sample(3)
    # fixed: return sample(m, 3)
