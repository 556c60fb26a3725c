"""A matcher is shown candidates, not references."""

from pylightnix_fn import Candidate, Matcher, Need, RRef, Use, Verdict


def of_references(those: tuple[RRef[object], ...]) -> Verdict:
    return Use(those[:1])


def of_candidates(those: tuple[Candidate, ...]) -> Verdict:
    return Use((those[0].rref,)) if those else Need(1, "there is none")


# error: [arg-type] Argument 2 to "Matcher" has incompatible type
matcher = Matcher(frozenset(), of_references)
# fixed: matcher = Matcher(frozenset(), of_candidates)
