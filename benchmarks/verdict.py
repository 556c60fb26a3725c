"""Which goals were met: judged by medians of one run."""

from __future__ import annotations

from collections.abc import Mapping
from statistics import median
from typing import Literal, TypeAlias

from attrs import frozen

from benchmarks.measuring import Series
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
        state: State = "MISSED" if _ended(found, goal.contender) else "not measured"
        return Verdict(goal, state, None, f"{goal.contender}: {_why_not(found, goal.contender)}")
    if not goal.against:
        return Verdict(goal, _state(own / goal.per, goal.limit), own / goal.per)
    place = earlier.get((case.workload, goal.label), {}) if goal.label else found
    others = {name: _at_least(place, name, goal, own) for name in goal.against}
    there = {name: other for name, other in others.items() if other is not None}
    absent = [f"without {name}: {_why_not(place, name)}" for name in others if name not in there]
    if not there:
        return Verdict(goal, "not measured", None, "; ".join(absent))
    fastest = min(there, key=there.__getitem__)
    # A program whose work is too short for the clock takes no time at all.
    value = own / max(there[fastest], 1e-9)
    notes = [f"beside {fastest}"] if len(others) > 1 else []
    stopped = [name for name in there if typical(place, name, goal.other) is None]
    notes += [f"{name}: {_why_not(place, name).partition(' for ')[0]}" for name in stopped]
    return Verdict(goal, _state(value, goal.limit), value, "; ".join([*notes, *absent]))


def _state(value: float, limit: float) -> State:
    return "met" if value <= limit else "MISSED"


def typical(found: Found, name: str, figure: str) -> float | None:
    """The median; `None` for who has none."""
    values = found[name].values(figure) if name in found else []
    return median(values) if values else None


def _at_least(found: Found, name: str, goal: Goal, own: float) -> float | None:
    """The median, or the time after which a process was ended, where that decides the goal."""
    value = typical(found, name, goal.other)
    if value is not None or goal.other != "wall" or not _ended(found, name):
        return value
    beyond = found[name].beyond
    return beyond if own / beyond <= goal.limit else None


def _ended(found: Found, name: str) -> bool:
    return name in found and found[name].beyond > 0


def _why_not(found: Found, name: str) -> str:
    """Why a contender has no figure."""
    return (found[name].problem or "no such figure") if name in found else "not run"
