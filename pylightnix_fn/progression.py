"""One realization under way: what is missing is handed over, what comes back moves the plan on.

The plan and its order are pure values; where builds run is the pool's business. Here the two meet,
in a loop that waits for one result at a time.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import BrokenExecutor, wait
from queue import SimpleQueue
from typing import Final

from attrs import Factory, define, evolve

from pylightnix_fn.asking import Task
from pylightnix_fn.errors.build import WorkerLost
from pylightnix_fn.finding import Search
from pylightnix_fn.pools import Pool, Promise
from pylightnix_fn.queueing import Queue
from pylightnix_fn.refs import DRef

MOST_LOST: Final = 3  # workers that may be lost with one derivation


@define
class Run:
    """One realization: what was found of it, what waits for room, what runs."""

    search: Search
    pool: Pool
    queue: Queue
    before: Callable[[DRef[object]], float | None] | None
    running: dict[Promise, tuple[Task, float]] = Factory(dict)
    done: SimpleQueue[Promise] = Factory(SimpleQueue)
    lost: Counter[DRef[object]] = Factory(Counter)
    suspects: set[DRef[object]] = Factory(set)

    def to_the_end(self) -> None:
        """Settle, or give up, every derivation of the plan."""
        try:
            self.go_on()
            while self.running:
                self.take(self.done.get())
                self.go_on()
        except BaseException as error:
            self.give_up(error)
            raise

    def go_on(self) -> None:
        """Do all that can be done without waiting for a result; all again if something went."""
        while not self.search.all_stays():
            self.let_end()  # what they gave is found again
            self.withdrawn()
            self.queue.clear()
            self.suspects.clear()
            self.search.begin_again()
        for task in self.search.missing:
            self.queue.add(task)
        self.search.missing.clear()
        self.start()

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
            self.search.failed(task.dref, error, time.monotonic() - began)
        else:
            if isinstance(result, Exception):
                self.search.failed(task.dref, result, time.monotonic() - began)
            elif self.search.store.pin(result):
                self.search.settled(task.dref, result)
            else:
                self.search.fresh.append(task.dref)  # it was removed since it was built

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
            self.search.failed(task.dref, lost, 0.0)

    def give_up(self, error: BaseException) -> None:
        """Begin nothing more; what runs comes to its end, unless somebody interrupted it."""
        if not isinstance(error, Exception):
            self.pool.stop()
            for promise in self.running:
                promise.cancel()
            return
        for promise in self.running:
            promise.cancel()
        wait(self.running)
