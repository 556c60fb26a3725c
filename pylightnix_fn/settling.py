"""Settling one derivation: its matcher is asked, builds are made, until it is satisfied.

Runs wherever a driver sends it, in another thread or process too: a task holds all that it needs.
"""

from __future__ import annotations

import time
from collections.abc import Collection
from contextlib import AbstractContextManager
from itertools import count
from typing import Final

from attrs import Factory, frozen

from pylightnix_fn.building import build, samples_of
from pylightnix_fn.content.progress import reporting, told_to
from pylightnix_fn.events import Built, Observer, Started, Waiting, unobserved
from pylightnix_fn.manager import Derivation
from pylightnix_fn.plan import (
    Budget,
    BuildMore,
    RRefs,
    Settle,
    Spent,
    limit_reached,
    next_round,
)
from pylightnix_fn.realizer import Arguments, Context
from pylightnix_fn.refs import DRef, RRef
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
    return _asked(task, _NOTHING)


def settle(task: Task, observe: Observer) -> RRefs:
    """The realizations that a matcher chooses, built if they must be.

    Nobody else builds the same meanwhile: who was first has built, and the others use it.
    """
    with _building(task, observe):
        spent, began = Spent(), time.monotonic()
        if task.rebuild:
            number = free_number(samples_of(task.store, task.store.rrefs(task.dref)))
            _build(task, REBUILD, number, observe)
        while True:
            match _asked(task, spent.at(time.monotonic() - began)):
                case Settle(rrefs):
                    if task.store.pin(rrefs):
                        return rrefs
                case BuildMore() as step:
                    spent = _builds(task, step, spent, began, observe)


def _building(task: Task, observe: Observer) -> AbstractContextManager[None]:
    dref = task.dref
    return task.store.building(dref, task.context, lambda who: observe(Waiting(dref, who)))


def _asked(task: Task, spent: Spent) -> Settle | BuildMore:
    """What a derivation's matcher says to what the store holds now."""
    derivation = task.derivation
    candidates = task.store.candidates(task.dref, task.context, derivation.matcher.reads)
    return next_round(derivation, candidates, spent, task.budget)


def _builds(task: Task, step: BuildMore, spent: Spent, began: float, observe: Observer) -> Spent:
    """As many builds as are wanted, or as the budget allows; what is spent then."""
    known: frozenset[RRef[object]] = frozenset(task.store.rrefs(task.dref))
    tried, n = samples_of(task.store, known), step.n
    while n > 0 and not limit_reached(spent, task.budget):
        number = free_number(tried)
        made = _build(task, step.why, number, observe)
        tried.update(range(number, number + len(made)))
        spent = spent.with_build(repeated=known.issuperset(made)).at(time.monotonic() - began)
        known, n = known.union(made), n - len(made)
    return spent


def _build(task: Task, why: str, sample: int, observe: Observer) -> tuple[RRef[object], ...]:
    observe(Started(task.dref, why, task.before))
    clock = time.monotonic()
    with reporting(told_to(observe, task.dref)):
        made = build(task.store, task.derivation, task.context, sample, task.arguments)
    seconds = time.monotonic() - clock
    if observe is not unobserved:
        for rref in made:
            observe(Built(task.dref, rref, seconds, task.store.record(rref).size))
    return made


def free_number(taken: Collection[int]) -> int:
    """The smallest number from 0 that is not taken.

    >>> free_number({0, 1, 3})
    2
    """
    return next(number for number in count() if number not in taken)
