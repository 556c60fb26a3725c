"""A text where a number is kept."""

from pipeline import Model, Train

from pylightnix_fn import Build


def fit(b: Build[Train, Model]) -> None:
    # error: [arg-type] Argument 1 to "write" of "Artifact" has incompatible type "str"; expected
    b.out.accuracy.write("0.5")
    # fixed: b.out.accuracy.write(0.5)
