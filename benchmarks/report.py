"""What a run found, as a table of 80 columns and as JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from statistics import median
from textwrap import wrap
from typing import Final

from attrs import Factory, define, frozen

from benchmarks.environment import Environment
from benchmarks.measuring import Series
from benchmarks.progress import clock
from benchmarks.verdict import Found, Verdict, judged, typical
from benchmarks.workload import OURS, Case

WIDTH: Final = 80
LONGEST: Final = 5  # cases named at the end


@frozen
class Measured:
    """A case, what was found in it, what came of its goals, and how many seconds it took."""

    case: Case
    found: Found
    verdicts: list[Verdict]
    seconds: float


@define
class Results:
    """All that was measured so far."""

    machine: Mapping[str, str]
    environment: Environment
    cases: list[Measured] = Factory(list)
    unmeasured: list[str] = Factory(list)

    def add(self, case: Case, found: Found, seconds: float) -> str:
        """Take a case in; its part of the table."""
        earlier = {(each.case.workload, each.case.label): each.found for each in self.cases}
        self.cases.append(Measured(case, found, judged(case, found, earlier), seconds))
        return "\n".join(_block(self.cases[-1]))

    def heading(self) -> str:
        """Machine, versions, and who is missing."""
        facts = {**self.machine, **self.environment.versions}
        facts |= {name: f"missing: {why}" for name, why in self.environment.missing.items()}
        widest = max(map(len, facts))
        return "\n".join(f"{name:<{widest}}  {value}"[:WIDTH] for name, value in facts.items())

    def summary(self) -> str:
        """How many goals were met, which were not, and where the time went."""
        verdicts = [(each.case, verdict) for each in self.cases for verdict in each.verdicts]
        met = sum(each.state == "met" for _, each in verdicts)
        lines = [f"goals: {met} of {len(verdicts)} met"]
        for state in ("MISSED", "not measured"):
            lines += [
                line
                for case, each in verdicts
                if each.state == state
                for line in _wrapped(f"{state}: {case.title}: {_verdict(each)}", "  ")
            ]
        lines += [f"not run: {title}"[:WIDTH] for title in self.unmeasured]
        return "\n".join([*lines, *self._durations()])

    def _durations(self) -> list[str]:
        total = sum(each.seconds for each in self.cases)
        longest = sorted(self.cases, key=lambda each: -each.seconds)[:LONGEST]
        cases = "1 case" if len(self.cases) == 1 else f"{len(self.cases)} cases"
        return [
            f"{cases} in {clock(total)} min; those that took longest:",
            *(f"  {clock(each.seconds):>5}  {each.case.title}"[:WIDTH] for each in longest),
        ]

    def table(self) -> str:
        """All that was printed."""
        blocks = ["\n".join(_block(each)) for each in self.cases]
        return "\n".join([self.heading(), *blocks, "", self.summary(), ""])

    def json(self) -> str:
        """Every figure of every run."""
        facts = {
            "machine": dict(self.machine),
            "versions": dict(self.environment.versions),
            "missing": dict(self.environment.missing),
            "seconds": round(sum(each.seconds for each in self.cases), 1),
            "unmeasured": self.unmeasured,
            "cases": [_plain(each) for each in self.cases],
        }
        return json.dumps(facts, indent=1) + "\n"


def _block(measured: Measured) -> list[str]:
    case, found = measured.case, measured.found
    heads = f"{'':<20}{'median':>10}{'spread':>20}{'ratio':>8}{'memory':>10}{'calls':>12}"
    lines = ["", case.title, heads]
    for figure in case.shown:
        reference = typical(found, OURS, figure)
        for name, series in found.items():
            label = name if len(case.shown) == 1 else f"{name}, {figure}"
            lines.append(f"  {label:<18}{_row(series, figure, reference)}".rstrip()[:WIDTH])
    for each in measured.verdicts:
        lines += _wrapped(f"{each.state}: {_verdict(each)}", "  ")
    return lines


def _row(series: Series, figure: str, reference: float | None) -> str:
    values = series.values(figure)
    if not values:
        return f"  {series.problem or 'no figure'}"
    middle = median(values)
    ratio = f"{middle / reference:.2f}" if reference else ""
    memory = f"{max(series.values('memory')):.0f} MiB"
    calls = "" if series.calls is None else f"{series.calls:,}"
    spread = f"{time(values[0])}-{time(values[-1])}"
    return f"{time(middle):>10}{spread:>20}{ratio:>8}{memory:>10}{calls:>12}"


def _verdict(each: Verdict) -> str:
    value = ""
    if each.value is not None:
        value = f": {_own(each)}"
    why = f" ({each.why})" if each.why else ""
    return f"{each.goal.words}{value}{why}"


def _own(each: Verdict) -> str:
    assert each.value is not None
    if each.goal.against:
        return f"{each.value:.2f}"
    if "memory" in each.goal.figure:
        return f"{each.value:.0f} MiB"
    return f"{each.value:.2f}" if each.goal.figure == "syncs" else time(each.value)


def time(seconds: float) -> str:
    """A duration in few characters.

    >>> time(0.0000123), time(0.00123), time(12.3)
    ('12.3 µs', '1.2 ms', '12.3 s')
    """
    if seconds < 1e-3:
        return f"{1e6 * seconds:.1f} µs"
    return f"{1000 * seconds:.1f} ms" if seconds < 1 else f"{seconds:.1f} s"


def _wrapped(text: str, indent: str) -> list[str]:
    return wrap(text, WIDTH, initial_indent=indent, subsequent_indent=2 * indent)


def _plain(measured: Measured) -> Mapping[str, object]:
    return {
        "workload": measured.case.workload,
        "label": measured.case.label,
        "seconds": round(measured.seconds, 1),
        "contenders": {name: _series(series) for name, series in measured.found.items()},
        "goals": [_goal(each) for each in measured.verdicts],
    }


def _series(series: Series) -> Mapping[str, object]:
    names = sorted({name for each in series.samples for name in each.figures})
    return {
        "figures": {name: series.values(name) for name in names},
        "calls": series.calls,
        "beyond": series.beyond,
        "problem": series.problem,
    }


def _goal(each: Verdict) -> Mapping[str, object]:
    return {
        "words": each.goal.words,
        "limit": each.goal.limit,
        "value": each.value,
        "state": each.state,
        "why": each.why,
    }
