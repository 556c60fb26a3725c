"""The port to the disk: each call means what the system call of its name means."""

from __future__ import annotations

import errno
import fcntl
import os
import stat
from pathlib import Path

import pytest
from scenarios import files

from pylightnix_fn.filesystem import CREATE, DISK, FOLDER, READ


@pytest.fixture
def here(tmp_path: Path) -> Path:
    """A folder with a file, a folder, and a link to each."""
    files({"a.txt": "data", "in/b.txt": "more"})(tmp_path)
    (tmp_path / "link").symlink_to("a.txt")
    (tmp_path / "way").symlink_to("in")
    return tmp_path


def _content(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def _no_link(error: OSError) -> bool:
    return error.errno in (errno.ELOOP, errno.ENOTDIR)


# Links are not followed.


@pytest.mark.parametrize(("name", "flags"), [("link", READ), ("way", FOLDER), ("way", READ)])
def test_opening_does_not_follow_a_link(here: Path, name: str, flags: int) -> None:
    with pytest.raises(OSError, match=name) as caught:
        DISK.open(here / name, flags)
    assert _no_link(caught.value)


@pytest.mark.parametrize("name", ["link", "dangling"])
def test_creating_does_not_write_through_a_link(here: Path, name: str) -> None:
    (here / "dangling").symlink_to("new")
    with pytest.raises(FileExistsError):
        DISK.open(here / name, CREATE)
    assert ("data", False) == (_content(here / "a.txt"), (here / "new").exists())


def test_status_is_that_of_the_link(here: Path) -> None:
    assert stat.S_ISLNK(DISK.lstat(here / "link").st_mode)


def test_hard_link_to_a_link_is_one_to_the_link(here: Path) -> None:
    DISK.link(here / "link", here / "same")
    assert "a.txt" == os.readlink(here / "same")


def test_unlinking_takes_the_link(here: Path) -> None:
    DISK.unlink(here / "link")
    assert ("data", False) == (_content(here / "a.txt"), (here / "link").is_symlink())


def test_renaming_takes_the_link(here: Path) -> None:
    DISK.rename(here / "way", here / "moved")
    assert ("in", "more") == (os.readlink(here / "moved"), _content(here / "in/b.txt"))


# Calls relative to an open folder.


def test_calls_can_be_relative_to_an_open_folder(here: Path) -> None:
    folder = DISK.open(here / "in", FOLDER)
    (here / "in").rename(here / "elsewhere")  # the folder is meant, not its name
    DISK.mkdir("new", at=folder)
    DISK.rename("b.txt", "c.txt", at=folder, to=folder)
    DISK.close(DISK.open("d.txt", CREATE, at=folder))
    assert ["c.txt", "d.txt", "new"] == sorted(DISK.listdir(folder))
    assert 4 == DISK.lstat("c.txt", at=folder).st_size
    DISK.unlink("c.txt", at=folder)
    DISK.rmdir("new", at=folder)
    assert ["d.txt"] == os.listdir(here / "elsewhere")
    DISK.close(folder)


def test_link_is_read_relative_to_an_open_folder(here: Path) -> None:
    folder = DISK.open(here, FOLDER)
    assert "a.txt" == DISK.readlink("link", at=folder)
    DISK.close(folder)


# Contents and modes.


def test_file_is_written_cut_and_read(here: Path) -> None:
    file = DISK.open(here / "new", CREATE)
    assert 6 == DISK.write(file, b"abcdef")
    DISK.truncate(file, 2)
    DISK.fsync(file)
    DISK.close(file)
    file = DISK.open(here / "new", READ)
    assert (b"ab", b"") == (DISK.read(file, 10), DISK.read(file, 10))
    DISK.close(file)


def test_file_is_made_for_its_owner_alone(here: Path) -> None:
    DISK.close(DISK.open(here / "new", CREATE))
    assert 0o600 == stat.S_IMODE((here / "new").stat().st_mode)


def test_descriptors_do_not_reach_other_programs(here: Path) -> None:
    for flags, name in ((READ, "a.txt"), (FOLDER, "in"), (CREATE, "new")):
        descriptor = DISK.open(here / name, flags)
        assert fcntl.fcntl(descriptor, fcntl.F_GETFD) & fcntl.FD_CLOEXEC
        DISK.close(descriptor)


def test_named_pipe_is_opened_without_waiting(here: Path) -> None:
    os.mkfifo(here / "pipe")
    pipe = DISK.open(here / "pipe", READ)
    assert stat.S_ISFIFO(DISK.fstat(pipe).st_mode)
    DISK.close(pipe)


def test_mode_and_time_are_set_through_a_descriptor(here: Path) -> None:
    file = DISK.open(here / "a.txt", READ)
    DISK.fchmod(file, 0o555)
    DISK.futime(file, 1)
    status = DISK.fstat(file)
    DISK.close(file)
    assert (0o555, 1, 1) == (stat.S_IMODE(status.st_mode), status.st_mtime, status.st_atime)


def test_extended_attributes_are_stripped(here: Path) -> None:
    try:
        os.setxattr(here / "a.txt", "user.origin", b"https://example.org")
    except OSError:
        pytest.skip("this file system has no extended attributes")
    file = DISK.open(here / "a.txt", READ)
    DISK.strip(file)
    DISK.close(file)
    assert [] == [name for name in os.listxattr(here / "a.txt") if name.startswith("user.")]


def test_clone_has_the_same_content(here: Path) -> None:
    source, target = DISK.open(here / "a.txt", READ), DISK.open(here / "new", CREATE)
    try:
        DISK.clone(source, target)
    except OSError as error:
        pytest.skip(f"this file system shares no blocks: {error}")
    finally:
        DISK.close(source)
        DISK.close(target)
    assert "data" == _content(here / "new")


def test_links_are_made(here: Path) -> None:
    DISK.symlink("in/b.txt", here / "new")
    DISK.link(here / "a.txt", here / "same")
    assert ("more", 2) == (_content(here / "new"), DISK.lstat(here / "a.txt").st_nlink)


# Syncing and locking.


def test_file_system_can_be_synced(here: Path) -> None:
    folder = DISK.open(here, FOLDER)
    DISK.syncfs(folder)
    DISK.fsync(folder)
    DISK.close(folder)


def test_failure_of_a_sync_is_raised(here: Path) -> None:
    descriptor = DISK.open(here, FOLDER)
    DISK.close(descriptor)
    for sync in (DISK.syncfs, DISK.fsync):
        with pytest.raises(OSError, match="Bad file descriptor") as caught:
            sync(descriptor)
        assert errno.EBADF == caught.value.errno


def test_lock_is_of_the_descriptor(here: Path) -> None:
    one, other = (DISK.open(here / "a.txt", READ) for _ in range(2))
    DISK.flock(one, fcntl.LOCK_EX)
    with pytest.raises(BlockingIOError):
        DISK.flock(other, fcntl.LOCK_SH | fcntl.LOCK_NB)
    DISK.close(one)
    DISK.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)
    DISK.close(other)
