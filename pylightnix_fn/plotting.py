"""Plots: a number of all realizations of a name, over time or over what made them.

Reads a store. What a quantity's name means: ``started``, ``seconds`` or ``size`` of the build, a
parameter of the config (``learning_rate``, ``optimizer.momentum``), or a text artifact that holds
one number (``accuracy.txt``).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from difflib import get_close_matches
from pathlib import Path
from typing import Final, TypeAlias

from attrs import frozen

from pylightnix_fn.canonical import Json
from pylightnix_fn.chart.axis import LARGEST, Axis, axis_of, name_axis_of, time_axis_of
from pylightnix_fn.chart.picture import Chart, Point
from pylightnix_fn.chart.svg import svg
from pylightnix_fn.comparison import value_text
from pylightnix_fn.errors.message import PylightnixError
from pylightnix_fn.errors.plan import BadParameter
from pylightnix_fn.store_protocol import MAX_TEXT, Record, Store

STARTED: Final = "started"
_FIELDS: Final = "fields"  # where the parameters of a typed config stand

Value: TypeAlias = float | str | None


@frozen
class _Run:
    """A realization, with what it was made from and where it lies."""

    record: Record
    config: Mapping[str, Json]
    folder: Path


def plot(store: Store, name: str, y: str, x: str = STARTED) -> Chart:
    """The number ``y`` of all realizations of a name, over ``x``, which may be no number, too.

    What is damaged is left out, what lacks one of the two is counted. `BadParameter` where nothing
    is left.
    """
    runs = list(_runs(store, name))
    if not runs:
        raise BadParameter("plot", "name", name, _known_names(store, name))
    values = [(run, _value(run, x), _value(run, y)) for run in runs]
    rows = [(run, a, b) for run, a, b in values if a is not None and isinstance(b, float)]
    if not rows:
        numbers = any(isinstance(b, float) for _, _, b in values)
        asked, text = ("x", x) if numbers else ("y", y)
        raise BadParameter("plot", asked, text, f"what realizations of '{name}' have a number for")
    axis, places = _axis(x, [a for _, a, _ in rows])
    points = tuple(
        Point(place, b, run.record.rref.text)
        for place, (run, _, b) in zip(places, rows, strict=True)
    )
    title = f"{y} of {name} over {x}, {len(points)} realization{'s' if len(points) > 1 else ''}"
    upright = axis_of(y, [point.y for point in points])
    return Chart(title, axis, upright, points, len(runs) - len(rows))


def write_plot(chart: Chart, path: Path | str) -> Path:
    """Write a chart as an SVG file, and give its path."""
    file = Path(path)
    if file.suffix.lower() != ".svg":
        raise BadParameter("write_plot", "path", str(path), "a name that ends in .svg")
    file.write_text(f"{svg(chart)}\n", encoding="utf-8")
    return file


def _runs(store: Store, name: str) -> Iterator[_Run]:
    for dref in store.drefs():
        if dref.name != name:
            continue
        with suppress(PylightnixError):  # damaged, or gone meanwhile
            config = store.config(dref).value()
            for rref in store.rrefs(dref):
                with suppress(PylightnixError):
                    yield _Run(store.record(rref), config, store.folder(rref))


def _known_names(store: Store, name: str) -> str:
    names = sorted({dref.name for dref in store.drefs()})
    close = get_close_matches(name, names, 3, 0.5) or names[:3]
    return f"a name with realizations, such as {', '.join(close)}" if close else "an older store"


def _value(run: _Run, quantity: str) -> Value:
    """A number, a text where it is none, or `None` where there is nothing of the name."""
    facts = run.record.facts
    if quantity == STARTED:
        return facts.started.timestamp()
    if quantity == "seconds":
        return max(0.0, (facts.stopped - facts.started).total_seconds())
    if quantity == "size":
        return float(run.record.size)
    found, value = _parameter(run.config, quantity.split("."))
    if not found:
        return _number(_text(run.folder, quantity))
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value) if abs(value) <= LARGEST else None
    return value if isinstance(value, str) else value_text(value)


def _parameter(config: Mapping[str, Json], path: Sequence[str]) -> tuple[bool, Json]:
    """Whether a config has a parameter, and its value; those of a typed config come first."""
    for value in (config.get(_FIELDS), config):
        for key in path:
            if not isinstance(value, Mapping) or key not in value:
                break
            value = value[key]
        else:
            return True, value
    return False, None


def _text(folder: Path, file: str) -> str:
    """A small text artifact; empty where there is none, or it lies elsewhere."""
    with suppress(OSError, ValueError):
        home, path = folder.resolve(), (folder / file).resolve()
        if path.is_relative_to(home) and path.is_file() and path.stat().st_size <= MAX_TEXT:
            return path.read_text(encoding="utf-8")
    return ""


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if abs(value) <= LARGEST else None


def _axis(label: str, values: Sequence[float | str]) -> tuple[Axis, list[float]]:
    """The axis of some values, and their places on it; of names, where one is no number."""
    numbers = [value for value in values if isinstance(value, float)]
    if len(numbers) == len(values):
        kind = time_axis_of if label == STARTED else axis_of
        return kind(label, numbers), numbers
    texts = [value if isinstance(value, str) else f"{value:g}" for value in values]
    names = sorted(set(texts))
    return name_axis_of(label, names), [float(names.index(text)) for text in texts]
