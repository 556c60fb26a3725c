"""What tells others that a process uses a store: as long as it lives, and no longer."""

from __future__ import annotations

import errno
import gc as memory
import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest
from attrs import define
from children import child, in_child
from scenarios import facts, files, put, registered

import pylightnix_fn
from pylightnix_fn import DiskStore, Folder, RRef, gc
from pylightnix_fn.errors.store import MissingObject, StillNeeded, StoreFull
from pylightnix_fn.filesystem import Disk
from pylightnix_fn.locks import children_keep_locks, locked
from pylightnix_fn.store.liveness import clear_after_dead, in_use, live_processes
from pylightnix_fn.store.writer import MOST_IDLE


@pytest.fixture
def store(tmp_path: Path) -> DiskStore:
    """A store as this process has it."""
    return _opened(tmp_path)


@pytest.fixture
def other(tmp_path: Path) -> DiskStore:
    """The same store with a writer of its own, as another process has it."""
    return _opened(tmp_path)


def _opened(folder: Path) -> DiskStore:
    return DiskStore.open(folder / "store", durability="off")


def _writers(store: DiskStore) -> list[str]:
    return os.listdir(store.layout.writers)


def _stagings(store: DiskStore) -> list[str]:
    return os.listdir(store.layout.staging)


def _cleared(store: DiskStore) -> None:
    with locked(store.fs, store.layout.gate):
        clear_after_dead(store.backing)


def _made(store: DiskStore, text: str = "data") -> RRef[Folder]:
    return put(store, registered(store), {"a.txt": text})


# What is noted


def test_store_that_is_only_read_has_no_writer(store: DiskStore) -> None:
    rref = _made(store)
    store.close()
    assert 0 == store.record(rref).facts.sample
    assert [] == _writers(store)


def test_writer_says_who_it_is(store: DiskStore) -> None:
    registered(store)
    (process,) = live_processes(store.backing)
    assert process.who.startswith(f"process {os.getpid()} on ")


def test_writer_is_named_for_its_process(store: DiskStore) -> None:
    registered(store)
    (name,) = _writers(store)
    assert str(os.getpid()) == name.partition("-")[0]
    assert [name] == _stagings(store)


def test_pinned_results_are_in_use_with_their_derivations(
    store: DiskStore, other: DiskStore
) -> None:
    rref = _made(store)
    store.close()
    assert other.pin([rref])
    assert {rref, rref.dref} == in_use(store.backing).keys()


def test_nothing_is_pinned_unless_all_is_there(store: DiskStore, other: DiskStore) -> None:
    one, two = _made(store, "one"), _made(store, "two")
    store.remove(two)
    store.close()
    assert not other.pin([one, two])
    assert {} == in_use(store.backing)


def test_own_pins_can_be_left_out(store: DiskStore) -> None:
    _made(store)
    assert {} == in_use(store.backing, but=store.backing.writer.name)


def test_pin_is_noted_once(store: DiskStore) -> None:
    rref = _made(store)
    notes = store.layout.writers / store.backing.writer.name
    before = notes.read_bytes()
    for _ in range(3):
        assert store.pin([rref])
    assert before == notes.read_bytes()


def test_what_was_committed_is_in_use(store: DiskStore) -> None:
    assert _made(store) in in_use(store.backing)


def test_what_was_registered_is_in_use(store: DiskStore) -> None:
    assert registered(store) in in_use(store.backing)


def test_what_was_registered_again_is_in_use(store: DiskStore) -> None:
    registered(store)
    store.close()
    assert registered(store) in in_use(store.backing)


def test_pinned_result_is_not_removed_by_others(store: DiskStore, other: DiskStore) -> None:
    rref = _made(store)
    with pytest.raises(StillNeeded, match=f"in use by process {os.getpid()}"):
        other.remove(rref)
    with pytest.raises(StillNeeded):
        other.remove(rref.dref)
    store.close()
    other.remove(rref)
    assert () == store.rrefs(rref.dref)


