"""What a store takes, and equal files that become one; everything here is on a disk."""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scenarios import NOBODY, listing, put, registered, unprivileged

from pylightnix_fn import DiskStore, Folder, RRef
from pylightnix_fn.errors.plan import BadParameter
from pylightnix_fn.errors.store import MissingObject
from pylightnix_fn.filesystem import Disk, Where
from pylightnix_fn.locks import locked
from pylightnix_fn.refs import dref_from
from pylightnix_fn.retention.inventory import Reference
from pylightnix_fn.retention.table import WIDTH
from pylightnix_fn.store.census import objects_of
from pylightnix_fn.store.inspection import Damage, damage_of
from pylightnix_fn.tree import PIECE
from pylightnix_fn.upkeep.duplicates import Left
from pylightnix_fn.upkeep.sharing import Shared
from pylightnix_fn.upkeep.space import Optimised, StoredFile, Usage, Used, du, optimise, usage

LARGE = "x" * 5000
OTHER = "y" * 5000


class Linking(Disk):
    """A disk that clones nothing, and gives a file so many names at most."""

    def __init__(self, most: int = 1000) -> None:
        self.most = most

    def clone(self, source: int, target: int) -> None:
        raise OSError(errno.EOPNOTSUPP, os.strerror(errno.EOPNOTSUPP))

    def link(self, old: Where, new: Where) -> None:
        if self.lstat(old).st_nlink >= self.most:
            raise OSError(errno.EMLINK, os.strerror(errno.EMLINK))
        super().link(old, new)


@pytest.fixture
def disk(tmp_path: Path) -> DiskStore:
    return DiskStore.open(tmp_path / "store", durability="off", fs=Linking())


def made(store: DiskStore, contents: Mapping[str, str | None], number: int = 0) -> RRef[Folder]:
    """A realization of a derivation of its own."""
    return put(store, registered(store, "thing", number=number), contents)


def inode(store: DiskStore, rref: RRef[object], file: str = "a") -> int:
    return (store.folder(rref) / file).stat().st_ino


def damage(store: DiskStore) -> list[Damage]:
    return [
        each
        for reference in objects_of(store.backing)
        for each in damage_of(store.fs, store.layout, reference)
    ]


def spoil(path: Path, text: str) -> None:
    path.chmod(0o644)
    path.write_text(text, encoding="utf-8")
    path.chmod(0o444)


def size_of(folder: Path) -> int:
    return sum(each.stat().st_size for each in folder.rglob("*") if each.is_file())


# What a store takes


def test_empty_store_takes_nothing(disk: DiskStore) -> None:
    assert Usage((), 0, 0) == du(disk)


def test_large_files_that_are_equal_become_one(disk: DiskStore) -> None:
    def write(folder: Path) -> None:
        (folder / "a").touch()
        os.truncate(folder / "a", PIECE + 1)

    one, other = (put(disk, registered(disk, number=number), write) for number in range(2))
    done = optimise(disk)
    assert (1, PIECE + 1, ()) == (done.files, done.saved, done.left)
    assert inode(disk, one) == inode(disk, other)


def test_objects_take_the_bytes_of_all_files_in_them(disk: DiskStore) -> None:
    rref = made(disk, {"a": LARGE, "in/b": OTHER})
    whole, part = size_of(disk.layout.derivation(rref.dref)), size_of(disk.folder(rref))
    assert Usage((Used(rref.dref, whole, whole), Used(rref, part, part)), whole, whole) == du(disk)


def test_files_of_the_store_count_with_the_artifacts(disk: DiskStore) -> None:
    rref = made(disk, {"a": LARGE})
    manifest = (disk.folder(rref) / "__manifest__.json").stat().st_size
    assert 5000 + manifest < du(disk, [rref]).size


