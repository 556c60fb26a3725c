"""A matcher of the user's is a function from candidates to a verdict, which can be taken apart."""

from datetime import datetime
from typing import assert_never, assert_type

from pipeline import Draw, Sample, draw

from pylightnix_fn import (
    Candidate,
    DRef,
    Manager,
    Many,
    ManyMatcher,
    Matcher,
    Need,
    Never,
    RRef,
    Use,
    Verdict,
    candidate,
    derive,
    latest,
)


def smallest(candidates: tuple[Candidate, ...]) -> Verdict:
    if not candidates:
        return Need(1, "there is none yet")
    if len(candidates) > 9:
        return Never("there are too many")
    return Use((min(candidates, key=lambda each: each.size).rref,))


def shown(verdict: Verdict) -> str:
    match verdict:
        case Use(rrefs):
            assert_type(rrefs, tuple[RRef[object], ...])
            return "use"
        case Need(n, why):
            assert_type(n, int)
            assert_type(why, str)
            return "need"
        case Never(why):
            assert_type(why, str)
            return "never"
        case _:
            assert_never(verdict)


made_up = candidate("a", started=3, size=10, accuracy_txt="0.5")
assert_type(made_up, Candidate)
assert_type(made_up.rref, RRef[object])
assert_type(made_up.started, datetime)
assert_type(made_up.stopped, datetime)
assert_type(made_up.size, int)
assert_type(made_up.number("accuracy.txt"), float | None)

assert_type(latest().choose((made_up,)), Verdict)
assert [shown(smallest(those)) for those in ((), (made_up,), (made_up,) * 10)] == [
    "need",
    "use",
    "never",
]

m, one = derive(Manager(), Draw(), Sample(), draw, Matcher(frozenset(), smallest))
assert_type(one, DRef[Sample])
m, some = derive(
    m, Draw(), Sample(), draw, ManyMatcher(frozenset({"numbers.txt"}), smallest, "smallest")
)
assert_type(some, Many[Sample])
