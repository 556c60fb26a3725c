"""The layout of a graph without circles: a column for each layer, few edges that cross.

Nodes are numbers, each with the smaller numbers that it needs. Equal graphs have equal layouts.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from typing import Final, TypeAlias

from attrs import frozen

Needs: TypeAlias = Sequence[Sequence[int]]
Edge: TypeAlias = tuple[int, int]

MOST_PLACES: Final = 12_000  # of edges that pass columns; time and size grow with them

_SWEEPS: Final = 8


@frozen
class Layout:
    """For each node its column and its row, which may lie between two; for each edge its way.

    The way of an edge is the nodes and the free places that it touches, one in each column; where
    there would be too many places, the longest edges go straight.
    """

    columns: tuple[int, ...]
    rows: tuple[float, ...]
    ways: tuple[tuple[int, ...], ...]
    nodes: int

    @property
    def height(self) -> float:
        """How many rows there are."""
        return max(self.rows, default=-1.0) + 1


def layout(needs: Needs) -> Layout:
    """A layout in which each node stands to the right of all that it needs.

    >>> layout([[], [0], [0], [1, 2]]).columns
    (0, 1, 1, 2)
    """
    columns, ways = _with_places(_columns(needs), needs)
    left: list[list[int]] = [[] for _ in columns]
    right: list[list[int]] = [[] for _ in columns]
    for way in ways:
        for one, other in itertools.pairwise(way):
            left[other].append(one)
            right[one].append(other)
    layers = _layers(columns)
    rows = [0.0] * len(columns)
    for layer in layers:
        for row, node in enumerate(layer):
            rows[node] = float(row)
    for _ in range(_SWEEPS):
        for layer in layers:
            _sorted_by(layer, left, rows)
        for layer in reversed(layers):
            _sorted_by(layer, right, rows)
    for _ in range(_SWEEPS):
        for layer in (*layers, *reversed(layers)):
            _drawn_to(layer, (left, right), rows)
    top = min(rows, default=0.0)
    return Layout(tuple(columns), tuple(row - top for row in rows), ways, len(needs))


def _columns(needs: Needs) -> list[int]:
    """One more than the largest of those that are needed."""
    columns: list[int] = []
    for those in needs:
        columns.append(1 + max((columns[each] for each in those), default=-1))
    return columns


def _with_places(columns: list[int], needs: Needs) -> tuple[list[int], tuple[tuple[int, ...], ...]]:
    """Places for the edges that pass columns, numbered after the nodes."""
    ways: list[tuple[int, ...]] = []
    places, longest = list(columns), _longest_way(columns, needs)
    for node, those in enumerate(needs):
        for each in dict.fromkeys(those):
            between, first = range(columns[each] + 1, columns[node]), len(places)
            if len(between) <= longest:
                places.extend(between)
            ways.append((each, *range(first, len(places)), node))
    return places, tuple(ways)


def _longest_way(columns: list[int], needs: Needs) -> int:
    """How many columns an edge may pass through places of its own."""
    passed = [columns[node] - columns[one] - 1 for node, those in enumerate(needs) for one in those]
    left = MOST_PLACES
    for count in sorted(passed):
        left -= count
        if left < 0:
            return count - 1
    return len(columns)


def _layers(columns: Sequence[int]) -> list[list[int]]:
    layers: list[list[int]] = [[] for _ in range(max(columns, default=-1) + 1)]
    for node, column in enumerate(columns):
        layers[column].append(node)
    return layers


def _mean(rows: Sequence[float], those: Iterable[int], otherwise: float) -> float:
    values = [rows[each] for each in those]
    return sum(values) / len(values) if values else otherwise


def _sorted_by(layer: list[int], beside: list[list[int]], rows: list[float]) -> None:
    """Order a layer by where its neighbours stand on one side: the barycentre method."""
    middle = {node: _mean(rows, beside[node], rows[node]) for node in layer}
    layer.sort(key=lambda node: middle[node])
    for row, node in enumerate(layer):
        rows[node] = float(row)


def _drawn_to(
    layer: list[int], sides: tuple[list[list[int]], list[list[int]]], rows: list[float]
) -> None:
    """Move a layer, in its order, to where its neighbours stand; a row apart at least."""
    wished = [_mean(rows, [*sides[0][each], *sides[1][each]], rows[each]) for each in layer]
    # Least squares: blocks of nodes that touch move together to the mean of their wishes.
    blocks: list[tuple[float, int]] = []
    for index, wish in enumerate(wished):
        total, count = wish - index, 1
        while blocks and blocks[-1][0] / blocks[-1][1] > total / count:
            before = blocks.pop()
            total, count = total + before[0], count + before[1]
        blocks.append((total, count))
    index = 0
    for total, count in blocks:
        for _ in range(count):
            rows[layer[index]] = total / count + index
            index += 1
