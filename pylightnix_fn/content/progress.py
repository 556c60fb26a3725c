"""How far a download is, told to whoever wants to know.

Who runs a build says by `reporting` how its downloads are shown. The default draws a bar on a
terminal and says nothing elsewhere. One bar at a time: of downloads that run side by side, the
first has it. ``rich`` is imported only when a bar is drawn.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Final, TypeAlias

from attrs import define

from pylightnix_fn.events import Downloading
from pylightnix_fn.observer import Observer, unobserved
from pylightnix_fn.refs import DRef

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress as Bars

Report: TypeAlias = Callable[[int, int | None], None]
"""Takes the bytes that have arrived, and how many there will be (``None``: unknown)."""

Progress: TypeAlias = Callable[[str], AbstractContextManager[Report]]
"""Opens the display of one download, by its name."""

_NAME = 24  # columns for the name: leaves room for the rest in 80
_PAUSE: Final = 0.1  # seconds between two events of one download
_SCREEN = threading.Lock()


@contextmanager
def silent(name: str) -> Iterator[Report]:
    """Tell nobody."""
    yield lambda received, total: None


@contextmanager
def on_terminal(name: str) -> Iterator[Report]:
    """Draw a bar if the error stream is a terminal that shows no other one."""
    shown = sys.stderr is not None and sys.stderr.isatty() and _SCREEN.acquire(blocking=False)
    if not shown:
        yield lambda received, total: None
        return
    try:
        from rich.console import Console

        with bar(name, Console(stderr=True)) as report:
            yield report
    finally:
        _SCREEN.release()


_PROGRESS: Final[ContextVar[Progress]] = ContextVar("progress", default=on_terminal)


def reporter() -> Progress:
    """How downloads are shown here: as the `reporting` around them says."""
    return _PROGRESS.get()


@contextmanager
def reporting(progress: Progress) -> Iterator[None]:
    """Have the downloads of this block, in this thread, shown so."""
    token = _PROGRESS.set(progress)
    try:
        yield
    finally:
        _PROGRESS.reset(token)


def told_to(observe: Observer, dref: DRef[object]) -> Progress:
    """Downloads as events of a build, ten a second at most; `on_terminal` where nobody observes."""
    if observe is unobserved:
        return on_terminal
    here = os.getpid()

    @contextmanager
    def progress(name: str) -> Iterator[Report]:
        report = _Told(observe, dref, name, here)
        try:
            yield report
        finally:
            report.flush()

    return progress


@define
class _Told:
    """A report that keeps back what follows too soon, but never the last of it."""

    observe: Observer
    dref: DRef[object]
    file: str
    process: int  # in one that was forked since, nobody may be left to free the observer's locks
    latest: float = float("-inf")
    kept: Downloading | None = None

    def __call__(self, received: int, total: int | None) -> None:
        self.kept = Downloading(self.dref, self.file, received, total)
        if time.monotonic() - self.latest >= _PAUSE:
            self.flush()

    def flush(self) -> None:
        """Tell what was kept back."""
        kept, self.kept = self.kept, None
        if kept is not None and os.getpid() == self.process:
            self.latest = time.monotonic()
            self.observe(kept)


@contextmanager
def bar(name: str, console: Console) -> Iterator[Report]:
    """Draw a bar on this console."""
    with _bars(console) as bars:
        label = name if len(name) <= _NAME else f"{name[: _NAME - 1]}…"
        task = bars.add_task("", total=None, label=label, percent="")

        def report(received: int, total: int | None) -> None:
            percent = f"{100 * received // total:3}%" if total else ""
            bars.update(task, completed=received, total=total, percent=percent)

        yield report


def _bars(console: Console) -> Bars:
    from rich.progress import (
        BarColumn,
        DownloadColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
        TransferSpeedColumn,
    )

    return Progress(
        TextColumn("{task.fields[label]}", markup=False),
        BarColumn(bar_width=None),
        TextColumn("{task.fields[percent]}", markup=False),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(compact=True),
        console=console,
        expand=True,
        redirect_stdout=False,
        redirect_stderr=False,
    )
