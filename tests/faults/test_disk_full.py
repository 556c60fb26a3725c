"""A disk that is full stops a build, takes nothing that was there, and goes on once there is room.

The disks are small real ones, full of bytes or of names (4.8).
"""

from __future__ import annotations

import errno
import os
import random
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from attrs import Factory, define, frozen
from images import image, memory
from scenarios import Counter, Part, put, registered

from pylightnix_fn import (
    Build,
    DiskStore,
    DRef,
    Folder,
    PylightnixError,
    RRef,
    instantiate,
    realize,
)
from pylightnix_fn.errors.store import StoreFull
from pylightnix_fn.filesystem import Disk
from pylightnix_fn.store.census import objects_of
from pylightnix_fn.store.inspection import damage_of
from pylightnix_fn.store.liveness import in_use
from pylightnix_fn.upkeep.collection import gc
from pylightnix_fn.upkeep.roots import add_root
from pylightnix_fn.upkeep.undoing import empty_trash

PASSES = {"bytes": 30, "names": 15, "ext4": 5}
MOST = 2000  # results that fit on none of these disks

Record = Callable[[str, object], None]


@contextmanager
def small(scarce: str, chance: random.Random) -> Iterator[Path]:
    """A small file system, on which bytes or names are scarce."""
    if scarce == "ext4":
        with image("ext4") as disk:
            yield disk.path
    else:
        names = chance.randint(40, 120) if scarce == "names" else 0
        size = "64m" if scarce == "names" else f"{chance.randint(200, 2000)}k"
        with memory(size, names) as folder:
            yield folder


@frozen
class Result:
    """What a build writes: as many files of as many bytes."""

    number: int
    files: int
    size: int

    def __call__(self, folder: Path) -> None:
        for each in range(self.files):
            (folder / f"{each}.bin").write_bytes(b"%d" % self.number + bytes(self.size))


@define
class Filled:
    """The results that fitted, and what became of the one that did not."""

    made: list[RRef[Folder]] = Factory(list)
    error: OSError | None = None
    rest: Result = Result(0, 0, 0)


def fill(store: DiskStore, dref: DRef[object], chance: random.Random) -> Filled:
    """Build results of one kind until the disk is full."""
    filled, files, size = Filled(), chance.randint(1, 6), chance.choice((0, 10, 4096, 30_000))
    for number in range(MOST):
        filled.rest = Result(number, files, size)
        try:
            filled.made.append(put(store, dref, filled.rest, started=number))
        except OSError as error:
            filled.error = error
            return filled
    return filled


def damaged(store: DiskStore) -> list[str]:
    """Everything in a store that is not whole."""
    return [
        str(damage)
        for reference in objects_of(store.backing)
        for damage in damage_of(store.fs, store.layout, reference)
    ]


def stuff(folder: Path) -> None:
    """Leave not one byte, and not one name where names are numbered."""
    room = os.statvfs(folder)
    with (folder / "stuffing").open("wb", buffering=0) as stream:
        until_full(room.f_bfree + 1, lambda number: stream.write(bytes(room.f_bsize)))
    until_full(room.f_ffree, lambda number: (folder / f"stuffing-{number}").touch())


def until_full(most: int, add: Callable[[int], object]) -> None:
    """Add to a disk, again and again, until it says that it is full."""
    try:
        for number in range(most):
            add(number)
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise


@pytest.mark.parametrize("scarce", PASSES)
def test_full_disk_takes_nothing_and_goes_on_once_there_is_room(
    scarce: str, scale: int, record_property: Record
) -> None:
    chance, made, refused = random.Random(scarce), 0, 0
    for _ in range(PASSES[scarce] * scale):
        with small(scarce, chance) as folder:
            store = DiskStore.open(folder / "store")
            dref = registered(store)
            first = put(store, dref, {"first.txt": "first"})
            add_root(store, "first", first)
            filled = fill(store, dref, chance)
            if not isinstance(filled.error, StoreFull):  # it was ourselves who wrote too much
                assert filled.error is not None
                assert errno.ENOSPC == filled.error.errno
            refused += isinstance(filled.error, StoreFull)
            made += len(filled.made)
            store.close()
            stuff(folder)
            again = DiskStore.open(folder / "store")
            assert {first, *filled.made} == set(again.rrefs(dref))
            assert [] == damaged(again)
            gc(again, delete=True)
            assert (first,) == again.rrefs(dref)
            empty_trash(again)
            if filled.made:
                assert put(again, dref, filled.rest, started=MOST) in again.rrefs(dref)
            assert [] == damaged(again)
            again.close()
    assert refused
    record_property(
        "counts",
        f"disk full, {scarce}: {PASSES[scarce] * scale} passes, {made} results, "
        f"{refused} refused by the store itself",
    )


def test_full_disk_refuses_a_new_derivation() -> None:
    with memory("1m", 60) as folder:
        store = DiskStore.open(folder / "store")
        dref = registered(store)
        with pytest.raises(StoreFull, match="No space left on device"):
            [registered(store, number=number) for number in range(MOST)]
        assert [] == damaged(store)
        assert dref in store.drefs()
        store.close()


def test_full_disk_can_be_read_by_who_comes_new() -> None:
    with memory("300k") as folder:
        store = DiskStore.open(folder / "store")
        counter = Counter()
        made = realize(instantiate(counter.stage, "one"), store)
        store.close()
        stuff(folder)
        again = DiskStore.open(folder / "store")
        assert made.rref == realize(instantiate(counter.stage, "one"), again).rref
        assert {"one": 1} == counter.builds
        again.close()


def _too_much(b: Build[Part, Folder], n: int) -> None:
    (b.path / "large.bin").write_bytes(bytes(2**20))


def test_realizer_that_finds_the_disk_full_is_not_blamed() -> None:
    with memory("300k") as folder:
        store = DiskStore.open(folder / "store")
        with pytest.raises(PylightnixError) as caught:
            realize(instantiate(Counter(_too_much).stage, "one"), store)
        assert "No space left on device" in str(caught.value)
        assert "Mend the realizer" not in str(caught.value)
        assert "room" in caught.value.message().hint
        store.close()


class Filling(Disk):
    """A disk that is full when told so many bytes more were written, until the error is raised."""

    room: int | None = None

    def write(self, descriptor: int, data: bytes) -> int:
        if self.room is None:
            return super().write(descriptor, data)
        if self.room == 0:
            self.room = None
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        written = super().write(descriptor, data[: self.room])
        self.room -= written
        return written


@pytest.mark.parametrize("room", [0, 1, 20, 60])
def test_note_that_was_cut_short_does_not_spoil_the_next(tmp_path: Path, room: int) -> None:
    fs = Filling()
    store = DiskStore.open(tmp_path / "store", fs=fs)
    rref = put(store, registered(store), {"a.txt": "data"})
    store.close()
    writer = store.backing.writer
    fs.room = room
    with pytest.raises(OSError, match="No space left"):
        writer.note([rref.text])
    writer.note([rref.text])
    assert rref in in_use(store.backing)
    store.close()


REMOVING = """
import sys
from pylightnix_fn import DiskStore

store = DiskStore.open(sys.argv[1])
for dref in store.drefs():
    for rref in store.rrefs(dref):
        store.remove(rref)
"""


def test_full_disk_lets_a_process_remove_that_built_nothing() -> None:
    with memory("300k", 200) as folder:
        store = DiskStore.open(folder / "store")
        dref = registered(store)
        put(store, dref, {"a.txt": "data"})
        store.close()
        stuff(folder)
        ran = subprocess.run([sys.executable, "-c", REMOVING, str(store.root)], timeout=60)
        assert (0, ()) == (ran.returncode, store.rrefs(dref))
