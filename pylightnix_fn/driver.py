"""Realizing: make a closure true in a store, with as many builds at once as there is room for.

What is asked for is checked and brought together here; how one realization goes on to its end is
the business of `progression`.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping
from threading import Lock
from typing import TYPE_CHECKING, TypeAlias, TypeVar

from attrs import Factory, frozen

from pylightnix_fn.closure import Closure
from pylightnix_fn.disk_files import DiskFiles
from pylightnix_fn.errors.plan import BadParameter, DerivationOverwritten
from pylightnix_fn.finding import Search
from pylightnix_fn.observer import Observer, unobserved
from pylightnix_fn.outputs import Sealed, bind
from pylightnix_fn.plan import Budget, Plan, plan_of
from pylightnix_fn.realization import Realization
from pylightnix_fn.realizer import Arguments, one
from pylightnix_fn.refs import DRef, Many, RRef
from pylightnix_fn.store_protocol import Store

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from pylightnix_fn.events import Event
    from pylightnix_fn.pools import Workers

R = TypeVar("R")
U = TypeVar("U")
K = TypeVar("K", bound="_Target")

_Target: TypeAlias = DRef[object] | Many[object]


def realize(
    closure: Closure[R],
    store: Store,
    *,
    rebuild: Iterable[_Target] | bool = False,
    assert_realized: Iterable[_Target] | bool = False,
    arguments: Mapping[K, Arguments] | None = None,
    budget: Budget = Budget(),
    observe: Observer = unobserved,
    executor: Executor | Workers | None = None,
    jobs: int | None = None,
    capacity: Mapping[str, float] | None = None,
    keep_going: bool = False,
) -> R:
    """Build what a closure lacks in a store, and give the realizations of its targets.

    ``rebuild`` names derivations to build once more, whatever their matchers say; ``True`` stands
    for the targets. Of ``assert_realized`` nothing is built: `NotRealized` where something would
    have to be; ``True`` stands for the targets. ``arguments`` are for this run alone, see
    `Build.argument`. ``jobs`` builds so many at once, in processes of their own; ``executor``
    builds in threads or processes of yours, or on a cluster. ``capacity`` says what there is of the
    resources that derivations ask for. With ``keep_going``, what does not need a failed build is
    built all the same, and all failures are raised as one `ExceptionGroup`. A derivation that was
    overwritten in its manager gives a warning. Errors: those of `pylightnix_fn.errors.build` and of
    the store.
    """
    for note in closure.notes:
        warnings.warn(str(note), DerivationOverwritten, stacklevel=2)
    _check_jobs(executor, jobs)
    forced = _among(closure, rebuild, "rebuild")
    asserted = _among(closure, assert_realized, "assert_realized")
    given = _given(closure, arguments or {})
    tell: Observer = unobserved if observe is unobserved else _Teller(observe)
    if tell is not unobserved:
        from pylightnix_fn.events import Planned

        tell(Planned(tuple(closure.derivations)))
    store.register({each.dref: each.config for each in closure})
    search = Search(store, tell, budget, forced, asserted, given, keep_going, plan_of(closure))
    try:
        _realize(search, executor, jobs, capacity or {})
    except BaseException as error:
        if not isinstance(error, Exception):
            done, there = len(search.plan.settled), len(closure.derivations)
            error.add_note(f"{done} of {there} derivations are settled; another run goes on there.")
        raise
    if search.plan.failed:
        raise _all_failures(search.plan)
    return closure.shape(_Settled(store, search.plan))


def _realize(
    search: Search,
    executor: Executor | Workers | None,
    jobs: int | None,
    capacity: Mapping[str, float],
) -> None:
    while not search.all_stays():
        search.begin_again()
    if search.missing:
        from pylightnix_fn.undertaking import build_missing  # for who has something to build

        build_missing(search, executor, jobs, capacity)


def _check_jobs(executor: object, jobs: int | None) -> None:
    if jobs is not None and (executor is not None or isinstance(jobs, bool) or jobs < 1):
        wanted = "a whole number, 1 or more, and no executor beside it"
        raise BadParameter("realize", "jobs", repr(jobs), wanted)


def _among(
    closure: Closure[object], wanted: Iterable[_Target] | bool, parameter: str
) -> frozenset[DRef[object]]:
    """The derivations that a parameter names, all of the closure; ``True`` names the targets."""
    if isinstance(wanted, bool):
        return frozenset(closure.targets if wanted else ())
    named = frozenset(each.dref if isinstance(each, Many) else each for each in wanted)
    for dref in named - closure.derivations.keys():
        raise BadParameter("realize", parameter, dref.text, "derivations of the closure")
    return named


def _given(
    closure: Closure[object], arguments: Mapping[K, Arguments]
) -> Mapping[DRef[object], Arguments]:
    _among(closure, arguments, "arguments")
    return {
        each.dref if isinstance(each, Many) else each: given for each, given in arguments.items()
    }


def _all_failures(plan: Plan) -> ExceptionGroup[Exception]:
    there, failed, skipped = len(plan.graph.derivations), plan.failures(), len(plan.skipped)
    also = f"; {skipped} more need them" if skipped else ""
    return ExceptionGroup(f"{len(failed)} of {there} derivations were not built{also}", failed)


@frozen
class _Teller:
    """An observer that is told one event at a time, from whatever thread."""

    observe: Observer
    lock: Lock = Factory(Lock)

    def __call__(self, event: Event) -> None:
        with self.lock:
            self.observe(event)


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
