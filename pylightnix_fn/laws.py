"""Laws that pipelines rely on, to be checked in a user's own tests.

Each check calls what it is given on examples and raises `LawBroken`, which names the law and the
example that breaks it. Draw the examples with hypothesis to check a law on many.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import permutations
from typing import Final, TypeVar

from pylightnix_fn.errors.plan import LawBroken
from pylightnix_fn.manager import Manager
from pylightnix_fn.matcher.candidate import AnyMatcher, Candidate, Matcher, Need, Never, Use
from pylightnix_fn.outputs import Codec
from pylightnix_fn.realizer import name_of

A = TypeVar("A")
V = TypeVar("V")

_ORDERS: Final = 24  # permutations tried: all of up to four candidates


def check_matcher(matcher: AnyMatcher, candidates: Sequence[Candidate]) -> None:
    """A matcher's verdict depends on nothing but the set of candidates, and is drawn from it.

    It must be the same when asked again and in any order, choose each candidate at most once (a
    `Matcher` just one of them), and need one or more where it needs any.
    """
    given = tuple(candidates)
    verdict = matcher.choose(given)
    _check_verdict(matcher, verdict, given)
    if matcher.choose(given) != verdict:
        raise LawBroken(matcher.label, "equal candidates, equal verdict", str(verdict))
    for _, order in zip(range(_ORDERS), permutations(given), strict=False):
        if matcher.choose(order) != verdict:
            shown = f"{verdict} becomes {matcher.choose(order)}"
            raise LawBroken(matcher.label, "the order of candidates does not count", shown)
    if matcher.choose(given[::-1]) != verdict:
        shown = f"{verdict} becomes {matcher.choose(given[::-1])}"
        raise LawBroken(matcher.label, "the order of candidates does not count", shown)


def _check_verdict(matcher: AnyMatcher, verdict: object, given: tuple[Candidate, ...]) -> None:
    match verdict:
        case Use(rrefs):
            if not {each.rref for each in given}.issuperset(rrefs):
                raise LawBroken(matcher.label, "what is used was given", str(verdict))
            if len(set(rrefs)) < len(rrefs):
                raise LawBroken(matcher.label, "each is used once", str(verdict))
            if isinstance(matcher, Matcher) and len(rrefs) != 1:
                raise LawBroken(matcher.label, "a matcher for one uses one", str(verdict))
        case Need(n, _):
            if n < 1:
                raise LawBroken(matcher.label, "a need is for 1 or more", str(verdict))
        case Never(_):
            pass
        case _:
            raise LawBroken(matcher.label, "a verdict is Use, Need or Never", repr(verdict))


def check_codec(
    codec: Codec[V], values: Iterable[V], same: Callable[[V, V], bool] | None = None
) -> None:
    """A codec gives values back, and writes stable bytes.

    ``same`` compares values that ``==`` does not, such as arrays: `numpy.array_equal`.
    """
    equal = same or (lambda one, other: bool(one == other))
    for value in values:
        data = codec.encode(value)
        back = codec.decode(data)
        if not equal(value, back):
            raise LawBroken(codec.name, "decode(encode(value)) == value", f"{value!r}, {back!r}")
        if codec.encode(value) != data or codec.encode(back) != data:
            raise LawBroken(codec.name, "equal values, equal bytes", repr(value))


def check_stage(stage: Callable[[Manager], tuple[Manager, A]], m: Manager | None = None) -> None:
    """A stage is a function: equal managers give equal results, and nothing is forgotten.

    Realizers and matchers count by their names here: no two functions that are made anew in every
    call of a stage are equal.
    """
    before = Manager() if m is None else m
    first, second = stage(before), stage(Manager(before.derivations, before.notes))
    if first[1] != second[1]:
        law = "equal managers, equal results"
        raise LawBroken(name_of(stage), law, f"{first[1]!r}, {second[1]!r}")
    if differing := _told(first[0]) ^ _told(second[0]):
        law = "equal managers, equal managers after it"
        raise LawBroken(name_of(stage), law, ", ".join(sorted({told[0] for told in differing})))
    lost = [dref.text for dref in before.derivations if dref not in first[0]]
    if lost:
        raise LawBroken(name_of(stage), "the manager only grows", f"{', '.join(lost)} was lost")


def _told(m: Manager) -> frozenset[tuple[str, ...]]:
    """What a manager says of its derivations, and of those that were replaced."""
    derivations = {
        (each.dref.text, each.config.text, each.realizer, each.matcher.label, str(each.promises))
        for each in m.derivations.values()
    }
    return frozenset(derivations | {(str(note.dref), "replaced") for note in m.notes})
