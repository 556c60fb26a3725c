"""A crew: other threads that share long pieces of work with this one.

Reading and hashing let other threads run meanwhile, so a crew as large as there are cores does such
work as fast as the machine can. Nothing is queued: a job is looked for when somebody is free. When
all is done, none of its threads runs any more.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from threading import Lock, Thread
from typing import TypeAlias

from attrs import Factory, define, field

Job: TypeAlias = Callable[[], None]


def cores() -> int:
    """On how many cores this process may run."""
    if sys.version_info >= (3, 13):
        return os.process_cpu_count() or 1
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not on Linux
        return os.cpu_count() or 1


@define(eq=False)
class Crew:
    """Threads that share work with this one, one for each core that is left."""

    most: int = field(factory=lambda: cores() - 1)
    _jobs: Iterator[Job] = Factory(lambda: iter(()))
    _next: Job | None = None
    _threads: list[Thread] = Factory(list)
    _errors: list[BaseException] = Factory(list)
    _is_dismissed: bool = False
    _lock: Lock = Factory(Lock)

    def do(self, jobs: Iterator[Job]) -> None:
        """Do all jobs, in no order; who is free asks for the next, one thread at a time.

        The first error of any, or of ``jobs``, ends all, and is raised.
        """
        self._jobs, self._next = jobs, next(jobs, None)
        try:
            self._work()
            self._wait()
        finally:
            self._is_dismissed = True  # unless all is done, nobody waits for it any more
            self._wait()
        if self._errors:
            raise next((each for each in self._errors if _ends_all(each)), self._errors[0])

    def heed(self) -> None:
        """End the work that calls this, now and then, if nobody waits for it any more."""
        if self._is_dismissed:
            raise InterruptedError("nobody waits for this any more")

    def _work(self) -> None:
        try:
            while job := self._taken():
                job()
        except BaseException as error:  # whatever it is: work that is lost would look as if done
            self._errors.append(error)
            self._is_dismissed = True

    def _taken(self) -> Job | None:
        """The next job, if there is one; if there are more, somebody else is asked to help."""
        with self._lock:
            if self._is_dismissed:
                return None
            job, self._next = self._next, next(self._jobs, None)
            if self._next is not None and len(self._threads) < self.most:
                self._ask()
            return job

    def _ask(self) -> None:
        thread = Thread(target=self._work, name="pylightnix-crew")
        with suppress(RuntimeError):  # the system allows no more, or the program is about to end
            thread.start()
            self._threads.append(thread)

    def _wait(self) -> None:
        for thread in self._threads:
            thread.join()


def _ends_all(error: BaseException) -> bool:
    """Whether it is not about the work."""
    return not isinstance(error, Exception)
