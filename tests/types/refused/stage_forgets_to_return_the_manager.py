"""A stage returns its manager with what it made."""

from pipeline import Sample, sample

from pylightnix_fn import DRef, Manager, instantiate


def forgetful(m: Manager) -> DRef[Sample]:
    m, numbers = sample(m)
    return numbers


# error: [call-overload] No overload variant of "instantiate" matches argument type
closure = instantiate(forgetful)
# fixed: closure = instantiate(sample)
