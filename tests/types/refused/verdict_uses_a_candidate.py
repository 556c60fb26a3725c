"""A verdict names realizations by their references."""

from pylightnix_fn import Candidate, Use, Verdict


def first(those: tuple[Candidate, ...]) -> Verdict:
    # error: [arg-type] Argument 1 to "Use" has incompatible type "tuple[Candidate]"
    return Use((those[0],))
    # fixed: return Use((those[0].rref,))
