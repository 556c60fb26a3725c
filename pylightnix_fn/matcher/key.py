"""Matchers by a key: any function of a candidate to what has an order."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Generic, TypeVar, overload

from attrs import frozen

from pylightnix_fn.matcher.candidate import (
    AnyMatcher,
    Candidate,
    ManyMatcher,
    Matcher,
    Never,
    Verdict,
)
from pylightnix_fn.matcher.choice import counted, need_of, use_of
from pylightnix_fn.matcher.combination import Sortable, named

K = TypeVar("K", bound=Sortable)


@frozen
class _ByKey(Generic[K]):
    key: Callable[[Candidate], K | None]
    n: int

    def __call__(self, candidates: tuple[Candidate, ...]) -> Verdict:
        if len(candidates) < self.n:
            return need_of(self.n, len(candidates))
        by_text = sorted(candidates, key=lambda each: each.rref.text)
        keyed = [(self.key(each), each) for each in by_text]
        known = [(key, each) for key, each in keyed if key is not None and key == key]
        if len(known) < self.n:
            held = f"{len(known)} of {len(candidates)} realizations have a {named(self.key)}"
            return Never(f"{held}, {self.n} wanted")
        ranked = sorted(known, key=lambda pair: pair[0], reverse=True)
        return use_of([each for _, each in ranked[: self.n]])


@overload
def match(
    key: Callable[[Candidate], K | None], *, reads: str | Collection[str] = ()
) -> Matcher: ...
@overload
def match(
    key: Callable[[Candidate], K | None], n: int, *, reads: str | Collection[str] = ()
) -> ManyMatcher: ...
def match(
    key: Callable[[Candidate], K | None],
    n: int | None = None,
    *,
    reads: str | Collection[str] = (),
) -> AnyMatcher:
    """Use the realization with the largest key, or the ``n`` with the largest.

    What has no key (None, NaN) never wins; of equal keys, the first reference does. ``reads`` names
    the text artifacts that the key looks at.

    >>> from pylightnix_fn.matcher.candidate import Use, candidate
    >>> small, large = candidate("a", size=10), candidate("b", size=90)
    >>> match(lambda each: each.size).choose((small, large)) == Use((large.rref,))
    True
    """
    kind = Matcher if n is None else ManyMatcher
    shown = "" if n is None else f", {n}"
    files = frozenset({reads} if isinstance(reads, str) else reads)
    return kind(files, _ByKey(key, counted("match", n)), f"match({named(key)}{shown})")


def texthash(each: Candidate) -> str:
    """A key: the hash of a realization, an order that has no meaning and never changes.

    >>> from pylightnix_fn.matcher.candidate import candidate
    >>> texthash(candidate("a"))[:8]
    'ca978112'
    """
    return each.rref.digest
