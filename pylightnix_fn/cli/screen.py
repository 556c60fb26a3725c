"""What goes to a terminal: its width, its pager, and nothing that it would take for a command.

Texts of configs, artifacts and logs come from anywhere. All that is printed passes here, except
what `plx cat` prints.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

import click

if TYPE_CHECKING:
    from pylightnix_fn.canonical import Json

WIDEST: Final = 120  # longer lines are hard to read
_COLOURS: Final = re.compile(r"\x1b\[[0-9;]*m")
_SUSPECT: Final = re.compile(r"[^\n\t -~]")


def plain(text: str) -> str:
    """A text without colours, in which what a terminal would take for a command is spelled out.

    >>> plain("a\\x1b[31mb\\x1b[2J")
    'ab\\\\x1b[2J'
    """
    return _SUSPECT.sub(_spelled, _COLOURS.sub("", text))


def json_text(value: Json) -> str:
    """JSON in lines, in which what a terminal would take for a command is escaped.

    >>> json_text(["é\\x9b\\u202e"])
    '[\\n  "é\\\\u009b\\\\u202e"\\n]'
    """
    return _SUSPECT.sub(_escaped, json.dumps(value, indent=2, ensure_ascii=False))


def _spelled(found: re.Match[str]) -> str:
    return found[0] if found[0].isprintable() else repr(found[0])[1:-1]


def _escaped(found: re.Match[str]) -> str:
    return found[0] if found[0].isprintable() else json.dumps(found[0])[1:-1]


def say(text: str) -> None:
    """Print a text on the error stream."""
    click.echo(plain(text), err=True)


def page(text: str) -> None:
    """Print a text, through a pager where it is longer than the terminal."""
    lines = text.count("\n") + 1
    if sys.stdout.isatty() and lines >= shutil.get_terminal_size((80, 24)).lines:
        click.echo_via_pager(plain(text))
    elif text:
        click.echo(plain(text))


def width() -> int:
    """How long a line may be here."""
    return min(WIDEST, shutil.get_terminal_size((80, 24)).columns)


@contextmanager
def aside() -> Iterator[None]:
    """Let what stages and their builds print meanwhile go to the error stream.

    `RuntimeError` where they would end the program, whose exit code is not theirs.
    """
    sys.stdout.flush()
    kept = os.dup(1)
    os.dup2(2, 1)
    try:
        yield
    except SystemExit as error:
        raise RuntimeError(f"the stage ended the program by SystemExit({error.code})") from error
    finally:
        try:
            sys.stdout.flush()
        finally:
            os.dup2(kept, 1)
            os.close(kept)


def stand_in() -> None:
    """Let nothing that is opened become an input or output that the program was started without."""
    for number, mode in enumerate("rww"):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the first number that is free
            stream = open(number, mode, closefd=False)  # noqa: SIM115
            setattr(sys, ("stdin", "stdout", "stderr")[number], stream)
