"""What one realization gives is no tuple."""

from pipeline import Compare, Report

from pylightnix_fn import Build


def compare(b: Build[Compare, Report]) -> None:
    # error: [index] Value of type "Model" is not indexable
    accuracy = b.deref(b.config.baseline)[0].accuracy.read()
    # fixed: accuracy = b.deref(b.config.baseline).accuracy.read()
    b.out.page.write(str(accuracy))
