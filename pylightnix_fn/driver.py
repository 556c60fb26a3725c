"""Realizing: make a closure true in a store, one build at a time.

The schedule and the matching rounds are pure values (`plan`); this module only asks the store,
runs realizers and tells an observer what happens.
"""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, TypeAlias, TypeVar

from attrs import evolve, field, frozen

from pylightnix_fn.closure import Closure
from pylightnix_fn.errors.build import MissingOutput, RealizerFailed, UndeclaredInput
from pylightnix_fn.errors.message import PylightnixError
from pylightnix_fn.errors.plan import UnknownTarget
from pylightnix_fn.manager import Derivation
from pylightnix_fn.outputs import Files, bind, reason
from pylightnix_fn.plan import Budget, BuildMore, Plan, RRefs, Settle, Spent, next_round, plan_of
from pylightnix_fn.realization import Realization
from pylightnix_fn.realizer import Context, one
from pylightnix_fn.refs import DRef, Many, RRef
from pylightnix_fn.store_protocol import Facts, Staging, Store
from pylightnix_fn.versions import versions_of

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
        raise UnknownTarget("rebuild", dref.text)
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
        if derivation.dref in self.rebuild:
            self.build(derivation, context, "a rebuild was asked for")
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
                        made = self.build(derivation, context, why)
                        spent = spent.with_build(repeated=made in known)
                        known.add(made)

    def build(self, derivation: Derivation, context: Context, why: str) -> RRef[object]:
        """One more realization of a derivation."""
        self.observe(Started(derivation.dref, why))
        staging = self.store.stage(derivation.dref)
        started, clock = datetime.now(UTC), time.monotonic()
        run_recipe(derivation, staging, _Workshop(self.store, staging.folder, context, derivation))
        facts = Facts(started, datetime.now(UTC), versions_of(derivation.packages))
        made = self.store.commit(staging, derivation.dref, context, facts)
        self.observe(Built(derivation.dref, made, time.monotonic() - clock))
        return made


def run_recipe(derivation: Derivation, staging: Staging, site: _Workshop) -> None:
    """Run a realizer and check its promises; what it wrote stays if anything is wrong."""
    for promise in derivation.promises:
        (staging.folder / promise.path).parent.mkdir(parents=True, exist_ok=True)
    try:
        derivation.recipe(site)
    except Exception as error:
        (staging.home / ERROR_FILE).write_text(traceback.format_exc(), encoding="utf-8")
        if isinstance(error, PylightnixError):
            error.add_note(f"(raised in realizer '{derivation.realizer}' of '{derivation.name}')")
            raise
        raise RealizerFailed(
            derivation.name, derivation.realizer, reason(error), str(staging.folder)
        ) from error
    for promise in derivation.promises:
        path = staging.folder / promise.path
        if not path.exists():
            found = ", ".join(sorted(each.name for each in staging.folder.iterdir())) or "nothing"
            raise MissingOutput(
                derivation.name, derivation.realizer, promise.label, str(path), found
            )


@frozen
class DiskFiles:
    """Files as they lie on a disk."""

    def read(self, path: Path) -> bytes:
        return path.read_bytes()

    def write(self, path: Path, data: bytes) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)


@frozen
class _Workshop:
    """The site of one build."""

    store: Store
    folder: Path
    context: Context
    derivation: Derivation
    files: Files = field(factory=DiskFiles)

    def inputs(self, dref: DRef[object]) -> tuple[Path, ...]:
        if dref not in self.context:
            raise UndeclaredInput(self.derivation.name, dref.text)
        return tuple(self.store.folder(rref) for rref in self.context[dref])

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)


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
