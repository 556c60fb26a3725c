"""A number is no text."""

from pipeline import Compare, Report

from pylightnix_fn import Build


def compare(b: Build[Compare, Report]) -> None:
    # error: [assignment] expression has type "float", variable has type "str"
    accuracy: str = b.deref(b.config.baseline).accuracy.read()
    # fixed: accuracy: str = b.deref(b.config.baseline).remark.read()
    b.out.page.write(accuracy)
