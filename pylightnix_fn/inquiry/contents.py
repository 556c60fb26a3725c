"""What is in a realization, read from wherever a store keeps it."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path, PurePosixPath
from typing import Final

from attrs import frozen

from pylightnix_fn.files import opened, opened_below, read_file, walk
from pylightnix_fn.filesystem import DISK, FOLDER, READ, FileSystem
from pylightnix_fn.findings.condition import Number, number_of
from pylightnix_fn.hashing import fingerprint_of
from pylightnix_fn.outputs import LOG_FILE, is_reserved, why_no_output
from pylightnix_fn.refs import RRef
from pylightnix_fn.store.backing import guarded
from pylightnix_fn.store.disk import DiskStore
from pylightnix_fn.store.manifests import read_manifest
from pylightnix_fn.store.records import read_context
from pylightnix_fn.store_protocol import MAX_TEXT, Store
from pylightnix_fn.tree import Entry, Tree

MAX_NUMBER: Final = 64  # bytes of an artifact that holds one number
_TAIL: Final = 2**14  # bytes of a log


@frozen
class Place:
    """Where a realization lies, and what it is read through."""

    fs: FileSystem
    folder: Path

    def data(self, path: str, limit: int = MAX_TEXT) -> bytes | None:
        """The content of an artifact; `None` where there is no file of at most so many bytes.

        A link leads to another place in the same realization.
        """
        below = PurePosixPath(path)
        if why_no_output(path):
            return None
        with (
            suppress(FileNotFoundError, NotADirectoryError),
            opened(self.fs, self.folder, FOLDER) as top,
            opened_below(self.fs, top, below.parent) as here,
        ):
            data = read_file(self.fs, below.name, limit, at=here)
            if data is not None:
                return data
        home, real = (Path(os.path.realpath(each)) for each in (self.folder, self.folder / below))
        return read_file(self.fs, real, limit) if real.is_relative_to(home) else None

    def text(self, path: str) -> str | None:
        """A small text artifact; `None` where there is none."""
        return _decoded(self.data(path))

    def fingerprint(self, path: str, size: int, *, plain: bool) -> str:
        """The fingerprint of an artifact that is a file of this size."""
        below = PurePosixPath(path)
        with (
            opened(self.fs, self.folder, FOLDER) as top,
            opened_below(self.fs, top, below.parent) as here,
            opened(self.fs, below.name, READ, at=here) as descriptor,
        ):
            return fingerprint_of(self.fs, descriptor, size, plain=plain)[0]

    def numbers(self) -> dict[str, Number]:
        """The numbers in artifacts that hold just one, by path."""
        found: dict[str, Number] = {}
        for path, here, status in walk(self.fs, self.folder):
            is_small = stat.S_ISREG(status.st_mode) and 0 < status.st_size <= MAX_NUMBER
            if is_small and not _is_ours(path):
                data = read_file(self.fs, path.name, MAX_NUMBER, at=here)
                number = number_of(_decoded(data))
                found |= {} if number is None else {str(path): number}
        return found


def _decoded(data: bytes | None) -> str | None:
    try:
        return None if data is None else data.decode()
    except UnicodeDecodeError:
        return None


def _is_ours(path: PurePosixPath) -> bool:
    """Whether a file in a realization is the store's own."""
    return len(path.parts) == 1 and is_reserved(path.name)


@contextmanager
def reading(store: Store) -> Iterator[None]:
    """Raise the errors of the file system as those of the store, if it has any."""
    with guarded(store.layout) if isinstance(store, DiskStore) else nullcontext():
        yield


def place_of(store: Store, rref: RRef[object]) -> Place:
    """Where a realization lies; `MissingObject` if nowhere."""
    return Place(store.fs if isinstance(store, DiskStore) else DISK, store.folder(rref))


def tree_of(store: Store, rref: RRef[object]) -> Tree:
    """The artifacts of a realization. Errors: `MissingObject`, `DamagedObject`."""
    folder = store.folder(rref)
    if not isinstance(store, DiskStore):
        return _seen(folder)
    with guarded(store.layout):
        return read_manifest(store.fs, folder, rref, read_context(store.fs, folder, rref))


def _seen(folder: Path) -> Tree:
    """The artifacts in a folder, found by looking at each."""
    return Tree(
        tuple(
            _entry(path, here, status)
            for path, here, status in walk(DISK, folder)
            if not _is_ours(path)
        )
    )


def _entry(path: PurePosixPath, here: int, status: os.stat_result) -> Entry:
    if stat.S_ISDIR(status.st_mode):
        return Entry(str(path), "directory")
    if stat.S_ISLNK(status.st_mode):
        return Entry(str(path), "symlink", content=DISK.readlink(path.name, at=here))
    with opened(DISK, path.name, READ, at=here) as descriptor:
        content, size = fingerprint_of(DISK, descriptor, status.st_size)
    return Entry(str(path), "file", size, bool(status.st_mode & 0o100), content)


def log_tail(folder: Path, lines: int) -> tuple[str, ...]:
    """The last lines of what a build printed; none where that was not kept."""
    with suppress(FileNotFoundError), opened(DISK, folder / LOG_FILE, READ) as descriptor:
        size = DISK.fstat(descriptor).st_size
        tail = os.pread(descriptor, _TAIL, max(0, size - _TAIL))
        return tuple(tail.decode(errors="replace").splitlines()[-lines:])
    return ()
