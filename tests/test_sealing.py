"""What a store keeps of what a realizer wrote, and what it refuses."""

from __future__ import annotations

import errno
import os
import socket
import stat
import tracemalloc
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pytest
from attrs import frozen
from scenarios import files, listing, put, registered

from pylightnix_fn import MemoryStore, Store
from pylightnix_fn.crew import cores
from pylightnix_fn.errors.build import ReservedFile, UnsupportedFile
from pylightnix_fn.filesystem import Disk
from pylightnix_fn.intake import LARGE
from pylightnix_fn.sealing import seal, seal_file
from pylightnix_fn.tree import PIECE, Entry, of_pieces


def _socket(folder: Path) -> None:
    here = Path.cwd()
    os.chdir(folder)  # the path of a socket may not be long
    try:
        with socket.socket(socket.AF_UNIX) as bound:
            bound.bind("odd")
    finally:
        os.chdir(here)


def _fifo(folder: Path) -> None:
    os.mkfifo(folder / "odd")


def _link(target: str) -> Callable[[Path], None]:
    return lambda folder: (folder / "odd").symlink_to(target)


def _named(name: bytes) -> Callable[[Path], None]:
    return lambda folder: (folder / os.fsdecode(name)).touch()


def _deep(folder: Path) -> None:
    (folder / "/".join(["odd"] * 65)).mkdir(parents=True)


def _chain(folder: Path) -> None:
    (folder / "a/b").mkdir(parents=True)
    (folder / "a/b/top").symlink_to("../..")
    (folder / "odd").symlink_to("a/b/top/../outside")


@pytest.mark.parametrize(
    ("write", "why"),
    [
        pytest.param(_socket, "it is a socket", id="socket"),
        pytest.param(_fifo, "it is a named pipe", id="FIFO"),
        pytest.param(_link("/etc/passwd"), "a link to an absolute path", id="absolute link"),
        pytest.param(_link("../outside"), "leads out of the result", id="escaping link"),
        pytest.param(_link("in/../../outside"), "up after it went down", id="winding link"),
        pytest.param(_chain, "up after it went down", id="escape by two links"),
        pytest.param(_link(os.fsdecode(b"\xff")), "not UTF-8", id="link to no UTF-8"),
        pytest.param(_named(b"odd\xff"), "not UTF-8", id="name that is no UTF-8"),
        pytest.param(_named(b"odd\n"), "a control character", id="control character"),
        pytest.param(_named(b"odd\x1b[2J"), "a control character", id="escape sequence"),
        pytest.param(_deep, "deeper than 64 folders", id="too deep"),
    ],
)
def test_store_refuses(store: Store, write: Callable[[Path], None], why: str) -> None:
    dref = registered(store)
    with pytest.raises(UnsupportedFile, match=why):
        put(store, dref, write)
    assert () == store.rrefs(dref)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make devices")
def test_store_refuses_a_device(store: Store) -> None:
    def write(folder: Path) -> None:
        os.mknod(folder / "odd", stat.S_IFCHR | 0o600, os.makedev(1, 3))

    with pytest.raises(UnsupportedFile, match="it is a character device"):
        put(store, registered(store), write)


@pytest.mark.parametrize("name", [b"odd\xff", b"odd\x1b[2J"])
def test_refusal_of_an_odd_name_can_be_printed(tmp_path: Path, name: bytes) -> None:
    _named(name)(tmp_path)
    with pytest.raises(UnsupportedFile) as caught:
        seal(tmp_path, "thing")
    assert str(caught.value).replace("\n", "").isprintable()


