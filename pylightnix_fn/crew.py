"""A crew: other threads that take long pieces of work off the hands of this one.

Reading and hashing let other threads run meanwhile, so a crew as large as there are cores does such
work as fast as the machine can. Nothing is queued: what nobody takes, the asker does itself. When
the crew is left, none of its threads runs any more.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from threading import Thread
from types import TracebackType
from typing import Generic, TypeVar

from attrs import Factory, define, field

V = TypeVar("V")


def cores() -> int:
    """On how many cores this process may run."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not on Linux
        return os.cpu_count() or 1


@define(eq=False)
class Crew(Generic[V]):
    """Threads beside this one, one for each core that is left; to be used by one thread."""

    most: int = field(factory=lambda: cores() - 1)
    _threads: list[Thread] = Factory(list)
    _results: list[V] = Factory(list)
    _errors: list[BaseException] = Factory(list)
    _is_dismissed: bool = False

    def takes(self, work: Callable[[], V]) -> bool:
        """Whether somebody is free for a piece of work, and does it from now on."""
        self._threads = [thread for thread in self._threads if thread.is_alive()]
        if len(self._threads) >= self.most:
            return False
        thread = Thread(target=self._do, args=(work,), name="pylightnix-crew")
        try:
            thread.start()
        except RuntimeError:  # the system allows no more, or the program is about to end
            return False
        self._threads.append(thread)
        return True

    def results(self) -> list[V]:
        """Wait for all work that was taken, and give what came of it, in no order."""
        self._wait()
        if self._errors:
            raise self._errors[0]
        return self._results

    def heed(self) -> None:
        """End the work that calls this, now and then, if nobody waits for it any more."""
        if self._is_dismissed:
            raise InterruptedError("nobody waits for this any more")

    def _do(self, work: Callable[[], V]) -> None:
        try:
            self._results.append(work())
        except BaseException as error:  # whatever it is: work that is lost would look as if done
            self._errors.append(error)

    def _wait(self) -> None:
        for thread in self._threads:
            thread.join()

    def __enter__(self) -> Crew[V]:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._is_dismissed = True
        self._wait()
