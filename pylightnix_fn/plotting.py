"""Plots: a number of all realizations of a name, over time or over what made them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC
from pathlib import Path
from typing import Final

from pylightnix_fn.chart.axis import Kind
from pylightnix_fn.chart.picture import Chart
from pylightnix_fn.chart.svg import svg
from pylightnix_fn.errors.plan import BadParameter
from pylightnix_fn.errors.transfer import PackageMissing
from pylightnix_fn.findings.plot import chart_of
from pylightnix_fn.findings.runs import STARTED
from pylightnix_fn.inquiry.runs import runs
from pylightnix_fn.refs import DRef
from pylightnix_fn.store_protocol import Store

DAY: Final = 86_400.0  # seconds; matplotlib's times are in days since 1970


def plot(store: Store, of: str | DRef[object], y: str, x: str = STARTED) -> Chart:
    """The number ``y`` of all realizations of a name, over ``x``, which may be no number, too.

    Both are columns of `runs`: ``started``, ``seconds`` or ``size`` of the build, a parameter of
    the config, or a text artifact that holds one number. Errors: those of `runs`.
    """
    return chart_of(runs(store, of), y, x)


def write_plot(chart: Chart, path: Path | str) -> Path:
    """Write a chart as a picture, and give its path.

    ``.svg`` needs nothing else; ``.png`` needs matplotlib: `PackageMissing` where it is not there.
    """
    file = Path(path)
    write = _FORMATS.get(file.suffix.lower())
    if write is None:
        raise BadParameter("write_plot", "path", str(path), "a name that ends in .svg or .png")
    write(chart, file)
    return file


def _write_svg(chart: Chart, file: Path) -> None:
    file.write_text(f"{svg(chart)}\n", encoding="utf-8")


def _write_png(chart: Chart, file: Path) -> None:
    try:
        from matplotlib.figure import Figure
    except ImportError:
        raise PackageMissing("matplotlib", "plot") from None
    figure = Figure(figsize=(6.4, 4.0), layout="constrained")
    axes = figure.subplots()
    over_time = chart.x.kind is Kind.TIME
    points = sorted(chart.points, key=lambda each: each.x) if over_time else chart.points
    unit = DAY if over_time else 1.0
    style = "o-" if over_time else "o"
    axes.plot([each.x / unit for each in points], [each.y for each in points], style)
    axes.set_title(chart.title)
    axes.set_xlabel(chart.x.label)
    axes.set_ylabel(chart.y.label)
    if over_time:
        axes.xaxis_date(UTC)
    if chart.x.is_log:
        axes.set_xscale("log")
    if chart.y.is_log:
        axes.set_yscale("log")
    if chart.x.names:
        axes.set_xticks(range(len(chart.x.names)), chart.x.names)
    figure.savefig(file, format="png", dpi=150)


_FORMATS: Final[Mapping[str, Callable[[Chart, Path], None]]] = {
    ".svg": _write_svg,
    ".png": _write_png,
}
