"""Plots of a run: ``plots <figures.json> <folder>``, in the environment that has matplotlib."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from importlib import import_module
from pathlib import Path
from statistics import median
from typing import Final, TypedDict

matplotlib = import_module("matplotlib")
matplotlib.use("Agg")
pyplot = import_module("matplotlib.pyplot")

COLOURS: Final = {
    "ours": "black",
    "floor": "lightgrey",
    "diskcache": "tab:blue",
    "doit": "tab:orange",
    "joblib": "tab:green",
    "make": "tab:red",
    "ninja": "tab:purple",
    "pylightnix": "tab:brown",
    "redun": "tab:pink",
    "snakemake": "tab:olive",
    "dask": "tab:cyan",
}
WIDE: Final = ("ours", "floor")


class Series(TypedDict):
    """What a contender took."""

    figures: Mapping[str, Sequence[float]]
    beyond: float


class Goal(TypedDict):
    """What came of a goal."""

    words: str
    limit: float
    value: float | None


class Case(TypedDict):
    """A case as the run wrote it."""

    workload: str
    label: str
    contenders: Mapping[str, Series]
    goals: Sequence[Goal]


def growth(cases: Sequence[Case], workload: str, path: Path) -> None:
    """Time over the number of stages, for each contender; a panel for each shape.

    A triangle is the least that who was ended, or left out, would have taken.
    """
    lines: dict[str, dict[str, list[tuple[int, float, bool]]]] = {}
    for case in cases:
        if case["workload"] == workload:
            shape, _, stages = case["label"].partition(" of ")
            for name, series in case["contenders"].items():
                walls = series["figures"].get("wall")
                if walls or series["beyond"]:
                    seconds = median(walls) if walls else series["beyond"]
                    point = (int(stages.replace(",", "")), seconds, bool(walls))
                    lines.setdefault(shape, {}).setdefault(name, []).append(point)
    if not lines:
        return
    figure, panels = pyplot.subplots(1, len(lines), figsize=(5 * len(lines), 4.5), squeeze=False)
    for panel, (shape, curves) in zip(panels[0], lines.items(), strict=True):
        for name, points in curves.items():
            sizes, times, known = zip(*sorted(points), strict=True)
            wide, colour = 2.5 if name in WIDE else 1, COLOURS.get(name)
            panel.plot(sizes, times, label=name, color=colour, linewidth=wide)
            for size, seconds, is_known in zip(sizes, times, known, strict=True):
                panel.plot(size, seconds, marker="o" if is_known else "^", color=colour)
        panel.set(xscale="log", yscale="log", title=shape, xlabel="stages", ylabel="seconds")
        panel.grid(alpha=0.3)
    named = {line.get_label(): line for panel in panels[0] for line in panel.get_lines()}
    shown = {name: named[name] for name in COLOURS if name in named}
    figure.legend(shown.values(), shown.keys(), loc="center left", bbox_to_anchor=(1, 0.5))
    figure.suptitle(workload)
    _save(figure, path)


def goals(cases: Sequence[Case], path: Path) -> None:
    """How far from its limit each goal is; what goes beyond 1 is missed."""
    found = [
        (f"{case['workload']}, {case['label']}: {goal['words']}", goal["value"] / goal["limit"])
        for case in cases
        for goal in case["goals"]
        if goal["value"] is not None
    ]
    if not found:
        return
    figure, panel = pyplot.subplots(figsize=(12, 1 + 0.28 * len(found)))
    names, shares = zip(*reversed(found), strict=True)
    colours = ["tab:green" if share <= 1 else "tab:red" for share in shares]
    panel.barh(range(len(found)), [max(share, 0.01) for share in shares], color=colours)
    panel.set_yticks(range(len(found)), names, fontsize=7)
    panel.axvline(1, color="black", linewidth=1)
    panel.set(xscale="log", xlabel="share of the limit", ylim=(-1, len(found)))
    _save(figure, path)


def _save(figure: object, path: Path) -> None:
    pyplot.tight_layout()
    pyplot.savefig(path, dpi=110, bbox_inches="tight")
    pyplot.close(figure)


def main(figures: str, folder: str) -> None:
    cases: list[Case] = json.loads(Path(figures).read_text())["cases"]
    kind = Path(figures).stem
    for workload in dict.fromkeys(each["workload"] for each in cases):
        if workload.startswith(("nothing to do", "first run")):
            name = workload.replace(",", "").replace(" ", "-")
            growth(cases, workload, Path(folder, f"{kind}-{name}.png"))
    goals(cases, Path(folder, f"{kind}-goals.png"))


if __name__ == "__main__":
    main(*sys.argv[1:])
