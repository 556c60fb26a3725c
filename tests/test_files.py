"""Whole files and folders: limits, links, short writes, trees of any depth."""

from __future__ import annotations

import errno
import importlib
import os
import resource
import shutil
import socket
import stat
import subprocess
import tempfile
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath

import pytest
from scenarios import NOBODY, files, listing, unprivileged

from pylightnix_fn.files import (
    CHUNK,
    delete,
    exists,
    folder_at,
    holds,
    is_folder,
    make_folders,
    names_in,
    opened,
    opened_below,
    read_file,
    sync_folder,
    walk,
    write_all,
    write_file,
)
from pylightnix_fn.filesystem import DISK, FOLDER, READ, Disk, Where

DEEP = 5_000


@pytest.fixture
def place() -> Iterator[Path]:
    """A folder of an ordinary user, as whom the test then runs: rights mean nothing to root."""
    importlib.import_module("ctypes")  # later, root's interpreter may be closed to the user
    folder = Path(tempfile.mkdtemp())
    if os.geteuid() == 0:
        os.chown(folder, NOBODY, NOBODY)
    with unprivileged():
        yield folder
    shutil.rmtree(folder)


def deepen(folder: Path, levels: int) -> None:
    """Make folders in folders, far beyond what a path can name, and a file at the bottom."""
    here = os.open(folder, os.O_RDONLY)
    for _ in range(levels):
        os.mkdir("d", dir_fd=here)
        below = os.open("d", os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = below
    os.close(os.open("bottom", os.O_CREAT | os.O_WRONLY, dir_fd=here))
    os.close(here)


def _descriptors() -> int:
    return len(os.listdir("/proc/self/fd"))


# Descriptors.


def test_opened_descriptor_is_closed_whatever_happens(tmp_path: Path) -> None:
    before = _descriptors()
    with pytest.raises(ZeroDivisionError), opened(DISK, tmp_path, FOLDER):
        _ = 1 // 0
    assert before == _descriptors()


def test_folder_below_is_reached_part_by_part(tmp_path: Path) -> None:
    files({"a/b/c.txt": "data"})(tmp_path)
    before = _descriptors()
    with (
        opened(DISK, tmp_path, FOLDER) as top,
        opened_below(DISK, top, PurePosixPath("a/b")) as here,
    ):
        assert ["c.txt"] == DISK.listdir(here)
    assert before == _descriptors()


@pytest.mark.parametrize("ours", [False, True])
def test_folder_below_is_not_reached_through_a_link(tmp_path: Path, ours: bool) -> None:
    files({"outside/b/c.txt": "data", "top": None})(tmp_path)
    (tmp_path / "top/a").symlink_to("../outside")
    before, count = listing(tmp_path), _descriptors()
    with (
        opened(DISK, tmp_path / "top", FOLDER) as top,
        pytest.raises(NotADirectoryError),
        opened_below(DISK, top, PurePosixPath("a/b"), ours=ours),
    ):
        pytest.fail("it was reached")
    assert (before, count) == (listing(tmp_path), _descriptors())


# What is there.


def test_exists_tells_names_from_nothing(tmp_path: Path) -> None:
    files({"a.txt": "", "in": None})(tmp_path)
    (tmp_path / "dangling").symlink_to("nowhere")
    names = ["a.txt", "in", "dangling", "absent", "a.txt/below", "absent/below"]
    expected = [True, True, True, False, False, False]
    assert expected == [exists(DISK, tmp_path / name) for name in names]


def test_link_to_a_folder_is_no_folder(tmp_path: Path) -> None:
    files({"a.txt": "", "in": None})(tmp_path)
    (tmp_path / "link").symlink_to("in")
    names = ["in", "link", "a.txt", "absent", "a.txt/below"]
    assert [True, False, False, False, False] == [is_folder(DISK, tmp_path / n) for n in names]


def test_names_are_sorted_and_none_where_there_is_no_folder(tmp_path: Path) -> None:
    files({"b": "", "a": "", "c": None})(tmp_path)
    assert ["a", "b", "c"] == names_in(DISK, tmp_path)
    assert ([], []) == (names_in(DISK, tmp_path / "absent"), names_in(DISK, tmp_path / "a"))


@pytest.mark.parametrize("name", ["a/b/c", "link/c", "a"])
def test_folders_are_made_with_those_above(tmp_path: Path, name: str) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    for _ in range(2):
        make_folders(DISK, tmp_path / name)
    assert (tmp_path / name).is_dir()


@pytest.mark.parametrize("name", ["a.txt", "dangling"])
def test_folder_is_not_made_where_something_else_is(tmp_path: Path, name: str) -> None:
    (tmp_path / "a.txt").touch()
    (tmp_path / "dangling").symlink_to("nowhere")
    with pytest.raises(FileExistsError):
        make_folders(DISK, tmp_path / name)
    assert not (tmp_path / "nowhere").exists()


# Reading.


@pytest.mark.parametrize("size", [0, 1, 10])
def test_file_up_to_the_limit_is_read(tmp_path: Path, size: int) -> None:
    (tmp_path / "a").write_bytes(b"x" * size)
    assert b"x" * size == read_file(DISK, tmp_path / "a", 10)


def test_file_beyond_the_limit_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"x" * 11)
    assert read_file(DISK, tmp_path / "a", 10) is None


