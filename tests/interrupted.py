"""A program that builds, and is interrupted: what it builds takes long the first time.

python interrupted.py FOLDER inline|threads|jobs|processes
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context
from pathlib import Path

from attrs import frozen
from dags import Journal, Node, closure_over

from pylightnix_fn import Build, DiskStore, Folder, realize

SHAPE = ((), (0,), (0,), (1, 2))


@frozen
class Slow:
    """Builds node 0 at once, the others while a file is there; with a child of its own."""

    folder: Path
    children: bool

    def __call__(self, b: Build[Node, Folder]) -> None:
        number, journal = b.config.number, Journal(self.folder / "journal.txt")
        journal.write("begin", number)
        (b.path / "number.txt").write_text(str(number), encoding="utf-8")
        if number and self.children and (self.folder / "slow").exists():
            subprocess.run(["sleep", "60"], check=True)
        while number and (self.folder / "slow").exists():
            time.sleep(0.02)
        journal.write("end", number)


@contextmanager
def executor_of(driver: str) -> Iterator[Executor | None]:
    if driver == "threads":
        with ThreadPoolExecutor(2) as threads:
            yield threads
    elif driver == "processes":
        with ProcessPoolExecutor(2, get_context("spawn")) as processes:
            yield processes
    else:
        yield None


def main(folder: Path, driver: str) -> None:
    store = DiskStore.open(folder / "store", durability="off")
    closure = closure_over(SHAPE, Slow(folder, children=driver == "jobs"))
    with executor_of(driver) as executor:
        realize(closure, store, executor=executor, jobs=2 if driver == "jobs" else None)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
