"""The Pareto front: candidates that none other beats in every respect.

What lacks a number, or holds NaN, in any of the files is not on it; infinite numbers compare as
numbers do.
"""

from __future__ import annotations

from collections.abc import Collection

from attrs import frozen

from pylightnix_fn.errors.plan import BadParameter
from pylightnix_fn.matcher.candidate import Candidate, ManyMatcher, Verdict
from pylightnix_fn.matcher.choice import counted, need_of, too_few_numbers, use_of


@frozen
class _Pareto:
    higher: tuple[str, ...]
    lower: tuple[str, ...]
    at_least: int

    def __call__(self, candidates: tuple[Candidate, ...]) -> Verdict:
        if len(candidates) < self.at_least:
            return need_of(self.at_least, len(candidates))
        scored = [(score, each) for each in candidates if (score := self.score(each)) is not None]
        if not scored:
            return too_few_numbers("', '".join(self.higher + self.lower), 1, 0, len(candidates))
        # Largest first, so that only what is already on the front can beat what comes next.
        front: list[tuple[tuple[float, ...], Candidate]] = []
        for score, each in sorted(scored, key=lambda pair: pair[0], reverse=True):
            if not any(_beats(other, score) for other, _ in front):
                front.append((score, each))
        return use_of(sorted((each for _, each in front), key=lambda each: each.rref.text))

    def score(self, candidate: Candidate) -> tuple[float, ...] | None:
        higher = [candidate.number(file) for file in self.higher]
        lower = [candidate.number(file) for file in self.lower]
        known = [*(x for x in higher if x is not None), *(-x for x in lower if x is not None)]
        return tuple(known) if len(known) == len(higher) + len(lower) else None


def _beats(one: tuple[float, ...], other: tuple[float, ...]) -> bool:
    return one != other and all(x >= y for x, y in zip(one, other, strict=True))


def pareto(*files: str, lower: str | Collection[str] = (), at_least: int = 1) -> ManyMatcher:
    """Use all realizations that no other beats: as good in every file, better in one.

    Larger numbers are better in ``files``, smaller ones in ``lower``. Of equals, all are used.

    >>> from pylightnix_fn.matcher.candidate import candidate
    >>> good = candidate("a", accuracy="0.9", megabytes="80")
    >>> slim = candidate("b", accuracy="0.8", megabytes="5")
    >>> poor = candidate("c", accuracy="0.7", megabytes="50")
    >>> verdict = pareto("accuracy", lower="megabytes").choose((good, slim, poor))
    >>> set(verdict.rrefs) == {good.rref, slim.rref}
    True
    """
    smaller = (lower,) if isinstance(lower, str) else tuple(lower)
    if not (files or smaller):
        raise BadParameter("pareto", "files", "none", "1 or more")
    if both := sorted(set(files) & set(smaller)):
        raise BadParameter("pareto", "lower", repr(both[0]), "a file that is not among 'files'")
    choose = _Pareto(files, smaller, counted("pareto", at_least, "at_least"))
    named = (f"lower={list(smaller)}" * bool(smaller), f"at_least={at_least}" * (at_least > 1))
    label = f"pareto({', '.join(filter(None, (*map(repr, files), *named)))})"
    return ManyMatcher(frozenset((*files, *smaller)), choose, label)
