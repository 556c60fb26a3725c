"""Small stores for an operation to begin with; what differs with the seed are their files."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Final

from scenarios import facts, put, registered

from pylightnix_fn import DiskStore, DRef, Folder, RRef
from pylightnix_fn.filesystem import DISK, FileSystem
from pylightnix_fn.store.backing import Durability
from pylightnix_fn.store.machine import Machine
from pylightnix_fn.store_protocol import Staging
from pylightnix_fn.upkeep.collection import gc
from pylightnix_fn.upkeep.roots import add_root

EARLIER: Final = Machine("host", "earlier")
NOW: Final = Machine("host", "now")


def opened(root: Path, durability: Durability = "off", fs: FileSystem = DISK) -> DiskStore:
    """A store on this run of the machine."""
    return DiskStore.open(root, durability=durability, fs=fs, machine=NOW)


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
    return begun(store, seed, started=started)()


def begun(store: DiskStore, seed: int, *, started: float) -> Callable[[], RRef[Folder]]:
    """The last step of a build of a model, all the others being done."""
    model, used = model_of(store)
    staging = store.stage(model)
    _build(staging, seed)
    return lambda: store.commit(staging, model, {used.dref: (used,)}, facts(started)).rref


def _build(staging: Staging, seed: int) -> None:
    artifacts(staging.folder, seed)
    staging.log.write_text("it went well\n", encoding="utf-8")


def nothing(root: Path, seed: int) -> None:
    """No store at all."""


def planned(root: Path, seed: int) -> None:
    """Derivations without the realization of a model."""
    store = opened(root)
    model_of(store)
    _settled(store)


def built(root: Path, seed: int) -> None:
    """Everything built."""
    store = opened(root)
    committed(store, seed, started=10)
    _settled(store)


def torn(root: Path, seed: int) -> None:
    """An object has lost a part of a file."""
    built(root, seed)
    path = next((root / "store-v1").glob("*-model/*/deep/er/weights.bin"))
    path.chmod(0o600)
    os.truncate(path, 100)
    path.chmod(0o444)


def spoilt(root: Path, seed: int) -> None:
    """One object is torn, and another may be written to."""
    torn(root, seed)
    next((root / "store-v1").glob("*-data/*/")).chmod(0o755)


def cut(root: Path, seed: int) -> None:
    """The machine went down while objects were not on the disk, a config among them."""
    torn(root, seed)
    config = next((root / "store-v1").glob("*-data/config.json"))
    config.chmod(0o600)
    os.truncate(config, 0)
    (root / "unsynced").mkdir()
    (root / "unsynced" / f"{EARLIER.host}.{EARLIER.boot}").write_text("then\n", encoding="utf-8")


def with_garbage(root: Path, seed: int) -> None:
    """One object has a root, others need it or have nothing to do with it."""
    store = opened(root)
    made = committed(store, seed, started=10)
    add_root(store, "kept", next(iter(store.rrefs(registered(store, "data")))))
    other = registered(store, "other", model=made.dref)
    put(store, other, {"a.txt": "a"}, context={made.dref: (made,)}, started=20)
    _settled(store)


def with_trash(root: Path, seed: int) -> None:
    """The same after garbage was collected."""
    with_garbage(root, seed)
    store = opened(root)
    gc(store, delete=True)
    _settled(store)


def with_copies(root: Path, seed: int) -> None:
    """Two objects have an equal file."""
    built(root, seed)
    store = opened(root)
    put(store, registered(store, "other"), artifacts, started=20)
    _settled(store)


def _settled(store: DiskStore) -> None:
    """Nothing is used any more, and all of it is on the disk."""
    store.close()
    shutil.rmtree(store.layout.unsynced, ignore_errors=True)
