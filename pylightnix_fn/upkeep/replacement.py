"""One file of a store in the place of an equal one, by one rename that nobody notices.

New names are made in a staging folder; a realization is written to only for the rename, while
nothing is removed, and its folder is read-only again afterwards. No link is followed.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path, PurePosixPath
from typing import Final

from attrs import frozen

from pylightnix_fn.errors.store import DamagedObject
from pylightnix_fn.files import delete, opened, opened_below, write_file
from pylightnix_fn.filesystem import CREATE, FOLDER, READ, FileSystem
from pylightnix_fn.hashing import fingerprint_of
from pylightnix_fn.intake import EPOCH
from pylightnix_fn.locks import locked
from pylightnix_fn.store.backing import Backing
from pylightnix_fn.store.publication import staged
from pylightnix_fn.tree import is_of_pieces
from pylightnix_fn.upkeep.duplicates import Content, Place
from pylightnix_fn.upkeep.extents import is_clone

TRIES: Final = 5  # who publishes, or mends modes, may close a folder that was just opened up


@frozen
class Bench:
    """Where new names are made, and whether the file system can clone files."""

    backing: Backing
    folder: Path
    clones: bool

    @property
    def fs(self) -> FileSystem:
        """What everything is read and written through."""
        return self.backing.fs


@frozen
class Source:
    """A file to serve for others: a name of it that nobody takes away, and it, open."""

    place: Place
    content: Content
    path: Path
    descriptor: int


@contextmanager
def bench(backing: Backing) -> Iterator[Bench]:
    """A staging folder for replacements, deleted afterwards."""
    folder = staged(backing, "optimise").folder
    try:
        yield Bench(backing, folder, _can_clone(backing.fs, folder))
    finally:
        delete(backing.fs, folder.parent)


def _can_clone(fs: FileSystem, folder: Path) -> bool:
    one, other = folder / "one", folder / "other"
    write_file(fs, one, bytes(4096))
    with opened(fs, one, READ) as source, opened(fs, other, CREATE) as target:
        try:
            fs.clone(source, target)
        except OSError:
            return False
    return True


@contextmanager
def source_at(bench: Bench, content: Content, place: Place) -> Iterator[Source]:
    """The file at a place; not read yet, see `check`. `DamagedObject` if it is another by now."""
    fs, path = bench.fs, bench.folder / os.urandom(8).hex()
    try:
        fs.link(bench.backing.layout.realization(place.rref) / place.path, path)
        with opened(fs, path, READ) as descriptor:
            status = fs.fstat(descriptor)
            if (status.st_dev, status.st_ino) != place.inode:
                raise _damaged(place, "another file has taken its place")
            if stat.S_IMODE(status.st_mode) != content.mode:
                raise _damaged(place, f"its mode is {stat.S_IMODE(status.st_mode):04o}")
            yield Source(place, content, path, descriptor)
    finally:
        with suppress(FileNotFoundError):
            fs.unlink(path)


def check(bench: Bench, source: Source) -> None:
    """Read a file before others depend on it; `DamagedObject` if it is not what it must be."""
    content, size = source.content.fingerprint, source.content.size
    plain = not is_of_pieces(content)
    if fingerprint_of(bench.fs, source.descriptor, size, plain=plain) != (content, size):
        raise _damaged(source.place, "its bytes are not those of its manifest")


def is_one(bench: Bench, source: Source, place: Place) -> bool:
    """Whether the file at a place is the source already, or a clone of it."""
    if place.inode == source.place.inode:
        return True
    if _is_cloned(bench, source):
        folder = bench.backing.layout.realization(place.rref)
        with (
            suppress(OSError),  # then replacing it fails, too
            opened(bench.fs, folder, FOLDER) as top,
            opened_below(bench.fs, top, place.path.parent) as here,
            opened(bench.fs, place.path.name, READ, at=here) as descriptor,
        ):
            return is_clone(source.descriptor, descriptor)
    return False


def replace(bench: Bench, source: Source, place: Place) -> int:
    """Put the source, or a clone, at this place; the number of bytes that this frees.

    `OSError` with EMLINK where the source cannot have another name.
    """
    new = bench.folder / os.urandom(8).hex()
    try:
        if _is_cloned(bench, source):
            _clone(bench.fs, source, new)
        else:
            bench.fs.link(source.path, new)
        for _ in range(TRIES - 1):
            with suppress(PermissionError):
                return _put(bench, new, place)
        return _put(bench, new, place)
    finally:
        with suppress(FileNotFoundError):
            bench.fs.unlink(new)


def _is_cloned(bench: Bench, source: Source) -> bool:
    """Whether others get a clone; it belongs to us, so it is not for what belongs to others."""
    return bench.clones and source.content.owner == os.geteuid()


def _clone(fs: FileSystem, source: Source, new: Path) -> None:
    with opened(fs, new, CREATE) as descriptor:
        fs.clone(source.descriptor, descriptor)
        fs.fchmod(descriptor, source.content.mode)
        fs.futime(descriptor, EPOCH)
        fs.fsync(descriptor)


def _put(bench: Bench, new: Path, place: Place) -> int:
    fs, layout = bench.fs, bench.backing.layout
    with (
        locked(fs, layout.gate, shared=True),
        _opened_up(fs, layout.realization(place.rref), place.path.parent) as here,
    ):
        old = fs.lstat(place.path.name, at=here)
        if not stat.S_ISREG(old.st_mode):
            raise _damaged(place, "it is no file any more")
        fs.rename(new, place.path.name, to=here)
    return old.st_size if old.st_nlink == 1 else 0


@contextmanager
def _opened_up(fs: FileSystem, realization: Path, below: PurePosixPath) -> Iterator[int]:
    """A folder of a realization, to be written to meanwhile."""
    with opened(fs, realization, FOLDER) as top, opened_below(fs, top, below) as here:
        before = fs.fstat(here)
        try:
            fs.fchmod(here, 0o755)
            yield here
        finally:
            fs.fchmod(here, 0o555)
            fs.futime(here, int(before.st_mtime))


def _damaged(place: Place, why: str) -> DamagedObject:
    return DamagedObject(place.rref.text, str(place.path), why)
