"""Asking the matcher of one derivation what it says to what the store holds.

Nothing is built here, so nothing is loaded that only builds need.
"""

from __future__ import annotations

from typing import Final

from attrs import Factory, frozen

from pylightnix_fn.manager import Derivation
from pylightnix_fn.matcher.candidate import Candidate
from pylightnix_fn.plan import Budget, BuildMore, Settle, Spent, next_round
from pylightnix_fn.realizer import Arguments, Context
from pylightnix_fn.refs import DRef
from pylightnix_fn.store_protocol import Store

REBUILD: Final = "a rebuild was asked for"

_NOTHING: Final = Spent()


@frozen
class Task:
    """One derivation to settle; ``before`` is how long its latest build took, if that is known."""

    store: Store
    derivation: Derivation
    context: Context
    budget: Budget
    rebuild: bool = False
    before: float | None = None
    arguments: Arguments = Factory(dict)

    @property
    def dref(self) -> DRef[object]:
        """What is to be settled."""
        return self.derivation.dref


def looked_at(task: Task) -> Settle | BuildMore:
    """What a matcher chooses of what there is, or what must be built.

    What is chosen may be removed by others until it is pinned.
    """
    if task.rebuild:
        return BuildMore(1, REBUILD)
    return verdict(task, candidates_for(task), _NOTHING)


def candidates_for(task: Task) -> tuple[Candidate, ...]:
    """What there is now, as a derivation's matcher may see it."""
    return task.store.candidates(task.dref, task.context, task.derivation.matcher.reads)


def verdict(task: Task, candidates: tuple[Candidate, ...], spent: Spent) -> Settle | BuildMore:
    """What a derivation's matcher says to these."""
    return next_round(task.derivation, candidates, spent, task.budget)
