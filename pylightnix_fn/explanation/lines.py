"""Lines of an explanation: few enough, and short enough, for a terminal."""

from __future__ import annotations

from collections.abc import Iterable
from textwrap import wrap
from typing import Final

from pylightnix_fn.retention.table import brief

MOST_SHOWN: Final = 6  # changes, references or links of a chain in a text; the value has all


def few(items: Iterable[object]) -> list[str]:
    """Texts of the first items, and how many more there are."""
    texts = list(map(str, items))
    more = len(texts) - MOST_SHOWN
    return texts if more <= 0 else [*texts[:MOST_SHOWN], f"and {more} more"]


def entry(word: str, lines: Iterable[str], width: int) -> str:
    """Lines beside a word, references cut, and what is too long broken."""
    indent = " " * 7
    shown = [part for line in lines for part in wrapped(line, width - len(indent))]
    return "\n".join([f"{word:<7}{shown[0]}", *(indent + line for line in shown[1:])])


def wrapped(line: str, width: int) -> list[str]:
    """A line with its references cut, broken where it is too long."""
    lead = " " * (len(line) - len(line.lstrip()))
    hanging = f"{lead}  "
    return wrap(
        brief(line), width, initial_indent=lead, subsequent_indent=hanging, break_on_hyphens=False
    )