def test_file_beyond_the_limit_takes_no_memory(tmp_path: Path) -> None:
    with (tmp_path / "a").open("wb") as stream:
        stream.truncate(2**40)
    tracemalloc.start()
    try:
        assert read_file(DISK, tmp_path / "a", 2**26) is None
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < CHUNK


class Growing(Disk):
    """A file system where a file grows by a byte whenever it is read."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def read(self, descriptor: int, size: int) -> bytes:
        with self.path.open("ab") as stream:
            stream.write(b"x")
        return super().read(descriptor, size)


def test_file_that_grows_beyond_the_limit_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"x" * 9)
    assert read_file(Growing(tmp_path / "a"), tmp_path / "a", 10) is None


class Sparing(Disk):
    """A file system that reads and writes three bytes at a time."""

    def read(self, descriptor: int, size: int) -> bytes:
        return super().read(descriptor, min(size, 3))

    def write(self, descriptor: int, data: bytes) -> int:
        return super().write(descriptor, data[:3])


def test_file_is_read_as_a_whole_in_short_reads(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"0123456789")
    assert b"0123456789" == read_file(Sparing(), tmp_path / "a", 10)


def _socket(path: Path) -> None:
    here = Path.cwd()
    os.chdir(path.parent)  # the path of a socket may not be long
    try:
        with socket.socket(socket.AF_UNIX) as bound:
            bound.bind(path.name)
    finally:
        os.chdir(here)


def _link(target: str) -> Callable[[Path], None]:
    return lambda path: path.symlink_to(target)


@pytest.mark.parametrize(
    "make",
    [
        pytest.param(Path.mkdir, id="folder"),
        pytest.param(os.mkfifo, id="named pipe"),
        pytest.param(_socket, id="socket"),
        pytest.param(_link("a.txt"), id="link"),
        pytest.param(_link("nowhere"), id="dangling link"),
        pytest.param(_link("odd"), id="link to itself"),
        pytest.param(_link("/dev/zero"), id="link to a device"),
        pytest.param(lambda path: None, id="nothing"),
    ],
)
def test_what_is_no_file_is_not_read(tmp_path: Path, make: Callable[[Path], None]) -> None:
    (tmp_path / "a.txt").write_text("data", encoding="utf-8")
    make(tmp_path / "odd")
    before = _descriptors()
    assert read_file(DISK, tmp_path / "odd", 10) is None
    assert not holds(DISK, tmp_path / "odd", b"data")
    assert before == _descriptors()


@pytest.mark.parametrize("fs", [DISK, Sparing()], ids=["whole", "short reads"])
def test_file_holds_just_its_content(tmp_path: Path, fs: Disk) -> None:
    (tmp_path / "a").write_bytes(b"0123456789")
    before = _descriptors()
    contents = [b"0123456789", b"012345678", b"0123456789a", b"012345678x", b"x"]
    expected = [True, False, False, False, False]
    assert expected == [holds(fs, tmp_path / "a", each) for each in contents]
    assert before == _descriptors()


def test_pipe_that_somebody_writes_to_holds_nothing(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    writing = os.open(tmp_path / "pipe", os.O_RDWR)
    try:
        assert not holds(DISK, tmp_path / "pipe", b"data")
    finally:
        os.close(writing)


def test_file_below_a_file_is_not_there(tmp_path: Path) -> None:
    (tmp_path / "a").touch()
    assert read_file(DISK, tmp_path / "a/b", 10) is None


def test_file_that_must_not_be_read_is_an_error(place: Path) -> None:
    (place / "a").write_text("data", encoding="utf-8")
    (place / "a").chmod(0)
    with pytest.raises(PermissionError):
        read_file(DISK, place / "a", 10)
    with pytest.raises(PermissionError):
        holds(DISK, place / "a", b"data")


# Writing.


@pytest.mark.parametrize("fs", [DISK, Sparing()], ids=["whole", "short writes"])
@pytest.mark.parametrize("sync", [False, True])
def test_file_is_written_whole_and_read_only(tmp_path: Path, fs: Disk, sync: bool) -> None:
    write_file(fs, tmp_path / "a", b"0123456789", sync=sync)
    assert b"0123456789" == (tmp_path / "a").read_bytes()
    assert 0o444 == stat.S_IMODE((tmp_path / "a").stat().st_mode)


def test_file_that_is_there_is_not_written(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("data", encoding="utf-8")
    with pytest.raises(FileExistsError):
        write_file(DISK, tmp_path / "a", b"mine")
    assert "data" == (tmp_path / "a").read_text(encoding="utf-8")


class Full(Disk):
    """A file system that takes no byte, and does not say so."""

    def write(self, descriptor: int, data: bytes) -> int:
        return 0


def test_file_system_that_takes_nothing_is_an_error(tmp_path: Path) -> None:
    with (
        opened(DISK, tmp_path / "a", os.O_CREAT | os.O_WRONLY) as descriptor,
        pytest.raises(OSError, match="takes nothing more"),
    ):
        write_all(Full(), descriptor, b"data")


class Unsynced(Disk):
    """A file system whose `fsync` fails."""

    def __init__(self, number: int) -> None:
        self.number = number

    def fsync(self, descriptor: int) -> None:
        raise OSError(self.number, os.strerror(self.number))


def test_network_that_knows_no_sync_of_folders_is_borne(tmp_path: Path) -> None:
    before = _descriptors()
    sync_folder(Unsynced(errno.EINVAL), tmp_path)
    assert before == _descriptors()


def test_sync_of_a_folder_that_fails_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="Input/output error"):
        sync_folder(Unsynced(errno.EIO), tmp_path)


def test_sync_of_a_file_that_fails_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="Invalid argument"):
        write_file(Unsynced(errno.EINVAL), tmp_path / "a", b"data", sync=True)


# Walking.


def test_walk_finds_everything_once(tmp_path: Path) -> None:
    files({"a/b/c.txt": "data", "a/d.txt": "", "empty": None})(tmp_path)
    (tmp_path / "link").symlink_to("a")
    found = sorted(str(path) for path, _, _ in walk(DISK, tmp_path))
    assert ["a", "a/b", "a/b/c.txt", "a/d.txt", "empty", "link"] == found


def test_walk_gives_the_folder_that_each_lies_in(tmp_path: Path) -> None:
    files({"a/b.txt": "data", "b.txt": ""})(tmp_path)
    sizes = {
        str(path): DISK.lstat(path.name, at=at).st_size for path, at, _ in walk(DISK, tmp_path)
    }
    assert (4, 0) == (sizes["a/b.txt"], sizes["b.txt"])


def test_walk_passes_no_error_over(place: Path) -> None:
    files({"a/b.txt": "data", "c.txt": ""})(place)
    (place / "a").chmod(0)
    with pytest.raises(PermissionError):
        list(walk(DISK, place))
    (place / "a").chmod(0o755)


class Unlisted(Disk):
    """A file system that cannot list one folder."""

    def listdir(self, folder: Where | int) -> list[str]:
        names = super().listdir(folder)
        if "b.txt" in names:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        return names


def test_walk_passes_no_error_of_the_disk_over(tmp_path: Path) -> None:
    files({"a/b.txt": "data", "c.txt": ""})(tmp_path)
    with pytest.raises(OSError, match="Input/output error"):
        list(walk(Unlisted(), tmp_path))


def test_walk_of_a_link_is_refused(tmp_path: Path) -> None:
    files({"a/b.txt": "data"})(tmp_path)
    (tmp_path / "link").symlink_to("a")
    with pytest.raises(NotADirectoryError):
        list(walk(DISK, tmp_path / "link"))


# Deleting.


@pytest.fixture
def few_descriptors(tmp_path: Path) -> Iterator[None]:
    """So few that no tree is walked by holding all of it; what a failed test leaves goes, too."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (_descriptors() + 64, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, before)
    subprocess.run(["rm", "-rf", str(tmp_path)], check=True)  # pytest deletes by recursion


