"""A stage is handed the manager that it adds to."""

from pipeline import Sample, sample

from pylightnix_fn import DRef, Manager, instantiate


def alone() -> tuple[Manager, DRef[Sample]]:
    return sample(Manager())


# error: [call-overload] No overload variant of "instantiate" matches argument type
closure = instantiate(alone)
# fixed: closure = instantiate(sample)
