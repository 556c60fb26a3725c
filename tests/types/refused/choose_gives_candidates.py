"""A matcher answers with a verdict, not with candidates."""

from pylightnix_fn import Candidate, Matcher, Use, Verdict


def first(those: tuple[Candidate, ...]) -> Candidate:
    return those[0]


def used(those: tuple[Candidate, ...]) -> Verdict:
    return Use((first(those).rref,))


# error: [arg-type] Argument 2 to "Matcher" has incompatible type
matcher = Matcher(frozenset(), first)
# fixed: matcher = Matcher(frozenset(), used)
