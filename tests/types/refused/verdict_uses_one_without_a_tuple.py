"""A verdict names any number of realizations."""

from pylightnix_fn import Candidate, Use, Verdict


def first(those: tuple[Candidate, ...]) -> Verdict:
    # error: [arg-type] Argument 1 to "Use" has incompatible type "RRef[object]"
    return Use(those[0].rref)
    # fixed: return Use((those[0].rref,))
