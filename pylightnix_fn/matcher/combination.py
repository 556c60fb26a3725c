"""Matchers made of matchers: where, order_by, take, first_of, either.

Each keeps the kind of what it is made of, one or many, and reads all that its parts read. They are
values like the matchers of `choice`: equal parts make equal matchers.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from functools import partial
from math import isnan
from typing import Generic, Protocol, Self, TypeAlias, TypeVar

from attrs import evolve, frozen

from pylightnix_fn.errors.plan import BadParameter
from pylightnix_fn.matcher.candidate import (
    AnyMatcher,
    Candidate,
    Choose,
    M,
    ManyMatcher,
    Need,
    Never,
    Use,
    Verdict,
)
from pylightnix_fn.matcher.choice import counted, need_of

Predicate: TypeAlias = Callable[[Candidate], bool]


class Sortable(Protocol):
    """What has an order."""

    def __lt__(self, other: Self, /) -> bool:
        """Whether this comes before the other."""


K = TypeVar("K", bound=Sortable)


@frozen
class _Where:
    predicate: Predicate
    inner: Choose

    def __call__(self, candidates: tuple[Candidate, ...]) -> Verdict:
        shown = tuple(each for each in candidates if self.predicate(each))
        seen = f"{len(shown)} of {len(candidates)} satisfy {named(self.predicate)}"
        match self.inner(shown):
            case Need(n, why):
                return Need(n, f"{why}; {seen}")
            case Never(why):
                return Never(f"{why}; {seen}")
            case verdict:
                return verdict


def where(predicate: Predicate, matcher: M, *, reads: str | Collection[str] = ()) -> M:
    """The matcher, shown only the candidates that satisfy a pure predicate.

    ``reads`` names the text artifacts that the predicate looks at, beyond those of the matcher.

    >>> from pylightnix_fn.matcher.candidate import candidate
    >>> from pylightnix_fn.matcher.choice import latest
    >>> small, large = candidate("a", size=10), candidate("b", started=1, size=90)
    >>> where(lambda each: each.size < 50, latest()).choose((small, large)) == Use((small.rref,))
    True
    """
    return evolve(
        matcher,
        reads=matcher.reads | _files(reads),
        choose=_Where(predicate, matcher.choose),
        label=f"where({named(predicate)}, {matcher.label})",
    )


@frozen
class _OrderBy(Generic[K]):
    key: Callable[[Candidate], K | None]
    inner: Choose

    def __call__(self, candidates: tuple[Candidate, ...]) -> Verdict:
        verdict = self.inner(candidates)
        if not isinstance(verdict, Use):
            return verdict
        known = {each.rref: each for each in candidates}
        found = [known[rref] for rref in verdict.rrefs if rref in known]
        keyed = [(self.key(each), each) for each in sorted(found, key=lambda each: each.rref.text)]
        ranked = [(key, each) for key, each in keyed if key is not None and not _is_nan(key)]
        ordered = [each.rref for _, each in sorted(ranked, key=lambda pair: pair[0])]
        rest = [each.rref for key, each in keyed if key is None or _is_nan(key)]
        foreign = [rref for rref in verdict.rrefs if rref not in known]  # refused by the plan
        return Use((*ordered, *rest, *foreign))


def order_by(
    key: Callable[[Candidate], K | None],
    matcher: ManyMatcher,
    *,
    reads: str | Collection[str] = (),
) -> ManyMatcher:
    """What the matcher chooses, smallest key first; without a key (None, NaN) last.

    Equal keys are ordered by reference. ``reads`` names the text artifacts that the key looks at.

    >>> from pylightnix_fn.matcher.candidate import candidate
    >>> from pylightnix_fn.matcher.choice import all_of
    >>> small, large = candidate("a", size=10), candidate("b", size=90)
    >>> by_size = order_by(lambda each: each.size, all_of())
    >>> by_size.choose((large, small)) == Use((small.rref, large.rref))
    True
    """
    return ManyMatcher(
        matcher.reads | _files(reads),
        _OrderBy(key, matcher.choose),
        f"order_by({named(key)}, {matcher.label})",
    )


@frozen
class _Take:
    n: int
    inner: Choose

    def __call__(self, candidates: tuple[Candidate, ...]) -> Verdict:
        verdict = self.inner(candidates)
        if not isinstance(verdict, Use):
            return verdict
        if len(verdict.rrefs) < self.n:
            return need_of(self.n, len(verdict.rrefs))
        return Use(verdict.rrefs[: self.n])


def take(n: int, matcher: ManyMatcher) -> ManyMatcher:
    """The first ``n`` of what the matcher chooses; ask for more where it chooses fewer."""
    choose = _Take(counted("take", n), matcher.choose)
    return ManyMatcher(matcher.reads, choose, f"take({n}, {matcher.label})")


@frozen
class _FirstOf:
    matchers: tuple[AnyMatcher, ...]

    def __call__(self, candidates: tuple[Candidate, ...]) -> Verdict:
        verdicts = [each.choose(candidates) for each in self.matchers]
        for verdict in verdicts:
            if isinstance(verdict, Use):
                return verdict
        return _undecided(self.matchers, verdicts)


def first_of(*matchers: M) -> M:
    """The first matcher that is satisfied; if none is, the first that asks for more.

    So ``first_of(exact(r), latest())`` uses ``r`` where it is, and elsewhere the latest.
    """
    reads, label = _combined("first_of", matchers)
    return evolve(matchers[0], reads=reads, choose=_FirstOf(matchers), label=label)


@frozen
class _Either:
    matchers: tuple[AnyMatcher, ...]

    def __call__(self, candidates: tuple[Candidate, ...]) -> Verdict:
        verdicts = [each.choose(candidates) for each in self.matchers]
        satisfied = [verdict for verdict in verdicts if isinstance(verdict, Use)]
        if not satisfied:
            return _undecided(self.matchers, verdicts)
        return Use(tuple(dict.fromkeys(rref for verdict in satisfied for rref in verdict.rrefs)))


def either(*matchers: AnyMatcher) -> ManyMatcher:
    """All that the satisfied matchers choose, in their order, each once.

    If none is satisfied, the first that asks for more does so.
    """
    reads, label = _combined("either", matchers)
    return ManyMatcher(reads, _Either(matchers), label)


def _undecided(matchers: tuple[AnyMatcher, ...], verdicts: list[Verdict]) -> Verdict:
    for verdict in verdicts:
        if not isinstance(verdict, Never):
            return verdict
    pairs = zip(matchers, verdicts, strict=True)
    return Never(
        "; ".join(f"{each.label}: {no.why}" for each, no in pairs if isinstance(no, Never))
    )


def _combined(function: str, matchers: tuple[AnyMatcher, ...]) -> tuple[frozenset[str], str]:
    if not matchers:
        raise BadParameter(function, "matchers", "none", "1 or more")
    reads: frozenset[str] = frozenset().union(*(each.reads for each in matchers))
    return reads, f"{function}({', '.join(each.label for each in matchers)})"


def _files(reads: str | Collection[str]) -> frozenset[str]:
    return frozenset({reads} if isinstance(reads, str) else reads)


def _is_nan(key: object) -> bool:
    return isinstance(key, float) and isnan(key)


def named(function: object) -> str:
    """What a label calls a function: its name, or its text if it is a value that has one.

    >>> named(len), named(partial(round, ndigits=2))
    ('len', 'round')
    """
    if isinstance(function, partial):
        return named(function.func)
    name = getattr(function, "__name__", None)
    if isinstance(name, str):
        return name
    kind = type(function)
    return kind.__name__ if kind.__repr__ is object.__repr__ else repr(function)