def test_links_and_folders_take_nothing(disk: DiskStore) -> None:
    def write(folder: Path) -> None:
        (folder / "in").mkdir()
        (folder / "in/a").write_text(LARGE, encoding="utf-8")
        (folder / "link").symlink_to("in/a")

    rref = put(disk, registered(disk), write)
    own = [each for each in disk.folder(rref).iterdir() if each.name not in ("in", "link")]
    assert 5000 + sum(each.stat().st_size for each in own) == du(disk, [rref]).size


def test_usage_of_some_objects_leaves_the_others_out(disk: DiskStore) -> None:
    one, _ = (made(disk, {"a": LARGE}, number) for number in range(2))
    assert [one] == [each.reference for each in du(disk, [one]).objects]


def test_object_that_is_asked_for_twice_counts_once(disk: DiskStore) -> None:
    rref = made(disk, {"a": LARGE})
    assert du(disk, [rref]) == du(disk, [rref, rref])


def test_usage_of_what_is_not_there_is_refused(disk: DiskStore) -> None:
    rref = made(disk, {"a": LARGE})
    disk.remove(rref)
    with pytest.raises(MissingObject) as caught:
        du(disk, [rref.dref, rref])
    assert rref.text == caught.value.reference


def test_largest_objects_come_first(disk: DiskStore) -> None:
    drefs = {made(disk, {"a": "x" * size}, size).dref for size in (10, 3000, 200)}
    sizes = [each.size for each in du(disk, drefs).objects]
    assert 3 == len(sizes)
    assert sorted(sizes, reverse=True) == sizes


def test_file_with_names_in_two_objects_counts_once(disk: DiskStore) -> None:
    rrefs = [made(disk, {"a": LARGE, "b": str(number)}, number) for number in range(2)]
    apart = du(disk, rrefs)
    optimise(disk)
    assert apart.size - 5000 == du(disk, rrefs).size


def test_removing_one_of_two_objects_does_not_free_what_they_share(disk: DiskStore) -> None:
    rrefs = [made(disk, {"a": LARGE, "b": str(number)}, number) for number in range(2)]
    optimise(disk)
    found = du(disk, rrefs)
    assert [5000, 5000] == [each.size - each.freed for each in found.objects]
    assert found.size == found.freed


def test_removing_an_object_frees_what_only_its_own_files_share(disk: DiskStore) -> None:
    rref = made(disk, {"a": LARGE, "in/b": LARGE})
    optimise(disk)
    (used,) = du(disk, [rref]).objects
    assert (used.size, size_of(disk.folder(rref)) - 5000) == (used.freed, used.size)


def test_removing_does_not_free_what_has_a_name_elsewhere(disk: DiskStore, tmp_path: Path) -> None:
    rref = made(disk, {"a": LARGE})
    os.link(disk.folder(rref) / "a", tmp_path / "elsewhere")
    found = du(disk, [rref])
    assert 5000 == found.size - found.freed


def test_usage_as_text_is_a_table() -> None:
    small, large = (dref_from(f"dref:{digit * 32}-data") for digit in "ab")
    files: dict[Reference, frozenset[StoredFile]] = {
        small: frozenset({StoredFile("x", (1, 1), 999)}),
        large: frozenset({StoredFile("y", (1, 2), 12_345_678), StoredFile("z", (1, 3), 1, 2)}),
    }
    expected = """\
2 objects: 12 MB, frees 12 MB
  dref:bbbbbbbb…-data  12 MB  frees 12 MB
  dref:aaaaaaaa…-data  999 B  frees 999 B"""
    assert expected == str(usage(files))


def test_usage_as_text_fits_a_terminal() -> None:
    dref = dref_from(f"dref:{'a' * 32}-{'n' * 200}")
    text = str(usage({dref: frozenset({StoredFile("x", (1, 1), 10**18)})}))
    assert WIDTH >= max(map(len, text.splitlines()))


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 5)), max_size=12))
def test_objects_free_no_more_apart_than_together(names: list[tuple[int, int]]) -> None:
    drefs = [dref_from(f"dref:{digit * 32}-data") for digit in "0123"]
    links = {number: sum(number == each for _, each in names) for _, number in names}
    files: dict[Reference, frozenset[StoredFile]] = {
        dref: frozenset(
            StoredFile(str(place), (1, number), 10**number, links[number])
            for place, (owner, number) in enumerate(names)
            if owner == index
        )
        for index, dref in enumerate(drefs)
    }
    found = usage(files)
    assert sum(10**number for number in links) == found.size == found.freed
    assert sum(each.freed for each in found.objects) <= found.freed
    assert sum(each.size for each in found.objects) >= found.size


