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
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path
from typing import Final

import power_writers
from attrs import Factory, define, evolve, frozen
from images import Image, image

from pylightnix_fn import DiskStore, DRef, PylightnixError, RRef
from pylightnix_fn.refs import rref_from
from pylightnix_fn.store.backing import Durability
from pylightnix_fn.store.census import objects_of
from pylightnix_fn.store.inspection import damage_of
from pylightnix_fn.store.machine import Machine

WRITERS: Final = 2
LIFE: Final = 8  # cuts that an image goes through
LONGEST: Final = 0.25  # seconds until a cut
WARM: Final = 0.8  # of the cuts come after something was acknowledged
_ENDS: Final = ("StoreFailed", "StoreNotWritable", "OSError: [Errno 5]", "OSError: [Errno 30]")


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
class Toll:
    """What some cuts did: of what was acknowledged, how much was lost, or found damaged."""

    cuts: int = 0
    acknowledged: int = 0
    lost: tuple[str, ...] = ()
    damaged: tuple[str, ...] = ()
    torn: int = 0

    def __add__(self, other: Toll) -> Toll:
        return Toll(
            self.cuts + other.cuts,
            self.acknowledged + other.acknowledged,
            self.lost + other.lost,
            self.damaged + other.damaged,
            self.torn + other.torn,
        )

    def __str__(self) -> str:
        return (
            f"{self.cuts} cuts, {self.acknowledged} acknowledged, {len(self.lost)} lost, "
            f"{len(self.damaged)} damaged, {self.torn} put aside"
        )


@define
class Told:
    """What writers told: the objects acknowledged, since when, and how writers ended."""

    acknowledged: dict[str, float] = Factory(dict)
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
            told.acknowledged[word] = max(float(rest), told.acknowledged.get(word, 0))
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
                known = Told()
                for number in range(LIFE):
                    yield _cut(cell, disk, program, known, chance, life * LIFE + number)


def _cut(
    cell: Cell, disk: Image, program: Writers, known: Told, chance: random.Random, number: int
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
    disk.cut_power()
    program.end(told)
    disk.unmount()
    disk.mount()
    for reference, started in told.acknowledged.items():
        known.acknowledged[reference] = max(started, known.acknowledged.get(reference, 0))
    known.ends = told.ends
    toll = evolve(_toll(cell, root, known, number + 1), acknowledged=len(told.acknowledged))
    if cell.durability == "off":
        known.acknowledged.clear()  # nothing is promised
    return toll


def _toll(cell: Cell, root: Path, known: Told, boot: int) -> Toll:
    if not root.exists():
        return Toll(1, lost=tuple(known.acknowledged))
    before = len(list(root.glob("trash/*/*")))
    machine = Machine("host", str(boot))
    try:
        store = DiskStore.open(root, durability=cell.durability, machine=machine)
    except PylightnixError as error:
        return Toll(1, damaged=(str(error),))
    return Toll(
        1,
        lost=tuple(_lost(store, known)),
        damaged=(*_damaged(store), *_strange(known.ends)),
        torn=len(list(root.glob("trash/*/*"))) - before,
    )


def _lost(store: DiskStore, known: Told) -> Iterator[str]:
    """The objects and roots acknowledged that are not there, or not with the newest time."""
    for reference, started in known.acknowledged.items():
        with suppress(PylightnixError):
            if reference.startswith("dref:"):
                if any(reference == dref.text for dref in store.drefs()):
                    continue
            elif reference.startswith("root-"):
                if (store.layout.roots / reference).is_symlink():
                    continue
            elif store.record(rref_from(reference)).facts.started.timestamp() >= started:
                continue
        yield reference


def _damaged(store: DiskStore) -> Iterator[str]:
    """What is there and not whole, or built from what is not there.

    Without barriers a config may be put aside from results that are whole: it is found missing.
    """
    for reference in objects_of(store.backing):
        if isinstance(reference, DRef) and _is_aside(store, reference):
            continue
        for damage in damage_of(store.fs, store.layout, reference):
            if not damage.is_harmless:
                yield str(damage)
        if isinstance(reference, RRef):
            with suppress(PylightnixError):  # damaged, as was said
                needs = store.record(reference).context.values()
                for need in (rref for rrefs in needs for rref in rrefs):
                    if not store.layout.realization(need).is_dir():
                        yield f"{reference} needs {need}"


def _is_aside(store: DiskStore, dref: DRef[object]) -> bool:
    is_missing = not store.layout.config(dref).exists()
    return store.backing.durability == "off" and is_missing and bool(store.rrefs(dref))


def _strange(ends: list[str]) -> Iterator[str]:
    """How writers ended, other than by an error that says that the disk is gone."""
    for end in ends:
        if not end.startswith(_ENDS):
            yield f"a writer ended: {end}"
