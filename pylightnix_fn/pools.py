"""Pools: where builds run, here or elsewhere.

A driver hands over tasks and gets futures. Threads share the store value; processes are sent a
small pickle of the task, and never an artifact.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager, suppress
from threading import Thread
from typing import TYPE_CHECKING, Final, Protocol, TypeAlias

from attrs import define, field, frozen

from pylightnix_fn.asking import Task
from pylightnix_fn.observer import Observer
from pylightnix_fn.parcel import parcel_of, settle_parcel
from pylightnix_fn.plan import RRefs
from pylightnix_fn.settling import settle

if TYPE_CHECKING:
    from loky import ProcessPoolExecutor

    from pylightnix_fn.relay import Address

WATCH: Final = 1.0  # seconds between two looks of a worker after its parent


Promise: TypeAlias = Future[RRefs | Exception]
"""What will come of a task: realizations, or an error that is given, or raised."""


class Pool(Protocol):
    """Where builds run."""

    @property
    def slots(self) -> int | None:
        """How many builds run at once; `None` where nobody knows."""

    @property
    def free(self) -> Mapping[str, float]:
        """What there is of the resources that builds may ask for, where it is known."""

    def submit(self, task: Task) -> Promise:
        """Settle a derivation some time."""

    def mended(self) -> bool:
        """Whether a pool whose workers died goes on with others."""

    def stop(self) -> None:
        """End what runs, so far as it can be ended."""


class Workers(Protocol):
    """Something that pools can be opened on, for one realization each."""

    def opened(self, observe: Observer) -> AbstractContextManager[Pool]:
        """A pool whose builds tell this observer what happens."""


@contextmanager
def opened_pool(
    executor: Executor | Workers | None, jobs: int | None, observe: Observer
) -> Iterator[Pool]:
    """The pool that the arguments of `realize` ask for."""
    if executor is None and jobs in (None, 1):
        yield Inline(observe)
    elif isinstance(executor, ThreadPoolExecutor):
        yield Threads(executor, observe)
    elif executor is None or isinstance(executor, Executor):
        with _processes(executor, jobs or 1, observe) as pool:
            yield pool
    else:
        with executor.opened(observe) as pool:
            yield pool


@contextmanager
def _processes(executor: Executor | None, jobs: int, observe: Observer) -> Iterator[Pool]:
    from pylightnix_fn.relay import listening  # for those who need it

    with listening(observe) as address:
        if executor is not None:
            yield Processes(executor, address)
            return
        own = OwnProcesses(address, jobs)
        try:
            yield own
        finally:
            own.close()


@frozen
class Inline:
    """No pool: one build after the other, in the caller's thread."""

    observe: Observer
    slots: int | None = 1
    free: Mapping[str, float] = field(factory=dict)

    def submit(self, task: Task) -> Promise:
        future = Promise()
        try:
            future.set_result(settle(task, self.observe))
        except Exception as error:
            future.set_exception(error)
        return future

    def mended(self) -> bool:
        return False

    def stop(self) -> None:
        """Nothing runs beside the caller."""


@frozen
class Threads:
    """Threads of this process, which share its store value."""

    executor: ThreadPoolExecutor
    observe: Observer

    @property
    def slots(self) -> int | None:
        return _slots(self.executor)

    @property
    def free(self) -> Mapping[str, float]:
        return machine(self.slots)

    def submit(self, task: Task) -> Promise:
        return self.executor.submit(settle, task, self.observe)

    def mended(self) -> bool:
        return False

    def stop(self) -> None:
        """A thread cannot be ended: what runs goes on to its end."""


@frozen
class Processes:
    """Worker processes of the user's executor, each with a store value of its own."""

    executor: Executor
    address: Address

    @property
    def slots(self) -> int | None:
        return _slots(self.executor)

    @property
    def free(self) -> Mapping[str, float]:
        return machine(self.slots)

    def submit(self, task: Task) -> Promise:
        return self.executor.submit(settle_parcel, parcel_of(task), self.address)

    def mended(self) -> bool:
        return False  # it is not ours to renew

    def stop(self) -> None:
        """It is not ours to end."""


@define
class OwnProcesses:
    """Worker processes that start with the first build and end with the realization."""

    address: Address
    jobs: int
    _executor: ProcessPoolExecutor | None = None

    @property
    def slots(self) -> int | None:
        return self.jobs

    @property
    def free(self) -> Mapping[str, float]:
        return machine(self.jobs)

    def submit(self, task: Task) -> Promise:
        if self._executor is None:
            import loky  # takes longer to import than most programs need it

            ours = os.getpid()
            self._executor = loky.ProcessPoolExecutor(
                self.jobs, initializer=end_with, initargs=(ours,)
            )
        return self._executor.submit(settle_parcel, parcel_of(task), self.address)

    def mended(self) -> bool:
        self.stop()
        return True

    def stop(self) -> None:
        if self._executor is not None:
            self._executor.shutdown(wait=True, kill_workers=True)
            self._executor = None

    def close(self) -> None:
        """End the workers, who have nothing to do any more."""
        if self._executor is not None:
            self._executor.shutdown(wait=True)


def end_with(parent: int) -> None:
    """Let this worker process end when that is gone which it works for, and has no use for it."""

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(WATCH)
        os.kill(os.getpid(), signal.SIGKILL)

    Thread(target=watch, daemon=True).start()


def _slots(executor: Executor) -> int | None:
    slots: object = getattr(executor, "_max_workers", None)  # all executors of Python and loky
    return slots if isinstance(slots, int) else None


def machine(slots: int | None) -> Mapping[str, float]:
    """What this machine has, for so many workers; they have a core each."""
    free: dict[str, float] = {} if slots is None else {"cores": slots}
    with suppress(ValueError, OSError):  # not on every system
        free["memory"] = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return free
