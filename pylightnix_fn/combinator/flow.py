"""Order and failure: realizers one after the other, again, or in each other's place.

Each combinator is a frozen value that can be called, compared and pickled. Its name in error texts
is how a user would write it.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Final, Generic, TypeAlias, TypeVar

from attrs import evolve, frozen

from pylightnix_fn.errors.build import RequirementFailed
from pylightnix_fn.errors.plan import BadParameter
from pylightnix_fn.realizer import Build, Realizer, name_of

C = TypeVar("C")
T = TypeVar("T")

Failures: TypeAlias = type[Exception] | tuple[type[Exception], ...]
Wait: TypeAlias = float | Callable[[int], float]

_LONGEST_WAIT: Final = 10**8  # seconds, three years: more than a clock can take is refused


@frozen
class Then(Generic[C, T]):
    """See `then`."""

    realizers: tuple[Realizer[C, T], ...]

    def __call__(self, b: Build[C, T]) -> None:
        for realizer in self.realizers:
            realizer(b)

    @property
    def __name__(self) -> str:
        return f"then({', '.join(map(name_of, self.realizers))})"


def then(*realizers: Realizer[C, T]) -> Realizer[C, T]:
    """Realizers one after the other, on the same folder.

    Law: ``then(a, then(b, c))`` does what ``then(then(a, b), c)`` does.
    """
    return Then(realizers)


def before(first: Realizer[C, T]) -> Callable[[Realizer[C, T]], Realizer[C, T]]:
    """Do something before a realizer: ``before(prepare)(fit)``."""
    return lambda realizer: Then((first, realizer))


def after(last: Realizer[C, T]) -> Callable[[Realizer[C, T]], Realizer[C, T]]:
    """Do something after a realizer: ``after(evaluate)(fit)``."""
    return lambda realizer: Then((realizer, last))


@frozen
class Retry(Generic[C, T]):
    """See `retry`."""

    realizer: Realizer[C, T]
    n: int
    on: Failures
    wait: Wait

    def __call__(self, b: Build[C, T]) -> None:
        config = copy.deepcopy(b.config)  # an attempt may have changed its own
        for attempt in range(1, self.n):
            try:
                return self.realizer(evolve(b, config=copy.deepcopy(config)))
            except self.on:
                b.site.sleep(_seconds(self.wait(attempt) if callable(self.wait) else self.wait))
                b.site.restart()
        return self.realizer(evolve(b, config=config))

    @property
    def __name__(self) -> str:
        return f"retry({self.n})({name_of(self.realizer)})"


def retry(
    n: int, *, on: Failures = Exception, wait: Wait = 0.0
) -> Callable[[Realizer[C, T]], Realizer[C, T]]:
    """Try a realizer up to ``n`` times, each on an empty folder; the last failure is raised.

    ``wait`` is in seconds, or a function from the number of failures so far to seconds.
    """
    if n < 1:
        raise BadParameter("retry", "n", repr(n), "1 or more")
    if not callable(wait):
        _seconds(wait)
    return lambda realizer: Retry(realizer, n, on, wait)


def _seconds(wait: float) -> float:
    if not 0 <= wait <= _LONGEST_WAIT:
        expected = f"0 to {_LONGEST_WAIT} seconds"
        raise BadParameter("retry", "wait", repr(wait), expected)
    return wait


@frozen
class Fallback(Generic[C, T]):
    """See `fallback`."""

    realizer: Realizer[C, T]
    other: Realizer[C, T]
    on: Failures

    def __call__(self, b: Build[C, T]) -> None:
        config = copy.deepcopy(b.config)
        try:
            self.realizer(b)
        except self.on:
            b.site.restart()
            self.other(evolve(b, config=config))

    @property
    def __name__(self) -> str:
        return f"fallback({name_of(self.other)})({name_of(self.realizer)})"


def fallback(
    other: Realizer[C, T], *, on: Failures = Exception
) -> Callable[[Realizer[C, T]], Realizer[C, T]]:
    """Where a realizer fails, start again on an empty folder with another."""
    return lambda realizer: Fallback(realizer, other, on)


@frozen
class Require(Generic[C, T]):
    """See `require`."""

    realizer: Realizer[C, T]
    check: Callable[[T], bool]

    def __call__(self, b: Build[C, T]) -> None:
        self.realizer(b)
        if not self.check(b.out):
            raise RequirementFailed(b.name, name_of(self.realizer), name_of(self.check))

    @property
    def __name__(self) -> str:
        return f"require({name_of(self.check)})({name_of(self.realizer)})"


def require(check: Callable[[T], bool]) -> Callable[[Realizer[C, T]], Realizer[C, T]]:
    """Refuse a result whose outputs do not pass a check, with `RequirementFailed`."""
    return lambda realizer: Require(realizer, check)