def test_refusal_names_the_file_and_the_staging_folder(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    _fifo(tmp_path / "in")
    with pytest.raises(UnsupportedFile) as caught:
        seal(tmp_path, "thing")
    expected = ("thing", "in/odd", "it is a named pipe", str(tmp_path))
    assert expected == caught.value.args


def test_link_to_a_sibling_of_the_folder_above_is_kept(tmp_path: Path) -> None:
    files({"one/a.txt": "data", "two/b.txt": ""})(tmp_path)
    (tmp_path / "two/link").symlink_to("../one/a.txt")
    kept = Entry("two/link", "symlink", content="../one/a.txt")
    assert kept in seal(tmp_path, "thing").entries


def test_dangling_link_is_kept(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("absent")
    assert (Entry("link", "symlink", content="absent"),) == seal(tmp_path, "thing").entries


def test_reserved_name_of_a_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "__pycache__").mkdir()
    with pytest.raises(ReservedFile, match="__pycache__"):
        seal(tmp_path, "thing")


def test_change_through_a_hard_link_from_outside_does_not_reach_the_store(
    store: Store, tmp_path: Path
) -> None:
    outside = tmp_path / "outside.txt"
    outside.write_text("data", encoding="utf-8")
    outside.chmod(0o640)
    rref = put(store, registered(store), lambda folder: os.link(outside, folder / "a.txt"))
    outside.write_text("tampered", encoding="utf-8")
    assert "data" == (store.folder(rref) / "a.txt").read_text(encoding="utf-8")


def test_file_outside_that_a_hard_link_shares_stays_as_it_was(tmp_path: Path) -> None:
    outside, folder = tmp_path / "outside", tmp_path / "folder"
    files({"a.txt": "data"})(outside)
    folder.mkdir()
    os.link(outside / "a.txt", folder / "a.txt")
    mode, time = (outside / "a.txt").stat().st_mode, (outside / "a.txt").stat().st_mtime_ns
    seal(folder, "thing")
    now = (outside / "a.txt").stat()
    assert (mode, time) == (now.st_mode, now.st_mtime_ns)


def test_hard_links_between_many_files_become_files_of_their_own(tmp_path: Path) -> None:
    (tmp_path / "0").write_text("data", encoding="utf-8")
    for number in range(1, 3000):  # more than one read of the folder gives
        os.link(tmp_path / "0", tmp_path / str(number))
    tree = seal(tmp_path, "thing")
    assert sorted(map(str, range(3000))) == sorted(entry.path for entry in tree.entries)
    assert {1} == {path.stat().st_nlink for path in tmp_path.iterdir()}


def test_set_user_bits_are_taken_off(tmp_path: Path) -> None:
    (tmp_path / "run").write_text("data", encoding="utf-8")
    (tmp_path / "run").chmod(0o6755)
    seal(tmp_path, "thing")
    assert 0o555 == stat.S_IMODE((tmp_path / "run").stat().st_mode)


def test_memory_for_a_large_file_is_bounded(tmp_path: Path) -> None:
    with (tmp_path / "large").open("wb") as stream:
        stream.truncate(2**28)
    tracemalloc.start()
    try:
        (entry,) = seal(tmp_path, "thing").entries
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert 2**28 == entry.size
    assert peak < (1 + cores()) * 2**20


def _large(folder: Path, count: int) -> None:
    """So many files, each in a folder of its own, that are large, and no two alike."""
    for number in range(count):
        path = folder / str(number) / "large"
        path.parent.mkdir()
        path.write_bytes(str(number).encode())
        os.truncate(path, LARGE)


def test_large_files_are_hashed_like_others(tmp_path: Path) -> None:
    _large(tmp_path, 5)
    (tmp_path / "small").touch()
    hashes = {
        str(path.relative_to(tmp_path)): sha256(path.read_bytes()).hexdigest()
        for path in tmp_path.rglob("*")
        if path.is_file()
    }
    found = seal(tmp_path, "thing").entries
    assert hashes == {each.path: each.content for each in found if each.kind == "file"}


def test_large_files_are_made_read_only(tmp_path: Path) -> None:
    _large(tmp_path, 3)
    seal(tmp_path, "thing")
    assert {0o444} == {stat.S_IMODE(path.stat().st_mode) for path in tmp_path.rglob("large")}


@frozen
class Meddled(Disk):
    """A disk on which something happens at each read of a file of this size."""

    size: int
    happens: Callable[[int], object]

    def pread(self, descriptor: int, size: int, offset: int) -> bytes:
        if os.fstat(descriptor).st_size == self.size:
            self.happens(descriptor)
        return super().pread(descriptor, size, offset)


def _fails(descriptor: int) -> None:
    raise OSError(errno.EIO, os.strerror(errno.EIO))


@pytest.mark.parametrize("number", range(3))
def test_failure_of_the_disk_under_any_large_file_is_passed_on(tmp_path: Path, number: int) -> None:
    _large(tmp_path, 3)
    os.truncate(tmp_path / str(number) / "large", LARGE + 1)
    with pytest.raises(OSError, match=os.strerror(errno.EIO)):
        seal(tmp_path, "thing", Meddled(LARGE + 1, _fails))


@pytest.mark.parametrize("number", range(3))
def test_large_file_that_changes_meanwhile_is_refused(tmp_path: Path, number: int) -> None:
    _large(tmp_path, 3)
    os.truncate(tmp_path / str(number) / "large", LARGE + 1)
    changed = Meddled(LARGE + 1, lambda descriptor: os.utime(descriptor))
    with pytest.raises(UnsupportedFile, match="still being written") as caught:
        seal(tmp_path, "thing", changed)
    assert f"{number}/large" == caught.value.file


def test_file_of_many_pieces_is_one_entry(tmp_path: Path) -> None:
    (tmp_path / "large").touch()
    os.truncate(tmp_path / "large", 3 * PIECE + 1)
    (entry,) = seal(tmp_path, "thing").entries
    digests = [sha256(bytes(PIECE)).digest()] * 3 + [sha256(b"\0").digest()]
    assert Entry("large", "file", 3 * PIECE + 1, content=of_pieces(digests)) == entry
    assert 0o444 == stat.S_IMODE((tmp_path / "large").stat().st_mode)


@pytest.mark.parametrize("at", [0, PIECE, 3 * PIECE])
def test_change_under_any_piece_is_noticed(tmp_path: Path, at: int) -> None:
    (tmp_path / "large").touch()
    os.truncate(tmp_path / "large", 3 * PIECE + 1)

    class Changed(Disk):
        def pread(self, descriptor: int, size: int, offset: int) -> bytes:
            if offset == at:
                os.utime(descriptor)
            return super().pread(descriptor, size, offset)

    with pytest.raises(UnsupportedFile, match="still being written"):
        seal(tmp_path, "thing", Changed())


def test_file_that_grows_while_pieces_are_hashed_is_refused(tmp_path: Path) -> None:
    (tmp_path / "large").touch()
    os.truncate(tmp_path / "large", 3 * PIECE)

    class Growing(Disk):
        def pread(self, descriptor: int, size: int, offset: int) -> bytes:
            if offset == 0:
                os.truncate(f"/proc/self/fd/{descriptor}", 3 * PIECE + 1)
            return super().pread(descriptor, size, offset)

    with pytest.raises(UnsupportedFile, match="still being written"):
        seal(tmp_path, "thing", Growing())


class Timeless(Disk):
    """A disk that keeps no times that it is told."""

    def futime(self, descriptor: int, seconds: int) -> None:
        """Pass it over."""


def test_disk_without_times_gives_the_same_tree(tmp_path: Path) -> None:
    files({"one/a.txt": "data", "other/a.txt": "data"})(tmp_path)
    assert seal(tmp_path / "one", "thing") == seal(tmp_path / "other", "thing", Timeless())


def test_large_log_has_a_plain_sha256(tmp_path: Path) -> None:
    (tmp_path / "log.txt").touch()
    os.truncate(tmp_path / "log.txt", PIECE + 1)
    assert sha256(bytes(PIECE + 1)).hexdigest() == seal_file(tmp_path / "log.txt", "thing")


def test_refusal_leaves_no_file_open(tmp_path: Path) -> None:
    _large(tmp_path, 3)
    _fifo(tmp_path)
    before = os.listdir("/proc/self/fd")
    with pytest.raises(UnsupportedFile, match="named pipe"):
        seal(tmp_path, "thing")
    assert before == os.listdir("/proc/self/fd")


def test_folder_given_to_a_reader_can_be_harmed_without_harm_to_a_store_in_memory() -> None:
    store = MemoryStore()
    dref = registered(store)
    rref = put(store, dref, {"accuracy.txt": "0.5"})
    file = store.folder(rref) / "accuracy.txt"
    file.chmod(0o644)
    file.write_text("1.0", encoding="utf-8")
    (candidate,) = store.candidates(dref, {}, frozenset({"accuracy.txt"}))
    assert 0.5 == candidate.number("accuracy.txt")


def test_sealing_again_gives_the_same_tree(tmp_path: Path) -> None:
    files({"in/a.txt": "data", "empty": None})(tmp_path)
    (tmp_path / "link").symlink_to("in")
    tree = seal(tmp_path, "thing")
    before = listing(tmp_path)
    assert tree == seal(tmp_path, "thing")
    assert before == listing(tmp_path)
