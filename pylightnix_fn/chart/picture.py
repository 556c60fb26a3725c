"""A chart as a value, and as a picture of characters."""

from __future__ import annotations

from typing import Final

from attrs import frozen

from pylightnix_fn.canonical import Json
from pylightnix_fn.chart.axis import Axis, Kind

WIDTH: Final = 80
HEIGHT: Final = 20

_ONE: Final = "*"
_SEVERAL: Final = "#"


@frozen
class Point:
    """A number at a place, and what it belongs to."""

    x: float
    y: float
    of: str


@frozen
class Chart:
    """Numbers over what they are compared by; ``without`` counts those that have no number."""

    title: str
    x: Axis
    y: Axis
    points: tuple[Point, ...]
    without: int = 0

    def json(self) -> Json:
        """The labels, and each point by them; names in the place of their numbers."""
        return {
            "title": self.title,
            "x": self.x.label,
            "y": self.y.label,
            "points": [
                {"x": self._named(each), "y": each.y, "of": each.of} for each in self.points
            ],
            "without": self.without,
        }

    def __str__(self) -> str:
        return self.text()

    def text(self, width: int = WIDTH, height: int = HEIGHT) -> str:
        """A picture of so many characters, with axes and their numbers."""
        room = max(3, height - 4)
        ticks = self.y.ticks(max(2, room // 3))
        marks = {_row(self.y, value, room): text for value, text in ticks}
        beside = max(map(len, marks.values()), default=0)
        across = max(8, width - beside - 2)
        lines = [
            f"{marks.get(row, ''):>{beside}} {'┤' if row in marks else '│'}{cells}".rstrip()
            for row, cells in enumerate(self._rows(across, room))
        ]
        ruler = _ruler([(_column(self.x, at, across), text) for at, text in self.x.ticks(5)])
        head = self.title if len(self.title) <= width else f"{self.title[: width - 1]}…"
        edge, indent = f"{' ' * beside} └{'─' * across}", " " * (beside + 2)
        below = [edge, f"{indent}{ruler[:across]}".rstrip()]
        left = [f"{self.without} more lack one of the two."] if self.without else []
        return "\n".join([head, "", *lines, *below, *left])

    def _named(self, point: Point) -> float | str:
        return self.x.names[round(point.x)] if self.x.kind is Kind.NAME else point.x

    def _rows(self, across: int, room: int) -> list[str]:
        cells = [[" "] * across for _ in range(room)]
        for point in self.points:
            row, column = _row(self.y, point.y, room), _column(self.x, point.x, across)
            cells[row][column] = _ONE if cells[row][column] == " " else _SEVERAL
        return ["".join(row) for row in cells]


def _row(axis: Axis, value: float, room: int) -> int:
    return room - 1 - _column(axis, value, room)


def _column(axis: Axis, value: float, across: int) -> int:
    return round(axis.at(value) * (across - 1))


def _ruler(marks: list[tuple[int, str]]) -> str:
    """Texts that end or begin near their columns, and never touch.

    >>> _ruler([(0, "0.001"), (3, "0.002"), (20, "1")])
    '0.001               1'
    """
    line = ""
    for column, text in sorted(marks):
        begin = max(0, column - len(text) + 1) if line else column
        if not line or begin >= len(line) + 2:
            line = f"{line:<{begin}}{text}"
    return line