@pytest.mark.usefixtures("few_descriptors")
def test_tree_of_any_depth_is_deleted(tmp_path: Path) -> None:
    (tmp_path / "tree").mkdir()
    deepen(tmp_path / "tree", DEEP)
    delete(DISK, tmp_path / "tree")
    assert [] == os.listdir(tmp_path)


def test_tree_of_all_kinds_is_deleted(tmp_path: Path) -> None:
    files({"tree/a/b/c.txt": "data", "tree/a/d.txt": "", "tree/e": None})(tmp_path)
    os.mkfifo(tmp_path / "tree/pipe")
    _socket(tmp_path / "tree/a/socket")
    (tmp_path / "tree/dangling").symlink_to("nowhere")
    delete(DISK, tmp_path / "tree")
    assert [] == os.listdir(tmp_path)


def test_folder_of_many_folders_is_deleted(tmp_path: Path) -> None:
    files({f"tree/{n}/{m}/a.txt": "" for n in range(20) for m in range(20)})(tmp_path)
    delete(DISK, tmp_path / "tree")
    assert [] == os.listdir(tmp_path)


@pytest.mark.parametrize("mode", [0o555, 0o444, 0o111, 0])
def test_user_deletes_folders_that_are_closed_even_to_their_owner(place: Path, mode: int) -> None:
    files({"tree/a/b/c.txt": "data", "tree/a/d/e.txt": ""})(place)
    (place / "tree/a/b/c.txt").chmod(0o444)
    for name in ("tree/a/b", "tree/a/d", "tree/a", "tree"):
        (place / name).chmod(mode)
    delete(DISK, place / "tree")
    assert [] == os.listdir(place)


