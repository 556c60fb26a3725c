"""Sealing: what a realizer wrote becomes an immutable tree.

Every folder is opened from the one above it without following links, what a store cannot keep is
refused, and contents are hashed as they are streamed, after the files were made read-only. No error
of the file system is passed over: a tree that could not be read as a whole is no tree.
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Final

from attrs import frozen

from pylightnix_fn.canonical import why_no_scalar
from pylightnix_fn.crew import Crew
from pylightnix_fn.errors.build import ReservedFile, UnsupportedFile
from pylightnix_fn.files import CHUNK, opened, opened_below, sync_names, write_all
from pylightnix_fn.filesystem import CREATE, DISK, FOLDER, READ, FileSystem
from pylightnix_fn.outputs import is_reserved, why_no_file_name
from pylightnix_fn.tree import Entry, Tree

MAX_DEPTH: Final = 64
LARGE: Final = 4 * CHUNK  # a file of less is hashed before another thread has begun
EPOCH: Final = 1  # the modification time of all that lies in a store

_DISK_FAILS: Final = frozenset(
    (errno.EIO, errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EMFILE, errno.ENFILE, errno.ESTALE)
)
_KINDS: Final = (
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISFIFO, "a named pipe"),
    (stat.S_ISBLK, "a block device"),
    (stat.S_ISCHR, "a character device"),
)


def seal(folder: Path, name: str, fs: FileSystem = DISK, *, sync: bool = False) -> Tree:
    """Make a folder read-only, but for its top, and give its tree.

    ``sync`` waits until the disk has each file. Errors: `ReservedFile`, `UnsupportedFile`; the
    folder stays for a look.
    """
    with _opened_top(fs, folder, name) as top, Crew[Entry]() as crew:
        if still_open := next(_written_to(top), None):
            why = "it is still open for writing in this process"
            raise UnsupportedFile(name, _shown(still_open), why, str(folder))
        sealing = _Sealing(fs, name, folder, sync, crew)
        entries = [*sealing.entries(top), *crew.results()]
    for entry in entries:
        if "/" not in entry.path and is_reserved(entry.path):
            raise ReservedFile(name, entry.path, str(folder))
    return Tree(entries)


def seal_file(path: Path, name: str, fs: FileSystem = DISK, *, sync: bool = False) -> str:
    """Make a file read-only that lies beside a folder, and give its sha256.

    Errors: `UnsupportedFile`.
    """
    with Crew[Entry](most=0) as nobody:
        sealing = _Sealing(fs, name, path.parent, sync, nobody)
        with sealing.refusing(path.name), opened(fs, path.parent, FOLDER) as here:
            entry = sealing.entry(here, path.name)
            if entry is None or entry.kind != "file" or entry.executable:
                raise ValueError("it is no plain file")
    return entry.content


@contextmanager
def _opened_top(fs: FileSystem, folder: Path, name: str) -> Iterator[int]:
    try:
        top = fs.open(folder, FOLDER)
    except OSError as error:
        if error.errno not in (errno.ENOENT, errno.ENOTDIR, errno.ELOOP):
            raise
        why = "it is not a folder any more"
        raise UnsupportedFile(name, ".", why, str(folder)) from error
    try:
        yield top
    finally:
        fs.close(top)


def _written_to(top: int) -> Iterator[str]:
    """The files below a folder that this process could still change, where the system tells."""
    with suppress(FileNotFoundError):  # not on Linux
        place = os.readlink(f"/proc/self/fd/{top}")
        for descriptor in os.listdir("/proc/self/fd"):
            if _is_writable(int(descriptor)):
                with suppress(FileNotFoundError):  # closed meanwhile
                    path = os.readlink(f"/proc/self/fd/{descriptor}")
                    if path.startswith(f"{place}/"):
                        yield path.removeprefix(f"{place}/")


def _is_writable(descriptor: int) -> bool:
    try:
        return fcntl.fcntl(descriptor, fcntl.F_GETFL) & os.O_ACCMODE != os.O_RDONLY
    except OSError:  # closed meanwhile, as that of the listing itself
        return False


@frozen
class _Sealing:
    """What is done to a folder on behalf of a stage of this name; the crew hashes large files."""

    fs: FileSystem
    name: str
    folder: Path
    sync: bool
    crew: Crew[Entry]

    def entries(self, top: int) -> Iterator[Entry]:
        """Everything below a folder, but what the crew has taken."""
        stack = [""]
        while stack:
            below = stack.pop()
            for entry in self._inside(top, below):
                if entry is not None:
                    yield entry
                    if entry.kind == "directory":
                        stack.append(entry.path)

    def _inside(self, top: int, below: str) -> list[Entry | None]:
        path, before = PurePosixPath(below), f"{below}/" if below else ""
        with self.refusing(below), opened_below(self.fs, top, path, ours=True) as here:
            # The whole list at once: files that are replaced meanwhile would turn up twice.
            paths = [before + each for each in self.fs.listdir(here)]
            return [self.entry(here, path) for path in paths]

    def entry(self, here: int, path: str) -> Entry | None:
        """What lies at a path, in this open folder; `None` if the crew has taken it."""
        with self.refusing(path):
            return self._entry(here, path, path.rpartition("/")[2])

    @contextmanager
    def refusing(self, path: str) -> Iterator[None]:
        """Name the entry that cannot be kept; what the disk itself fails at is passed on."""
        try:
            yield
        except (OSError, ValueError) as error:
            if isinstance(error, UnsupportedFile) or getattr(error, "errno", None) in _DISK_FAILS:
                raise
            file, why = _shown(path or "."), _shown(str(error))
            raise UnsupportedFile(self.name, file, why, str(self.folder)) from error

    def _entry(self, here: int, path: str, name: str) -> Entry | None:
        if why := why_no_file_name(name):
            raise ValueError(why)
        if path.count("/") >= MAX_DEPTH:
            raise ValueError(f"it lies deeper than {MAX_DEPTH} folders")
        status = self.fs.lstat(name, at=here)
        if stat.S_ISREG(status.st_mode):
            if status.st_nlink > 1 or status.st_uid != os.geteuid():
                _copy(self.fs, here, name)
            return self._file(here, path, name)
        if stat.S_ISDIR(status.st_mode):
            return Entry(path, "directory")
        if stat.S_ISLNK(status.st_mode):
            target = self.fs.readlink(name, at=here)
            return Entry(path, "symlink", content=_checked_link(PurePosixPath(path), target))
        kind = next((kind for is_kind, kind in _KINDS if is_kind(status.st_mode)), "unknown")
        raise ValueError(f"it is {kind}")

    def _file(self, here: int, path: str, name: str) -> Entry | None:
        descriptor = self.fs.open(name, READ, at=here)
        try:
            executable = _make_read_only(self.fs, descriptor)
            before = self.fs.fstat(descriptor)
        except BaseException:
            self.fs.close(descriptor)
            raise
        hashed = partial(self._hashed, path, descriptor, executable, before)
        if before.st_size >= LARGE and self.crew.takes(hashed):
            return None
        return hashed()

    def _hashed(
        self, path: str, descriptor: int, executable: bool, before: os.stat_result
    ) -> Entry:
        """The entry of an open file, which is closed then."""
        with self.refusing(path):
            try:
                content, size = sha256_of(self.fs, descriptor, self.crew.heed)
                if self.sync:
                    self.fs.fsync(descriptor)
                after = self.fs.fstat(descriptor)
            finally:
                self.fs.close(descriptor)
            if _version(before) != _version(after) or after.st_size != size:
                raise ValueError("it was still being written")
            return Entry(path, "file", size, executable, content)


def _make_read_only(fs: FileSystem, descriptor: int) -> bool:
    """Take all that a store does not keep off a file; whether it is executable."""
    found = fs.fstat(descriptor)
    if not stat.S_ISREG(found.st_mode) or found.st_nlink > 1 or found.st_uid != os.geteuid():
        raise ValueError("it was replaced while it was looked at")
    executable = bool(found.st_mode & 0o111)
    fs.strip(descriptor)
    fs.fchmod(descriptor, 0o555 if executable else 0o444)
    fs.futime(descriptor, EPOCH)
    return executable


def _version(status: os.stat_result) -> tuple[int, int, int]:
    return status.st_size, status.st_mtime_ns, status.st_ctime_ns


def _go_on() -> None:
    """Nothing is in the way of reading on."""


def sha256_of(
    fs: FileSystem, descriptor: int, heed: Callable[[], None] = _go_on
) -> tuple[str, int]:
    """The sha256 of what is left to read, and how many bytes that was.

    ``heed`` is called after each read, and may raise.
    """
    found, size = hashlib.sha256(), 0
    while data := fs.read(descriptor, CHUNK):
        found.update(data)
        size += len(data)
        heed()
    return found.hexdigest(), size


def _copy(fs: FileSystem, here: int, name: str) -> None:
    """Give a file a copy of our own: whoever holds another link, or owns it, could change it."""
    copy = os.urandom(16).hex()
    with opened(fs, name, READ, at=here) as old, opened(fs, copy, CREATE, at=here) as new:
        while data := fs.read(old, CHUNK):
            write_all(fs, new, data)
        fs.fchmod(new, stat.S_IMODE(fs.fstat(old).st_mode) & 0o777)
    fs.rename(copy, name, at=here, to=here)


def _checked_link(path: PurePosixPath, target: str) -> str:
    if why_no_scalar(target):
        raise ValueError("it is a link to a name that is not UTF-8")
    if target.startswith("/"):
        raise ValueError(f"it is a link to an absolute path: {target}")
    parts = PurePosixPath(target).parts
    up = next((i for i, part in enumerate(parts) if part != ".."), len(parts))
    if up >= len(path.parts):
        raise ValueError(f"it is a link that leads out of the result: {target}")
    if ".." in parts[up:]:  # the name before it may be a link itself, and lead anywhere
        raise ValueError(f"it is a link that goes up after it went down: {target}")
    return target


def _shown(name: str) -> str:
    """A name without what a terminal would take for an order."""
    return "".join(each if each.isprintable() else repr(each)[1:-1] for each in name)


def close_folders(folder: Path, tree: Tree, fs: FileSystem = DISK, *, sync: bool = False) -> None:
    """Make the folders below the top read-only, from the bottom up."""
    if not sync and all(entry.kind != "directory" for entry in tree.entries):
        return
    with opened(fs, folder, FOLDER) as top:
        for entry in reversed(tree.entries):
            if entry.kind == "directory":
                with opened_below(fs, top, PurePosixPath(entry.path), ours=True) as here:
                    fs.strip(here)
                    fs.futime(here, EPOCH)
                    fs.fchmod(here, 0o555)
                    if sync:
                        sync_names(fs, here)
        if sync:
            sync_names(fs, top)
