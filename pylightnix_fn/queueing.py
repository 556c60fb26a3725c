"""What waits for room, the most urgent first, so far as its resources are free.

Builds that ask for the same are in one line, so what does not fit is looked at once, not each.
"""

from __future__ import annotations

from collections.abc import Mapping
from heapq import heappop, heappush
from itertools import count
from typing import TypeAlias

from attrs import define, field

from pylightnix_fn.asking import Task
from pylightnix_fn.resources import Resources, lacking, with_returned, without
from pylightnix_fn.urgency import Urgency

_Line: TypeAlias = list[tuple[float, int, Task]]


@define
class Queue:
    """Tasks that wait for resources; without ``urgency``, in the order in which they came."""

    free: Mapping[str, float]
    urgency: Urgency | None = None
    _lines: dict[Resources, _Line] = field(factory=dict)
    _numbers: count[int] = field(factory=count)

    def __bool__(self) -> bool:
        return any(self._lines.values())

    def add(self, task: Task, *, first: bool = False) -> None:
        """Let a task wait, before all others if it is to be the first."""
        urgency = 0.0 if self.urgency is None else self.urgency.of(task.dref)
        urgency = float("inf") if first else urgency
        line = self._lines.setdefault(task.derivation.resources, [])
        heappush(line, (-urgency, next(self._numbers), task))

    def clear(self) -> None:
        """Let nothing wait any more."""
        self._lines.clear()

    def next(self) -> Task | None:
        """The most urgent task that there is room for, which takes what it needs."""
        fitting = [
            line for needs, line in self._lines.items() if line and not lacking(needs, self.free)
        ]
        if not fitting:
            return None
        _, _, task = heappop(min(fitting, key=lambda line: line[0][:2]))
        self.free = without(self.free, task.derivation.resources)
        return task

    def release(self, task: Task) -> None:
        """Take back what a task needed."""
        self.free = with_returned(self.free, task.derivation.resources)
