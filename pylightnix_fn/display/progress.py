"""The display of a realization: an observer for people.

One thread draws, and what is observed only changes the account that it draws from; so a build
waits for no terminal, but for a line now and then.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from functools import cache
from threading import Event as Flag
from threading import Lock, Thread
from typing import Final

from attrs import Factory, define
from rich.console import Console
from rich.live import Live
from rich.table import Table

from pylightnix_fn.display.account import Account, cut, summary
from pylightnix_fn.display.lines import line, line_of, what_failed
from pylightnix_fn.display.picture import picture
from pylightnix_fn.display.terminal import (
    can_be_drawn_on,
    error_console,
    is_log,
    leads_to_terminal,
    leave_display,
)
from pylightnix_fn.events import Downloading, Event, Failed
from pylightnix_fn.observer import Observer
from pylightnix_fn.refs import DRef

_FRAME: Final = 0.125  # seconds between two pictures
_PATIENCE: Final = 10.0  # seconds between two lines of one download
_SCREEN: Final = Lock()  # a terminal shows one display


@contextmanager
def show_progress(console: Console | None = None) -> Iterator[Observer]:
    """Show what happens while it happens: ``realize(closure, store, observe=observe)``.

    On a terminal, and in a notebook with ipywidgets: a bar for all derivations and a row for each
    build that runs or waits. Elsewhere, and where ``CI`` or ``TERM=dumb`` is set: a line for each
    event; a download has one every ten seconds. Shown on the error stream, or on a console of
    yours. In the end, a line sums up, also where an exception ends the block.
    """
    with error_console() if console is None else nullcontext(console) as chosen:
        drawn = can_be_drawn_on(chosen) and (console is not None or not is_log())
        if drawn and _SCREEN.acquire(blocking=False):
            try:
                with _drawing(chosen) as observe:
                    yield observe
            finally:
                _SCREEN.release()
        else:
            with _listing(chosen) as observe:
                yield observe


@define
class _Display:
    """An observer that keeps an account, and lets others show what it hears."""

    console: Console
    account: Account = Factory(lambda: Account(time.monotonic()))
    lock: Lock = Factory(Lock)
    has_heard: bool = False

    def __call__(self, event: Event) -> None:
        with self.lock, suppress(Exception):  # a build must not fail for a terminal
            now, before = time.monotonic(), self.account
            self.account = before.after(event, now)
            self.has_heard = True
            self.show(event, before, now)

    def show(self, event: Event, before: Account, now: float) -> None:
        """Show an event; the account is that before it."""

    def print(self, text: str, style: str | None = None) -> None:
        self.console.print(
            text, style=style, markup=False, emoji=False, highlight=False, soft_wrap=True
        )


@define
class _Lines(_Display):
    fetching: dict[DRef[object], float] = Factory(dict)

    def show(self, event: Event, before: Account, now: float) -> None:
        if isinstance(event, Downloading):
            if now - self.fetching.get(event.dref, float("-inf")) < _PATIENCE:
                return
            self.fetching[event.dref] = now
        self.print(line_of(event, before, now))


@define
class _Picture(_Display):
    def show(self, event: Event, before: Account, now: float) -> None:
        if isinstance(event, Failed):
            text = f"failed  {before.label(event.dref)}  {what_failed(event.error)}"
            self.print(cut(text, 80), "red")

    def draw(self) -> Table:
        return picture(self.account, time.monotonic(), self.console.height)


@contextmanager
def _listing(console: Console) -> Iterator[Observer]:
    display = _Lines(console)
    try:
        yield display
    finally:
        if display.has_heard:
            now = time.monotonic()
            with suppress(Exception):
                text = summary(display.account, now)
                display.print(line(now - display.account.began, "ended", text))


@contextmanager
def _drawing(console: Console) -> Iterator[Observer]:
    _at_fork()
    display, ended = _Picture(console), Flag()
    live = Live(
        console=console,
        auto_refresh=False,
        transient=True,
        get_renderable=display.draw,
        # What goes elsewhere is not for this terminal.
        redirect_stdout=leads_to_terminal(console.file) and leads_to_terminal(sys.stdout),
        redirect_stderr=leads_to_terminal(console.file) and leads_to_terminal(sys.stderr),
    )
    thread = Thread(target=_draw_until, args=(ended, live), daemon=True)
    try:
        with suppress(Exception):
            live.start()
        thread.start()
        yield display
    finally:
        ended.set()
        try:
            thread.join()
        finally:  # whoever interrupts, even here, gets back the cursor and the streams
            with suppress(Exception):
                live.stop()
            with suppress(Exception):
                console.show_cursor(True)
        if display.has_heard:
            with suppress(Exception):
                display.print(summary(display.account, time.monotonic()))


def _draw_until(ended: Flag, live: Live) -> None:
    with suppress(Exception):  # a terminal that cannot be drawn on is left alone
        while not ended.wait(_FRAME):
            live.refresh()


@cache
def _at_fork() -> None:
    os.register_at_fork(after_in_child=leave_display)
