"""Axes and pictures of charts."""

from __future__ import annotations

from collections.abc import Callable
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pylightnix_fn.canonical import Json
from pylightnix_fn.chart.axis import LARGEST, Axis, axis_of, name_axis_of, time_axis_of
from pylightnix_fn.chart.picture import Chart, Point
from pylightnix_fn.chart.svg import svg

numbers = st.lists(st.floats(-LARGEST, LARGEST), min_size=1, max_size=6)

SVG = "{http://www.w3.org/2000/svg}"


def _chart(x: Axis, *points: tuple[float, float], title: str = "loss of model") -> Chart:
    made = tuple(Point(a, b, f"rref {number}") for number, (a, b) in enumerate(points))
    return Chart(title, x, axis_of("loss", [b for _, b in points]), made)


@settings(max_examples=80)
@given(numbers)
def test_axis_keeps_the_order_of_numbers(values: list[float]) -> None:
    axis = axis_of("x", values)
    places = [axis.at(value) for value in sorted(values)]
    assert sorted(places) == places
    assert 0 <= places[0] <= places[-1] <= 1


@settings(max_examples=80)
@given(numbers, st.integers(1, 8))
def test_axis_has_ticks_within_it_that_can_be_told_apart(values: list[float], most: int) -> None:
    axis = axis_of("x", values)
    ticks = axis.ticks(most)
    assert len(ticks) == len({text for _, text in ticks})
    assert all(-1e-9 <= axis.at(value) <= 1 + 1e-9 for value, _ in ticks)
    assert [value for value, _ in ticks] == sorted(value for value, _ in ticks)


@pytest.mark.parametrize(
    ("values", "texts"),
    [
        ([0, 1], ["0", "0.2", "0.4", "0.6", "0.8", "1"]),
        ([0.97, 0.9912], ["0.97", "0.975", "0.98", "0.985", "0.99"]),
        ([-30, 270], ["0", "100", "200"]),
        ([0.0001, 0.1], ["0.0001", "0.001", "0.01", "0.1"]),
        ([0.0003, 0.03], ["0.001", "0.01"]),
        ([1e-12, 1], ["1e-12", "1e-09", "1e-06", "0.001", "1"]),
    ],
)
def test_axis_has_round_ticks(values: list[float], texts: list[str]) -> None:
    assert texts == [text for _, text in axis_of("x", values).ticks(5)]


def test_axis_of_one_number_has_it_in_the_middle() -> None:
    assert 0.5 == axis_of("x", [7.0]).at(7.0)


def test_axis_of_powers_puts_them_at_equal_distances() -> None:
    axis = axis_of("rate", [1e-4, 1e-2])
    assert [0.0, 0.5, 1.0] == [axis.at(value) for value in (1e-4, 1e-3, 1e-2)]


@pytest.mark.parametrize(
    ("seconds", "text"), [(60, "00:01:00"), (86_400, "01-02 00:00"), (9 * 86_400, "1970-01-10")]
)
def test_axis_of_times_shows_what_tells_them_apart(seconds: float, text: str) -> None:
    assert text == time_axis_of("started", [0, seconds]).ticks(5)[-1][1]


def test_axis_of_names_leaves_some_out_where_there_is_no_room() -> None:
    axis = name_axis_of("kind", "abcde")
    assert ["a", "c", "e"] == [text for _, text in axis.ticks(3)]


def test_chart_reads_as_a_picture() -> None:
    chart = _chart(axis_of("epochs", [0, 10]), (0, 0.0), (5, 0.5), (10, 1.0), (10, 1.0))
    expected = """\
loss of model

  1 ┤                           #
    │
0.5 ┤              *
    │
  0 ┤*
    └────────────────────────────
     0    2     4    6     8   10"""
    assert expected == chart.text(33, 9)


def test_chart_keeps_to_its_width() -> None:
    chart = _chart(axis_of("x", [0, 1]), (0, 1e-9), (1, 123456.789), title="t" * 100)
    assert 80 >= max(map(len, str(chart).splitlines()))
    assert 50 >= max(map(len, chart.text(50, 12).splitlines()))


def test_chart_says_how_many_have_no_number() -> None:
    chart = Chart("t", axis_of("x", [1]), axis_of("y", [1]), (Point(1, 1, "a"),), 3)
    assert str(chart).endswith("\n3 more lack one of the two.")


def test_chart_as_json_has_names_for_places() -> None:
    axis = name_axis_of("kind", ["adam", "sgd"])
    chart = _chart(axis, (1.0, 0.5))
    expected: Json = {
        "title": "loss of model",
        "x": "kind",
        "y": "loss",
        "points": [{"x": "sgd", "y": 0.5, "of": "rref 0"}],
        "without": 0,
    }
    assert expected == chart.json()


def test_svg_has_a_mark_for_each_point_that_says_what_it_is() -> None:
    chart = _chart(axis_of("x", [0, 1]), (0, 0.25), (1, 1), title="<b> & co")
    picture = ElementTree.fromstring(svg(chart))
    titles = [each.text for each in picture.iterfind(f"{SVG}circle/{SVG}title")]
    assert ["0.25\nrref 0", "1\nrref 1"] == titles
    assert "<b> & co" in [each.text for each in picture.iterfind(f"{SVG}text")]


def test_svg_puts_larger_numbers_higher_and_later() -> None:
    picture = ElementTree.fromstring(svg(_chart(axis_of("x", [0, 1]), (0, 0.25), (1, 1))))
    low, high = picture.iterfind(f"{SVG}circle")
    assert float(low.attrib["cy"]) > float(high.attrib["cy"])
    assert float(low.attrib["cx"]) < float(high.attrib["cx"])


@pytest.mark.parametrize(("axis", "lines"), [(time_axis_of, 1), (axis_of, 0)])
def test_svg_joins_moments_alone(axis: Callable[[str, list[float]], Axis], lines: int) -> None:
    picture = ElementTree.fromstring(svg(_chart(axis("x", [0, 1]), (0, 0.25), (1, 1))))
    assert lines == len(list(picture.iterfind(f"{SVG}polyline")))
