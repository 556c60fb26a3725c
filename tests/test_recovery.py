"""After the machine went down: what was written without a barrier, and may be torn."""

from __future__ import annotations

import os
from pathlib import Path

from scenarios import put, registered

from pylightnix_fn import DiskStore, DRef, Folder, RRef, verify
from pylightnix_fn.store.backing import Durability
from pylightnix_fn.store.machine import Machine

EARLIER, NOW = Machine("host", "earlier"), Machine("host", "now")


def opened(place: Path, machine: Machine, durability: Durability = "off") -> DiskStore:
    return DiskStore.open(place / "store", durability=durability, machine=machine)


def filled(store: DiskStore) -> tuple[DRef[object], RRef[Folder], RRef[Folder]]:
    data = registered(store, "data")
    used = put(store, data, {"data.txt": "1 2 3"})
    model = registered(store, "model", data=str(data))
    return model, used, put(store, model, {"weights": "4"}, context={data: (used,)})


def torn(path: Path) -> None:
    path.chmod(0o644)
    path.write_bytes(b"")
    path.chmod(0o444)


def test_torn_object_goes_with_what_was_built_from_it(tmp_path: Path) -> None:
    store = opened(tmp_path, EARLIER)
    model, used, _ = filled(store)
    torn(store.folder(used) / "data.txt")
    again = opened(tmp_path, NOW)
    assert ((), ()) == (again.rrefs(used.dref), again.rrefs(model))
    assert verify(again).is_clean


def test_whole_objects_stay(tmp_path: Path) -> None:
    model, used, made = filled(opened(tmp_path, EARLIER))
    again = opened(tmp_path, NOW)
    assert ((used,), (made,)) == (again.rrefs(used.dref), again.rrefs(model))


def test_mark_is_gone_once_the_store_was_looked_through(tmp_path: Path) -> None:
    store = opened(tmp_path, EARLIER)
    filled(store)
    assert 1 == len(os.listdir(store.layout.unsynced))
    opened(tmp_path, NOW, "batch")
    assert [] == os.listdir(store.layout.unsynced)


def test_same_run_of_the_machine_looks_through_nothing(tmp_path: Path) -> None:
    store = opened(tmp_path, EARLIER)
    _, used, _ = filled(store)
    torn(store.folder(used) / "data.txt")
    assert (used,) == opened(tmp_path, EARLIER).rrefs(used.dref)


def test_store_with_barriers_leaves_no_mark(tmp_path: Path) -> None:
    store = opened(tmp_path, EARLIER, "batch")
    filled(store)
    assert not store.layout.unsynced.exists()
