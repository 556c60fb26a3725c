"""One realization under way: what is ready is handed over, what comes back moves the plan on.

The plan and its order are pure values; where builds run is the pool's business. Here the two meet,
in a loop that waits for one result at a time.
"""

from __future__ import annotations

import time
from collections import Counter, deque
from collections.abc import Callable, Mapping
from concurrent.futures import BrokenExecutor, wait
from queue import SimpleQueue
from typing import Final

from attrs import Factory, define, evolve

from pylightnix_fn.errors.build import NotRealized, WorkerLost
from pylightnix_fn.events import Failed, Matched, Observer, Skipped
from pylightnix_fn.plan import Budget, BuildMore, Plan, RRefs
from pylightnix_fn.pools import Pool, Promise
from pylightnix_fn.queueing import Queue
from pylightnix_fn.realizer import Arguments
from pylightnix_fn.refs import DRef, RRef
from pylightnix_fn.settling import Task, looked_at
from pylightnix_fn.store_protocol import Store

MOST_LOST: Final = 3  # workers that may be lost with one derivation


@define
class Run:
    """One realization: the plan so far, what is to be looked at, what waits for room, what runs."""

    store: Store
    pool: Pool
    observe: Observer
    budget: Budget
    rebuild: frozenset[DRef[object]]
    asserted: frozenset[DRef[object]]
    arguments: Mapping[DRef[object], Arguments]
    keep_going: bool
    plan: Plan
    queue: Queue
    before: Callable[[DRef[object]], float | None] | None
    fresh: deque[DRef[object]] = Factory(deque)
    running: dict[Promise, tuple[Task, float]] = Factory(dict)
    done: SimpleQueue[Promise] = Factory(SimpleQueue)
    lost: Counter[DRef[object]] = Factory(Counter)
    suspects: set[DRef[object]] = Factory(set)
    found: list[RRef[object]] = Factory(list)

    def to_the_end(self) -> Plan:
        """Settle, or give up, every derivation of the plan."""
        self.fresh.extend(self.plan.ready())
        try:
            self.go_on()
            while self.running:
                self.take(self.done.get())
                self.go_on()
        except BaseException as error:
            self.give_up(error)
            raise
        return self.plan

    def go_on(self) -> None:
        """Do all that can be done without waiting for a result."""
        while self.fresh or self.found:
            if self.fresh:
                self.look_at(self.fresh.popleft())
            else:
                self.keep_found()
        self.start()

    def look_at(self, dref: DRef[object]) -> None:
        """Settle a derivation on what there is, or let it wait for a build."""
        derivation, context = self.plan.graph.derivations[dref], self.plan.context(dref)
        given = self.arguments.get(dref, {})
        task = Task(self.store, derivation, context, self.budget, dref in self.rebuild, None, given)
        try:
            step = looked_at(task)
            if isinstance(step, BuildMore) and dref in self.asserted:
                raise NotRealized(derivation.name, dref.text, step.why)
        except Exception as error:
            self.failed(dref, error, 0.0)
            return
        if isinstance(step, BuildMore):
            self.queue.add(task)
        else:
            self.found.extend(step.rrefs)
            self.settled(dref, step.rrefs)

    def keep_found(self) -> None:
        """Let nobody remove what was found any more; begin again where somebody has."""
        found, self.found = self.found, []
        if not self.store.pin(found):
            self.let_end()  # what they gave is found again
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
            promise.add_done_callback(self.came)

    def submitted(self, task: Task) -> Promise:
        """What will come of a task; an error, where it cannot be handed over."""
        try:
            return self.pool.submit(task)
        except Exception as error:
            refused = Promise()
            refused.set_exception(error)
            return refused

    def came(self, promise: Promise) -> None:
        """Hear, in whatever thread, that a promise has come true."""
        self.done.put(promise)

    def let_end(self) -> None:
        """Wait for what runs."""
        wait(self.running)

    def take(self, promise: Promise) -> None:
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
        lost, self.plan = self.plan.lost_with(dref), self.plan.fail(dref, error)
        for each in lost:
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
