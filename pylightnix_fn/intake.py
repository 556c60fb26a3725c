"""Taking in what lies in a folder: files become read-only and are hashed, and nothing is missed.

Every folder is opened from the one above it without following links, and what a store cannot keep
is refused. No error of the file system is passed over: a tree that could not be read as a whole is
no tree.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Generator, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Final

from attrs import Factory, define

from pylightnix_fn.canonical import why_no_scalar
from pylightnix_fn.crew import Crew, Job
from pylightnix_fn.errors.build import UnsupportedFile
from pylightnix_fn.files import CHUNK, opened, opened_below, solely_named, write_all
from pylightnix_fn.filesystem import CREATE, READ, FileSystem
from pylightnix_fn.hashing import hashed, whole
from pylightnix_fn.outputs import why_no_file_name
from pylightnix_fn.tree import Entry

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


@define(eq=False)
class Intake:
    """What is done to a folder on behalf of a stage of this name.

    Whoever looks for a job walks on, alone; the jobs are the large files, and their pieces.
    """

    fs: FileSystem
    name: str
    folder: Path
    sync: bool
    plain: bool
    user: int = Factory(os.geteuid)
    crew: Crew = Factory(Crew)
    entries: list[Entry] = Factory(list)
    opened: set[int] = Factory(set)  # files that are being hashed
    folders: list[str] = Factory(lambda: [""])  # to walk through

    def jobs(self, top: int) -> Generator[Job, None, None]:
        """Take in everything below a folder, but what is left to do."""
        while self.folders:
            below = self.folders.pop()
            path, before = PurePosixPath(below), f"{below}/" if below else ""
            with (
                self.refusing(below) as place,
                opened_below(self.fs, top, path, ours=True) as here,
            ):
                # The whole list at once: files that are replaced meanwhile would turn up twice.
                for found in self.fs.scandir(here):
                    self.crew.heed()
                    place.path = before + found.name
                    yield from self._taken(here, place.path, found)

    @contextmanager
    def refusing(self, path: str) -> Iterator[_Place]:
        """Name the entry that cannot be kept; what the disk itself fails at is passed on."""
        place = _Place(path)
        try:
            yield place
        except (OSError, ValueError) as error:
            if isinstance(error, UnsupportedFile) or getattr(error, "errno", None) in _DISK_FAILS:
                raise
            file, why = shown_name(place.path or "."), shown_name(str(error))
            raise UnsupportedFile(self.name, file, why, str(self.folder)) from error

    def _taken(self, here: int, path: str, found: os.DirEntry[str]) -> Iterable[Job]:
        """Take in what lies in an open folder; what is left to do for it."""
        if why := why_no_file_name(found.name):
            raise ValueError(why)
        if path.count("/") >= MAX_DEPTH:
            raise ValueError(f"it lies deeper than {MAX_DEPTH} folders")
        if found.is_file(follow_symlinks=False):
            return self.file(here, path, found.name)
        if found.is_dir(follow_symlinks=False):
            self.folders.append(path)
            self.entries.append(Entry(path, "directory"))
        elif found.is_symlink():
            target = self.fs.readlink(found.name, at=here)
            target = _checked_link(PurePosixPath(path), target)
            self.entries.append(Entry(path, "symlink", content=target))
        else:
            mode = self.fs.lstat(found.name, at=here).st_mode
            kind = next((kind for is_kind, kind in _KINDS if is_kind(mode)), "unknown")
            raise ValueError(f"it is {kind}")
        return ()

    def file(self, here: int, path: str, name: str, *, is_copy: bool = False) -> Iterable[Job]:
        """Take in a file; what is left to do for it."""
        descriptor = self.fs.open(name, READ, at=here)
        self.opened.add(descriptor)
        found = self.fs.fstat(descriptor)
        is_file, is_ours = stat.S_ISREG(found.st_mode), found.st_uid == self.user
        if is_file and is_ours and solely_named(self.fs, name, found, at=here):
            executable = _make_read_only(self.fs, descriptor, found)
            if found.st_size < LARGE and self._is_hashed(path, descriptor, executable, found):
                return ()
            return self._large(path, descriptor, executable)
        self._close(descriptor)
        if is_copy or not is_file:
            raise ValueError("it was replaced while it was looked at")
        _copy(self.fs, here, name)
        return self.file(here, path, name, is_copy=True)

    def _is_hashed(
        self, path: str, descriptor: int, executable: bool, found: os.stat_result
    ) -> bool:
        """Hash a small file; whoever writes to it meanwhile changes the time that it was given."""
        content, size = whole(self.fs, descriptor, found.st_size)
        if self.sync:
            self.fs.fsync(descriptor)
        after = self.fs.fstat(descriptor)
        if after.st_mtime_ns != EPOCH * 10**9 or not found.st_size == size == after.st_size:
            return False
        self._close(descriptor)
        self.entries.append(Entry(path, "file", size, executable, content))
        return True

    def _large(self, path: str, descriptor: int, executable: bool) -> Iterator[Job]:
        before = self.fs.fstat(descriptor)

        def done(content: str, size: int) -> None:
            if self.sync:
                self.fs.fsync(descriptor)
            after = self.fs.fstat(descriptor)
            if _version(before) != _version(after) or after.st_size != size:
                raise ValueError("it was still being written")
            self._close(descriptor)
            self.entries.append(Entry(path, "file", size, executable, content))

        size, crew = before.st_size, self.crew
        for job in hashed(self.fs, descriptor, size, crew, done, plain=self.plain):
            yield partial(self._done, path, job)

    def _done(self, path: str, job: Job) -> None:
        with self.refusing(path):
            job()

    def _close(self, descriptor: int) -> None:
        self.opened.remove(descriptor)
        self.fs.close(descriptor)

    def close(self) -> None:
        """Close what an error left open."""
        with ExitStack() as stack:
            for descriptor in self.opened:
                stack.callback(self.fs.close, descriptor)


@define
class _Place:
    """What is looked at just now."""

    path: str


@contextmanager
def taking_in(
    fs: FileSystem, name: str, folder: Path, sync: bool, *, plain: bool = False
) -> Iterator[Intake]:
    """What is taken in of a folder; nothing of it is left open afterwards."""
    taken = Intake(fs, name, folder, sync, plain)
    try:
        yield taken
    finally:
        taken.close()


def _make_read_only(fs: FileSystem, descriptor: int, found: os.stat_result) -> bool:
    """Take all that a store does not keep off a file; whether it is executable."""
    executable = bool(found.st_mode & 0o111)
    fs.strip(descriptor)
    fs.fchmod(descriptor, 0o555 if executable else 0o444)
    fs.futime(descriptor, EPOCH)
    return executable


def _version(status: os.stat_result) -> tuple[int, int, int]:
    return status.st_size, status.st_mtime_ns, status.st_ctime_ns


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


def shown_name(name: str) -> str:
    """A name without what a terminal would take for an order."""
    return "".join(each if each.isprintable() else repr(each)[1:-1] for each in name)