@pytest.mark.parametrize("target", ["../outside", "../outside/in", "../outside/in/a.txt"])
def test_deleting_follows_no_link(tmp_path: Path, target: str) -> None:
    files({"outside/in/a.txt": "data", "tree/b": None})(tmp_path)
    (tmp_path / "outside/in").chmod(0o555)
    before = listing(tmp_path / "outside")
    (tmp_path / "tree/link").symlink_to(target)
    (tmp_path / "tree/b/link").symlink_to(tmp_path / "outside")
    delete(DISK, tmp_path / "tree")
    assert ["outside"] == os.listdir(tmp_path)
    assert before == listing(tmp_path / "outside")


def test_link_in_the_place_of_a_folder_is_not_deleted_through(tmp_path: Path) -> None:
    files({"outside/a.txt": "data"})(tmp_path)
    (tmp_path / "tree").symlink_to("outside")
    before = listing(tmp_path)
    with pytest.raises(NotADirectoryError):
        delete(DISK, tmp_path / "tree")
    assert before == listing(tmp_path)


class Swapping(Disk):
    """A file system where somebody puts a link in a folder's place once it was looked at."""

    def __init__(self, folder: Path, outside: Path) -> None:
        self.folder, self.outside = folder, outside

    def lstat(self, path: Where, *, at: int | None = None) -> os.stat_result:
        status = super().lstat(path, at=at)
        if path == self.folder.name and not self.folder.is_symlink():
            self.folder.rename(self.folder.with_name("aside"))
            self.folder.symlink_to(self.outside)
        return status


def test_link_that_came_while_a_tree_is_deleted_is_not_followed(tmp_path: Path) -> None:
    files({"outside/a.txt": "data", "tree/victim/b.txt": ""})(tmp_path)
    before = listing(tmp_path / "outside")
    with pytest.raises(NotADirectoryError):
        delete(Swapping(tmp_path / "tree/victim", tmp_path / "outside"), tmp_path / "tree")
    assert before == listing(tmp_path / "outside")


def test_link_is_not_opened_up_in_the_place_of_a_folder(place: Path) -> None:
    files({"outside/a.txt": "data"})(place)
    (place / "outside").chmod(0)
    (place / "link").symlink_to("outside")
    with pytest.raises(OSError, match="link"), folder_at(DISK, place / "link"):
        pytest.fail("it was opened")
    assert 0 == stat.S_IMODE((place / "outside").stat().st_mode)
    (place / "outside").chmod(0o755)


def test_folder_that_is_closed_to_its_owner_is_opened_up(place: Path) -> None:
    files({"in/a.txt": "data"})(place)
    (place / "in").chmod(0)
    with folder_at(DISK, place / "in") as here:
        assert ["a.txt"] == DISK.listdir(here)
    assert 0o755 == stat.S_IMODE((place / "in").stat().st_mode)


def test_what_cannot_be_deleted_is_an_error(place: Path) -> None:
    files({"tree/a.txt": "data"})(place)
    place.chmod(0o555)
    with pytest.raises(PermissionError):
        delete(DISK, place / "tree")
    place.chmod(0o755)


def test_deleting_leaves_no_descriptor_open(tmp_path: Path) -> None:
    files({"tree/a/b/c.txt": "data"})(tmp_path)
    before = _descriptors()
    delete(DISK, tmp_path / "tree")
    assert before == _descriptors()


def test_file_is_opened_only_to_be_read(tmp_path: Path) -> None:
    (tmp_path / "a").touch()
    with (
        opened(DISK, tmp_path / "a", READ) as descriptor,
        pytest.raises(OSError, match="Bad file descriptor"),
    ):
        DISK.write(descriptor, b"data")
