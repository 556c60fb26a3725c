"""A chart as SVG, for files and notebooks; pointing at a mark shows what it is."""

from __future__ import annotations

from typing import Final

from pylightnix_fn.chart.axis import Kind
from pylightnix_fn.chart.picture import Chart, Point
from pylightnix_fn.html.markup import Markup, element, escaped

_WIDTH: Final = 640.0
_HEIGHT: Final = 400.0
_LEFT: Final = 72.0
_RIGHT: Final = 28.0
_TOP: Final = 40.0
_BOTTOM: Final = 56.0
_RADIUS: Final = 3.5
_MOST_TICKS: Final = 6


def svg(chart: Chart) -> Markup:
    """The picture; moments are joined by a line, in their order."""
    return element(
        "svg",
        element("rect", width=_WIDTH, height=_HEIGHT, fill="white"),
        _label(chart.title, _WIDTH / 2, 22.0, "middle", bold=True),
        *_across(chart),
        *_up(chart),
        *([_joined(chart)] if chart.x.kind is Kind.TIME else []),
        *(_mark(chart, point) for point in chart.points),
        xmlns="http://www.w3.org/2000/svg",
        role="img",
        width=_WIDTH,
        height=_HEIGHT,
        viewBox=f"0 0 {_WIDTH:g} {_HEIGHT:g}",
        color="#222",
        font_family="system-ui, sans-serif",
        font_size=12.0,
    )


def _column(chart: Chart, value: float) -> float:
    return _LEFT + chart.x.at(value) * (_WIDTH - _LEFT - _RIGHT)


def _row(chart: Chart, value: float) -> float:
    return _HEIGHT - _BOTTOM - chart.y.at(value) * (_HEIGHT - _TOP - _BOTTOM)


def _across(chart: Chart) -> list[Markup]:
    floor = _HEIGHT - _BOTTOM
    drawn = [_line(_LEFT, floor + 8, _WIDTH - _RIGHT, floor + 8, 1.0)]
    for value, text in chart.x.ticks(_MOST_TICKS):
        x = _column(chart, value)
        drawn += [_line(x, floor + 8, x, floor + 12, 1.0)]
        drawn += [_label(text, x, floor + 26, "middle")]
    return [*drawn, _label(chart.x.label, _WIDTH / 2, _HEIGHT - 12, "middle")]


def _up(chart: Chart) -> list[Markup]:
    drawn = [_label(chart.y.label, 12.0, _TOP - 14, "start")]
    for value, text in chart.y.ticks(_MOST_TICKS):
        y = _row(chart, value)
        drawn += [_line(_LEFT - 8, y, _WIDTH - _RIGHT, y, 0.15)]
        drawn += [_label(text, _LEFT - 14, y + 4, "end")]
    return drawn


def _joined(chart: Chart) -> Markup:
    ordered = sorted(chart.points, key=lambda point: point.x)
    places = (f"{_column(chart, each.x):.5g},{_row(chart, each.y):.5g}" for each in ordered)
    return element(
        "polyline",
        points=" ".join(places),
        fill="none",
        stroke="currentColor",
        stroke_opacity=0.35,
    )


def _mark(chart: Chart, point: Point) -> Markup:
    return element(
        "circle",
        element("title", escaped(f"{point.y:g}\n{point.of}")),
        cx=_column(chart, point.x),
        cy=_row(chart, point.y),
        r=_RADIUS,
        fill="currentColor",
        fill_opacity=0.75,
    )


def _line(x: float, y: float, to_x: float, to_y: float, opacity: float) -> Markup:
    return element(
        "line", x1=x, y1=y, x2=to_x, y2=to_y, stroke="currentColor", stroke_opacity=opacity
    )


def _label(text: str, x: float, y: float, anchor: str, *, bold: bool = False) -> Markup:
    return element(
        "text",
        escaped(text),
        x=x,
        y=y,
        text_anchor=anchor,
        fill="currentColor",
        font_weight="bold" if bold else "normal",
    )
