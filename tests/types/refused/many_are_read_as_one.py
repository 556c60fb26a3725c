"""What several realizations give is a tuple."""

from pipeline import Compare, Report

from pylightnix_fn import Build


def compare(b: Build[Compare, Report]) -> None:
    # error: [attr-defined] "tuple[Model, ...]" has no attribute "accuracy"
    accuracy = b.deref(b.config.models).accuracy.read()
    # fixed: accuracy = b.deref(b.config.models)[0].accuracy.read()
    b.out.page.write(str(accuracy))
