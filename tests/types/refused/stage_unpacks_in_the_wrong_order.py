"""The manager comes first here, too."""

from pipeline import Sample, sample

from pylightnix_fn import DRef, Manager


def stage(m: Manager) -> tuple[Manager, DRef[Sample]]:
    # error: [assignment] expression has type "DRef[Sample]", variable has type "Manager"
    numbers, m = sample(m)
    # fixed: m, numbers = sample(m)
    return m, numbers
