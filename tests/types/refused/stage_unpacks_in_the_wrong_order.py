"""The manager comes first here, too."""

from pipeline import Sample, sample

from pylightnix_fn import DRef, Manager


def stage(m: Manager) -> tuple[Manager, DRef[Sample]]:
    numbers: DRef[Sample]
    # error: [assignment] expression has type "Manager", variable has type "DRef[Sample]"
    numbers, n = sample(m)
    # fixed: n, numbers = sample(m)
    return sample(m, len(numbers.name))
