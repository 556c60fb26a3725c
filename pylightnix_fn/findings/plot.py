"""A table of realizations as a chart: one column over another."""

from __future__ import annotations

from collections.abc import Sequence

from pylightnix_fn.chart.axis import LARGEST, Axis, axis_of, name_axis_of, time_axis_of
from pylightnix_fn.chart.picture import Chart, Point
from pylightnix_fn.comparison import ABSENT, value_text
from pylightnix_fn.errors.inquiry import UnknownColumn
from pylightnix_fn.findings.columns import counted
from pylightnix_fn.findings.condition import number_of
from pylightnix_fn.findings.runs import STARTED, Run, Runs


def chart_of(runs: Runs, y: str, x: str = STARTED) -> Chart:
    """The numbers in a column over what stands in another, be it numbers, times or names.

    What lacks one of the two is counted; `UnknownColumn` where nothing is left.
    """
    placed = [(run, _number(run, y), _place(run, x)) for run in runs.runs]
    rows = [(run, a, b) for run, a, b in placed if a is not None and b is not None]
    if not rows:
        numbers = any(number is not None for _, number, _ in placed)
        raise UnknownColumn(x if numbers else y, ", ".join(runs.columns))
    axis, places = _axis(x, [place for _, _, place in rows])
    points = tuple(
        Point(place, number, run.rref.text)
        for place, (run, number, _) in zip(places, rows, strict=True)
    )
    title = f"{y} of {rows[0][0].rref.name} over {x}, {counted(len(rows), 'realization')}"
    return Chart(
        title, axis, axis_of(y, [each.y for each in points]), points, len(placed) - len(rows)
    )


def _number(run: Run, column: str) -> float | None:
    """The number in a column, if it can be drawn."""
    if column == STARTED:
        return run.started.timestamp()
    value = run.value(column)
    number = None if value is ABSENT else number_of(value)
    return None if number is None or not abs(number) <= LARGEST else float(number)


def _place(run: Run, column: str) -> float | str | None:
    """A number, a text where it is none, or `None` where there is nothing."""
    value = run.value(column)
    number = _number(run, column)
    if number is not None or value is ABSENT or number_of(value) is not None:
        return number
    return value if isinstance(value, str) else value_text(value)


def _axis(label: str, values: Sequence[float | str]) -> tuple[Axis, list[float]]:
    """The axis of some values, and their places on it; of names, where one is no number."""
    numbers = [value for value in values if isinstance(value, float)]
    if len(numbers) == len(values):
        kind = time_axis_of if label == STARTED else axis_of
        return kind(label, numbers), numbers
    texts = [value if isinstance(value, str) else f"{value:g}" for value in values]
    names = sorted(set(texts))
    return name_axis_of(label, names), [float(names.index(text)) for text in texts]
