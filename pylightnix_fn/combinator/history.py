"""The history of failures, across runs and processes, as a reason not to begin."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

from attrs import frozen

from pylightnix_fn.errors.build import GivenUp
from pylightnix_fn.errors.plan import BadParameter
from pylightnix_fn.realizer import Build, Realizer, name_of

C = TypeVar("C")
T = TypeVar("T")


@frozen
class GiveUp(Generic[C, T]):
    """See `give_up`."""

    realizer: Realizer[C, T]
    after: int

    def __call__(self, b: Build[C, T]) -> None:
        failures = b.failures
        if len(failures) >= self.after:
            last = failures[-1]
            name = name_of(self.realizer)
            raise GivenUp(b.name, name, len(failures), last.reason, str(last.place))
        self.realizer(b)

    @property
    def __name__(self) -> str:
        return f"give_up(after={self.after})({name_of(self.realizer)})"


def give_up(after: int = 3) -> Callable[[Realizer[C, T]], Realizer[C, T]]:
    """Refuse to run what failed so often from the same inputs before, with `GivenUp`.

    Failures of earlier runs and other processes count, until `forget_failures` deletes them; the
    tries of a `retry` inside are one.
    """
    if after < 1:
        raise BadParameter("give_up", "after", repr(after), "1 or more")
    return lambda realizer: GiveUp(realizer, after)
