"""An attempt may have failed: its value is asked for."""

from pipeline import Model

from pylightnix_fn import Realization
from pylightnix_fn.combinator.attempt import Attempted


def show(made: Realization[Attempted[Model]]) -> None:
    # error: [attr-defined] "Attempted[Model]" has no attribute "accuracy"
    print(made.out.accuracy.read())
    # fixed: print(made.out.get().accuracy.read())
