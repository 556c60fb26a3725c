"""What a store holds, as policies see it: sizes, times and contexts, whatever is damaged."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from scenarios import put, registered

from pylightnix_fn import DiskStore
from pylightnix_fn.files import DEEPEST
from pylightnix_fn.filesystem import DISK
from pylightnix_fn.outputs import CONTEXT_FILE
from pylightnix_fn.retention.inventory import StoredRealization
from pylightnix_fn.store.layout import BUILD_FILE
from pylightnix_fn.upkeep.stocktaking import LONG_AGO, Stocktaking, freed_by


@pytest.fixture
def disk(tmp_path: Path) -> DiskStore:
    return DiskStore.open(tmp_path / "store", durability="off")


def stock(store: DiskStore, *reads: str) -> list[StoredRealization]:
    stocktaking = Stocktaking(store.backing, frozenset(reads))
    return [each for dref in store.drefs() for each in stocktaking.of(dref, store.rrefs(dref))]


# Sizes


def test_files_at_any_depth_count(tmp_path: Path) -> None:
    inner = tmp_path / "a" / "b" / "c"
    inner.mkdir(parents=True)
    (tmp_path / "a" / "one").write_text("1")
    (inner / "three").write_text("333")
    assert 4 == freed_by(DISK, tmp_path)


def test_files_deeper_than_a_store_keeps_do_not_count(tmp_path: Path) -> None:
    deep = tmp_path.joinpath(*["d"] * (DEEPEST + 1))
    deep.mkdir(parents=True)
    (deep.parent / "in").write_text("1")
    (deep / "out").write_text("22")
    assert 1 == freed_by(DISK, tmp_path)


def test_file_with_two_names_in_a_folder_counts_once(tmp_path: Path) -> None:
    (tmp_path / "one").write_text("11")
    os.link(tmp_path / "one", tmp_path / "other")
    assert 2 == freed_by(DISK, tmp_path)


def test_file_with_a_name_elsewhere_frees_nothing(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "one").write_text("11")
    (tmp_path / "in" / "other").write_text("333")
    os.link(tmp_path / "in" / "one", tmp_path / "elsewhere")
    assert 3 == freed_by(DISK, tmp_path / "in")


def test_links_count_for_nothing_and_are_not_followed(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "one").write_text("11")
    (tmp_path / "in" / "link").symlink_to(tmp_path / "out")
    (tmp_path / "in" / "file").symlink_to(tmp_path / "out" / "one")
    assert 0 == freed_by(DISK, tmp_path / "in")


def test_folder_that_is_not_there_frees_nothing(tmp_path: Path) -> None:
    assert 0 == freed_by(DISK, tmp_path / "gone")


# Realizations


def test_realizations_of_one_context_are_told_with_it(disk: DiskStore) -> None:
    data, model = registered(disk, "data"), registered(disk, "model")
    context = {data: (put(disk, data, {}),)}
    for number in "12":
        put(disk, model, {"n.txt": number}, context=context)
    found = [each for each in stock(disk, "n.txt") if each.rref.name == "model"]
    assert [context, context] == [each.context for each in found]
    assert {"1", "2"} == {each.texts["n.txt"] for each in found}


@pytest.mark.parametrize("name", [BUILD_FILE, CONTEXT_FILE])
def test_realization_whose_record_is_damaged_began_long_ago(disk: DiskStore, name: str) -> None:
    dref = registered(disk)
    damaged, whole = (put(disk, dref, {"n.txt": number}, started=5) for number in "12")
    path = disk.folder(damaged) / name
    path.chmod(0o644)
    path.write_text("{" * path.stat().st_size)
    found = {each.rref: each for each in stock(disk)}
    assert (LONG_AGO, LONG_AGO) == (found[damaged].started, found[damaged].stopped)
    assert 5 == found[whole].started.timestamp()
    assert found[damaged].size == found[whole].size


def test_damaged_context_is_not_taken_for_that_of_others(disk: DiskStore) -> None:
    dref = registered(disk)
    rrefs = [put(disk, dref, {"n.txt": number}, started=5) for number in "123"]
    for rref in rrefs[:2]:
        path = disk.folder(rref) / CONTEXT_FILE
        path.chmod(0o644)
        path.write_text("[]")
    assert [0, 0, 5] == sorted(each.started.timestamp() for each in stock(disk))


def test_derivation_that_went_holds_nothing(disk: DiskStore) -> None:
    dref = registered(disk)
    rref = put(disk, dref, {})
    for each in (rref, dref):
        disk.remove(each)
    assert [] == list(Stocktaking(disk.backing, frozenset()).of(rref.dref, [rref]))


def test_sizes_are_left_out_unless_asked_for(disk: DiskStore) -> None:
    rref = put(disk, registered(disk), {"n.txt": "1"})
    (found,) = Stocktaking(disk.backing, frozenset(), with_sizes=False).of(rref.dref, [rref])
    assert (0, 1) == (found.size, found.seconds)
