"""One wait for the disk that serves all threads that wait for it: a group commit."""

from __future__ import annotations

from collections.abc import Callable
from threading import Condition

from attrs import Factory, define


@define(eq=False)
class Rounds:
    """Rounds of waiting: who comes while one goes on is served by the next, with all others.

    A round that fails fails for all who have come by then: what the system dropped is not written
    by trying again, and it may say so only once.
    """

    _door: Condition = Factory(Condition)
    _begun: int = 0
    _ended: int = 0  # the last round that went well
    _is_on: bool = False
    _failures: int = 0
    _error: OSError | None = None

    def wait(self, sync: Callable[[], None]) -> None:
        """Return when a round is over that began after this call."""
        with self._door:
            ticket, failures = self._begun + 1, self._failures
            while self._ended < ticket and self._is_on:
                self._door.wait()
            if self._error is not None and self._failures > failures:
                raise self._error
            if self._ended >= ticket:
                return
            self._begun += 1
            self._is_on = True
        try:
            sync()
            self._ended = self._begun
        except OSError as error:
            self._failures, self._error = self._failures + 1, error
            raise
        finally:
            with self._door:
                self._is_on = False
                self._door.notify_all()

    def __reduce__(self) -> tuple[type[Rounds], tuple[()]]:
        return Rounds, ()  # another process has rounds of its own