def test_store_that_wrote_nothing_yet_can_remove(store: DiskStore, other: DiskStore) -> None:
    rref = _made(store)
    store.close()
    assert 0 == in_child(lambda: other.remove(rref), seconds=10)  # or it waits for itself
    with pytest.raises(MissingObject):
        store.record(rref)


@define
class Filling(Disk):
    """A disk that takes half of a write, and then is full until somebody makes room."""

    room: int | None = None

    def write(self, descriptor: int, data: bytes) -> int:
        if self.room == 0:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        if self.room is not None:
            data = data[: self.room]
            self.room -= len(data)
        return super().write(descriptor, data)


def test_pin_counts_though_the_disk_was_full_in_the_midst_of_another(tmp_path: Path) -> None:
    disk = Filling()
    store = DiskStore.open(tmp_path / "store", durability="off", fs=disk)
    one, two = _made(store, "one"), _made(store, "two")
    store.close()
    registered(store, "other")
    disk.room = 20
    with pytest.raises(StoreFull):
        store.pin([one])
    disk.room = None
    assert store.pin([two])
    assert {two, two.dref} <= in_use(store.backing).keys()


# How long


def test_closed_store_uses_nothing(store: DiskStore) -> None:
    _made(store)
    store.close()
    assert ([], []) == (_writers(store), _stagings(store))


def test_closed_store_can_be_used_again(store: DiskStore) -> None:
    rref = _made(store)
    store.close()
    assert store.pin([rref])
    assert rref in in_use(store.backing)


def test_store_may_be_closed_twice(store: DiskStore) -> None:
    _made(store)
    store.close()
    store.close()
    assert [] == _writers(store)


def test_what_was_given_is_kept_though_the_store_is_forgotten(
    tmp_path: Path, other: DiskStore
) -> None:
    rref = _made(_opened(tmp_path))
    memory.collect()
    assert rref in in_use(other.backing)


def test_few_of_many_forgotten_stores_are_kept(tmp_path: Path, other: DiskStore) -> None:
    rref = _made(other)
    other.close()
    for _ in range(MOST_IDLE + 10):
        assert _opened(tmp_path).pin([rref])
    memory.collect()
    assert MOST_IDLE == len(_writers(other))


def test_failed_build_outlasts_its_writer(store: DiskStore) -> None:
    failed, given_up = (store.stage(registered(store)) for _ in range(2))
    failed.error.write_text("why", encoding="utf-8")
    store.close()
    _cleared(store)
    assert (True, False) == (failed.home.exists(), given_up.home.exists())


def test_emptied_staging_folder_serves_the_next_build(store: DiskStore) -> None:
    _made(store)
    spare = store.backing.writer.spare.stat().st_ino
    home = store.stage(registered(store)).home
    assert spare == home.stat().st_ino
    assert [home.name] == os.listdir(home.parent)


def test_what_lies_beside_a_result_does_not_reach_the_next_build(store: DiskStore) -> None:
    dref = registered(store)
    staging = store.stage(dref)
    (staging.home / "beside.txt").touch()
    store.commit(staging, dref, {}, facts())
    assert ["out"] == os.listdir(store.stage(dref).home)


def test_builds_under_way_are_not_cleared(store: DiskStore, other: DiskStore) -> None:
    staging = store.stage(registered(store))
    _cleared(other)
    assert staging.folder.is_dir()
    assert 1 == len(_writers(store))


ENDING = """
import sys
from pylightnix_fn import DiskStore
from scenarios import put, registered

store = DiskStore.open(sys.argv[1], durability="off")
put(store, registered(store), {"a.txt": "data"})
{ending}
"""