# Equal files become one


def test_equal_files_of_two_results_become_one(disk: DiskStore) -> None:
    one, other = (made(disk, {"a": LARGE}, number) for number in range(2))
    done = optimise(disk)
    assert (1, 5000, ()) == (done.files, done.saved, done.left)
    assert inode(disk, one) == inode(disk, other)


def test_equal_files_of_one_result_become_one(disk: DiskStore) -> None:
    rref = made(disk, {"a": LARGE, "in/deep/b": LARGE})
    assert 1 == optimise(disk).files
    assert inode(disk, rref) == inode(disk, rref, "in/deep/b")


def test_nothing_but_the_inodes_changes(disk: DiskStore) -> None:
    rrefs = [made(disk, {"in/a": LARGE, "b": LARGE, "c": OTHER}, number) for number in range(3)]
    before = [listing(disk.folder(rref)) for rref in rrefs]
    assert 7 == optimise(disk).files
    assert before == [listing(disk.folder(rref)) for rref in rrefs]
    assert [] == damage(disk)


def test_what_is_saved_is_what_the_store_takes_less(disk: DiskStore) -> None:
    for number in range(4):
        made(disk, {"a": LARGE, "in/b": LARGE, "c": OTHER}, number)
    before = du(disk).size
    done = optimise(disk)
    assert before - done.saved == du(disk).size
    assert 5000 * 10 == done.saved


def test_second_time_finds_nothing(disk: DiskStore) -> None:
    for number in range(3):
        made(disk, {"a": LARGE}, number)
    optimise(disk)
    assert Optimised((), ()) == optimise(disk)


def test_new_result_joins_those_that_are_one_already(disk: DiskStore) -> None:
    first, *_ = (made(disk, {"a": LARGE}, number) for number in range(3))
    optimise(disk)
    there = inode(disk, first)
    new = made(disk, {"a": LARGE}, 3)
    assert [new] == [each.rref for each in optimise(disk).shared]
    assert there == inode(disk, new)


def test_bytes_are_saved_when_the_last_name_of_a_file_goes(disk: DiskStore, tmp_path: Path) -> None:
    rrefs = [made(disk, {"a": LARGE}, number) for number in range(2)]
    for number, rref in enumerate(rrefs):
        os.link(disk.folder(rref) / "a", tmp_path / str(number))
    done = optimise(disk)
    assert (1, 0) == (done.files, done.saved)


def test_program_and_file_of_equal_bytes_stay_two(disk: DiskStore) -> None:
    def write(folder: Path) -> None:
        (folder / "a").write_text(LARGE, encoding="utf-8")
        (folder / "a").chmod(0o755)

    program = put(disk, registered(disk), write)
    file = made(disk, {"a": LARGE})
    assert 0 == optimise(disk).files
    assert inode(disk, program) != inode(disk, file)


def test_equal_programs_become_one_and_stay_programs(disk: DiskStore) -> None:
    def write(folder: Path) -> None:
        for name in ("a", "b"):
            (folder / name).write_text(LARGE, encoding="utf-8")
            (folder / name).chmod(0o755)

    rref = put(disk, registered(disk), write)
    assert 1 == optimise(disk).files
    assert 0o555 == (disk.folder(rref) / "b").stat().st_mode & 0o777


@pytest.mark.parametrize(("size", "files"), [(4095, 0), (4096, 1)])
def test_small_files_are_left(disk: DiskStore, size: int, files: int) -> None:
    made(disk, {"a": "x" * size, "b": "x" * size})
    assert files == optimise(disk).files


