"""The contenders of a case in turn, run as often as tells something."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

from attrs import Factory, define

from benchmarks.environment import Environment
from benchmarks.limits import TRACED, Limits, is_told
from benchmarks.progress import Progress
from benchmarks.running import Sample, run_once
from benchmarks.stocks import Stocks
from benchmarks.workload import FLOOR, OURS, Case, Contender

TIME_UP = "the time was up"


@define
class Series:
    """The runs of one contender in one case; ``calls`` are system calls, if they were counted.

    ``beyond`` are seconds that a run certainly takes, of who was ended or left out.
    """

    samples: list[Sample] = Factory(list)
    problem: str = ""
    beyond: float = 0.0
    calls: int | None = None

    def values(self, figure: str) -> list[float]:
        """What the runs took, sorted."""
        return sorted(each.figures[figure] for each in self.samples if figure in each.figures)


@define
class Bench:
    """Measures cases; remembers who was slow in which family, and where, and what lies ready."""

    environment: Environment
    limits: Limits
    stocks: Stocks
    progress: Progress
    slow: dict[tuple[str, str], tuple[float, str]] = Factory(dict)

    def measured(self, case: Case) -> dict[str, Series]:
        """Every contender of a case, one after the other, again and again."""
        missing = self.environment.missing
        found = {each.name: Series(problem=missing.get(each.needs, "")) for each in case.contenders}
        with self.stocks.folder() as place:
            turns = _Turns(case, self, place, found)
            for _ in range(case.runs):
                for each in case.contenders:
                    turns.run(each)
            turns.trace()
            turns.leave()
        self._remember(case, found)
        return found

    def _remember(self, case: Case, found: dict[str, Series]) -> None:
        for name, series in found.items():
            walls = series.values("wall")
            if case.family and (walls or series.beyond):
                seconds = median(walls) if walls else series.beyond
                more = "" if walls else "more than "
                words = f"{more}{seconds:.0f} s for {case.label} already"
                if not series.problem.startswith("left out"):
                    self.slow[name, case.family] = (seconds, words)


@define
class _Turns:
    """One case under way; what its preparation took ours is what others are measured by."""

    case: Case
    bench: Bench
    place: Path
    found: dict[str, Series]
    preparing: float = 0.0

    def run(self, contender: Contender) -> None:
        """One run, if there is need of it, and time for it."""
        series, limits = self.found[contender.name], self.bench.limits
        if series.problem or limits.suffice(contender.is_peer, series.values("wall")):
            return
        if limits.left() <= 0:
            series.problem = "" if series.samples else TIME_UP
            return
        if not series.samples:
            series.problem, series.beyond = self.begin(contender)
            if series.problem:
                return
        with self.folder(contender):
            sample = self.once(contender.command, contender, self.ours())
        if sample.problem:
            series.problem, series.beyond = sample.problem, sample.ended
        else:
            series.samples.append(sample)

    def ours(self) -> float:
        """The longest that ours took so far."""
        return max([0.0, *self.found[OURS].values("wall")])

    def begin(self, contender: Contender) -> tuple[str, float]:
        """What comes before the first run: a reason to leave it out, and seconds it would take."""
        seconds, words = self.bench.slow.get((contender.name, self.case.family), (0.0, ""))
        if contender.is_peer and is_told(seconds, self.ours()):
            return f"left out: {words}", seconds
        if contender.shares:
            lacking = self.found[contender.shares].problem
            return f"what it shares with {contender.shares} is not there" if lacking else "", 0.0
        return "" if self.case.fresh else self.prepare(contender), 0.0

    def prepare(self, contender: Contender) -> str:
        """Fill the folder of who finds something there, if no earlier case has; or why not."""
        folder, stocks = self.place / contender.name, self.bench.stocks
        if stocks.take(self.case, contender, folder):
            return ""
        problem = stocks.why_not(self.case, contender)
        folder.mkdir()
        began = time.monotonic()
        for command in (contender.stock, contender.command):
            if command and not problem:
                why = self.once(command, contender, self.preparing).problem
                problem = why and f"in preparation: {why}"
        if contender.name == OURS:
            self.preparing = time.monotonic() - began
        return problem

    def trace(self) -> None:
        """Count the system calls of one run more of each, where `strace` is there."""
        bench = self.bench
        if not self.case.traced or "strace" in bench.environment.missing:
            return
        for contender in self.case.contenders:
            series = self.found[contender.name]
            walls = series.values("wall")
            if bench.limits.is_short and contender.name not in (OURS, FLOOR):
                continue
            if not walls or median(walls) > TRACED or bench.limits.left() <= 0:
                continue
            with self.folder(contender):
                counts = self.place / "counts"
                words = ("strace", "-c", "-f", "-o", str(counts), *contender.command)
                if not self.once(words, contender, self.ours()).problem:
                    series.calls = _total(counts.read_text())

    @contextmanager
    def folder(self, contender: Contender) -> Iterator[None]:
        """An empty folder, with what the contender needs in it, if the case wants a fresh one."""
        mine = self.place / contender.name
        if not self.case.fresh:
            yield
            return
        mine.mkdir()
        if contender.stock:
            self.once(contender.stock, contender, 0.0)
        yield
        if not self.bench.stocks.keep(self.case, contender, mine):
            self.bench.stocks.put_away(mine)

    def leave(self) -> None:
        """Tell later cases what lies ready, and what never will."""
        for contender in self.case.contenders:
            series, mine = self.found[contender.name], self.place / contender.name
            if series.problem and not series.samples:
                self.bench.stocks.lack(self.case, contender, series.problem)
            elif mine.exists() and not self.case.stock:
                self.bench.stocks.keep(self.case, contender, mine)

    def once(self, command: tuple[str, ...], contender: Contender, ours: float) -> Sample:
        """A process of a contender, as long as it may take beside what ours took."""
        bench = self.bench
        bench.progress.step(contender.name)
        folder = str(self.place / (contender.shares or contender.name))
        python = str(bench.environment.python)
        words = [each.replace("{folder}", folder).replace("{python}", python) for each in command]
        is_asked = self.case.asks_for(contender)
        limit = bench.limits.allowed(contender.is_peer, is_asked, ours)
        sample = run_once(words, bench.environment.variables, limit)
        return Sample({}, TIME_UP) if sample.ended and bench.limits.left() <= 0 else sample


def _total(counts: str) -> int | None:
    """The number of calls that `strace -c` ends with."""
    words = counts.split()
    return int(counts.splitlines()[-1].split()[3]) if words and words[-1] == "total" else None