@pytest.mark.parametrize("ending", ["pass", "sys.exit(0)", "del store"])
def test_process_that_ends_takes_its_writer_along(tmp_path: Path, ending: str) -> None:
    store = _opened(tmp_path)
    paths = [str(Path(each).parent) for each in (pylightnix_fn.__path__[0], __file__)]
    subprocess.run(
        [sys.executable, "-c", ENDING.replace("{ending}", ending), str(store.root)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
        check=True,
    )
    assert 1 == len(store.drefs())
    assert ([], []) == (_writers(store), _stagings(store))


def test_killed_process_uses_nothing(store: DiskStore) -> None:
    with child(lambda: _made(store)) as process:
        assert [f"{process}"] == [each.partition("-")[0] for each in _writers(store)]
        assert 1 == len(live_processes(store.backing))
        os.kill(process, signal.SIGKILL)
        os.waitpid(process, 0)
    assert {} == in_use(store.backing)
    assert 1 == len(_writers(store))
    _cleared(store)
    assert ([], []) == (_writers(store), _stagings(store))


def test_lock_of_a_killed_builder_is_cleared(store: DiskStore) -> None:
    dref = registered(store)

    def build() -> object:
        building = store.building(dref, {}, lambda who: None)
        building.__enter__()
        return building

    with child(build) as process:
        _cleared(store)
        assert 2 == len(os.listdir(store.layout.locks))
        os.kill(process, signal.SIGKILL)
        os.waitpid(process, 0)
    _cleared(store)
    assert ["gate"] == os.listdir(store.layout.locks)


# Forks and threads


def test_forked_child_has_a_writer_of_its_own(store: DiskStore) -> None:
    one = _made(store)
    with child(lambda: _made(store, "other")):
        assert 2 == len(live_processes(store.backing))
    (process,) = live_processes(store.backing)
    assert (one.dref, one) == process.uses


def test_forked_child_ends_no_writer_of_its_parent(store: DiskStore) -> None:
    rref = _made(store)
    assert 0 == in_child(store.close)
    assert rref in in_use(store.backing)


def test_forked_child_that_is_part_of_the_work_shares_the_writer(store: DiskStore) -> None:
    registered(store)
    with children_keep_locks(), child(lambda: _made(store)):
        assert 1 == len(_writers(store))
    assert {*store.drefs(), *store.rrefs(store.drefs()[0])} == in_use(store.backing).keys()


def test_forked_child_that_is_part_of_the_work_ends_no_writer(store: DiskStore) -> None:
    rref = _made(store)
    with children_keep_locks():
        assert 0 == in_child(store.close)
    assert rref in in_use(store.backing)


def test_child_may_build_where_its_parent_is_gone(store: DiskStore, tmp_path: Path) -> None:
    note = tmp_path / "made"

    def orphan() -> None:
        staging = store.stage(registered(store))
        files({"a.txt": "data"})(staging.folder)
        with child(lambda: note.write_text(str(_made(store)), encoding="utf-8")):
            pass

    assert 0 == in_child(orphan)
    assert [note.read_text(encoding="utf-8")] == list(map(str, store.rrefs(store.drefs()[0])))


def test_threads_share_one_writer(store: DiskStore) -> None:
    barrier = Barrier(8)

    def begin(_: int) -> str:
        barrier.wait()
        return store.backing.writer.name

    with ThreadPoolExecutor(8) as threads:
        names = set(threads.map(begin, range(8)))
    assert names == set(_writers(store))
    assert 1 == len(names)


def test_threads_pin_what_they_say(store: DiskStore) -> None:
    made = [_made(store, str(number)) for number in range(40)]
    store.close()
    with ThreadPoolExecutor(8) as threads:
        assert all(threads.map(lambda rref: store.pin([rref]), made))
    assert set(made) <= in_use(store.backing).keys()


def test_collector_keeps_what_is_pinned(store: DiskStore, other: DiskStore) -> None:
    kept, gone = _made(store, "kept"), _made(store, "gone")
    store.close()
    assert store.pin([kept])
    gc(other, delete=True)
    assert (kept,) == store.rrefs(gone.dref)
