"""A stage that reads what nobody wrote."""

from pipeline import Model, Train

from pylightnix_fn import Build


def fit(b: Build[Train, Model]) -> None:
    # error: [attr-defined] "Sample" has no attribute "accuracy"
    numbers = b.deref(b.config.sample).accuracy
    # fixed: numbers = b.deref(b.config.sample).numbers
    b.out.remark.write(str(numbers))
