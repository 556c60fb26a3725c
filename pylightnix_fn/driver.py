"""Realizing: make a closure true in a store, with as many builds at once as there is room for.

What is ready is a question to the plan, a pure value; where builds run is the pool's business. This
module asks the store, hands over what must be built, and waits.
"""

from __future__ import annotations

import time
import warnings
from collections import Counter, deque
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import BrokenExecutor, Executor, Future, wait
from queue import SimpleQueue
from threading import Lock
from typing import Final, TypeAlias, TypeVar

from attrs import Factory, define, evolve, frozen

from pylightnix_fn.closure import Closure
from pylightnix_fn.errors.build import TooFewResources, WorkerLost
from pylightnix_fn.errors.plan import BadParameter, DerivationOverwritten
from pylightnix_fn.events import Event, Failed, Matched, Observer, Planned, Skipped, unobserved
from pylightnix_fn.outputs import Sealed, bind
from pylightnix_fn.plan import Budget, Plan, RRefs, plan_of
from pylightnix_fn.pools import Pool, Workers, opened_pool
from pylightnix_fn.queueing import Queue
from pylightnix_fn.realization import Realization
from pylightnix_fn.realizer import one
from pylightnix_fn.refs import DRef, Many, RRef
from pylightnix_fn.resources import lacking
from pylightnix_fn.settling import Task, satisfied
from pylightnix_fn.store_protocol import Store
from pylightnix_fn.urgency import Urgency
from pylightnix_fn.workshop import DiskFiles

R = TypeVar("R")
U = TypeVar("U")

_Promise: TypeAlias = Future[RRefs | Exception]

MOST_LOST: Final = 3  # workers that may be lost with one derivation


def realize(
    closure: Closure[R],
    store: Store,
    *,
    rebuild: Iterable[DRef[object] | Many[object]] | bool = False,
    budget: Budget = Budget(),
    observe: Observer = unobserved,
    executor: Executor | Workers | None = None,
    jobs: int | None = None,
    capacity: Mapping[str, float] | None = None,
    keep_going: bool = False,
) -> R:
    """Build what a closure lacks in a store, and give the realizations of its targets.

    ``rebuild`` names derivations to build once more, whatever their matchers say; ``True`` stands
    for the targets. ``jobs`` builds so many at once, in processes of their own; ``executor`` builds
    in threads or processes of yours, or on a cluster. ``capacity`` says what there is of the
    resources that derivations ask for. With ``keep_going``, what does not need a failed build is
    built all the same, and all failures are raised as one `ExceptionGroup`. A derivation that was
    overwritten in its manager gives a warning. Errors: those of `pylightnix_fn.errors.build` and
    of the store.
    """
    for note in closure.notes:
        warnings.warn(str(note), DerivationOverwritten, stacklevel=2)
    forced = _to_rebuild(closure, rebuild)
    tell: Observer = unobserved if observe is unobserved else _Teller(observe)
    tell(Planned(tuple(closure.derivations)))
    store.register({each.dref: each.config for each in closure})
    plan = plan_of(closure)
    with opened_pool(executor, jobs, tell) as pool:
        free = {**pool.free, **(capacity or {})}
        _check_resources(closure, free)
        urgency = Urgency(store, plan)
        before = None if observe is unobserved else urgency.before
        queue = Queue(free, urgency if pool.slots != 1 else None)
        run = _Run(store, pool, tell, budget, forced, keep_going, plan, queue, before)
        plan = run.to_the_end()
    if plan.failed:
        raise _all_failures(plan)
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


def _all_failures(plan: Plan) -> ExceptionGroup[Exception]:
    there, failed, skipped = len(plan.graph.derivations), plan.failures(), len(plan.skipped)
    also = f"; {skipped} more need them" if skipped else ""
    return ExceptionGroup(f"{len(failed)} of {there} derivations were not built{also}", failed)


def _check_resources(closure: Closure[object], free: Mapping[str, float]) -> None:
    for each in closure:
        for name in lacking(each.resources, free):
            wanted = each.resources.amounts()[name]
            raise TooFewResources(each.name, name, wanted, free.get(name, 1))


@frozen
class _Teller:
    """An observer that is told one event at a time, from whatever thread."""

    observe: Observer
    lock: Lock = Factory(Lock)

    def __call__(self, event: Event) -> None:
        with self.lock:
            self.observe(event)


