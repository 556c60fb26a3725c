"""Settling one derivation: its matcher is asked, builds are made, until it is satisfied.

Runs wherever a driver sends it, in another thread or process too: a task holds all that it needs.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable
from contextlib import AbstractContextManager
from itertools import count
from typing import TypeAlias

from pylightnix_fn.asking import REBUILD, Task, candidates_for, verdict
from pylightnix_fn.building import build, samples_of
from pylightnix_fn.content.progress import reporting, told_to
from pylightnix_fn.events import Built, Started, Waiting
from pylightnix_fn.matcher.candidate import Candidate
from pylightnix_fn.observer import Observer, unobserved
from pylightnix_fn.plan import (
    BuildMore,
    RRefs,
    Settle,
    Spent,
    limit_reached,
)
from pylightnix_fn.refs import RRef
from pylightnix_fn.store_protocol import Record, candidate_of

_Known: TypeAlias = frozenset[RRef[object]]


def settle(task: Task, observe: Observer) -> RRefs:
    """The realizations that a matcher chooses, built if they must be.

    Nobody else builds the same meanwhile: who was first has built, and the others use it.
    """
    with _building(task, observe):
        spent, began, known = Spent(), time.monotonic(), _known(task)
        candidates = candidates_for(task) if known else ()
        if task.rebuild:
            number = free_number(samples_of(task.store, known))
            made = _build(task, REBUILD, number, observe)
            known, candidates = known.union(_rrefs(made)), _joined(task, candidates, made)
        while True:
            match verdict(task, candidates, spent.at(time.monotonic() - began)):
                case Settle(rrefs):
                    if task.store.pin(rrefs):
                        return rrefs
                    known, candidates = _known(task), candidates_for(task)
                case BuildMore() as step:
                    spent, made = _builds(task, step, known, spent, began, observe)
                    known, candidates = known.union(_rrefs(made)), _joined(task, candidates, made)


def _building(task: Task, observe: Observer) -> AbstractContextManager[None]:
    dref = task.dref
    return task.store.building(dref, task.context, lambda who: observe(Waiting(dref, who)))


def _known(task: Task) -> _Known:
    return frozenset(task.store.rrefs(task.dref))


def _rrefs(records: Iterable[Record]) -> Iterable[RRef[object]]:
    return (each.rref for each in records)


def _joined(
    task: Task, before: tuple[Candidate, ...], made: Iterable[Record]
) -> tuple[Candidate, ...]:
    """What a matcher sees after builds; the store is asked only where it reads artifacts."""
    if task.derivation.matcher.reads:
        return candidates_for(task)
    found = {each.rref.text: each for each in before}
    found.update((each.rref.text, candidate_of(each, {})) for each in made)
    return tuple(found[text] for text in sorted(found))


def _builds(
    task: Task, step: BuildMore, known: _Known, spent: Spent, began: float, observe: Observer
) -> tuple[Spent, tuple[Record, ...]]:
    """As many builds as are wanted, or as the budget allows; what is spent then."""
    records: list[Record] = []
    tried, n = samples_of(task.store, known), step.n
    while n > 0 and not limit_reached(spent, task.budget):
        number = free_number(tried)
        made = _build(task, step.why, number, observe)
        tried.update(range(number, number + len(made)))
        spent = spent.with_build(repeated=known.issuperset(_rrefs(made))).at(
            time.monotonic() - began
        )
        known, n = known.union(_rrefs(made)), n - len(made)
        records.extend(made)
    return spent, tuple(records)


def _build(task: Task, why: str, sample: int, observe: Observer) -> tuple[Record, ...]:
    observe(Started(task.dref, why, task.before))
    clock = time.monotonic()
    with reporting(told_to(observe, task.dref)):
        made = build(task.store, task.derivation, task.context, sample, task.arguments)
    seconds = time.monotonic() - clock
    if observe is not unobserved:
        for each in made:
            observe(Built(task.dref, each.rref, seconds, each.size))
    return made


def free_number(taken: Collection[int]) -> int:
    """The smallest number from 0 that is not taken.

    >>> free_number({0, 1, 3})
    2
    """
    return next(number for number in count() if number not in taken)