def test_what_is_small_can_be_chosen(disk: DiskStore) -> None:
    made(disk, {"a": "xy", "b": "xy", "c": "x", "d": "x", "e": "", "f": ""})
    assert ["b"] == [each.file for each in optimise(disk, least=2).shared]
    assert ["d"] == [each.file for each in optimise(disk, least=1).shared]


@pytest.mark.parametrize("least", [0, -1, True])
def test_bound_that_is_no_number_of_bytes_is_refused(disk: DiskStore, least: int) -> None:
    with pytest.raises(BadParameter, match="least"):
        optimise(disk, least=least)


def test_files_of_different_owners_stay_apart(disk: DiskStore) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can give a file away")
    one, other = (made(disk, {"a": LARGE}, number) for number in range(2))
    os.chown(disk.folder(other) / "a", NOBODY, NOBODY)
    assert 0 == optimise(disk).files
    assert inode(disk, one) != inode(disk, other)


def test_folders_are_closed_for_an_ordinary_user() -> None:
    __import__("ctypes")  # later, the interpreter may be closed to the user
    home = Path(tempfile.mkdtemp())
    if os.geteuid() == 0:
        os.chown(home, NOBODY, NOBODY)
    with unprivileged():
        store = DiskStore.open(home / "store", fs=Linking())
        rref = made(store, {"a": LARGE, "in/b": LARGE, "in/deep/c": LARGE})
        assert 2 == optimise(store).files
        assert [] == damage(store)
        with pytest.raises(PermissionError):
            (store.folder(rref) / "in" / "new").touch()
        store.close()
    shutil.rmtree(home)


def test_full_file_is_followed_by_another(tmp_path: Path) -> None:
    store = DiskStore.open(tmp_path / "store", durability="off", fs=Linking(most=4))
    rrefs = [made(store, {"a": LARGE}, number) for number in range(10)]
    done = optimise(store)
    assert () == done.left
    assert {3, 1} == {(store.folder(rref) / "a").stat().st_nlink for rref in rrefs}
    assert 4 == len({inode(store, rref) for rref in rrefs})


def test_full_file_takes_no_more_when_it_is_met_again(tmp_path: Path) -> None:
    store = DiskStore.open(tmp_path / "store", durability="off", fs=Linking(most=2))
    for number in range(2):
        made(store, {"a": LARGE}, number)
    store.fs.link(store.folder(store.rrefs(store.drefs()[0])[0]) / "a", tmp_path / "elsewhere")
    assert Optimised((), ()) == optimise(store)


def test_links_in_results_are_left(disk: DiskStore) -> None:
    def write(folder: Path) -> None:
        (folder / "a").write_text(LARGE, encoding="utf-8")
        (folder / "b").symlink_to("a")

    rref = put(disk, registered(disk), write)
    assert 0 == optimise(disk).files
    assert (disk.folder(rref) / "b").is_symlink()


# Damage


def test_damage_is_not_spread(disk: DiskStore) -> None:
    rrefs = [made(disk, {"a": LARGE, "b": str(number)}, number) for number in range(3)]
    first = min(rrefs, key=lambda rref: rref.dref.text)  # the one that would serve for the others
    spoil(disk.folder(first) / "a", OTHER)
    done = optimise(disk)
    assert (Left(first, "a", "its bytes are not those of its manifest"),) == done.left
    assert [(first.text, "a")] == [(each.reference, each.file) for each in damage(disk)]
    assert 1 == done.files


def test_nothing_serves_for_others_where_all_are_damaged(disk: DiskStore) -> None:
    rrefs = [made(disk, {"a": LARGE}, number) for number in range(3)]
    for rref in rrefs:
        spoil(disk.folder(rref) / "a", OTHER)
    assert () == optimise(disk).shared
    assert {1} == {(disk.folder(rref) / "a").stat().st_nlink for rref in rrefs}


