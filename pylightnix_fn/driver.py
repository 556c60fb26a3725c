"""Realizing: make a closure true in a store, one build at a time.

The schedule and the matching rounds are pure values (`plan`); this module only asks the store,
has builds made and tells an observer what happens.
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Collection, Iterable
from contextlib import AbstractContextManager, suppress
from itertools import count
from typing import TypeVar

from attrs import evolve, frozen

from pylightnix_fn.building import build
from pylightnix_fn.closure import Closure
from pylightnix_fn.errors.plan import BadParameter, DerivationOverwritten
from pylightnix_fn.errors.store import DamagedObject
from pylightnix_fn.events import Built, Matched, Observer, Started, Waiting, unobserved
from pylightnix_fn.manager import Derivation
from pylightnix_fn.outputs import Sealed, bind
from pylightnix_fn.plan import (
    Budget,
    BuildMore,
    Plan,
    RRefs,
    Settle,
    Spent,
    limit_reached,
    next_round,
    plan_of,
)
from pylightnix_fn.realization import Realization
from pylightnix_fn.realizer import Context, one
from pylightnix_fn.refs import DRef, Many, RRef
from pylightnix_fn.store_protocol import Store
from pylightnix_fn.workshop import DiskFiles

R = TypeVar("R")
U = TypeVar("U")


def realize(
    closure: Closure[R],
    store: Store,
    *,
    rebuild: Iterable[DRef[object] | Many[object]] | bool = False,
    budget: Budget = Budget(),
    observe: Observer = unobserved,
) -> R:
    """Build what a closure lacks in a store, and give the realizations of its targets.

    ``rebuild`` names derivations to build once more, whatever their matchers say; ``True`` stands
    for the targets. A derivation that was overwritten in its manager gives a warning. Errors: those
    of `pylightnix_fn.errors.build` and of the store.
    """
    for note in closure.notes:
        warnings.warn(str(note), DerivationOverwritten, stacklevel=2)
    driver = _Driver(store, _to_rebuild(closure, rebuild), budget, observe)
    store.register({each.dref: each.config for each in closure})
    plan = plan_of(closure)
    while ready := plan.ready():
        for dref in ready:
            plan = plan.advance(dref, driver.settled(closure.derivations[dref], plan.context(dref)))
    return closure.shape(_Settled(store, plan))


def _to_rebuild(
    closure: Closure[object], rebuild: Iterable[DRef[object] | Many[object]] | bool
) -> frozenset[DRef[object]]:
    if isinstance(rebuild, bool):
        return frozenset(closure.targets if rebuild else ())
    wanted = frozenset(each.dref if isinstance(each, Many) else each for each in rebuild)
    for dref in wanted - closure.derivations.keys():
        raise BadParameter("realize", "rebuild", dref.text, "derivations of the closure")
    return wanted


@frozen
class _Driver:
    store: Store
    rebuild: frozenset[DRef[object]]
    budget: Budget
    observe: Observer

    def settled(self, derivation: Derivation, context: Context) -> RRefs:
        """The realizations that a derivation's matcher chooses, built if they must be."""
        dref = derivation.dref
        if dref in self.rebuild:
            with self.building(derivation, context):
                number = free_number(self.samples(dref))
                self.build(derivation, context, "a rebuild was asked for", number)
        spent, began = Spent(), time.monotonic()
        while True:
            match self.asked(derivation, context, spent, began):
                case Settle(rrefs):
                    if self.store.pin(rrefs):  # or else they were removed since they were seen
                        self.observe(Matched(dref, rrefs))
                        return rrefs
                case BuildMore():
                    spent = self.round(derivation, context, spent, began)

    def asked(
        self, derivation: Derivation, context: Context, spent: Spent, began: float
    ) -> Settle | BuildMore:
        """What a derivation's matcher says to what the store holds now."""
        reads = derivation.matcher.reads
        candidates = self.store.candidates(derivation.dref, context, reads)
        spent = evolve(spent, seconds=time.monotonic() - began)
        return next_round(derivation, candidates, spent, self.budget)

    def building(self, derivation: Derivation, context: Context) -> AbstractContextManager[None]:
        dref = derivation.dref
        return self.store.building(dref, context, lambda who: self.observe(Waiting(dref, who)))

    def round(self, derivation: Derivation, context: Context, spent: Spent, began: float) -> Spent:
        """The builds that are still wanted once nobody else makes them; what is spent then."""
        with self.building(derivation, context):
            step = self.asked(derivation, context, spent, began)
            if isinstance(step, BuildMore):
                return self.builds(derivation, context, step, spent, began)
        return spent

    def builds(
        self,
        derivation: Derivation,
        context: Context,
        step: BuildMore,
        spent: Spent,
        began: float,
    ) -> Spent:
        """As many builds as are wanted, or as the budget allows; what is spent then."""
        tried, n = self.samples(derivation.dref), step.n
        known: frozenset[RRef[object]] = frozenset(self.store.rrefs(derivation.dref))
        while n > 0 and not limit_reached(spent, self.budget):
            number = free_number(tried)
            made = self.build(derivation, context, step.why, number)
            tried.update(range(number, number + len(made)))
            spent = spent.with_build(repeated=known.issuperset(made))
            spent = evolve(spent, seconds=time.monotonic() - began)
            known, n = known.union(made), n - len(made)
        return spent

    def build(
        self, derivation: Derivation, context: Context, why: str, sample: int
    ) -> tuple[RRef[object], ...]:
        self.observe(Started(derivation.dref, why))
        clock = time.monotonic()
        made = build(self.store, derivation, context, sample)
        for rref in made:
            self.observe(Built(derivation.dref, rref, time.monotonic() - clock))
        return made

    def samples(self, dref: DRef[object]) -> set[int]:
        """The numbers of the samples that the store holds, whatever they were built from."""
        numbers: set[int] = set()
        for rref in self.store.rrefs(dref):
            with suppress(DamagedObject):
                numbers.add(self.store.record(rref).facts.sample)
        return numbers


def free_number(taken: Collection[int]) -> int:
    """The smallest number from 0 that is not taken.

    >>> free_number({0, 1, 3})
    2
    """
    return next(number for number in count() if number not in taken)


@frozen
class _Settled:
    """The realizations that a finished plan has settled on, taken from the store."""

    store: Store
    plan: Plan

    def one(self, dref: DRef[U]) -> Realization[U]:
        return one(dref, self.many(Many(dref)))

    def many(self, many: Many[U]) -> tuple[Realization[U], ...]:
        return tuple(
            realization_of(self.store, RRef(rref.text, many.dref.outputs))
            for rref in self.plan.settled[many.dref]
        )


def realization_of(store: Store, rref: RRef[U]) -> Realization[U]:
    """What a store holds under a reference; `MissingObject` if nothing."""
    record, folder = store.record(rref), store.folder(rref)
    return Realization(
        rref,
        bind(rref.outputs, folder, Sealed(DiskFiles())),
        folder,
        record.context,
        record.facts.started,
        record.facts.stopped,
        record.size,
    )
