"""What is realized in place is a realization."""

from pipeline import Model

from pylightnix_fn import DRef
from pylightnix_fn.inplace import realize_inplace


def again(fitted: DRef[Model]) -> DRef[Model]:
    # error: [return-value] Incompatible return value type (got "RRef[Model]", expected
    return realize_inplace(fitted)
    # fixed: return realize_inplace(fitted).dref