def test_file_of_another_size_is_left(disk: DiskStore) -> None:
    one, _ = (made(disk, {"a": LARGE}, number) for number in range(2))
    spoil(disk.folder(one) / "a", "short")
    assert Optimised((), ()) == optimise(disk)


def test_file_that_can_be_written_to_does_not_serve_for_others(disk: DiskStore) -> None:
    rrefs = [made(disk, {"a": LARGE}, number) for number in range(2)]
    first = min(rrefs, key=lambda rref: rref.dref.text)
    (disk.folder(first) / "a").chmod(0o644)
    assert (Left(first, "a", "its mode is 0644"),) == optimise(disk).left


def test_result_that_cannot_be_read_is_left(disk: DiskStore) -> None:
    rrefs = [made(disk, {"a": LARGE}, number) for number in range(3)]
    spoil(disk.folder(rrefs[0]) / "__manifest__.json", "{}")
    done = optimise(disk)
    assert [(rrefs[0], "__manifest__.json")] == [(each.rref, each.file) for each in done.left]
    assert 1 == done.files


def test_file_that_is_missing_is_passed_over(disk: DiskStore) -> None:
    rrefs = [made(disk, {"a": LARGE}, number) for number in range(3)]
    (disk.folder(rrefs[0]) / "a").unlink()
    assert (1, ()) == (optimise(disk).files, optimise(disk).left)


def test_link_in_the_place_of_a_folder_is_not_followed(disk: DiskStore, tmp_path: Path) -> None:
    rrefs = [made(disk, {"in/a": LARGE}, number) for number in range(3)]
    outside = tmp_path / "outside"
    victim = max(rrefs, key=lambda rref: rref.dref.text)

    def swap(event: Shared | Left) -> None:
        if not outside.exists():
            (disk.folder(victim) / "in").rename(outside)
            (disk.folder(victim) / "in").symlink_to(outside)

    done = optimise(disk, observe=swap)
    assert (1, [victim]) == (done.files, [each.rref for each in done.left])
    assert 1 == (outside / "a").stat().st_nlink


# Beside others


def test_open_file_can_be_read_to_its_end(disk: DiskStore) -> None:
    rrefs = [made(disk, {"a": LARGE}, number) for number in range(2)]
    with (
        (disk.folder(rrefs[0]) / "a").open(encoding="utf-8") as one,
        (disk.folder(rrefs[1]) / "a").open(encoding="utf-8") as other,
    ):
        assert 1 == optimise(disk).files
        assert (LARGE, LARGE) == (one.read(), other.read())


def test_result_that_goes_meanwhile_is_passed_over(disk: DiskStore) -> None:
    rrefs = [made(disk, {"a": LARGE}, number) for number in range(4)]

    def remove(event: Shared | Left) -> None:
        for rref in rrefs:
            if rref in disk.rrefs(rref.dref) and rref != event.rref:
                disk.remove(rref)

    done = optimise(disk, observe=remove)
    assert (1, ()) == (done.files, done.left)
    assert [] == damage(disk)


def test_source_that_goes_meanwhile_goes_on_serving(disk: DiskStore) -> None:
    rrefs = sorted((made(disk, {"a": LARGE}, n) for n in range(4)), key=lambda each: each.dref.text)

    def remove(event: Shared | Left) -> None:
        if rrefs[0] in disk.rrefs(rrefs[0].dref):
            disk.remove(rrefs[0])

    assert 3 == optimise(disk, observe=remove).files
    assert 1 == len({inode(disk, rref) for rref in rrefs[1:]})


def test_result_is_committed_meanwhile(disk: DiskStore) -> None:
    for number in range(2):
        made(disk, {"a": LARGE}, number)

    def commit(event: Shared | Left) -> None:
        made(disk, {"a": LARGE}, 2)

    optimise(disk, observe=commit)
    assert 3 == len(disk.drefs())
    assert [] == damage(disk)


