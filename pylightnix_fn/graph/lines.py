"""A graph in characters: trees, in which what stands elsewhere is only pointed at.

Law: each node has one line of its own, each edge one line; no line is wider than was asked for.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from typing import Final

from attrs import field, frozen

NARROWEST: Final = 48  # columns
LONGEST_LABEL: Final = 40

_LABEL: Final = 20  # columns that are left of any indentation


@frozen
class Row:
    """A node: its label, and what stands right of it, which is as wide in every row."""

    label: str
    needs: tuple[int, ...] = ()
    right: str = ""


@frozen
class _Place:
    """Where a node stands in a tree."""

    node: int
    before: str = ""
    below: str = ""


@frozen
class _Progress:
    """The nodes whose lines are there, and those whose lines were put off."""

    done: set[int] = field(factory=set)
    later: set[int] = field(factory=set)


def tree_lines(rows: Sequence[Row], width: int) -> list[str]:
    """The lines of a graph whose nodes stand after all that they need.

    What nothing needs is on top; what is too deep down goes on below, as a tree of its own.

    >>> rows = [Row("data"), Row("net", (0,)), Row("score", (0, 1))]
    >>> print("\\n".join(tree_lines(rows, 48)))
    score
    ├─ data
    └─ net
       └─ data (above)
    """
    needed = {each for row in rows for each in row.needs}
    tops = deque(number for number in range(len(rows)) if number not in needed)
    progress, lines = _Progress(), list[str]()
    while tops:
        top = tops.popleft()
        progress.later.discard(top)
        for line, put_off in _tree(rows, top, max(width, NARROWEST), progress):
            lines.append(line)
            tops.extendleft(put_off)
    return lines


def _tree(
    rows: Sequence[Row], top: int, width: int, progress: _Progress
) -> Iterator[tuple[str, tuple[int, ...]]]:
    """Each line of a tree, with the node that it puts off."""
    deepest = width - _LABEL - max(len(row.right) for row in rows)
    stack = [_Place(top)]
    while stack:
        place = stack.pop()
        row = rows[place.node]
        if place.node in progress.done:
            yield _pointing(place, row, "(above)", width), ()
        elif place.node in progress.later:
            yield _pointing(place, row, "(below)", width), ()
        elif place.before and len(place.before) > deepest and row.needs:
            progress.later.add(place.node)
            yield _pointing(place, row, "(below)", width), (place.node,)
        else:
            progress.done.add(place.node)
            yield _full(place, row, width), ()
            stack.extend(reversed(_below(place, row)))


def _below(place: _Place, row: Row) -> list[_Place]:
    if not row.needs:
        return []
    here = place.below
    *first, last = dict.fromkeys(row.needs)
    return [
        *(_Place(each, f"{here}├─ ", f"{here}│  ") for each in first),
        _Place(last, f"{here}└─ ", f"{here}   "),
    ]


def _full(place: _Place, row: Row, width: int) -> str:
    left = f"{place.before}{row.label}"
    room = width - len(row.right) - 2 if row.right else width
    shown = left if len(left) <= room else f"{left[: room - 1]}…"
    return f"{shown:<{room}}  {row.right}".rstrip() if row.right else shown


def _pointing(place: _Place, row: Row, where: str, width: int) -> str:
    left = f"{place.before}{row.label}"
    room = width - len(where) - 1
    return f"{left if len(left) <= room else f'{left[: room - 1]}…'} {where}"
