"""What the sweeps have in common: a course of an operation, and a verdict on each of its trials.

A sweep is a program of its own, so that it may fork, and may be stopped where it hangs.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, TypeAlias

from attrs import Factory, define, frozen
from beginnings import NOW
from operations import OPERATIONS, Operation, Site
from ports import Fault, FaultFs
from soundness import View, dangling, litter, modes_left, troubles, view

from pylightnix_fn import DiskStore
from pylightnix_fn.files import delete
from pylightnix_fn.filesystem import DISK
from pylightnix_fn.store.backing import Durability
from pylightnix_fn.upkeep.repairing import repair

Port: TypeAlias = Callable[[Fault | None], FaultFs]

MEMORY: Final = Path("/dev/shm")  # where nothing waits for a disk, if there is such a place
PATIENCE: Final = 300  # seconds after which a sweep hangs
MOST_SHOWN: Final = 5


@frozen
class Course:
    """An operation as it goes without faults: the views before and after, and its calls."""

    operation: Operation
    durability: Durability
    seed: int
    template: Path
    before: View
    after: View
    calls: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.operation.name} ({self.durability})"

    def site(self, root: Path, fs: FaultFs) -> Site:
        """Where the operation is to be done."""
        return Site(root, self.durability, self.seed, fs)


@define
class Tally:
    """What a sweep found: how many trials of each kind, and what was wrong."""

    counts: Counter[str] = Factory(Counter)
    wrong: list[str] = Factory(list)

    def __str__(self) -> str:
        return ", ".join(f"{number:,} {what}" for what, number in self.counts.items())


def courses(operation: Operation, seed: int, place: Path, port: Port) -> Iterator[Course]:
    """The operation in each of its durabilities, done once to see what it does."""
    template = place / "template"
    operation.prepare(template, seed)
    before = view(template)
    for durability in operation.durabilities:
        fs = port(None)
        with copied(template) as root:
            operation.act(Site(root, durability, seed, fs))
            after = view(root)
        yield Course(operation, durability, seed, template, before, after, tuple(fs.calls))
    if template.exists():
        delete(DISK, template)


@contextmanager
def copied(template: Path) -> Iterator[Path]:
    """A copy of a store for one trial, or the path of none."""
    root = template.with_name("store")
    if template.exists():
        shutil.copytree(template, root, symlinks=True)
    try:
        yield root
    finally:
        if root.exists():
            delete(DISK, root)


def judged(course: Course, root: Path) -> Iterator[str]:
    """What is wrong with a store in which an operation stopped, and when it is done again."""
    now = view(root)
    yield from troubles(now, course.before, course.after)
    yield from dangling(root, now)
    course.operation.act(course.site(root, FaultFs()))
    again = view(root)
    if again != course.after:
        yield f"done again it gave {again} instead of {course.after}"
    if modes_left(root):  # between the rename of an object and its closing
        repair(DiskStore.open(root, machine=NOW))
        yield from (f"after a repair, {each}" for each in modes_left(root))
    yield from dangling(root, again)
    yield from (f"{each} lies about" for each in litter(root))


@contextmanager
def workplace() -> Iterator[Path]:
    """A folder for the trials, in memory where there is such a place."""
    there = MEMORY if os.access(MEMORY, os.W_OK) else None
    with tempfile.TemporaryDirectory(prefix="sweep-", dir=there) as folder:
        yield Path(folder)


@frozen
class Order:
    """What a sweep is told: an operation, by how much to multiply, and on which file system."""

    operation: Operation
    scale: int
    port: str

    @staticmethod
    def given() -> Order:
        """The order in the arguments of this program."""
        _, operation, scale, port = sys.argv
        return Order(OPERATIONS[operation], int(scale), port)


def report(tally: Tally) -> None:
    """Tell whoever started the sweep what it found."""
    print(json.dumps({"counts": tally.counts, "wrong": tally.wrong}))


def swept(program: str, operation: str, scale: int, port: str = "disk") -> Tally:
    """What a sweep found, run as a program of its own."""
    command = [sys.executable, "-W", "error", str(Path(__file__).with_name(program))]
    with subprocess.Popen(
        [*command, operation, str(scale), port],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,  # so that the processes which it started can be ended with it
    ) as process:
        try:
            told, errors = process.communicate(timeout=PATIENCE * scale)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            return Tally(wrong=[f"it hangs: nothing came in {PATIENCE * scale} seconds"])
    if process.returncode != 0:
        return Tally(wrong=[f"the sweep itself failed: {errors}"])
    found = json.loads(told)
    return Tally(Counter(found["counts"]), list(found["wrong"]))
