"""How long who may take, and when there are runs enough: nothing is run here."""

from __future__ import annotations

import time
from typing import Final

from attrs import frozen

TIMES: Final = 2.0  # as long as ours, and the patience on top, a peer may take
BESIDES: Final = 0.25  # of the patience is for a peer that no goal names
TELLING: Final = 5.0  # seconds that tell enough of a peer to leave it out where it takes longer
STEADY: Final = 0.1  # of the median, between the least and the most of three runs
TRACED: Final = 1.0  # seconds that a run may take to be run under `strace`, some five times slower


@frozen
class Limits:
    """Seconds: for a process of ours, a peer's patience, all runs of each, when all ends.

    Where time ``is_short``, system calls are counted of ours and the floor alone.
    """

    process: float
    patience: float
    own: float
    peer: float
    end: float
    is_short: bool = False

    def left(self) -> float:
        """Until all ends."""
        return self.end - time.monotonic()

    def allowed(self, is_peer: bool, is_asked: bool, ours: float) -> float:
        """What one process may take now, where ours took so long for the same."""
        if not is_peer:
            return min(self.process, self.left())
        patience = self.patience if is_asked else BESIDES * self.patience
        return min(patience + TIMES * ours, self.left())

    def suffice(self, is_peer: bool, walls: list[float]) -> bool:
        """Whether these runs, the fastest first, are enough; no peer needs many that are alike."""
        if not is_peer:
            return sum(walls) > self.own
        steady = len(walls) >= 3 and walls[-1] - walls[0] < STEADY * walls[len(walls) // 2]
        return steady or sum(walls) > self.peer


def is_told(known: float, ours: float) -> bool:
    """Whether seconds with fewer stages tell already who is slower with more."""
    return known > max(TELLING, 1.2 * ours)
