"""How far a download is, told to whoever wants to know.

The default draws a bar on a terminal and says nothing elsewhere. One bar at a time: of downloads
that run side by side, the first has it. ``rich`` is imported only when a bar is drawn.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress as Bars

Report: TypeAlias = Callable[[int, int | None], None]
"""Takes the bytes that have arrived, and how many there will be (``None``: unknown)."""

Progress: TypeAlias = Callable[[str], AbstractContextManager[Report]]
"""Opens the display of one download, by its name."""

_NAME = 24  # columns for the name: leaves room for the rest in 80
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
