"""Graphs as inline SVG: boxes with names, and lines from what is needed to what needs it."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate, pairwise
from typing import Final

from attrs import frozen

from pylightnix_fn.html.layout import Layout, layout
from pylightnix_fn.html.markup import Markup, element, escaped

LONGEST_LABEL: Final = 28  # characters

_FONT: Final = 12.0
_LETTER: Final = 0.61 * _FONT  # width in a monospaced font
_BOX: Final = 24.0
_ROW: Final = 34.0
_GAP: Final = 44.0  # between columns
_EDGE: Final = 4.0  # of the picture, around all
_PADDING: Final = 9.0  # in a box, beside its label


@frozen
class Node:
    """A box: its label, what pointing at it shows, and the numbers of the nodes that it needs."""

    label: str
    digest: str
    title: str
    needs: tuple[int, ...]
    is_target: bool


@frozen
class _Grid:
    """Where the columns of a layout begin, and how wide their boxes are."""

    layout: Layout
    lefts: tuple[float, ...]
    widths: tuple[float, ...]

    def left(self, node: int) -> float:
        return self.lefts[self.layout.columns[node]]

    def right(self, node: int) -> float:
        return self.left(node) + self.widths[self.layout.columns[node]]

    def middle(self, node: int) -> float:
        return _EDGE + self.layout.rows[node] * _ROW + _BOX / 2


def drawing(nodes: Sequence[Node]) -> Markup:
    """A graph whose nodes stand after all that they need."""
    grid = _grid(nodes)
    width = max(
        (left + wide for left, wide in zip(grid.lefts, grid.widths, strict=True)), default=0
    )
    height = 2 * _EDGE + (grid.layout.height - 1) * _ROW + _BOX
    return element(
        "svg",
        *(_line(way, grid, grid.left(way[0]) + _width(nodes[way[0]])) for way in grid.layout.ways),
        *(_box(node, number, grid) for number, node in enumerate(nodes)),
        xmlns="http://www.w3.org/2000/svg",
        role="img",
        width=width + _EDGE,
        height=height,
        viewBox=f"0 0 {width + _EDGE:.5g} {height:.5g}",
        font_family="ui-monospace, Menlo, Consolas, 'DejaVu Sans Mono', monospace",
        font_size=_FONT,
        style="max-width:none",  # notebooks would make it as small as it must be, to read nothing
    )


def _grid(nodes: Sequence[Node]) -> _Grid:
    placed = layout([node.needs for node in nodes])
    widths = [0.0] * (max(placed.columns, default=-1) + 1)
    for node, column in zip(nodes, placed.columns, strict=False):
        widths[column] = max(widths[column], _width(node))
    lefts = accumulate((width + _GAP for width in widths[:-1]), initial=_EDGE)
    return _Grid(placed, tuple(lefts) if widths else (), tuple(widths))


def _label(node: Node) -> str:
    if len(node.label) <= LONGEST_LABEL:
        return node.label
    return f"{node.label[: LONGEST_LABEL - 1]}…"


def _width(node: Node) -> float:
    return len(_label(node)) * _LETTER + 2 * _PADDING


def _box(node: Node, number: int, grid: _Grid) -> Markup:
    middle = grid.middle(number)
    box = element(
        "rect",
        x=grid.left(number),
        y=middle - _BOX / 2,
        width=_width(node),
        height=_BOX,
        rx=5.0,
        fill="currentColor",
        fill_opacity=0.16 if node.is_target else 0.05,
        stroke="currentColor",
        stroke_width=2.0 if node.is_target else 0.8,
    )
    label = element(
        "text",
        escaped(_label(node)),
        x=grid.left(number) + _width(node) / 2,
        y=middle + 0.35 * _FONT,
        text_anchor="middle",
        fill="currentColor",
        font_weight="bold" if node.is_target else "normal",
    )
    return element("g", element("title", escaped(node.title)), box, label)


def _line(way: tuple[int, ...], grid: _Grid, begins: float) -> Markup:
    """A line along a way, level where it meets a box or passes a column, with an arrow's head."""
    x, y = begins, grid.middle(way[0])
    path = [f"M{x:.5g} {y:.5g}"]
    for one, other in pairwise(way):
        bend, arrival, level = grid.right(one), grid.left(other), grid.middle(other)
        half = (bend + arrival) / 2
        path.append(
            f"H{bend:.5g}C{half:.5g} {y:.5g} {half:.5g} {level:.5g} {arrival:.5g} {level:.5g}"
        )
        y = level
    path.append("m-6 -3.5l6 3.5l-6 3.5")
    return element("path", d="".join(path), fill="none", stroke="currentColor", stroke_opacity=0.55)
