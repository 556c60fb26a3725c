"""A pool on threads of this process, which share its store value.

Who hands a task over because it has just settled another takes it itself. An executor's queue has
locks at which threads would come to wait for each other, each at every task: a lock convoy.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from threading import local
from typing import Final

from attrs import field, frozen

from pylightnix_fn.asking import Task
from pylightnix_fn.observer import Observer
from pylightnix_fn.pools import Promise, machine, slots_of
from pylightnix_fn.settling import settle

SPELL: Final = 0.05  # seconds after which a thread serves others who use the executor, too


class _Here(local):
    """This thread: whether it may take one task more, and which that is."""

    is_free = False
    next: tuple[Promise, Task] | None = None


@frozen
class Threads:
    """Threads of the user's executor."""

    executor: ThreadPoolExecutor
    observe: Observer
    _here: _Here = field(factory=_Here, init=False, eq=False, repr=False)

    @property
    def slots(self) -> int | None:
        return slots_of(self.executor)

    @property
    def free(self) -> Mapping[str, float]:
        return machine(self.slots)

    def submit(self, task: Task) -> Promise:
        promise, here = Promise(), self._here
        if here.is_free:
            here.next, here.is_free = (promise, task), False
        else:
            self._enqueue(promise, task)
        return promise

    def mended(self) -> bool:
        return False

    def stop(self) -> None:
        """A thread cannot be ended: what runs goes on to its end."""

    def _enqueue(self, promise: Promise, task: Task) -> None:
        try:
            visit = self.executor.submit(self._work, promise, task)
        except RuntimeError as error:  # it is broken, or was shut down
            _fail(promise, error)
        else:
            visit.add_done_callback(partial(_pass_on, promise))

    def _work(self, promise: Promise, task: Task) -> None:
        """Settle a task, and then what that makes be handed over, for a while."""
        here, end = self._here, time.monotonic() + SPELL
        here.next = promise, task
        while here.next is not None:
            promise, task = here.next
            if time.monotonic() > end:
                self._enqueue(promise, task)
                return
            self._settle(promise, task)

    def _settle(self, promise: Promise, task: Task) -> None:
        """Let a promise come true, unless nobody waits for it any more."""
        here = self._here
        here.next = None
        if not promise.set_running_or_notify_cancel():
            return
        try:
            result = settle(task, self.observe)
        except BaseException as error:  # whatever it is: who waits is to be told
            here.is_free = True
            promise.set_exception(error)
        else:
            here.is_free = True
            promise.set_result(result)
        finally:
            here.is_free = False


def _pass_on(promise: Promise, visit: Future[None]) -> None:
    """Tell who waits for a promise that no thread will come to it."""
    if visit.cancelled():
        promise.cancel()
        promise.set_running_or_notify_cancel()
    elif error := visit.exception():
        _fail(promise, error)


def _fail(promise: Promise, error: BaseException) -> None:
    if promise.set_running_or_notify_cancel():
        promise.set_exception(error)
