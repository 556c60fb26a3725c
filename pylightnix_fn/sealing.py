"""Sealing: what a realizer wrote becomes an immutable tree.

Every folder is opened from the one above it without following links, what a store cannot keep is
refused, and contents are hashed as they are streamed, after the files were made read-only. No error
of the file system is passed over: a tree that could not be read as a whole is no tree.
"""

from __future__ import annotations

import errno
import fcntl
import os
import stat
from collections.abc import Generator, Iterable, Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Final

from attrs import Factory, define

from pylightnix_fn.canonical import why_no_scalar
from pylightnix_fn.crew import Crew, Job
from pylightnix_fn.errors.build import ReservedFile, UnsupportedFile
from pylightnix_fn.files import CHUNK, opened, opened_below, sync_names, write_all
from pylightnix_fn.filesystem import CREATE, DISK, FOLDER, READ, FileSystem
from pylightnix_fn.hashing import hashed, whole
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
    with _opened_top(fs, folder, name) as top:
        if still_open := next(_written_to(top), None):
            why = "it is still open for writing in this process"
            raise UnsupportedFile(name, _shown(still_open), why, str(folder))
        with (
            _sealing(fs, name, folder, sync) as sealing,
            closing(sealing.jobs(top)) as jobs,
        ):
            sealing.crew.do(jobs)
    for entry in sealing.entries:
        if "/" not in entry.path and is_reserved(entry.path):
            raise ReservedFile(name, entry.path, str(folder))
    return Tree(sealing.entries)


def seal_file(path: Path, name: str, fs: FileSystem = DISK, *, sync: bool = False) -> str:
    """Make a file read-only that lies beside a folder, and give its sha256.

    Errors: `UnsupportedFile`.
    """
    with (
        _sealing(fs, name, path.parent, sync, plain=True) as sealing,
        sealing.refusing(path.name),
        opened(fs, path.parent, FOLDER) as here,
    ):
        is_file = stat.S_ISREG(fs.lstat(path.name, at=here).st_mode)
        for job in sealing.file(here, path.name, path.name) if is_file else ():
            job()
        if not is_file or sealing.entries[0].executable:
            raise ValueError("it is no plain file")
    return sealing.entries[0].content


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


@define(eq=False)
class _Sealing:
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
            file, why = _shown(place.path or "."), _shown(str(error))
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
        if found.st_nlink == 1 and found.st_uid == self.user and stat.S_ISREG(found.st_mode):
            executable = _make_read_only(self.fs, descriptor, found)
            if found.st_size < LARGE and self._is_hashed(path, descriptor, executable, found):
                return ()
            return self._large(path, descriptor, executable)
        self._close(descriptor)
        if is_copy or not stat.S_ISREG(found.st_mode):
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
def _sealing(
    fs: FileSystem, name: str, folder: Path, sync: bool, *, plain: bool = False
) -> Iterator[_Sealing]:
    sealing = _Sealing(fs, name, folder, sync, plain)
    try:
        yield sealing
    finally:
        sealing.close()


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
