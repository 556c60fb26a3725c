"""The command: ``python -m benchmarks [--quick] [--time-limit S] [workload...]``."""

from __future__ import annotations

import argparse
import signal
import subprocess
import time
from pathlib import Path
from typing import Final

from benchmarks.cases import pipelines
from benchmarks.environment import Environment, environment, machine
from benchmarks.limits import Limits
from benchmarks.measuring import Bench
from benchmarks.other_cases import others
from benchmarks.progress import Progress
from benchmarks.report import Results
from benchmarks.running import ROOT
from benchmarks.stocks import Stocks, temporary
from benchmarks.workload import Case

RESULTS: Final = Path(__file__).resolve().parent / "results"
QUICK: Final = 155.0  # seconds for everything, the installation of the peers included
FULL: Final = 3300.0


def main() -> None:
    given, began = _arguments(), time.monotonic()
    cases = _chosen([*others(given.quick), *pipelines(given.quick)], given.workload)
    there = environment()
    seconds = given.time_limit or (QUICK if given.quick else FULL)
    end = began + seconds
    limits = Limits(20, 8, 3, 2, end, True) if given.quick else Limits(180, 30, 20, 4, end)
    results = Results(machine(), there)
    print(results.heading(), flush=True)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with temporary() as place:
        try:
            _run(cases, results, limits, place)
        except KeyboardInterrupt:
            print("\ninterrupted: what was measured so far follows")
        _keep(results, "quick" if given.quick else "full", there)
        print("deleting what the runs left behind", flush=True)


class _Given(argparse.Namespace):
    quick: bool
    time_limit: float | None
    workload: list[str]


def _arguments() -> _Given:
    parser = argparse.ArgumentParser(prog="python -m benchmarks")
    parser.add_argument("--quick", action="store_true", help="few sizes, under three minutes")
    parser.add_argument("--time-limit", type=float, metavar="S", help="seconds for everything")
    parser.add_argument("workload", nargs="*", help="only cases with these words in their titles")
    return parser.parse_args(namespace=_Given())


def _chosen(cases: list[Case], words: list[str]) -> list[Case]:
    found = [each for each in cases if not words or any(word in each.title for word in words)]
    if not found:
        known = "\n  ".join(dict.fromkeys(each.workload for each in cases))
        raise SystemExit(f"no case is called {' or '.join(words)}; there are:\n  {known}")
    return found


def _run(cases: list[Case], results: Results, limits: Limits, place: Path) -> None:
    progress = Progress(len(cases))
    results.unmeasured = [each.title for each in cases]
    bench = Bench(results.environment, limits, Stocks(place), progress)
    for case in cases:
        if limits.left() <= 0:
            return
        progress.case(case.workload, case.label)
        began = time.monotonic()
        try:
            found = bench.measured(case)
        finally:
            progress.clear()
        print(results.add(case, found, time.monotonic() - began), flush=True)
        results.unmeasured.pop(0)


def _keep(results: Results, kind: str, there: Environment) -> None:
    """Print the summary; leave table, figures and plots in the folder of results."""
    print(f"\n{results.summary()}")
    RESULTS.mkdir(exist_ok=True)
    figures = RESULTS / f"{kind}.json"
    figures.write_text(results.json())
    (RESULTS / f"{kind}.txt").write_text(results.table())
    if "matplotlib" in there.missing:
        print(f"no plots: matplotlib is missing, {there.missing['matplotlib']}")
    else:
        command = [str(there.python), "-m", "benchmarks.programs.plots", str(figures), str(RESULTS)]
        done = subprocess.run(command, cwd=ROOT, env=there.variables, check=False)
        print("no plots: see above" if done.returncode else f"table, figures, plots: {RESULTS}")


if __name__ == "__main__":
    main()
