"""Pools of processes: each has a store value of its own, and is sent pickles of tasks.

No artifact ever travels. What a build tells comes back by another way than its result.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import Executor
from contextlib import contextmanager
from threading import Thread
from typing import TYPE_CHECKING, Final

from attrs import define, frozen

from pylightnix_fn.asking import Task
from pylightnix_fn.observer import Observer
from pylightnix_fn.parcel import parcel_of, settle_parcel
from pylightnix_fn.pools import Pool, Promise, machine, slots_of
from pylightnix_fn.relay import Address, listening

if TYPE_CHECKING:
    from loky import ProcessPoolExecutor

WATCH: Final = 1.0  # seconds between two looks of a worker after its parent


@contextmanager
def opened_processes(executor: Executor | None, jobs: int, observe: Observer) -> Iterator[Pool]:
    """A pool on the user's executor, or on processes of our own."""
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
class Processes:
    """Worker processes of the user's executor, each with a store value of its own."""

    executor: Executor
    address: Address

    @property
    def slots(self) -> int | None:
        return slots_of(self.executor)

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
