"""An account as something that rich draws: a bar for the whole, a row for each build."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, TypeAlias

from rich.console import RenderableType
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from pylightnix_fn.display.account import LABEL_WIDTH, Account, Running, cut
from pylightnix_fn.display.lines import amount
from pylightnix_fn.quantity import duration_text
from pylightnix_fn.refs import DRef

Row: TypeAlias = tuple[RenderableType, RenderableType, RenderableType, RenderableType]

_LABEL: Final = LABEL_WIDTH + 2  # builds are indented
_TIME: Final = 11  # columns of '23 h 59 min'
_BAR: Final = 10
_NOTE: Final = 80 - _LABEL - _TIME - _BAR - 3
_SPARE: Final = 3  # lines of a screen that the rows of builds leave free


def picture(account: Account, now: float, height: int) -> Table:
    """A table of 80 columns, and of fewer rows than a screen of this height has."""
    table = Table.grid(padding=(0, 1, 0, 0))
    for width in (_LABEL, _TIME, _BAR, _NOTE):
        table.add_column(width=width, no_wrap=True, overflow="crop")
    for row in (_whole(account, now), *_builds(account, now, max(height - _SPARE, 1))):
        table.add_row(*row)
    return table


def _whole(account: Account, now: float) -> Row:
    failed = len(account.failed)
    waiting = sum(1 for each in account.running.values() if each.waits_for)
    running = len(account.running) - waiting
    counts = (failed, "failed", "red"), (running, "running", ""), (waiting, "waiting", "")
    notes = [Text(f"{count} {word}", style) for count, word, style in counts if count]
    return (
        Text(f"{account.settled} of {account.total} settled", "bold"),
        _time(now - account.began),
        _bar(account.settled, account.total),
        Text(", ").join(notes),
    )


def _builds(account: Account, now: float, most: int) -> Iterator[Row]:
    oldest = sorted(account.running.items(), key=lambda item: (item[1].since, item[0].text))
    shown = oldest if len(oldest) <= most else oldest[: most - 1]
    for dref, running in shown:
        yield _build(account, dref, running, now)
    if hidden := len(oldest) - len(shown):
        yield Text(f"  and {hidden} more"), "", "", ""


def _build(account: Account, dref: DRef[object], running: Running, now: float) -> Row:
    elapsed = now - running.since
    label, time = Text(f"  {account.label(dref)}"), _time(elapsed)
    download = running.download
    if running.waits_for:
        return label, time, "", Text(cut(f"for {running.waits_for}", _NOTE), "dim")
    if download is not None:
        bar = _bar(download.received, download.total) if download.total else ""
        return label, time, bar, Text(cut(amount(download), _NOTE))
    if running.before is not None:
        note = Text(f"of {duration_text(running.before)}", "dim")
        return label, time, _bar(elapsed, running.before), note
    return label, time, "", ""


def _time(seconds: float) -> Text:
    return Text(duration_text(seconds), justify="right")


def _bar(done: float, total: float | None) -> ProgressBar:
    # A bar with nothing to be done would pulse; so short a time is over.
    return ProgressBar(total or 1, min(done, total) if total else 1, width=_BAR)
