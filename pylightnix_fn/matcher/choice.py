"""The matchers that pipelines need most: latest, best, only, all, exact.

Equals are told apart by their references, so no result depends on the order of the candidates.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import overload

from attrs import frozen

from pylightnix_fn.errors.plan import BadParameter
from pylightnix_fn.matcher.candidate import (
    AnyMatcher,
    Candidate,
    Choose,
    ManyMatcher,
    Matcher,
    Need,
    Never,
    Use,
    Verdict,
)
from pylightnix_fn.refs import RRef


def newest_first(candidates: Sequence[Candidate]) -> list[Candidate]:
    """The candidates, those started last first, equals by reference."""
    return sorted(candidates, key=lambda each: (each.started, each.rref.text), reverse=True)


@frozen
class _Latest:
    n: int

    def __call__(self, candidates: tuple[Candidate, ...]) -> Verdict:
        if len(candidates) < self.n:
            return need_of(self.n, len(candidates))
        return use_of(newest_first(candidates)[: self.n])


@frozen
class _Extreme:
    file: str
    n: int
    sign: int

    def __call__(self, candidates: tuple[Candidate, ...]) -> Verdict:
        if len(candidates) < self.n:
            return need_of(self.n, len(candidates))
        ranked = ranking(candidates, self.file, self.sign)
        if len(ranked) < self.n:
            return too_few_numbers(self.file, self.n, len(ranked), len(candidates))
        return use_of(ranked[: self.n])


def ranking(candidates: Sequence[Candidate], file: str, sign: int = 1) -> list[Candidate]:
    """The candidates that hold a number in a file, largest first; smallest first for -1."""
    numbered = [(each.number(file), each) for each in candidates]
    known = [(value * sign, each) for value, each in numbered if value is not None]
    return [each for _, each in sorted(known, key=lambda pair: (-pair[0], pair[1].rref.text))]


@frozen
class _All:
    least: int

    def __call__(self, candidates: tuple[Candidate, ...]) -> Verdict:
        if len(candidates) < self.least:
            return need_of(self.least, len(candidates))
        return use_of(sorted(candidates, key=lambda each: each.rref.text))


@frozen
class _Only:
    def __call__(self, candidates: tuple[Candidate, ...]) -> Verdict:
        match candidates:
            case []:
                return need_of(1, 0)
            case [single]:
                return Use((single.rref,))
            case _:
                return Never(f"there are {len(candidates)} realizations, exactly one is wanted")


@frozen
class _Exact:
    rrefs: tuple[RRef[object], ...]

    def __call__(self, candidates: tuple[Candidate, ...]) -> Verdict:
        there = {each.rref for each in candidates}
        absent = [rref.text for rref in self.rrefs if rref not in there]
        if absent:
            return Never(f"not among the realizations of this context: {', '.join(absent)}")
        return Use(self.rrefs)


@overload
def latest() -> Matcher: ...
@overload
def latest(n: int) -> ManyMatcher: ...
def latest(n: int | None = None) -> AnyMatcher:
    """Use the realization started last, or the ``n`` last; ask for more where there are fewer.

    >>> from pylightnix_fn.matcher.candidate import candidate
    >>> old, new = candidate("a", started=1), candidate("b", started=2)
    >>> latest().choose((old, new)) == Use((new.rref,))
    True
    """
    return _sized("latest", n, _Latest(counted("latest", n)), frozenset(), "")


@overload
def best(file: str) -> Matcher: ...
@overload
def best(file: str, n: int) -> ManyMatcher: ...
def best(file: str, n: int | None = None) -> AnyMatcher:
    """Use the realization with the largest number in a file, or the ``n`` with the largest.

    What holds no number, or NaN, never wins.
    """
    choose = _Extreme(file, counted("best", n), 1)
    return _sized("best", n, choose, frozenset({file}), repr(file))


@overload
def worst(file: str) -> Matcher: ...
@overload
def worst(file: str, n: int) -> ManyMatcher: ...
def worst(file: str, n: int | None = None) -> AnyMatcher:
    """Use the realization with the smallest number in a file, or the ``n`` with the smallest."""
    choose = _Extreme(file, counted("worst", n), -1)
    return _sized("worst", n, choose, frozenset({file}), repr(file))


def only() -> Matcher:
    """Use the one realization that there is; refuse where there are several."""
    return Matcher(frozenset(), _Only(), "only()")


def all_of() -> ManyMatcher:
    """Use all realizations that there are, be it none."""
    return ManyMatcher(frozenset(), _All(0), "all_of()")


def at_least(n: int) -> ManyMatcher:
    """Use all realizations; ask for more where there are fewer than ``n``."""
    return ManyMatcher(frozenset(), _All(counted("at_least", n)), f"at_least({n})")


@overload
def exact(rrefs: RRef[object]) -> Matcher: ...
@overload
def exact(rrefs: Sequence[RRef[object]]) -> ManyMatcher: ...
def exact(rrefs: RRef[object] | Sequence[RRef[object]]) -> AnyMatcher:
    """Use just these realizations, in this order, each once; never build another."""
    if isinstance(rrefs, RRef):
        return Matcher(frozenset(), _Exact((rrefs,)), f"exact({rrefs})")
    label = f"exact([{', '.join(map(str, rrefs))}])"
    return ManyMatcher(frozenset(), _Exact(tuple(dict.fromkeys(rrefs))), label)


def _sized(
    name: str, n: int | None, choose: Choose, reads: frozenset[str], file: str
) -> AnyMatcher:
    shown = ", ".join(part for part in (file, "" if n is None else str(n)) if part)
    kind = Matcher if n is None else ManyMatcher
    return kind(reads, choose, f"{name}({shown})")


def counted(function: str, n: int | None, parameter: str = "n", least: int = 1) -> int:
    """A number of realizations, 1 if there is none given; `BadParameter` if it makes no sense."""
    if n is not None and n < least:
        raise BadParameter(function, parameter, repr(n), f"{least} or more")
    return 1 if n is None else n


def use_of(candidates: Sequence[Candidate]) -> Use:
    """The verdict for these candidates."""
    return Use(tuple(each.rref for each in candidates))


def need_of(wanted: int, there: int) -> Need:
    """The verdict where fewer candidates are there than wanted."""
    return Need(wanted - there, f"{wanted} wanted, {there} there")


def too_few_numbers(file: str, wanted: int, numbered: int, there: int) -> Never:
    """The verdict where too few of the candidates hold a number in a file."""
    held = f"{numbered} of {there} realizations hold a number in '{file}'"
    return Never(f"{held}, {wanted} wanted")
