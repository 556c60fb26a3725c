"""Pools: where builds run, here or elsewhere. A driver hands over tasks and gets futures."""

from __future__ import annotations

import os
from collections.abc import Mapping
from concurrent.futures import Executor, Future
from contextlib import AbstractContextManager, suppress
from typing import Protocol, TypeAlias

from attrs import field, frozen

from pylightnix_fn.asking import Task
from pylightnix_fn.observer import Observer
from pylightnix_fn.plan import RRefs
from pylightnix_fn.settling import settle

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


def slots_of(executor: Executor) -> int | None:
    """How many workers an executor has, where it tells."""
    slots: object = getattr(executor, "_max_workers", None)  # all executors of Python and loky
    return slots if isinstance(slots, int) else None


def machine(slots: int | None) -> Mapping[str, float]:
    """What this machine has, for so many workers; they have a core each."""
    free: dict[str, float] = {} if slots is None else {"cores": slots}
    with suppress(ValueError, OSError):  # not on every system
        free["memory"] = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return free
