"""Equal files on a file system that clones files: they share their blocks and stay themselves."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from images import image
from scenarios import listing, put, registered

from pylightnix_fn import DiskStore, Folder, RRef
from pylightnix_fn.store.census import objects_of
from pylightnix_fn.store.inspection import damage_of
from pylightnix_fn.upkeep.extents import extents_of, is_clone
from pylightnix_fn.upkeep.space import Optimised, optimise

LARGE = "x" * 100_000


@pytest.fixture(scope="module")
def disk() -> Iterator[DiskStore]:
    with image("xfs") as cloning:
        one, other = cloning.path / "one", cloning.path / "other"
        one.write_bytes(bytes(4096))
        store = DiskStore.open(cloning.path / "store")
        with one.open("rb") as source, other.open("wb") as target:
            try:
                store.fs.clone(source.fileno(), target.fileno())
            except OSError as error:
                pytest.skip(f"this xfs clones no files: {error}")
        yield store
        store.close()


@pytest.fixture(autouse=True)
def cleared(disk: DiskStore) -> None:
    for dref in disk.drefs():
        disk.remove(dref)


def made(store: DiskStore, contents: Mapping[str, str | None], number: int = 0) -> RRef[Folder]:
    return put(store, registered(store, "thing", number=number), contents)


def are_clones(one: Path, other: Path) -> bool:
    with one.open("rb") as first, other.open("rb") as second:
        return is_clone(first.fileno(), second.fileno())


def free(store: DiskStore) -> int:
    """The bytes that are free, when the file system has done what it put off."""
    os.sync()
    found = os.statvfs(store.root)
    return found.f_bfree * found.f_frsize


def test_equal_files_share_their_blocks_and_stay_two(disk: DiskStore) -> None:
    one, other = (disk.folder(made(disk, {"a": LARGE}, number)) / "a" for number in range(2))
    assert not are_clones(one, other)
    done = optimise(disk)
    assert (1, len(LARGE), ()) == (done.files, done.saved, done.left)
    assert are_clones(one, other)
    assert (1, 1) == (one.stat().st_nlink, other.stat().st_nlink)


def test_blocks_become_free(disk: DiskStore) -> None:
    for number in range(40):
        made(disk, {"a": LARGE}, number)
    before = free(disk)
    optimise(disk)
    for _ in range(100):  # blocks of deleted files come back a little later
        if free(disk) - before >= 30 * len(LARGE):
            break
        time.sleep(0.05)
    assert free(disk) - before >= 30 * len(LARGE)


def test_nothing_else_changes(disk: DiskStore) -> None:
    def write(folder: Path) -> None:
        (folder / "in").mkdir()
        for name in ("in/run", "walk"):
            (folder / name).write_text(LARGE, encoding="utf-8")
            (folder / name).chmod(0o755)
        (folder / "in" / "a").write_text(LARGE, encoding="utf-8")

    rrefs = [put(disk, registered(disk, "thing", number=number), write) for number in range(3)]
    before = [listing(disk.folder(rref)) for rref in rrefs]
    assert 7 == optimise(disk).files
    assert before == [listing(disk.folder(rref)) for rref in rrefs]
    objects = objects_of(disk.backing)
    assert [] == [bad for each in objects for bad in damage_of(disk.fs, disk.layout, each)]


def test_second_time_finds_nothing(disk: DiskStore) -> None:
    for number in range(3):
        made(disk, {"a": LARGE}, number)
    optimise(disk)
    assert Optimised((), ()) == optimise(disk)


def test_damage_of_a_clone_is_its_own(disk: DiskStore) -> None:
    one, other = (disk.folder(made(disk, {"a": LARGE}, number)) / "a" for number in range(2))
    optimise(disk)
    one.chmod(0o644)
    one.write_text("damaged", encoding="utf-8")
    assert LARGE == other.read_text(encoding="utf-8")


def test_damaged_file_is_not_cloned(disk: DiskStore) -> None:
    rrefs = [made(disk, {"a": LARGE}, number) for number in range(3)]
    first = min(rrefs, key=lambda rref: rref.dref.text)
    (disk.folder(first) / "a").chmod(0o644)
    (disk.folder(first) / "a").write_text("y" * len(LARGE), encoding="utf-8")
    (disk.folder(first) / "a").chmod(0o444)
    done = optimise(disk)
    assert [first] == [each.rref for each in done.left]
    assert 1 == done.files


def test_where_a_file_lies_is_known_once_it_is_on_the_disk(disk: DiskStore) -> None:
    with (disk.root.parent / "new").open("wb") as new:
        new.write(bytes(range(256)) * 64)
        new.flush()
        assert () == extents_of(new.fileno())
        os.fsync(new.fileno())
        ((start, _, length),) = extents_of(new.fileno())
    assert (0, 256 * 64) == (start, length)
