"""What can only be read serves all who read, and tells all others that it cannot be written to.

It is read-only because it is mounted so, or because its folders are closed to the user (4.10).
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import pytest
from attrs import evolve, frozen
from images import bound_read_only, image
from scenarios import NOBODY, Counter, listing, put, registered, unprivileged

from pylightnix_fn import (
    Closure,
    DiskStore,
    DRef,
    Folder,
    Manager,
    Realization,
    RRef,
    explain,
    instantiate,
    realize,
)
from pylightnix_fn.errors.store import DamagedObject, StoreNotWritable
from pylightnix_fn.refs import rref_from
from pylightnix_fn.store.machine import Machine
from pylightnix_fn.upkeep.collection import gc
from pylightnix_fn.upkeep.planning import survey
from pylightnix_fn.upkeep.roots import add_root, link, named_roots, remove_root
from pylightnix_fn.upkeep.sharing import optimise
from pylightnix_fn.upkeep.space import du
from pylightnix_fn.upkeep.undoing import collections, empty_trash, undo
from pylightnix_fn.upkeep.verification import verify

KINDS = ("remounted", "bound", "closed", "of root")
BOOTS: Final = (Machine("host", "1"), Machine("host", "2"))


def stage(m: Manager) -> tuple[Manager, DRef[Folder]]:
    """Two stages, the second over the first."""
    counter = Counter()
    m, below = counter.stage(m, "below")
    return counter.stage(m, "above", below)


def closure() -> Closure[Realization[Folder]]:
    """What is built before the store is closed, and found there afterwards."""
    return instantiate(stage)


@frozen
class Sealed:
    """A store that cannot be written to, and what it held when it could."""

    root: Path
    rref: RRef[Folder]
    seen: Mapping[str, object]


@contextmanager
def _closed(root: Path) -> Iterator[Path]:
    """Without the right to write to the folders of the store, for who is not root."""
    folders = [each for each in (root, *root.glob("*"), *root.glob("*/*")) if each.is_dir()]
    folders = [each for each in folders if each.parent != root / "store-v1"]  # they are objects
    modes = [folder.stat().st_mode & 0o777 for folder in folders]
    for folder in folders:
        folder.chmod(0o555)
    try:
        yield root
    finally:
        for folder, mode in zip(folders, modes, strict=True):
            folder.chmod(mode)


def _filled(root: Path) -> Sealed:
    """A new store with a bit of everything in it."""
    store = DiskStore.open(root)
    made = realize(closure(), store)
    add_root(store, "root", made.rref)
    gone = put(store, registered(store, "gone"), {"a.txt": "data"})
    store.close()
    gc(store, delete=True)
    assert () == store.rrefs(gone.dref)
    (store.layout.writers / "1-killed").write_text("a process that was killed")
    return Sealed(root, made.rref, _seen(root, made.rref))


def _seen(root: Path, rref: RRef[Folder]) -> Mapping[str, object]:
    """What each way to read gives, to a process that used the store for nothing else."""
    seen: dict[str, object] = {}
    for name, read in READS.items():
        store = DiskStore.open(root)
        seen[name] = read(store, rref)
        store.close()
    return seen


@contextmanager
def sealed(kind: str, fill: Callable[[Path], Sealed] = _filled) -> Iterator[Sealed]:
    """A store that can only be read, for one reason or another."""
    if kind == "remounted":
        with image("ext4") as disk:
            found = fill(disk.path / "store")
            disk.remount("ro")
            yield found
        return
    place = Path(tempfile.mkdtemp(prefix="file-system-"))
    place.chmod(0o755)
    try:
        if kind == "bound":
            found = fill(place / "store")
            with bound_read_only(place) as bound:
                yield evolve(found, root=bound / "store")
        elif kind == "closed":
            if os.geteuid() == 0:
                os.chown(place, NOBODY, NOBODY)
            with unprivileged():
                found = fill(place / "store")
                with _closed(place / "store"):
                    yield found
        else:
            if os.geteuid() != 0:
                pytest.skip("only root can make a store that belongs to root")
            found = fill(place / "store")
            with unprivileged():
                yield found
    finally:
        shutil.rmtree(place)


def _statuses(root: Path) -> dict[Path, tuple[int, int, int, int]]:
    """What a change to any file below a folder would change, so far as we may look."""
    statuses = {path: path.lstat() for path in root.rglob("*")}
    return {
        path: (each.st_ino, each.st_mode, each.st_size, each.st_mtime_ns)
        for path, each in statuses.items()
    }


def _absent(rref: RRef[Folder]) -> RRef[Folder]:
    return rref_from(rref.text.replace(rref.digest, "0" * 32))


READS: dict[str, Callable[[DiskStore, RRef[Folder]], object]] = {
    "drefs": lambda store, rref: store.drefs(),
    "rrefs": lambda store, rref: store.rrefs(rref.dref),
    "config": lambda store, rref: store.config(rref.dref),
    "record": lambda store, rref: store.record(rref),
    "folder": lambda store, rref: listing(store.folder(rref)),
    "candidates": lambda store, rref: store.candidates(
        rref.dref, store.record(rref).context, frozenset({"label.txt", "absent.txt"})
    ),
    "pin": lambda store, rref: store.pin([rref]),
    "pin what is not there": lambda store, rref: store.pin([_absent(rref)]),
    "register what is there": lambda store, rref: store.register(
        {rref.dref: store.config(rref.dref)}
    ),
    "explain": lambda store, rref: str(explain(closure(), store)),
    "realize": lambda store, rref: realize(closure(), store).rref,
    "verify": lambda store, rref: verify(store),
    "verify quickly": lambda store, rref: verify(store, quick=True),
    "survey": lambda store, rref: survey(store).realizations,
    "gc without delete": lambda store, rref: gc(store),
    "named_roots": lambda store, rref: named_roots(store),
    "collections": lambda store, rref: len(collections(store)),
    "du": lambda store, rref: du(store),
}

WRITES: dict[str, Callable[[DiskStore, RRef[Folder]], object]] = {
    "register": lambda store, rref: registered(store, "new"),
    "stage": lambda store, rref: store.stage(rref.dref),
    "realize anew": lambda store, rref: realize(closure(), store, rebuild=True),
    "remove": lambda store, rref: store.remove(rref),
    "add_root": lambda store, rref: add_root(store, "new", rref),
    "remove_root": lambda store, rref: remove_root(store, "root"),
    "link": lambda store, rref: link(store, rref, store.root / "link"),
    "collect": lambda store, rref: gc(store, delete=True),
    "undo": lambda store, rref: undo(store),
    "empty_trash": lambda store, rref: empty_trash(store),
    "optimise": lambda store, rref: optimise(store),
}


@pytest.mark.parametrize("kind", KINDS)
def test_read_only_store_can_be_read(
    kind: str, record_property: Callable[[str, object], None]
) -> None:
    with sealed(kind) as found:
        assert found.seen == _seen(found.root, found.rref)
    record_property("counts", f"read-only, {kind}: {len(READS)} ways to read")


@pytest.mark.parametrize("kind", KINDS)
def test_read_only_store_tells_who_writes(
    kind: str, record_property: Callable[[str, object], None]
) -> None:
    with sealed(kind) as found:
        before = _statuses(found.root)
        for name, write in WRITES.items():
            store = DiskStore.open(found.root)
            with pytest.raises(StoreNotWritable) as caught:
                write(store, found.rref)
            assert (name, str(found.root)) == (name, caught.value.path)
            store.close()
        assert before == _statuses(found.root)
    record_property("counts", f"read-only, {kind}: {len(WRITES)} ways to write")


def _unsynced(root: Path) -> Sealed:
    """A store that was written to without barriers, before the machine was started again."""
    store = DiskStore.open(root, durability="off", machine=BOOTS[0])
    rref = put(store, registered(store), {"a.txt": "data"})
    store.close()
    return Sealed(root, rref, {})


def _torn(root: Path) -> Sealed:
    found = _unsynced(root)
    path = DiskStore.open(root, machine=BOOTS[0]).folder(found.rref) / "a.txt"
    path.chmod(0o644)
    path.write_text("")
    return found


@pytest.mark.parametrize("kind", KINDS)
def test_read_only_store_can_be_read_after_a_power_cut(kind: str) -> None:
    with sealed(kind, _unsynced) as found:
        store = DiskStore.open(found.root, machine=BOOTS[1])
        assert (found.rref,) == store.rrefs(found.rref.dref)


@pytest.mark.parametrize("kind", KINDS)
def test_read_only_store_serves_nothing_torn(kind: str) -> None:
    with sealed(kind, _torn) as found, pytest.raises((DamagedObject, StoreNotWritable)):
        DiskStore.open(found.root, machine=BOOTS[1])
