"""Axes: where a number stands between the ends of a picture, and what is written there.

Laws: positions keep the order of numbers and are from 0 to 1; numbers that are nearly equal stand
in the middle. Takes numbers of at most `LARGEST`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from enum import Enum
from typing import Final

from attrs import evolve, frozen

LARGEST: Final = 1e300

_STEPS: Final = (1, 2, 5)
_DECADES: Final = 2  # that positive numbers span, for a scale of powers of ten
_MARGIN: Final = 0.5  # around the only number there is
_SAME: Final = 1e-9  # of their size, by which numbers differ that are drawn as equal
_SPANS: Final = ((timedelta(days=3), "%Y-%m-%d"), (timedelta(minutes=10), "%m-%d %H:%M"))


class Kind(Enum):
    """What the numbers of an axis are: seconds since 1970, numbers, or places of names."""

    TIME = "time"
    NUMBER = "number"
    NAME = "name"


@frozen
class Axis:
    """A scale from the least to the greatest number; ``names`` are those of places."""

    label: str
    kind: Kind
    least: float
    greatest: float
    names: tuple[str, ...] = ()
    is_log: bool = False

    def at(self, value: float) -> float:
        """Where a number stands: 0 at the least, 1 at the greatest.

        >>> axis_of("rate", [0.001, 0.01, 0.1]).at(0.01)
        0.5
        """
        if self.is_log:
            least, greatest = math.log10(self.least), math.log10(self.greatest)
            return round((math.log10(value) - least) / (greatest - least), 9)
        return (value - self.least) / (self.greatest - self.least)

    def ticks(self, most: int) -> tuple[tuple[float, str], ...]:
        """At most so many numbers with their texts, in order; a few more on a scale of powers.

        >>> axis_of("loss", [0, 9.9]).ticks(6)
        ((0.0, '0'), (2.0, '2'), (4.0, '4'), (6.0, '6'), (8.0, '8'))
        """
        match self.kind:
            case Kind.NAME:
                every = -(-len(self.names) // max(1, most))
                return tuple((float(i), name) for i, name in enumerate(self.names))[::every]
            case Kind.TIME:
                return self._times(most)
            case Kind.NUMBER:
                values = self._powers(most) if self.is_log else self._round(most)
                return tuple((value, f"{value:.12g}") for value in values)

    def _round(self, most: int) -> list[float]:
        """Multiples of a round step."""
        step = _round_step((self.greatest - self.least) / most)
        first, last = math.ceil(self.least / step), math.floor(self.greatest / step)
        return [float(f"{number * step:.12g}") for number in range(first, last + 1)]

    def _powers(self, most: int) -> list[float]:
        first, last = math.ceil(math.log10(self.least)), math.floor(math.log10(self.greatest))
        every = max(1, -(-(last - first + 1) // max(1, most)))
        return [10.0**power for power in range(first, last + 1, every)]

    def _times(self, most: int) -> tuple[tuple[float, str], ...]:
        span = timedelta(seconds=self.greatest - self.least)
        form = next((form for least, form in _SPANS if span >= least), "%H:%M:%S")
        count = max(1, min(most, 4) - 1)
        moments = [self.least + (self.greatest - self.least) * i / count for i in range(count + 1)]
        texts = [datetime.fromtimestamp(each, UTC).strftime(form) for each in moments]
        return tuple(zip(moments, texts, strict=True))


def axis_of(label: str, values: Iterable[float]) -> Axis:
    """The axis of some numbers; of powers of ten where they are of very different sizes.

    >>> axis_of("rate", [0.001, 0.1]).is_log, axis_of("accuracy", [0.9]).least
    (True, 0.4)
    """
    numbers = list(values)
    least, greatest = min(numbers), max(numbers)
    if least > 0 and math.log10(greatest) - math.log10(least) >= _DECADES - 1e-9:
        return Axis(label, Kind.NUMBER, least, greatest, is_log=True)
    return _widened(Axis(label, Kind.NUMBER, least, greatest))


def time_axis_of(label: str, seconds: Iterable[float]) -> Axis:
    """The axis of moments, as seconds since 1970."""
    moments = list(seconds)
    return _widened(Axis(label, Kind.TIME, min(moments), max(moments)))


def name_axis_of(label: str, names: Iterable[str]) -> Axis:
    """The axis of names, each at its number among them."""
    known = tuple(names)
    return _widened(Axis(label, Kind.NAME, 0, len(known) - 1, known))


def _widened(axis: Axis) -> Axis:
    """With room around an only number, so that it stands in the middle."""
    size = max(abs(axis.least), abs(axis.greatest))
    if axis.greatest - axis.least > max(_SAME * size, 1 / LARGEST):
        return axis
    margin = _MARGIN * max(1.0, size)
    return evolve(axis, least=axis.least - margin, greatest=axis.greatest + margin)


def _round_step(least: float) -> float:
    """The smallest of 1, 2 or 5, times a power of ten, that is no less.

    >>> _round_step(0.03), _round_step(7.0)
    (0.05, 10.0)
    """
    power = math.floor(math.log10(least))
    steps = (float(f"{step}e{exponent}") for exponent in (power, power + 1) for step in _STEPS)
    return next(step for step in steps if step >= least * (1 - 1e-9))
