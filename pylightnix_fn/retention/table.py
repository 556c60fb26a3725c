"""Rows of text as columns on a terminal.

Only shortens: whoever needs a text in full takes it from the value that is shown.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

WIDTH: Final = 80
_LONGEST: Final = 30  # columns for the first cell: a name of 15 and what stands before it
_HASHES: Final = re.compile(r"(rref:\w{8})\w{24}-\w{32}|(dref:\w{8})\w{24}")


def brief(text: str) -> str:
    """A text on one line, its references with the beginnings of their hashes.

    >>> brief("needed by dref:731c5ac602752760c8e48fbffcf8c3b8-mnist")
    'needed by dref:731c5ac6…-mnist'
    """
    return _HASHES.sub(r"\1\2…", " ".join(text.split()))


def table(rows: Iterable[tuple[str, ...]], width: int = WIDTH) -> Iterator[str]:
    """The lines of a table, none wider than that.

    The cells between the first and the last end at the same column.

    >>> for line in table([("a", "9 B", "x"), ("bc", "12 MB", "y")]):
    ...     print(line)
      a     9 B  x
      bc  12 MB  y
    """
    shortened = [(_cut(brief(first), _LONGEST), *map(brief, rest)) for first, *rest in rows]
    widths = [max(map(len, column)) for column in zip(*shortened, strict=True)]
    for first, *between, last in shortened:
        ends = [f"{cell:>{wide}}" for cell, wide in zip(between, widths[1:], strict=False)]
        line = "  ".join((f"  {first:<{widths[0]}}", *ends, last))
        yield _cut(line, width).rstrip()


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else text[: width - 1] + "…"
