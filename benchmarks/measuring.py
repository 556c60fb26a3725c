"""Commands run and measured: time, memory and their own figures, contenders in turn.

Memory is the largest of the process and of those it waited for, as the system counts it.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from threading import Timer
from typing import Final

from attrs import Factory, define, frozen

from benchmarks.environment import Environment
from benchmarks.workload import FLOOR, OURS, Case, Contender

ROOT: Final = Path(__file__).resolve().parent.parent
OVERTIME: Final = "over the limit"
PREPARING: Final = 2.0  # times as long as a measured run it may take


@frozen
class Limits:
    """Seconds: for one process, for the runs of one contender in one case, and when all ends.

    Where time ``is_short``, system calls are counted of ours and the floor alone.
    """

    process: float
    contender: float
    end: float
    is_short: bool = False

    def left(self, longer: float = 1.0) -> float:
        """What one process may take now; so many times longer than usual."""
        return min(longer * self.process, self.end - time.monotonic())


@frozen
class Sample:
    """What one run took, by name, or why it came to nothing."""

    figures: Mapping[str, float]
    problem: str = ""


@define
class Series:
    """The runs of one contender in one case; ``calls`` are system calls, if they were counted."""

    samples: list[Sample] = Factory(list)
    problem: str = ""
    calls: int | None = None

    def values(self, figure: str) -> list[float]:
        """What the runs took, sorted."""
        return sorted(each.figures[figure] for each in self.samples if figure in each.figures)

    @property
    def seconds(self) -> float:
        """What all runs took together."""
        return sum(self.values("wall"))


def measured(
    case: Case, environment: Environment, limits: Limits, slow: set[tuple[str, str]]
) -> dict[str, Series]:
    """Every contender of a case, one after the other, again and again."""
    found = {each.name: Series() for each in case.contenders}
    with tempfile.TemporaryDirectory(prefix="bench-", ignore_cleanup_errors=True) as place:
        for each in case.contenders:
            if (each.name, case.family) in slow:
                found[each.name].problem = f"{OVERTIME} with fewer stages"
            else:
                found[each.name].problem = environment.missing.get(each.needs, "")
        runner = _Runner(case, environment, limits, Path(place), found)
        runner.prepare()
        for _ in range(case.runs):
            for each in case.contenders:
                runner.run(each)
        runner.trace()
    slow.update((name, case.family) for name, each in found.items() if OVERTIME in each.problem)
    return found


@frozen
class _Runner:
    """One case under way."""

    case: Case
    environment: Environment
    limits: Limits
    place: Path
    found: dict[str, Series]

    def prepare(self) -> None:
        """Fill the folders of those who find something there."""
        for each in () if self.case.fresh else self.case.contenders:
            series = self.found[each.name]
            (self.place / each.name).mkdir(exist_ok=True)
            if series.problem or each.shares:
                continue
            for command in (each.stock, each.command):
                if command and not series.problem:
                    series.problem = self.once(command, each, PREPARING).problem

    def run(self, contender: Contender) -> None:
        """One run, if there is time for it."""
        series = self.found[contender.name]
        if series.problem or series.seconds > self.limits.contender:
            return
        if self.limits.left() <= 0:
            series.problem = "" if series.samples else "the time was up"
            return
        if contender.shares and self.found[contender.shares].problem:
            series.problem = f"what it shares with {contender.shares} is not there"
            return
        with self.folder(contender):
            sample = self.once(contender.command, contender)
        if sample.problem:
            series.problem = sample.problem
        else:
            series.samples.append(sample)

    def trace(self) -> None:
        """Count the system calls of one run more of each, where `strace` is there."""
        if not self.case.traced or "strace" in self.environment.missing:
            return
        for contender in self.case.contenders:
            if self.limits.is_short and contender.name not in (OURS, FLOOR):
                continue
            series = self.found[contender.name]
            slow = series.seconds > self.limits.process / 4 * len(series.samples)
            if series.problem or not series.samples or slow or self.limits.left() <= 0:
                continue
            with self.folder(contender):
                counts = self.place / "counts"
                words = ("strace", "-c", "-f", "-o", str(counts), *contender.command)
                if not self.once(words, contender).problem:
                    series.calls = _total(counts.read_text())

    @contextmanager
    def folder(self, contender: Contender) -> Iterator[None]:
        """An empty folder, with what the contender needs in it, if the case wants a fresh one."""
        mine = self.place / contender.name
        if self.case.fresh:
            mine.mkdir()
            if contender.stock:
                self.once(contender.stock, contender)
        yield
        if self.case.fresh:
            shutil.rmtree(mine, ignore_errors=True)

    def once(self, command: tuple[str, ...], contender: Contender, longer: float = 1.0) -> Sample:
        folder = str(self.place / (contender.shares or contender.name))
        words = [
            each.replace("{folder}", folder).replace("{python}", str(self.environment.python))
            for each in command
        ]
        sample = run_once(words, self.environment, self.limits.left(longer))
        late = OVERTIME in sample.problem and time.monotonic() >= self.limits.end
        return Sample({}, "the time was up") if late else sample


def run_once(words: list[str], environment: Environment, limit: float) -> Sample:
    """One process, to its end or to that of its time."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as errors:
        began = time.perf_counter()
        process = subprocess.Popen(
            words, stdout=out, stderr=errors, cwd=ROOT, env=environment.variables, process_group=0
        )
        overtime: list[bool] = []
        timer = Timer(max(limit, 0.01), lambda: _kill(process.pid, overtime))
        timer.start()
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - began
        process.returncode = os.waitstatus_to_exitcode(status)
        timer.cancel()
        if overtime:
            return Sample({}, f"{OVERTIME} of {limit:.0f} s")
        if process.returncode != 0:
            errors.seek(0)
            return Sample({}, f"failed: {_last_line(errors.read().decode(errors='replace'))}")
        out.seek(0)
        own = _told(out.read().decode(errors="replace"))
    cpu, memory = usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 2**10
    return Sample({"wall": wall, "cpu": cpu, "memory": memory, **own})


def _kill(process: int, overtime: list[bool]) -> None:
    overtime.append(True)
    os.killpg(process, signal.SIGKILL)


def _told(output: str) -> dict[str, float]:
    """The figures that a program told of itself."""
    figures: dict[str, float] = {}
    for line in output.splitlines():
        if line.startswith("{"):
            told: dict[str, float] = json.loads(line)
            figures.update(told)
    return figures


def _last_line(errors: str) -> str:
    lines = [line.strip() for line in errors.splitlines() if line.strip()]
    raised = [line for line in lines if "Error" in line] or lines or ["without a word"]
    return raised[-1][:60]


def _total(counts: str) -> int | None:
    """The number of calls that `strace -c` ends with."""
    words = counts.split()
    return int(counts.splitlines()[-1].split()[3]) if words and words[-1] == "total" else None