def test_two_at_once_do_the_work_once(disk: DiskStore) -> None:
    for number in range(20):
        made(disk, {"a": LARGE, "in/b": OTHER}, number)
    with ThreadPoolExecutor(4) as threads:
        done = list(threads.map(lambda _: optimise(disk), range(4)))
    assert 2 * 19 == sum(each.files for each in done)
    assert [] == damage(disk)


def test_folder_that_is_closed_meanwhile_is_opened_up_again(disk: DiskStore) -> None:
    closed: list[str] = []

    class Closing(Linking):
        def rename(
            self, old: Where, new: Where, *, at: int | None = None, to: int | None = None
        ) -> None:
            if new == "a" and len(closed) < 2:
                closed.append(new)
                raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
            super().rename(old, new, at=at, to=to)

    for number in range(2):
        made(disk, {"a": LARGE}, number)
    store = DiskStore.open(disk.root, durability="off", fs=Closing())
    assert (1, ()) == (optimise(store).files, optimise(store).left)
    assert ["a", "a"] == closed


def test_garbage_is_not_collected_while_a_file_is_replaced(disk: DiskStore) -> None:
    for number in range(2):
        made(disk, {"a": LARGE}, number)
    with ThreadPoolExecutor(1) as thread, locked(disk.fs, disk.layout.gate):
        under_way = thread.submit(optimise, disk)
        with pytest.raises(TimeoutError):
            under_way.result(timeout=0.2)
    assert 1 == under_way.result().files


# What is told, and what is left behind


def test_each_file_is_told_of(disk: DiskStore) -> None:
    for number in range(3):
        made(disk, {"a": LARGE}, number)
    told: list[Shared | Left] = []
    done = optimise(disk, observe=told.append)
    assert done.shared == tuple(told)
    assert {("a", 5000)} == {(each.file, each.freed) for each in done.shared}


def test_error_of_the_observer_ends_it_and_leaves_nothing_behind(disk: DiskStore) -> None:
    for number in range(3):
        made(disk, {"a": LARGE}, number)

    def observe(event: Shared | Left) -> None:
        raise FileNotFoundError("of the user")

    with pytest.raises(FileNotFoundError, match="of the user"):
        optimise(disk, observe=observe)
    assert [] == damage(disk)
    assert (["gate"], []) == (os.listdir(disk.layout.locks), list(disk.root.glob("tmp/*/*")))


def test_nothing_is_left_behind(disk: DiskStore) -> None:
    for number in range(3):
        made(disk, {"a": LARGE}, number)
    optimise(disk)
    assert (["gate"], []) == (os.listdir(disk.layout.locks), list(disk.root.glob("tmp/*/*")))


def test_what_was_done_as_text(disk: DiskStore) -> None:
    rref = made(disk, {"a": LARGE})
    done = Optimised((Shared(rref, "a", 5000),) * 2, (Left(rref, "b", "it is no file any more"),))
    expected = f"""\
2 files share their bytes with equal ones: saved 10 kB
left b of {rref}: it is no file any more"""
    assert expected == str(done)


@settings(max_examples=15, deadline=None)
@given(
    st.lists(
        st.dictionaries(st.sampled_from("abcd"), st.sampled_from(["x", "xy", "yz", "y"])),
        min_size=1,
        max_size=4,
    )
)
def test_there_are_as_many_files_as_contents(results: list[dict[str, str]]) -> None:
    with tempfile.TemporaryDirectory() as home:
        store = DiskStore.open(Path(home) / "store", durability="off", fs=Linking())
        rrefs = [made(store, {**each}, number) for number, each in enumerate(results)]
        before = [listing(store.folder(rref)) for rref in rrefs]
        optimise(store, least=1)
        kept = {
            inode(store, r, file) for r, each in zip(rrefs, results, strict=True) for file in each
        }
        assert len({text for each in results for text in each.values()}) == len(kept)
        assert before == [listing(store.folder(rref)) for rref in rrefs]
        store.close()
