"""The dry driver: what `realize` would do, found out without doing it."""

from __future__ import annotations

from typing import TypeAlias

from attrs import frozen

from pylightnix_fn.closure import Closure
from pylightnix_fn.manager import Derivation
from pylightnix_fn.plan import Budget, RRefs, Settle, Spent, next_round
from pylightnix_fn.refs import DRef
from pylightnix_fn.store_protocol import Store


@frozen
class Hit:
    """A derivation whose matcher is satisfied with what the store holds."""

    dref: DRef[object]
    rrefs: RRefs

    def __str__(self) -> str:
        return f"use    {', '.join(str(rref) for rref in self.rrefs) or f'none of {self.dref}'}"


@frozen
class Miss:
    """A derivation that must be built, and why."""

    dref: DRef[object]
    why: str

    def __str__(self) -> str:
        return f"build  {self.dref}\n       {self.why}"


Outlook: TypeAlias = Hit | Miss


@frozen
class DryRun:
    """What a realization of a closure would use and build, in order."""

    steps: tuple[Outlook, ...]

    @property
    def misses(self) -> tuple[Miss, ...]:
        """What would be built."""
        return tuple(step for step in self.steps if isinstance(step, Miss))

    def __str__(self) -> str:
        return "\n".join(map(str, self.steps))


def dry_run(closure: Closure[object], store: Store) -> DryRun:
    """What `realize` would use and build, without writing anything.

    `RefusedByMatcher` where a matcher would refuse.
    """
    steps: list[Outlook] = []
    settled: dict[DRef[object], RRefs] = {}
    for derivation in closure:
        step = _outlook(derivation, settled, store)
        steps.append(step)
        if isinstance(step, Hit):
            settled[step.dref] = step.rrefs
    return DryRun(tuple(steps))


def _outlook(derivation: Derivation, settled: dict[DRef[object], RRefs], store: Store) -> Outlook:
    unsettled = [each.name for each in derivation.dependencies if each not in settled]
    if unsettled:
        return Miss(derivation.dref, f"its results depend on a build of {', '.join(unsettled)}")
    context = {each: settled[each] for each in derivation.dependencies}
    candidates = store.candidates(derivation.dref, context, derivation.matcher.reads)
    step = next_round(derivation, candidates, Spent(), Budget())
    if isinstance(step, Settle):
        return Hit(derivation.dref, step.rrefs)
    return Miss(derivation.dref, f"{step.why} ({derivation.matcher.label})")
