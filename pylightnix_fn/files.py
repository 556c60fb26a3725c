"""Whole files and folders, by way of the port: read within limits, written once, deleted.

Links are never followed in the last part of a path, and no error is passed over.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path, PurePosixPath
from typing import Final

from pylightnix_fn.filesystem import CREATE, FOLDER, READ, FileSystem, Where

CHUNK: Final = 2**20  # bytes
DEEPEST: Final = 64  # folders around what a store keeps

# No such file, a folder on the way that is none, a link, a socket.
_NO_FILE: Final = (errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.ENXIO)


@contextmanager
def opened(
    fs: FileSystem, path: Where, flags: int, mode: int = 0o600, *, at: int | None = None
) -> Iterator[int]:
    """A descriptor that is closed afterwards."""
    descriptor = fs.open(path, flags, mode, at=at)
    try:
        yield descriptor
    finally:
        fs.close(descriptor)


def exists(fs: FileSystem, path: Where, *, at: int | None = None) -> bool:
    """Whether something bears this name, be it a link that leads nowhere."""
    try:
        fs.lstat(path, at=at)
    except (FileNotFoundError, NotADirectoryError):
        return False
    return True


def is_folder(fs: FileSystem, path: Where, *, at: int | None = None) -> bool:
    """Whether a folder, not a link to one, bears this name."""
    try:
        return stat.S_ISDIR(fs.lstat(path, at=at).st_mode)
    except (FileNotFoundError, NotADirectoryError):
        return False


def solely_named(
    fs: FileSystem, path: Where, found: os.stat_result, *, at: int | None = None
) -> os.stat_result | None:
    """The status of what has this name, if that is an open file, which has no other name.

    What that file's own status says of names is not enough: it may have had another when it was
    opened.
    """
    try:
        there = fs.lstat(path, at=at)
    except FileNotFoundError:
        return None
    is_it = (there.st_dev, there.st_ino) == (found.st_dev, found.st_ino)
    return there if is_it and there.st_nlink <= 1 else None  # 0 where nobody counts them


def make_folders(fs: FileSystem, path: Path) -> None:
    """Make a folder, and those above it, unless they are there."""
    try:
        if not path.is_dir():
            fs.mkdir(path, 0o755)
    except FileNotFoundError:
        make_folders(fs, path.parent)
        make_folders(fs, path)
    except FileExistsError:
        if not path.is_dir():  # another process was faster, or something else is there
            raise


def names_in(fs: FileSystem, folder: Where) -> list[str]:
    """The sorted names in a folder; none where there is no folder."""
    try:
        return sorted(fs.listdir(folder))
    except (FileNotFoundError, NotADirectoryError):
        return []


def walk(fs: FileSystem, folder: Path) -> Iterator[tuple[PurePosixPath, int, os.stat_result]]:
    """Everything below a folder: its path, the open folder that it lies in, and its status.

    What lies deeper than a store keeps is not looked into.
    """
    with opened(fs, folder, FOLDER) as top:
        stack = [PurePosixPath()]
        while stack:
            below = stack.pop()
            with opened_below(fs, top, below) as here:
                for name in sorted(fs.listdir(here)):
                    status = fs.lstat(name, at=here)
                    if stat.S_ISDIR(status.st_mode) and len(below.parts) < DEEPEST:
                        stack.append(below / name)
                    yield below / name, here, status


@contextmanager
def opened_below(
    fs: FileSystem, top: int, below: PurePosixPath, *, ours: bool = False
) -> Iterator[int]:
    """A folder below an open one, reached without following a link; ``ours`` to be written to."""
    with ExitStack() as stack:
        here = top
        for part in below.parts:
            step = folder_at(fs, part, at=here) if ours else opened(fs, part, FOLDER, at=here)
            here = stack.enter_context(step)
        yield here


def read_file(fs: FileSystem, path: Where, limit: int, *, at: int | None = None) -> bytes | None:
    """The content of a regular file of at most so many bytes; `None` if there is none such."""
    found = read_with_status(fs, path, limit, at=at)
    return None if found is None else found[0]


def holds(fs: FileSystem, path: Where, content: bytes) -> bool:
    """Whether a file holds just this, which is not nothing: told without asking for its status."""
    try:
        descriptor = fs.open(path, READ)
    except OSError as error:
        if error.errno in _NO_FILE:
            return False
        raise
    try:
        return _read(fs, descriptor, len(content), len(content)) == content
    except (IsADirectoryError, BlockingIOError):  # a folder, a pipe
        return False
    finally:
        fs.close(descriptor)


def read_with_status(
    fs: FileSystem, path: Where, limit: int, *, at: int | None = None
) -> tuple[bytes, os.stat_result] | None:
    """What `read_file` reads, with the status that the file had before."""
    try:
        descriptor = fs.open(path, READ, at=at)
    except OSError as error:
        if error.errno in _NO_FILE:
            return None
        raise
    try:
        status = fs.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode) or status.st_size > limit:
            return None
        data = _read(fs, descriptor, status.st_size, limit)
        return None if data is None else (data, status)
    finally:
        fs.close(descriptor)


def _read(fs: FileSystem, descriptor: int, expected: int, limit: int) -> bytes | None:
    data = fs.read(descriptor, expected + 1)
    if len(data) == expected:  # there was room for more: this is the end
        return data
    while 0 < len(data) <= limit:
        more = fs.read(descriptor, CHUNK)
        if not more:
            break
        data += more
    return data if len(data) <= limit else None


def write_file(
    fs: FileSystem, path: Where, data: bytes, *, sync: bool = False, at: int | None = None
) -> None:
    """A new, read-only file with this content."""
    with opened(fs, path, CREATE, at=at) as descriptor:
        write_all(fs, descriptor, data)
        fs.fchmod(descriptor, 0o444)
        if sync:
            fs.fsync(descriptor)


def write_all(fs: FileSystem, descriptor: int, data: bytes) -> None:
    """Write everything, in as many calls as it takes."""
    rest = memoryview(data)
    while rest:
        written = fs.write(descriptor, bytes(rest))
        if written == 0:
            raise OSError(errno.EIO, "the file system takes nothing more")
        rest = rest[written:]


def sync_folder(fs: FileSystem, path: Where) -> None:
    """Make the names in a folder last."""
    with opened(fs, path, FOLDER) as descriptor:
        sync_names(fs, descriptor)


def sync_names(fs: FileSystem, descriptor: int) -> None:
    """`fsync` of a folder; some network file systems know none, and need none."""
    try:
        fs.fsync(descriptor)
    except OSError as error:
        if error.errno != errno.EINVAL:
            raise


@contextmanager
def folder_at(fs: FileSystem, path: Where, *, at: int | None = None) -> Iterator[int]:
    """A descriptor of a folder, which its owner may read and write from then on."""
    try:
        descriptor = fs.open(path, FOLDER, at=at)
    except PermissionError:
        _open_up(fs, path, at)
        descriptor = fs.open(path, FOLDER, at=at)
    try:
        fs.fchmod(descriptor, 0o755)
        yield descriptor
    finally:
        fs.close(descriptor)


def _open_up(fs: FileSystem, path: Where, at: int | None) -> None:
    """Give ourselves the right to read a folder, though another may put a link in its place."""
    flags = os.O_PATH | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
    with opened(fs, path, flags, at=at) as place:
        os.chmod(f"/proc/self/fd/{place}", 0o755)


def delete(fs: FileSystem, path: Path) -> None:
    """Delete a folder with all that is in it, read-only or not, however deep."""
    with opened(fs, path.parent, FOLDER) as parent:
        with folder_at(fs, path.name, at=parent) as top:
            _empty(fs, top)
        fs.rmdir(path.name, at=parent)


def _empty(fs: FileSystem, top: int) -> None:
    """Folders come up to the top before they are emptied, so two are open at any time."""
    while folders := [name for name in fs.listdir(top) if not _unlinked(fs, name, top)]:
        for name in folders:
            with folder_at(fs, name, at=top) as here:
                for inner in fs.listdir(here):
                    if not _unlinked(fs, inner, here):
                        _raise_up(fs, inner, here, top)
            fs.rmdir(name, at=top)


def _raise_up(fs: FileSystem, name: str, here: int, top: int) -> None:
    with folder_at(fs, name, at=here):  # renaming a folder needs the right to write it
        pass
    fs.rename(name, os.urandom(16).hex(), at=here, to=top)


def _unlinked(fs: FileSystem, name: str, folder: int) -> bool:
    """Whether a name is gone; that of a folder stays."""
    with suppress(FileNotFoundError):
        if stat.S_ISDIR(fs.lstat(name, at=folder).st_mode):
            return False
        fs.unlink(name, at=folder)
    return True
