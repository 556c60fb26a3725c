"""Power cuts: writers at work, a file system that stops, and what must be there afterwards.

What a writer told to be acknowledged counts from then on, whatever happens.
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from typing import Final

import power_writers
from attrs import Factory, define, evolve, frozen
from images import Image, image
from toll import Toll, strange, toll_of

from pylightnix_fn import DiskStore
from pylightnix_fn.store.backing import Durability
from pylightnix_fn.store.machine import Machine

WRITERS: Final = 2
LIFE: Final = 8  # cuts that an image goes through
LONGEST: Final = 0.25  # seconds until a cut
WARM: Final = 0.8  # of the cuts come after something was acknowledged


@frozen
class Cell:
    """What is tried: a file system, how it is mounted, a durability; ``broken`` has no barriers."""

    kind: str
    durability: Durability
    options: str = "rw"
    broken: bool = False

    def __str__(self) -> str:
        options = "" if self.options == "rw" else f" {self.options}"
        return f"{self.kind}{options} {self.durability}{' without barriers' if self.broken else ''}"


@frozen
class Acknowledged:
    """An object or a root that lasts from then on, with the time of its build."""

    what: str
    started: float
    at: int  # nanoseconds of the clock that all processes share


@define
class Told:
    """What writers told: what was acknowledged, and how they ended."""

    acknowledged: list[Acknowledged] = Factory(list)
    ends: list[str] = Factory(list)


@frozen
class Writers:
    """The program that forks writers."""

    process: subprocess.Popen[str]

    def start(self, *order: object) -> None:
        """Begin to write, as the order says."""
        self._say(" ".join(map(str, order)))

    def end(self, told: Told) -> None:
        """Kill all writers, and hear what they told until then."""
        self._say("")
        while self.hear(told):
            pass

    def hear(self, told: Told) -> bool:
        """Wait for a writer to tell something; whether there may be more to hear."""
        assert self.process.stdout is not None  # a pipe
        word, _, rest = self.process.stdout.readline().rstrip("\n").partition(" ")
        if word == "end":
            told.ends.append(rest)
        elif word and word != ".":
            started, at = rest.split()
            told.acknowledged.append(Acknowledged(word, float(started), int(at)))
        elif not word:
            raise RuntimeError("the program that forks writers is gone")
        return word != "."

    def _say(self, line: str) -> None:
        assert self.process.stdin is not None  # a pipe
        self.process.stdin.write(f"{line}\n")
        self.process.stdin.flush()


@contextmanager
def writers() -> Iterator[Writers]:
    """A program that forks writers, for a while."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    with subprocess.Popen(
        [sys.executable, power_writers.__file__],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=environment,
    ) as process:
        try:
            yield Writers(process)
        finally:
            if process.stdin is not None:
                process.stdin.close()
            process.wait()


def tolls(cell: Cell, seed: int) -> Iterator[Toll]:
    """The toll of cut after cut, without end; an image goes through some of them."""
    chance = random.Random(seed)
    with writers() as program:
        for life in count():
            with image(cell.kind, cell.options, megabytes=64) as disk:
                if cell.broken:  # or else its format is what is found broken
                    DiskStore.open(disk.path / "store")
                known: dict[str, float] = {}
                for number in range(LIFE):
                    yield _cut(cell, disk, program, known, chance, life * LIFE + number)


def _cut(
    cell: Cell,
    disk: Image,
    program: Writers,
    known: dict[str, float],
    chance: random.Random,
    number: int,
) -> Toll:
    root = disk.path / "store"
    for _ in range(WRITERS):
        seed = chance.getrandbits(32)
        program.start("write", root, cell.durability, number, seed, int(cell.broken))
    program.start("stranger", disk.path / "stranger")
    told = Told()
    if chance.random() < WARM:
        program.hear(told)
    time.sleep(chance.uniform(0, LONGEST))
    cut = time.monotonic_ns()
    disk.cut_power()
    program.end(told)
    disk.unmount()
    disk.mount()
    # What goes on without power is told lies: xfs syncs a folder then, and reports no error.
    told.acknowledged = [each for each in told.acknowledged if each.at < cut]
    for each in told.acknowledged:
        known[each.what] = max(each.started, known.get(each.what, 0))
    toll = toll_of(root, cell.durability, known, Machine("host", str(number + 1)))
    if cell.durability == "off":
        known.clear()  # nothing is promised
    damaged = (*toll.damaged, *strange(told.ends))
    return evolve(toll, acknowledged=len(told.acknowledged), damaged=damaged)
