"""Graphs as inline SVG: boxes with names, and lines from what is needed to what needs it."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate, pairwise
from typing import Final

from attrs import frozen

from pylightnix_fn.html.layout import Layout, layout
from pylightnix_fn.html.markup import Markup, element, escaped

LONGEST_LABEL: Final = 28  # characters

FONT: Final = "ui-monospace, Menlo, Consolas, 'DejaVu Sans Mono', monospace"
FONT_SIZE: Final = 12.0
LETTER: Final = 0.61 * FONT_SIZE  # width in a monospaced font
PLAIN: Final = "currentColor"

# Opacity of the filling and width of the border: of a box, and of a target.
_GREY: Final = ((0.05, 0.8), (0.16, 2.0))
_COLOURED: Final = ((0.14, 1.3), (0.28, 2.6))

_BOX: Final = 24.0
_ROW: Final = 34.0
_GAP: Final = 44.0  # between columns
_EDGE: Final = 4.0  # of the picture, around all
_PADDING: Final = 9.0  # in a box, beside its label


@frozen
class Node:
    """A box: its label, what pointing at it shows, and the numbers of the nodes that it needs.

    ``href`` is what it leads to, if to anything.
    """

    label: str
    digest: str
    title: str
    needs: tuple[int, ...]
    is_target: bool
    colour: str = PLAIN
    is_dashed: bool = False
    href: str = ""


@frozen
class Picture:
    """What is drawn on an area of this size."""

    width: float
    height: float
    content: tuple[Markup, ...]
    leads_on: bool = False

    def svg(self) -> Markup:
        """An element of its own, as large as it is wherever it stands."""
        return element(
            "svg",
            *self.content,
            xmlns="http://www.w3.org/2000/svg",
            role="group" if self.leads_on else "img",  # an image hides the links in it
            width=self.width,
            height=self.height,
            viewBox=f"0 0 {self.width:.7g} {self.height:.7g}",
            font_family=FONT,
            font_size=FONT_SIZE,
            style="max-width:none",  # notebooks would make it as small as it must be
        )


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
    return picture(nodes).svg()


def picture(nodes: Sequence[Node]) -> Picture:
    """A graph whose nodes stand after all that they need, to be put where it suits."""
    grid = _grid(nodes)
    width = max(
        (left + wide for left, wide in zip(grid.lefts, grid.widths, strict=True)), default=0
    )
    lines = (_line(way, grid, nodes) for way in grid.layout.ways)
    boxes = (_box(node, number, grid) for number, node in enumerate(nodes))
    return Picture(
        width + _EDGE,
        2 * _EDGE + (grid.layout.height - 1) * _ROW + _BOX,
        (*lines, *boxes),
        any(node.href for node in nodes),
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
    return len(_label(node)) * LETTER + 2 * _PADDING


def _box(node: Node, number: int, grid: _Grid) -> Markup:
    middle = grid.middle(number)
    fill, stroke = (_GREY if node.colour == PLAIN else _COLOURED)[node.is_target]
    box = element(
        "rect",
        x=grid.left(number),
        y=middle - _BOX / 2,
        width=_width(node),
        height=_BOX,
        rx=5.0,
        fill=node.colour,
        fill_opacity=fill,
        stroke=node.colour,
        stroke_width=stroke,
        **({"stroke_dasharray": "5 3"} if node.is_dashed else {}),
    )
    label = element(
        "text",
        escaped(_label(node)),
        x=grid.left(number) + _width(node) / 2,
        y=middle + 0.35 * FONT_SIZE,
        text_anchor="middle",
        fill="currentColor",
        font_weight="bold" if node.is_target else "normal",
    )
    content = element("title", escaped(node.title)), box, label
    return element("a", *content, href=node.href) if node.href else element("g", *content)


def _line(way: tuple[int, ...], grid: _Grid, nodes: Sequence[Node]) -> Markup:
    """A line along a way, level where it meets a box or passes a column, with an arrow's head."""
    first, last = nodes[way[0]], nodes[way[-1]]
    x, y = grid.left(way[0]) + _width(first), grid.middle(way[0])
    path = [f"M{x:.7g} {y:.7g}"]
    for one, other in pairwise(way):
        bend, arrival, level = grid.right(one), grid.left(other), grid.middle(other)
        half = (bend + arrival) / 2
        path.append(
            f"H{bend:.7g}C{half:.7g} {y:.7g} {half:.7g} {level:.7g} {arrival:.7g} {level:.7g}"
        )
        y = level
    path.append("m-6 -3.5l6 3.5l-6 3.5")
    ends = {"data_from": first.href, "data_to": last.href} if first.href and last.href else {}
    return element(
        "path",
        d="".join(path),
        fill="none",
        stroke="currentColor",
        stroke_opacity=0.55,
        **ends,
    )
