"""Tables on a terminal: rows of cells under a header, as many columns as there is room for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Final

from pylightnix_fn.retention.table import WIDTH

_GAP: Final = 2
_LONGEST: Final = 36  # columns for a cell


def columns(
    header: tuple[str, ...], rows: Sequence[tuple[str, ...]], width: int = WIDTH
) -> Iterator[str]:
    """The lines of a table: the first cells begin at the same column, the others end at one.

    Columns for which there is no room are named below it.

    >>> print(*columns(("name", "size"), [("a", "9 B"), ("long", "12 MB")]), sep="\\n")
    name   size
    a       9 B
    long  12 MB
    """
    cells = [tuple(cut(cell, _LONGEST) for cell in row) for row in (header, *rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    there = _fitting(widths, width)
    for first, *others in cells:
        ends = [f"{cell:>{wide}}" for cell, wide in zip(others, widths[1:there], strict=False)]
        yield cut("  ".join((f"{first:<{widths[0]}}", *ends)).rstrip(), width)
    if there < len(widths):
        yield cut(f"no room for: {', '.join(header[there:])}", width)


def _fitting(widths: Sequence[int], width: int) -> int:
    """How many columns there is room for, one at least."""
    used = widths[0]
    for number, wide in enumerate(widths[1:], 1):
        used += _GAP + wide
        if used > width:
            return number
    return len(widths)


def labelled(facts: Sequence[tuple[str, str]], width: int = WIDTH) -> Iterator[str]:
    """Lines of facts, their values at the same column; what has no value is left out.

    >>> print(*labelled([("size", "9 B"), ("built in", "1 s"), ("log", "")]), sep="\\n")
    size      9 B
    built in  1 s
    """
    there = [(label, value) for label, value in facts if value]
    wide = max((len(label) for label, _ in there), default=0)
    for label, value in there:
        yield cut(f"{label:<{wide}}  {value}", width)


def counted(count: int, word: str) -> str:
    """So many of something.

    >>> counted(1, "root"), counted(1000, "derivation")
    ('1 root', '1000 derivations')
    """
    return f"{count} {word}" if count == 1 else f"{count} {word}s"


def when(time: datetime | None) -> str:
    """A time to the second, in UTC; empty where there is none.

    >>> when(datetime(2026, 11, 22, 10, 55, 51, 250000, tzinfo=UTC))
    '2026-11-22 10:55:51'
    """
    return "" if time is None else f"{time.astimezone(UTC):%Y-%m-%d %H:%M:%S}"


def visible(text: str) -> str:
    """A text of one line; what a terminal would take for a command is spelled out.

    >>> visible("a\\x1b[2J")
    'a\\\\x1b[2J'
    """
    return "".join(each if each.isprintable() else repr(each)[1:-1] for each in text)


def cut(text: str, width: int = WIDTH) -> str:
    """A line of so many columns at most, with nothing that a terminal takes for a command."""
    line = visible(text)
    return line if len(line) <= width else line[: width - 1] + "…"


def number_text(number: int | float) -> str:
    """A number, without the digits that come of binary fractions.

    >>> number_text(0.1 + 0.2), number_text(12345678901234)
    ('0.3', '12345678901234')
    """
    return str(number) if isinstance(number, int) else f"{number:.10g}"
