"""What a store is asked to do while calls fail or processes die: each operation on a small store.

An operation may be done again after it was stopped, with no step in between, and then the store
must look as if it had been done once.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from attrs import field, frozen
from ports import FaultFs
from scenarios import facts, put, registered

from pylightnix_fn import DiskStore, DRef, Folder, RRef, mkconfig
from pylightnix_fn.filesystem import DISK, FileSystem
from pylightnix_fn.store.backing import Durability
from pylightnix_fn.store.machine import Machine
from pylightnix_fn.store_protocol import Staging
from pylightnix_fn.upkeep.collection import gc
from pylightnix_fn.upkeep.roots import add_root
from pylightnix_fn.upkeep.undoing import collections, empty_trash, undo

EARLIER: Final = Machine("host", "earlier")
NOW: Final = Machine("host", "now")
DURABILITIES: Final[tuple[Durability, ...]] = ("batch", "full", "off")


@frozen
class Site:
    """Where an operation takes place, and on what file system; faults begin when it begins."""

    root: Path
    durability: Durability = "batch"
    seed: int = 0
    fs: FaultFs = field(factory=FaultFs)

    @contextmanager
    def store(self) -> Iterator[DiskStore]:
        """The store, opened before the operation begins."""
        store = _opened(self.root, self.durability, self.fs)
        self.fs.is_armed = True
        try:
            yield store
        finally:
            store.close()
            self.fs.is_armed = False

    def new_store(self) -> None:
        """The opening of the store as the operation itself."""
        self.fs.is_armed = True
        try:
            _opened(self.root, self.durability, self.fs).close()
        finally:
            self.fs.is_armed = False


def _opened(root: Path, durability: Durability = "off", fs: FileSystem = DISK) -> DiskStore:
    return DiskStore.open(root, durability=durability, fs=fs, machine=NOW)


@frozen
class Operation:
    """A thing to do to a store, and how the store is prepared for it, with a seed for its files.

    ``syncs`` tells whether durability makes a difference.
    """

    name: str
    prepare: Callable[[Path, int], None]
    act: Callable[[Site], None]
    syncs: bool = True

    @property
    def durabilities(self) -> tuple[Durability, ...]:
        """Those in which the operation differs."""
        return DURABILITIES if self.syncs else ("batch",)


def artifacts(folder: Path, seed: int = 0) -> None:
    """Files, nested folders, an empty one, a program, links; more of them with other seeds."""
    (folder / "deep" / "er").mkdir(parents=True)
    (folder / "empty").mkdir()
    (folder / "deep" / "er" / "weights.bin").write_bytes(bytes(range(256)) * 20)
    (folder / "run.sh").write_text("#!/bin/sh\n", encoding="utf-8")
    (folder / "run.sh").chmod(0o755)
    (folder / "deep" / "up").symlink_to("../run.sh")
    os.link(folder / "run.sh", folder / "second name")
    for number in range(seed % 7):
        (folder / f"more{number}" / "of").mkdir(parents=True)
        (folder / f"more{number}" / "it").write_text(f"{seed}", encoding="utf-8")


def model_of(store: DiskStore) -> tuple[DRef[object], RRef[Folder]]:
    """A derivation that needs another, and the realization of that; there, or made."""
    data = registered(store, "data")
    found = store.rrefs(data)
    used = found[0] if found else put(store, data, {"data.txt": "1 2 3"}, started=5)
    return registered(store, "model", data=data), used


def committed(store: DiskStore, seed: int, *, started: float) -> RRef[Folder]:
    """The realization of a model, built at this time."""
    model, used = model_of(store)
    staging = store.stage(model)
    _build(staging, seed)
    return store.commit(staging, model, {used.dref: (used,)}, facts(started))


def _build(staging: Staging, seed: int) -> None:
    artifacts(staging.folder, seed)
    staging.log.write_text("it went well\n", encoding="utf-8")


# Stores to begin with


def _nothing(root: Path, seed: int) -> None:
    """No store at all."""


def _planned(root: Path, seed: int) -> None:
    store = _opened(root)
    model_of(store)
    _settled(store)


def _built(root: Path, seed: int) -> None:
    store = _opened(root)
    committed(store, seed, started=10)
    _settled(store)


def _torn(root: Path, seed: int) -> None:
    """An object has lost a part of a file."""
    _built(root, seed)
    path = next((root / "store-v1").glob("*-model/*/deep/er/weights.bin"))
    path.chmod(0o600)
    os.truncate(path, 100)
    path.chmod(0o444)


def _cut(root: Path, seed: int) -> None:
    """The machine went down while objects were not on the disk, a config among them."""
    _torn(root, seed)
    config = next((root / "store-v1").glob("*-data/config.json"))
    config.chmod(0o600)
    os.truncate(config, 0)
    (root / "unsynced").mkdir()
    (root / "unsynced" / f"{EARLIER.host}.{EARLIER.boot}").write_text("then\n", encoding="utf-8")


def _with_garbage(root: Path, seed: int) -> None:
    """One object has a root, others need it or have nothing to do with it."""
    store = _opened(root)
    made = committed(store, seed, started=10)
    add_root(store, "kept", next(iter(store.rrefs(registered(store, "data")))))
    other = registered(store, "other", model=made.dref)
    put(store, other, {"a.txt": "a"}, context={made.dref: (made,)}, started=20)
    _settled(store)


def _with_trash(root: Path, seed: int) -> None:
    _with_garbage(root, seed)
    store = _opened(root)
    gc(store, delete=True)
    _settled(store)


def _settled(store: DiskStore) -> None:
    """Nothing is used any more, and all of it is on the disk."""
    store.close()
    shutil.rmtree(store.layout.unsynced, ignore_errors=True)


# What is done to them


def _open(site: Site) -> None:
    site.new_store()


def _register(site: Site) -> None:
    configs = [mkconfig({"name": "new", "number": number}) for number in range(2)]
    with site.store() as store:
        store.register({each.dref(): each for each in configs})


def _commit(site: Site) -> None:
    with site.store() as store:
        committed(store, site.seed, started=10)


def _renew(site: Site) -> None:
    with site.store() as store:
        committed(store, site.seed, started=50)


def _remove(site: Site) -> None:
    with site.store() as store:
        model, _ = model_of(store)
        for rref in store.rrefs(model):
            store.remove(rref)
        if model in store.drefs():
            store.remove(model)


def _pin(site: Site) -> None:
    with site.store() as store:
        model, used = model_of(store)
        assert store.pin([used, *store.rrefs(model)])


def _hold(site: Site) -> None:
    with site.store() as store:
        model, _ = model_of(store)
        with store.building(model, {}, lambda who: None):
            pass


def _collect(site: Site) -> None:
    with site.store() as store:
        gc(store, delete=True)


def _undo(site: Site) -> None:
    with site.store() as store:
        if collections(store):
            undo(store)


def _empty(site: Site) -> None:
    with site.store() as store:
        empty_trash(store)


OPERATIONS: Final[Mapping[str, Operation]] = {
    each.name: each
    for each in (
        Operation("opening a new store", _nothing, _open, syncs=False),
        Operation("opening a store", _built, _open, syncs=False),
        Operation("opening after a power cut", _cut, _open, syncs=False),
        Operation("registering", _built, _register),
        Operation("committing", _planned, _commit),
        Operation("committing an equal result", _built, _renew),
        Operation("committing what is torn", _torn, _renew),
        Operation("removing", _built, _remove, syncs=False),
        Operation("pinning", _built, _pin, syncs=False),
        Operation("holding a building lock", _built, _hold, syncs=False),
        Operation("collecting garbage", _with_garbage, _collect, syncs=False),
        Operation("undoing a collection", _with_trash, _undo, syncs=False),
        Operation("emptying the trash", _with_trash, _empty, syncs=False),
    )
}
