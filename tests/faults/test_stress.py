"""Workers use a store all at once: what was promised to stay stays, as readers of all of it see.

They would notice if it were not so: each line of the protocol is left out once.
"""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from attrs import Factory, define
from nursery import Mutant, worked
from ports import WatchedFs
from scenarios import Counter, numbered, put, registered
from test_sigkill_loop import assert_nothing_stays, assert_sound

from pylightnix_fn import (
    DiskStore,
    add_root,
    collect,
    empty_trash,
    gc,
    gc_plan,
    instantiate,
    keep_roots,
    named_roots,
    realize,
    remove_root,
    survey,
)
from pylightnix_fn.filesystem import Where
from pylightnix_fn.store.liveness import in_use

SECONDS = 40
PATIENCE = 60  # seconds within which a mutant must be noticed; a few are enough as a rule
ELSEWHERE = ("unshare", "--uts", "--pid", "--fork")


def test_workers_find_what_they_were_promised(
    tmp_path: Path, scale: int, record_property: Callable[[str, object], None]
) -> None:
    outcome = worked(tmp_path / "store", SECONDS * scale)
    record_property("counts", f"stress: {outcome}")
    assert [] == list(outcome.failures)
    assert outcome.counts["read"] > SECONDS
    assert_sound(tmp_path / "store")
    assert_nothing_stays(tmp_path / "store")


@pytest.mark.skipif(
    os.geteuid() != 0 or shutil.which(ELSEWHERE[0]) is None, reason="needs root and unshare"
)
def test_workers_of_two_hosts_find_what_they_were_promised(
    tmp_path: Path, scale: int, record_property: Callable[[str, object], None]
) -> None:
    root, seconds = tmp_path / "store", SECONDS * scale / 2
    with ThreadPoolExecutor(2) as threads:
        here = threads.submit(worked, root, seconds, kills=True, name="here")
        there = threads.submit(worked, root, seconds, kills=True, name="there", inside=ELSEWHERE)
    for outcome in (here.result(), there.result()):
        record_property("counts", f"stress on one of two hosts: {outcome}")
        assert [] == list(outcome.failures)
    assert_sound(root)
    assert_nothing_stays(root)


@pytest.mark.parametrize(
    "mutant", ["pins outside the gate", "publishes outside the gate", "sees no writers"]
)
def test_workers_notice_a_store_that(
    mutant: Mutant, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    outcome = worked(tmp_path / "store", PATIENCE, duel=True, mutant=mutant)
    record_property("counts", f"a store that {mutant}, noticed after {outcome}")
    assert outcome.failures


def test_workers_notice_nothing_in_a_store_that_keeps_to_its_protocol(
    tmp_path: Path, scale: int, record_property: Callable[[str, object], None]
) -> None:
    outcome = worked(tmp_path / "store", SECONDS * scale / 2, duel=True)
    record_property("counts", f"stress, users against collectors: {outcome}")
    assert [] == list(outcome.failures)
    assert_sound(tmp_path / "store")


# One race at a time


@define(eq=False)
class Meanwhile(WatchedFs):
    """The disk; one thing after another happens just before a call with a path of such an end."""

    events: list[tuple[str, Callable[[], object]]] = Factory(list)

    def open(self, path: Where, flags: int, mode: int = 0o600, *, at: int | None = None) -> int:
        self._meet(path)
        return super().open(path, flags, mode, at=at)

    def lstat(self, path: Where, *, at: int | None = None) -> os.stat_result:
        self._meet(path)
        return super().lstat(path, at=at)

    def readlink(self, path: Where, *, at: int | None = None) -> str:
        self._meet(path)
        return super().readlink(path, at=at)

    def flock(self, descriptor: int, operation: int) -> None:
        self._meet("alone" if operation == fcntl.LOCK_EX else "shared or without waiting")
        super().flock(descriptor, operation)

    def _meet(self, path: Where) -> None:
        if self.events and str(path).endswith(self.events[0][0]):
            _, happens = self.events.pop(0)
            happens()


@pytest.fixture
def other(tmp_path: Path) -> DiskStore:
    """The store as another process has it."""
    return DiskStore.open(tmp_path / "store", durability="off")


def _meeting(other: DiskStore, *events: tuple[str, Callable[[], object]]) -> DiskStore:
    return DiskStore.open(other.root, durability="off", fs=Meanwhile(list(events)))


@pytest.mark.parametrize("file", ["context.json", "__build__.json"])
def test_candidate_that_goes_while_it_is_read_is_none(other: DiskStore, file: str) -> None:
    dref = registered(other)
    rref = put(other, dref, {"a.txt": "data"})
    store = _meeting(other, (file, lambda: other.remove(rref)))
    assert () == store.candidates(dref, {}, frozenset())


def test_result_that_goes_stands_in_the_way_of_no_build(other: DiskStore) -> None:
    counter = Counter(numbered)
    closure = instantiate(counter.stage, "one")
    old = realize(closure, other).rref
    store = _meeting(other, (old.digest, lambda: other.remove(old)))
    new = realize(closure, store, rebuild=True).rref
    assert (new,) == other.rrefs(closure.targets[0])


def test_root_that_goes_while_roots_are_read_is_none(other: DiskStore) -> None:
    add_root(other, "one", registered(other))
    store = _meeting(other, ("roots/one", lambda: remove_root(other, "one")))
    assert {} == named_roots(store)


def test_process_that_ends_while_others_tidy_up_leaves_nothing(other: DiskStore) -> None:
    (other.layout.staging / "1-ended").mkdir()
    store = _meeting(other, ("tmp/1-ended", (other.layout.staging / "1-ended").rmdir))
    gc(store, delete=True, everything=True)
    store.close()
    assert [] == os.listdir(other.layout.staging)


def test_process_that_ends_while_others_look_leaves_nothing(other: DiskStore) -> None:
    registered(other)
    (writer,) = os.listdir(other.layout.writers)
    store = _meeting(other, (f"temproots/{writer}", other.close))
    assert {} == in_use(store.backing)
    assert [] == os.listdir(other.layout.writers)


def test_root_that_went_and_came_back_stays(other: DiskStore) -> None:
    dref = registered(other)
    rref = put(other, dref, {"a.txt": "data"})
    add_root(other, "one", rref)
    plan = gc_plan(keep_roots, survey(other))
    back = ("alone", lambda: put(other, dref, {"a.txt": "data"}))
    store = _meeting(other, ("context.json", lambda: other.remove(rref)), back)
    assert () == collect(store, plan).moved
    assert (rref,) == other.rrefs(dref)


def test_trash_that_is_emptied_meanwhile_hinders_no_removal(other: DiskStore) -> None:
    rref = put(other, registered(other), {"in/a.txt": "data"})
    other.close()
    store = _meeting(other, ("trash", lambda: empty_trash(other)))
    store.remove(rref)
    assert [] == os.listdir(other.layout.trash)


def test_damage_that_was_mended_meanwhile_is_not_mended_again(other: DiskStore) -> None:
    dref = registered(other)
    rref = put(other, dref, {"a.txt": "data"})
    (other.folder(rref) / "a.txt").chmod(0o644)
    (other.folder(rref) / "a.txt").write_text("lies", encoding="utf-8")
    mended: list[int] = []

    def mend() -> None:
        put(other, dref, {"a.txt": "data"})
        mended.append(other.folder(rref).stat().st_ino)

    store = _meeting(other, (f"{rref.digest}/__build__.json", mended.clear), ("alone", mend))
    put(store, dref, {"a.txt": "data"})
    assert mended == [other.folder(rref).stat().st_ino]
