"""Only references can be dereferenced."""

from pipeline import Model, Train

from pylightnix_fn import Build


def fit(b: Build[Train, Model]) -> None:
    # error: [call-overload] No overload variant of "deref" of "Build" matches argument type "float"
    rate = b.deref(b.config.rate)
    # fixed: rate = b.config.rate
    b.out.accuracy.write(rate)
