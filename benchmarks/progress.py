"""What is being measured, on standard error: one line, written over where it is a terminal."""

from __future__ import annotations

import shutil
import sys
import time

from attrs import Factory, define


@define
class Progress:
    """How far a run came. Nothing ticks meanwhile: that would be measured, too."""

    cases: int
    began: float = Factory(time.monotonic)
    number: int = 0
    workload: str = ""
    label: str = ""

    def case(self, workload: str, label: str) -> None:
        """The next case begins."""
        self.number, self.workload, self.label = self.number + 1, workload, label
        if not sys.stderr.isatty():
            print(self.line(), file=sys.stderr, flush=True)

    def step(self, who: str) -> None:
        """This one runs now."""
        if sys.stderr.isatty():
            width = shutil.get_terminal_size().columns - 1
            print(f"\r{self.line(who):<{width}.{width}}", end="", file=sys.stderr, flush=True)

    def clear(self) -> None:
        """Make room for a part of the table."""
        if sys.stderr.isatty():
            print("\r\033[K", end="", file=sys.stderr, flush=True)

    def line(self, who: str = "") -> str:
        """Which case of how many, after how long; what tells most comes first."""
        passed = clock(time.monotonic() - self.began)
        words = ", ".join(each for each in (who, self.label, self.workload) if each)
        return f"case {self.number} of {self.cases}, {passed}  {words}"


def clock(seconds: float) -> str:
    """Minutes and seconds.

    >>> clock(754.3)
    '12:34'
    """
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes}:{rest:02}"
