"""Where a display appears: a terminal that can be drawn on, a notebook, or whatever takes lines.

An observer that shows things never raises, whatever its terminal does, for a build must not fail
for it. Nothing here is called unless the user asks for it.
"""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib.util import find_spec

from rich.console import Console


class _Copy(io.TextIOWrapper):
    """A stream of its own to where another one leads; a terminal that is gone takes anything."""

    def write(self, text: str) -> int:
        with suppress(OSError, ValueError):
            return super().write(text)
        return len(text)

    def flush(self) -> None:
        with suppress(OSError, ValueError):
            super().flush()


@contextmanager
def error_console() -> Iterator[Console]:
    """The error stream, also while builds lead its descriptor to their logs."""
    copy = _copied(sys.stderr)
    if copy is None:
        yield Console(stderr=True)
        return
    with copy:
        yield Console(file=copy, force_terminal=copy.isatty())


def _copied(stream: object) -> _Copy | None:
    """`None` where a stream has no descriptor: in notebooks, and where somebody captures it."""
    if not isinstance(stream, io.TextIOWrapper):
        return None
    try:
        stream.flush()
        descriptor = os.dup(stream.fileno())
    except (OSError, ValueError):
        return None
    raw = io.FileIO(descriptor, "w")
    return _Copy(io.BufferedWriter(raw), stream.encoding, "backslashreplace", newline="")


def can_be_drawn_on(console: Console) -> bool:
    """Whether bars can be drawn; if not, a console takes lines."""
    if console.is_jupyter:
        return find_spec("ipywidgets") is not None  # rich draws with them
    return console.is_terminal and console.is_interactive


def is_log() -> bool:
    """Whether the environment says that nobody watches what the error stream shows."""
    return os.environ.get("CI", "").lower() not in ("", "0", "false")


def leads_to_terminal(stream: object) -> bool:
    """Whether a stream, if it is one, leads to a terminal."""
    with suppress(ValueError):  # it may be closed
        return isinstance(stream, io.TextIOBase) and stream.isatty()
    return False


def leave_display() -> None:
    """Print past a display that another process has, in one that was forked from it.

    A thread that was about to draw would hold its locks for ever.
    """
    for name in ("stdout", "stderr"):
        below: object = getattr(getattr(sys, name), "rich_proxied_file", None)
        if below is not None:
            setattr(sys, name, below)
