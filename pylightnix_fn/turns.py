"""A run on threads, which take turns at driving it.

Who has built goes on with the run itself, and finds its own next task: nobody is woken for a
result. The caller's thread waits for the end, or for what went wrong. The run is changed by one
thread at a time, the one whose turn it is; nobody waits for a turn to leave a result.
"""

from __future__ import annotations

from concurrent.futures import wait
from queue import SimpleQueue
from threading import Lock

from attrs import Factory, define

from pylightnix_fn.pools import Promise
from pylightnix_fn.progression import Run


@define
class SharedRun(Run):
    """A realization whose builds run in threads of this process."""

    turn: Lock = Factory(Lock)
    is_over: bool = False
    calls: SimpleQueue[BaseException | None] = Factory(SimpleQueue)  # for the caller's thread

    def to_the_end(self) -> None:
        try:
            while True:
                with self.turn:  # not `acquire`: an interrupt could come between it and a `try`
                    if not self.is_over:
                        self.take_all()
                        if not self.running:
                            return
                if (self.is_over or self.done.empty()) and (error := self.calls.get()):
                    raise error
        except BaseException as error:
            self.is_over = True
            with self.turn:
                self.give_up(error)
            raise

    def take_all(self) -> None:
        """Go on with all that is done; to be called by the one whose turn it is."""
        try:
            while not self.done.empty():
                self.take(self.done.get())
            self.go_on()
        except BaseException:
            self.is_over = True  # before it is the turn of another, who would begin more
            raise

    def came(self, promise: Promise) -> None:
        """Go on at once, unless another is at it, who finds this result, too.

        What has failed is the caller's: a broken executor tells of it while it holds its own lock.
        """
        self.done.put(promise)
        if promise.cancelled() or promise.exception():
            self.calls.put(None)
            return
        while not (self.done.empty() or self.is_over) and self.turn.acquire(blocking=False):
            try:
                self.take_all()
                if not self.running:
                    self.calls.put(None)
            except BaseException as error:
                self.calls.put(error)
            finally:
                self.turn.release()

    def let_end(self) -> None:
        """Wait for what runs, but not for what still waits for a thread, perhaps for this one."""
        wait([promise for promise in self.running if not promise.cancel()])
