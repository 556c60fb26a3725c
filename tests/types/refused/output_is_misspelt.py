"""A realizer that writes what nobody promised."""

from pipeline import Model, Train

from pylightnix_fn import Build


def fit(b: Build[Train, Model]) -> None:
    # error: [attr-defined] "Model" has no attribute "acuracy"; maybe "accuracy"?
    b.out.acuracy.write(0.5)
    # fixed: b.out.accuracy.write(0.5)