@define
class _Run:
    """One realization: the plan so far, what is to be looked at, what waits for room, what runs."""

    store: Store
    pool: Pool
    observe: Observer
    budget: Budget
    rebuild: frozenset[DRef[object]]
    keep_going: bool
    plan: Plan
    queue: Queue
    before: Callable[[DRef[object]], float | None] | None
    fresh: deque[DRef[object]] = Factory(deque)
    running: dict[_Promise, tuple[Task, float]] = Factory(dict)
    done: SimpleQueue[_Promise] = Factory(SimpleQueue)
    lost: Counter[DRef[object]] = Factory(Counter)
    suspects: set[DRef[object]] = Factory(set)
    found: list[RRef[object]] = Factory(list)

    def to_the_end(self) -> Plan:
        """Settle, or give up, every derivation of the plan."""
        self.fresh.extend(self.plan.ready())
        try:
            while self.fresh or self.queue or self.running or self.found:
                if self.fresh:
                    self.look_at(self.fresh.popleft())
                elif self.found:
                    self.keep_found()
                else:
                    self.start()
                    self.take(self.done.get())
        except BaseException as error:
            self.give_up(error)
            raise
        return self.plan

    def look_at(self, dref: DRef[object]) -> None:
        """Settle a derivation on what there is, or let it wait for a build."""
        derivation, context = self.plan.graph.derivations[dref], self.plan.context(dref)
        task = Task(self.store, derivation, context, self.budget, dref in self.rebuild)
        try:
            rrefs = satisfied(task)
        except Exception as error:
            self.failed(dref, error, 0.0)
        else:
            if rrefs is None:
                self.queue.add(task)
            else:
                self.found.extend(rrefs)
                self.settled(dref, rrefs)

    def keep_found(self) -> None:
        """Let nobody remove what was found any more; begin again where somebody has."""
        found, self.found = self.found, []
        if not self.store.pin(found):
            wait(self.running)  # what they gave is found again
            self.withdrawn()
            self.queue.clear()
            self.suspects.clear()
            self.rebuild = self.rebuild.difference(self.plan.settled)
            self.plan = self.plan.begun_again()
            self.fresh.extend(self.plan.ready())

    def start(self) -> None:
        """Hand over what there is room for."""
        slots = 1 if self.suspects else self.pool.slots
        while (slots is None or len(self.running) < slots) and (task := self.queue.next()):
            if self.before is not None:
                task = evolve(task, before=self.before(task.dref))
            promise = self.submitted(task)
            self.running[promise] = (task, time.monotonic())
            promise.add_done_callback(self.done.put)

    def submitted(self, task: Task) -> _Promise:
        """What will come of a task; an error, where it cannot be handed over."""
        try:
            return self.pool.submit(task)
        except Exception as error:
            refused = _Promise()
            refused.set_exception(error)
            return refused

    def take(self, promise: _Promise) -> None:
        """Go on with what came of a build."""
        if promise not in self.running:
            return  # it was lost with its worker, and is built again
        task, began = self.running.pop(promise)
        self.suspects.discard(task.dref)
        self.queue.release(task)
        try:
            result = promise.result()
        except BrokenExecutor as error:
            self.recover([task, *self.withdrawn()], error)
        except Exception as error:
            self.failed(task.dref, error, time.monotonic() - began)
        else:
            if isinstance(result, Exception):
                self.failed(task.dref, result, time.monotonic() - began)
            elif self.store.pin(result):
                self.settled(task.dref, result)
            else:
                self.fresh.append(task.dref)  # it was removed since it was built

    def withdrawn(self) -> list[Task]:
        """What ran, and will not come to an end."""
        tasks = [task for task, _ in self.running.values()]
        for task in tasks:
            self.queue.release(task)
        self.running.clear()
        return tasks

    def recover(self, tasks: list[Task], error: BrokenExecutor) -> None:
        """Build again, with other workers, what was under way when one of them died.

        One after the other, for nobody knows which of them it was that killed the worker.
        """
        is_mended = self.pool.mended()
        for task in tasks:
            self.lost[task.dref] += 1
            if is_mended and self.lost[task.dref] < MOST_LOST:
                self.suspects.add(task.dref)
                self.queue.add(task, first=True)
                continue
            lost = WorkerLost(task.derivation.name, task.derivation.realizer, self.lost[task.dref])
            lost.__cause__ = error
            self.failed(task.dref, lost, 0.0)

    def settled(self, dref: DRef[object], rrefs: RRefs) -> None:
        """Go on with these realizations."""
        self.observe(Matched(dref, rrefs))
        self.plan = self.plan.advance(dref, rrefs)
        self.fresh.extend(self.plan.freed_by(dref))

    def failed(self, dref: DRef[object], error: Exception, seconds: float) -> None:
        """Go on without, if we are to."""
        self.observe(Failed(dref, error, seconds))
        if not self.keep_going:
            raise error
        before, self.plan = self.plan.skipped, self.plan.fail(dref, error)
        skipped = (each for each in self.plan.skipped if each not in before)
        for each in sorted(skipped, key=self.plan.graph.position.__getitem__):
            self.observe(Skipped(each, dref))

    def give_up(self, error: BaseException) -> None:
        """Begin nothing more; what runs comes to its end, unless somebody interrupted it."""
        if not isinstance(error, Exception):
            self.pool.stop()
            for promise in self.running:
                promise.cancel()
            done, there = len(self.plan.settled), len(self.plan.graph.derivations)
            error.add_note(f"{done} of {there} derivations are settled; another run goes on there.")
            return
        for promise in self.running:
            promise.cancel()
        wait(self.running)


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
