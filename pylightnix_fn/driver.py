"""Realizing: make a closure true in a store, one build at a time.

The schedule and the matching rounds are pure values (`plan`); this module only asks the store,
runs realizers and tells an observer what happens.
"""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from itertools import count
from typing import Final, TypeAlias, TypeVar

from attrs import evolve, frozen

from pylightnix_fn.closure import Closure
from pylightnix_fn.errors.build import MissingOutput, RealizerFailed
from pylightnix_fn.errors.message import PylightnixError
from pylightnix_fn.errors.plan import BadParameter
from pylightnix_fn.manager import Derivation
from pylightnix_fn.outputs import bind, reason
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
from pylightnix_fn.store_protocol import Facts, Store
from pylightnix_fn.versions import versions_of
from pylightnix_fn.workshop import DiskFiles, Workshop, workshop

R = TypeVar("R")
U = TypeVar("U")

ERROR_FILE: Final = "error.txt"


@frozen
class Matched:
    """A matcher is satisfied with what there is."""

    dref: DRef[object]
    rrefs: RRefs


@frozen
class Started:
    """A build has begun; ``why`` is what the matcher, or the user, wants it for."""

    dref: DRef[object]
    why: str


@frozen
class Built:
    """A build has ended with this realization."""

    dref: DRef[object]
    rref: RRef[object]
    seconds: float


Event: TypeAlias = Matched | Started | Built
Observer: TypeAlias = Callable[[Event], None]


def unobserved(event: Event) -> None:
    """The observer that looks away."""


def realize(
    closure: Closure[R],
    store: Store,
    *,
    rebuild: Iterable[DRef[object]] | bool = False,
    budget: Budget = Budget(),
    observe: Observer = unobserved,
) -> R:
    """Build what a closure lacks in a store, and give the realizations of its targets.

    ``rebuild`` names derivations to build once more, whatever their matchers say; ``True`` stands
    for the targets. Errors: those of `pylightnix_fn.errors.build` and of the store.
    """
    driver = _Driver(store, _to_rebuild(closure, rebuild), budget, observe)
    plan = plan_of(closure)
    while ready := plan.ready():
        for dref in ready:
            plan = plan.advance(dref, driver.settled(closure.derivations[dref], plan.context(dref)))
    return closure.shape(_Settled(store, plan))


def _to_rebuild(
    closure: Closure[object], rebuild: Iterable[DRef[object]] | bool
) -> frozenset[DRef[object]]:
    if isinstance(rebuild, bool):
        return frozenset(closure.targets if rebuild else ())
    wanted = frozenset(rebuild)
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
        self.store.register(derivation.dref, derivation.config)
        spent, began = Spent(), time.monotonic()
        numbers = self.sample_numbers(derivation.dref)
        if derivation.dref in self.rebuild:
            self.build(derivation, context, "a rebuild was asked for", next(numbers))
        while True:
            reads = derivation.matcher.reads
            candidates = self.store.candidates(derivation.dref, context, reads)
            spent = evolve(spent, seconds=time.monotonic() - began)
            match next_round(derivation, candidates, spent, self.budget):
                case Settle(rrefs):
                    self.observe(Matched(derivation.dref, rrefs))
                    return rrefs
                case BuildMore(n, why):
                    known = {each.rref for each in candidates}
                    for _ in range(n):
                        made = self.build(derivation, context, why, next(numbers))
                        spent = evolve(
                            spent.with_build(repeated=known.issuperset(made)),
                            seconds=time.monotonic() - began,
                        )
                        known.update(made)
                        if limit_reached(spent, self.budget):
                            break

    def sample_numbers(self, dref: DRef[object]) -> Iterator[int]:
        """The numbers of samples that the store does not hold yet."""
        used = {self.store.record(rref).facts.sample for rref in self.store.rrefs(dref)}
        yield from (number for number in count() if number not in used)

    def build(
        self, derivation: Derivation, context: Context, why: str, sample: int
    ) -> tuple[RRef[object], ...]:
        """One build more of a derivation: one realization, or several where it makes samples."""
        self.observe(Started(derivation.dref, why))
        clock = time.monotonic()
        staging = self.store.stage(derivation.dref)
        first = workshop(self.store, staging, context, derivation, sample, [])
        run_recipe(first)
        made = tuple(self.keep(site) for site in (first, *first.others))
        for rref in made:
            self.observe(Built(derivation.dref, rref, time.monotonic() - clock))
        return made

    def keep(self, site: Workshop) -> RRef[object]:
        """Commit what was built at a site."""
        versions = versions_of(site.derivation.packages)
        facts = Facts(site.started, datetime.now(UTC), site.sample, versions)
        return self.store.commit(site.staging, site.derivation.dref, site.context, facts)


def run_recipe(site: Workshop) -> None:
    """Run a realizer and check its promises; what it wrote stays if anything is wrong."""
    derivation, staging = site.derivation, site.staging
    try:
        derivation.recipe(site)
    except Exception as error:
        with suppress(OSError):  # the disk may be full; what the realizer raised says more
            (staging.home / ERROR_FILE).write_bytes(
                traceback.format_exc().encode(errors="backslashreplace")
            )
        if isinstance(error, PylightnixError):
            error.add_note(f"In realizer '{derivation.realizer}'; it wrote: {staging.folder}")
            raise
        raise RealizerFailed(
            derivation.name, derivation.realizer, reason(error), str(staging.folder)
        ) from error
    for each in (site, *site.others):
        _check_promises(each)


def _check_promises(site: Workshop) -> None:
    derivation, folder = site.derivation, site.folder
    for promise in derivation.promises:
        path = folder / promise.path
        if not path.exists():
            found = ", ".join(sorted(each.name for each in folder.glob("*"))) or "nothing"
            raise MissingOutput(
                derivation.name, derivation.realizer, promise.label, str(path), found
            )


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
        bind(rref.outputs, folder, DiskFiles()),
        folder,
        record.context,
        record.facts.started,
        record.facts.stopped,
        record.size,
    )
