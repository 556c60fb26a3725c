"""Which goals were met: judged by medians of one run."""

from __future__ import annotations

from collections.abc import Mapping
from math import inf
from statistics import median
from typing import Literal, TypeAlias

from attrs import frozen

from benchmarks.measuring import OVERTIME, Series
from benchmarks.workload import Case, Goal

State: TypeAlias = Literal["met", "MISSED", "not measured"]
Found: TypeAlias = Mapping[str, Series]


@frozen
class Verdict:
    """What came of a goal; ``value`` is the ratio, or the figure of a goal without others."""

    goal: Goal
    state: State
    value: float | None = None
    why: str = ""


def judged(case: Case, found: Found, earlier: Mapping[tuple[str, str], Found]) -> list[Verdict]:
    """The goals of a case, by what was found in it and in smaller ones of its workload."""
    return [_judged(case, goal, found, earlier) for goal in case.goals]


def _judged(
    case: Case, goal: Goal, found: Found, earlier: Mapping[tuple[str, str], Found]
) -> Verdict:
    own = typical(found, goal.contender, goal.figure)
    if own is None:
        return Verdict(goal, "not measured", None, f"{goal.contender}: {why_not(found, goal)}")
    if own == inf:
        return Verdict(goal, "MISSED", None, "over the limit of time")
    if not goal.against:
        return Verdict(goal, _state(own, goal.limit), own)
    place = earlier.get((case.workload, goal.label), {}) if goal.label else found
    others = {name: typical(place, name, goal.other) for name in goal.against}
    there = {name: other for name, other in others.items() if other is not None}
    absent = ", ".join(name for name in others if name not in there)
    if not there:
        return Verdict(goal, "not measured", None, f"nothing of {absent}")
    fastest = min(there, key=there.__getitem__)
    # A program whose work is too short for the clock takes no time at all.
    value = own / max(there[fastest], 1e-9)
    notes = [f"beside {fastest}"] if len(others) > 1 else []
    notes += [f"without {absent}"] if absent else []
    return Verdict(goal, _state(value, goal.limit), value, ", ".join(notes))


def _state(value: float, limit: float) -> State:
    return "met" if value <= limit else "MISSED"


def typical(found: Found, name: str, figure: str) -> float | None:
    """The median; endless for who exceeded the limit, `None` for who has none."""
    series = found.get(name)
    if series is None:
        return None
    values = series.values(figure)
    if values:
        return median(values)
    return inf if OVERTIME in series.problem else None


def why_not(found: Found, goal: Goal) -> str:
    """Why a contender has no figure."""
    series = found.get(goal.contender)
    return "not run" if series is None else series.problem or f"no '{goal.figure}'"
