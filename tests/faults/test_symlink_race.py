"""Links that are put in the place of files while a store works on them lead it nowhere (4.16).

A program swaps what a store is about to open for links to decoys outside, and back. The store may
refuse, and lose what was swapped; the decoys stay as they were: content, mode, time, names.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path

import pytest
import swapper
from scenarios import facts, files, put, registered

from pylightnix_fn import DiskStore, DRef, PylightnixError
from pylightnix_fn.canonical import digest
from pylightnix_fn.errors.build import UnsupportedFile
from pylightnix_fn.errors.store import StoreNotWritable
from pylightnix_fn.files import delete
from pylightnix_fn.filesystem import DISK, Disk, Where
from pylightnix_fn.locks import locked
from pylightnix_fn.store.liveness import clear_after_dead
from pylightnix_fn.store.records import context_text
from pylightnix_fn.upkeep.collection import gc
from pylightnix_fn.upkeep.undoing import empty_trash, undo

SECONDS = 5  # at each site
ROUNDS = 20  # with one store: much of it is in pieces then

Work = Callable[[Path], None]
Record = Callable[[str, object], None]

TREE = {"a.txt": "a", "in/b.txt": "b", "in/deep/c.txt": "c", "in/deep/d.txt": "d", "empty": None}


@contextmanager
def swapping(place: Path, patterns: tuple[str, ...]) -> Iterator[Path]:
    """An arena in which links are put in the place of what these patterns lead to."""
    arena, decoys = place / "arena", place / "decoys"
    for folder in (arena, decoys, place / "made"):
        folder.mkdir()
    with subprocess.Popen(
        [sys.executable, swapper.__file__, str(arena), str(decoys), *patterns],
        stdout=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None  # a pipe
        process.stdout.readline()
        try:
            yield arena
        finally:
            process.kill()


def _tree(root: Path, number: int) -> Path:
    """A tree of files made where nobody swaps anything, to be moved to where it is wanted."""
    made = root.parent.with_name("made") / f"{root.name}-{number}"
    files(TREE | {"n.txt": str(number)})(made)
    return made


def _put(store: DiskStore, number: int) -> None:
    """Commit a tree."""
    dref = registered(store, number=number % 3)
    staging = store.stage(dref)
    os.rename(_tree(store.root, number), staging.folder)
    store.commit(staging, dref, {}, facts())


def _committing(root: Path) -> None:
    """Seal and commit, and drop what was staged."""
    store = DiskStore.open(root)
    for number in range(ROUNDS):
        with suppress(OSError, PylightnixError):
            _put(store, number)
    store.close()


def _deleting(root: Path) -> None:
    """Delete trees."""
    for number in range(ROUNDS):
        with suppress(OSError):
            made = _tree(root, number)
            (made / "in").chmod(0o555)
            os.rename(made, root / f"doomed-{number}")
            delete(DISK, root / f"doomed-{number}")


def _locking(root: Path) -> None:
    """Hold locks, note things in files that are locked, take away those of dead processes."""
    store = DiskStore.open(root)
    dref = registered(store)
    rref = put(store, dref, {"a.txt": "a"})
    for number in range(ROUNDS):
        with suppress(OSError, PylightnixError):
            other: DRef[object] = registered(store, number=number)
            with store.building(other, {}, print):
                store.pin([rref])
        with suppress(OSError, PylightnixError):
            with locked(store.fs, store.layout.gate):
                clear_after_dead(store.backing)
            store.close()


def _collecting(root: Path) -> None:
    """Commit, collect, bring back, collect again, empty the trash, remove."""
    store = DiskStore.open(root)
    for number in range(ROUNDS):
        for work in (
            lambda number=number: _put(store, number),
            store.close,
            lambda: gc(store, delete=True, everything=True),
            lambda: undo(store),
            lambda: _remove_all(store),
            lambda: gc(store, delete=True, everything=True),
            lambda: empty_trash(store),
        ):
            with suppress(OSError, PylightnixError):
                work()


def _remove_all(store: DiskStore) -> None:
    for dref in store.drefs():
        for rref in store.rrefs(dref):
            store.remove(rref)


SITES: dict[str, tuple[Work, tuple[str, ...]]] = {
    "entries of staging folders": (_committing, ("*/tmp/*/*/out/**", "*/tmp/*/*/log.txt")),
    "deleted trees": (_deleting, ("*/*", "*/**")),
    "locks": (_locking, ("*/locks/*", "*/temproots/*")),
    "trash": (_collecting, ("*/trash/*", "*/trash/*/*", "*/trash/*/*/**")),
    "inside objects": (_collecting, ("*/store-v1/*/*/**",)),
    "objects": (_collecting, ("*/store-v1/*", "*/store-v1/*/*")),
}


@pytest.mark.parametrize("site", SITES)
def test_link_in_the_way_leads_a_store_nowhere(
    tmp_path: Path, site: str, scale: int, record_property: Record
) -> None:
    work, patterns = SITES[site]
    end, stores = time.monotonic() + SECONDS * scale, 0
    with swapping(tmp_path, patterns) as arena:
        for number in count():
            if time.monotonic() > end:
                break
            (arena / str(number)).mkdir()
            with suppress(OSError, PylightnixError):
                work(arena / str(number))
            shutil.rmtree(arena / str(number), ignore_errors=True)
            stores += 1
    swaps = len(list((tmp_path / "decoys").glob("*.names")))
    found = swapper.touched(tmp_path / "decoys")
    record_property(
        "counts", f"links, {site}: {swaps} swaps, {stores} stores, {len(found)} led out"
    )
    assert [] == found
    assert swaps > 10 * scale


def _canary(place: Path) -> Path:
    canary = place / "canary.txt"
    canary.write_bytes(b"untouched")
    canary.chmod(0o640)
    return canary


def test_hard_link_in_the_place_of_a_lock_is_refused(tmp_path: Path) -> None:
    store, canary = DiskStore.open(tmp_path / "store"), _canary(tmp_path)
    dref = registered(store)
    os.link(canary, store.layout.lock(dref, digest(context_text({}))))
    with pytest.raises(StoreNotWritable), store.building(dref, {}, print):
        pass
    assert b"untouched" == canary.read_bytes()


class Swapping(Disk):
    """A disk on which a file becomes a link to another after it was listed, and then copied."""

    def __init__(self, name: str, other: Path, *, copies: bool) -> None:
        self.name, self.other, self.copies = name, other, copies

    def scandir(self, folder: int) -> list[os.DirEntry[str]]:
        found = super().scandir(folder)
        if any(each.name == self.name for each in found):
            self._swap(folder)
        return found

    def rename(
        self, old: Where, new: Where, *, at: int | None = None, to: int | None = None
    ) -> None:
        super().rename(old, new, at=at, to=to)
        if new == self.name and self.copies:
            self._swap(to)

    def _swap(self, folder: int | None) -> None:
        os.unlink(self.name, dir_fd=folder)
        os.link(self.other, self.name, dst_dir_fd=folder)


class Passing(Disk):
    """A disk on which a name leads to another file just while it is opened."""

    def __init__(self, name: str, other: Path) -> None:
        self.name, self.other, self.opened = name, other, 0

    def open(self, path: Where, flags: int, mode: int = 0o777, *, at: int | None = None) -> int:
        if path != self.name:
            return super().open(path, flags, mode, at=at)
        self.opened += 1
        os.rename(path, "aside", src_dir_fd=at, dst_dir_fd=at)
        os.link(self.other, path, dst_dir_fd=at)
        try:
            return super().open(path, flags, mode, at=at)
        finally:
            os.rename("aside", path, src_dir_fd=at, dst_dir_fd=at)


def _sealed_meanwhile(place: Path, fs: Disk) -> str | None:
    store = DiskStore.open(place / "store", fs=fs)
    return store.texts(put(store, registered(store), {"a.txt": "data"}), ["a.txt"])["a.txt"]


def test_hard_link_that_comes_while_a_tree_is_sealed_is_copied(tmp_path: Path) -> None:
    canary = _canary(tmp_path)
    fs = Swapping("a.txt", canary, copies=False)
    assert "untouched" == _sealed_meanwhile(tmp_path, fs)
    assert (0o640, 1) == (canary.stat().st_mode & 0o777, canary.stat().st_nlink)


def test_hard_link_that_comes_instead_of_a_copy_is_refused(tmp_path: Path) -> None:
    canary = _canary(tmp_path)
    with pytest.raises(UnsupportedFile):
        _sealed_meanwhile(tmp_path, Swapping("a.txt", canary, copies=True))
    assert 0o640 == canary.stat().st_mode & 0o777


def test_hard_link_that_is_gone_when_it_was_opened_is_refused(tmp_path: Path) -> None:
    canary, before = _canary(tmp_path), os.stat(tmp_path / "canary.txt")
    fs = Passing("a.txt", canary)
    with pytest.raises(UnsupportedFile):
        _sealed_meanwhile(tmp_path, fs)
    assert fs.opened > 0
    assert (before.st_mode, before.st_mtime) == (canary.stat().st_mode, canary.stat().st_mtime)


def test_hard_link_that_is_gone_when_a_lock_was_opened_is_not_written_to(tmp_path: Path) -> None:
    store, canary = DiskStore.open(tmp_path / "store"), _canary(tmp_path)
    dref = registered(store)
    path = store.layout.lock(dref, digest(context_text({})))

    class Coming(Disk):
        """A disk on which another file bears the name of a lock, but for the first look at it."""

        has_come = False

        def fstat(self, descriptor: int) -> os.stat_result:
            if self.has_come or os.readlink(f"/proc/self/fd/{descriptor}") != str(path):
                return super().fstat(descriptor)
            self.has_come = True
            os.unlink(path)
            found = super().fstat(descriptor)
            os.link(canary, path)
            return found

    os.link(canary, path)
    other = DiskStore.open(tmp_path / "store", fs=Coming())
    with pytest.raises(StoreNotWritable), other.building(dref, {}, print):
        pass
    assert b"untouched" == canary.read_bytes()
