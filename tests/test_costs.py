"""What the store and the drivers cost: calls to the file system, modules, memory; no times.

The bounds are what it takes today. A change that makes a count grow has to say why, here; one that
makes it smaller lowers the bound.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tracemalloc
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Final

import pytest
from scenarios import Counter as Stages
from scenarios import facts, put, registered

from pylightnix_fn import (
    Closure,
    DiskStore,
    DRef,
    Folder,
    Manager,
    MemoryStore,
    Realization,
    add_root,
    best,
    explain,
    gc,
    instantiate,
    listing,
    realize,
)
from pylightnix_fn.filesystem import Disk, FileSystem
from pylightnix_fn.store.backing import Durability

FEW: Final = 20  # stages, or realizations; growth is measured from here to twice as many
BIG: Final = 2**28  # bytes
MIB: Final = 2**20

CALLS: Final = frozenset(name for name in vars(FileSystem) if not name.startswith("_"))


class CountedDisk(Disk):
    """The file system of the machine, whose calls are counted by name."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()

    def __getattribute__(self, name: str) -> object:
        if name in CALLS:
            self.counts[name] += 1
        return super().__getattribute__(name)


Work = Callable[[DiskStore], object]
"""Something done to a store, whose calls are counted."""


def counted(path: Path, prepare: Work, work: Work, durability: Durability = "off") -> Counter[str]:
    """The calls of a piece of work on a store that was prepared, and is opened again."""
    prepare(DiskStore.open(path, durability=durability))
    disk = CountedDisk()
    store = DiskStore.open(path, durability=durability, fs=disk)
    disk.counts.clear()
    work(store)
    return disk.counts


def grows_by(few: Counter[str], many: Counter[str]) -> float:
    """Calls for each of what there is more."""
    return (many.total() - few.total()) / FEW


def pipeline(stages: int) -> Closure[Realization[Folder]]:
    """A chain of stages, each of which writes a file."""
    write = Stages()

    def chain(m: Manager) -> tuple[Manager, DRef[Folder]]:
        m, dref = write.stage(m, "stage-0")
        for number in range(1, stages):
            m, dref = write.stage(m, f"stage-{number}", dref)
        return m, dref

    return instantiate(chain)


def nothing(store: DiskStore) -> None:
    """No preparation."""


# Pipelines: calls for each stage, and those that there are in any case.


def test_nothing_to_do_takes_few_calls_a_stage(tmp_path: Path) -> None:
    few, many = (
        counted(
            tmp_path / str(stages),
            lambda store, it=pipeline(stages): realize(it, store),
            lambda store, it=pipeline(stages): realize(it, store),
        )
        for stages in (FEW, 2 * FEW)
    )
    assert grows_by(few, many) <= -1
    assert few.total() - FEW * grows_by(few, many) <= -1
