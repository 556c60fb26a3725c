"""`exact` names realizations, not derivations."""

from pipeline import Model

from pylightnix_fn import Realization, exact


def same(result: Realization[Model]) -> None:
    # error: [call-overload] No overload variant of "exact" matches argument type "DRef[Model]"
    exact(result.dref)
    # fixed: exact(result.rref)
