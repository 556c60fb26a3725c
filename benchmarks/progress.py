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
    title: str = ""

    def case(self, title: str) -> None:
        """The next case begins."""
        self.number, self.title = self.number + 1, title
        if not sys.stderr.isatty():
            print(self.line(""), file=sys.stderr, flush=True)

    def step(self, what: str) -> None:
        """This runs now."""
        if sys.stderr.isatty():
            width = shutil.get_terminal_size().columns - 1
            print(f"\r{self.line(what):<{width}.{width}}", end="", file=sys.stderr, flush=True)

    def clear(self) -> None:
        """Make room for a part of the table."""
        if sys.stderr.isatty():
            print("\r\033[K", end="", file=sys.stderr, flush=True)

    def line(self, what: str) -> str:
        """Which case of how many, after how long; what runs comes before its title."""
        who = f"{what}: " if what else ""
        passed = clock(time.monotonic() - self.began)
        return f"case {self.number} of {self.cases}, {passed}  {who}{self.title}"


def clock(seconds: float) -> str:
    """Minutes and seconds.

    >>> clock(754.3)
    '12:34'
    """
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes}:{rest:02}"
