"""A stage that needs an argument, and gets none."""

from pipeline import Sample, sample

from pylightnix_fn import DRef, Manager, instantiate


def counted(m: Manager, count: int) -> tuple[Manager, DRef[Sample]]:
    return sample(m, count)


# error: [call-overload] No overload variant of "instantiate" matches argument type
closure = instantiate(counted)
# fixed: closure = instantiate(counted, 3)
