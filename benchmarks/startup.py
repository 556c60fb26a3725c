"""What starting up costs: importing the package, planning, and finding everything in the store.

Each figure is the median over processes of their own, less that of a process that does nothing.

    python benchmarks/startup.py
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time

RUNS = 15

PIPELINE = """
from attrs import frozen
from pylightnix_fn import *

@frozen
class Link:
    number: int
    before: list[DRef[Folder]]

def nothing(b):
    pass

def chain(m):
    links = []
    for number in range({stages}):
        m, link = derive(m, Link(number, links[-1:]), Folder(), nothing)
        links.append(link)
    return m, link

closure = instantiate(chain)
"""
REALIZE = PIPELINE + "realize(closure, DiskStore.open({store!r}))"


def seconds(code: str) -> float:
    began = time.perf_counter()
    subprocess.run([sys.executable, "-c", code], check=True)
    return time.perf_counter() - began


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        programs = {
            "pass": "pass",
            "import attrs": "import attrs",
            "import pylightnix_fn": "import pylightnix_fn",
            "and all its names": "from pylightnix_fn import *",
            "plan 100 stages": PIPELINE.format(stages=100),
            "find 100 stages in the store": REALIZE.format(stages=100, store=f"{folder}/100"),
        }
        times: dict[str, list[float]] = {name: [] for name in programs}
        for run in range(RUNS + 1):  # in turn, so that a slow moment hits all alike
            for name, code in programs.items():
                took = seconds(code)
                if run:  # the first run fills caches, and the store
                    times[name].append(took)
    base = statistics.median(times["pass"])
    print(f"python {sys.version.split()[0]}, {RUNS} runs each; milliseconds beyond `pass`\n")
    for name, those in times.items():
        shown = [
            1000 * (each - base) for each in (min(those), statistics.median(those), max(those))
        ]
        print(f"{name:<30}" + "".join(f"{each:9.1f}" for each in shown))


if __name__ == "__main__":
    main()
