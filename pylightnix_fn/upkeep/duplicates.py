"""Which files of a store must be equal, as its manifests say; their bytes are not read here."""

from __future__ import annotations

import errno
import stat
from collections.abc import Generator, Iterator
from pathlib import PurePosixPath
from typing import Final, TypeAlias

from attrs import frozen

from pylightnix_fn.errors.store import DamagedObject
from pylightnix_fn.files import is_folder, walk
from pylightnix_fn.refs import RRef
from pylightnix_fn.store.backing import Backing
from pylightnix_fn.store.census import objects_of
from pylightnix_fn.store.manifests import read_manifest
from pylightnix_fn.store.records import read_context
from pylightnix_fn.tree import Folder

FAILURES: Final = (OSError, DamagedObject)

_REFUSED: Final = frozenset(
    (
        errno.EACCES,
        errno.EPERM,
        errno.ELOOP,
        errno.ENOTDIR,
        errno.EISDIR,
        errno.EINVAL,
        errno.EOPNOTSUPP,
    )
)


@frozen
class Left:
    """A file that was left as it is, and why; ``file`` is "." for all of a realization."""

    rref: RRef[Folder]
    file: str
    why: str


@frozen
class Content:
    """What files must have in common to become one; ``owner`` is the user that they belong to."""

    fingerprint: str
    size: int
    executable: bool
    owner: int

    @property
    def mode(self) -> int:
        """The mode of such files in a store."""
        return 0o555 if self.executable else 0o444


@frozen
class Place:
    """A file of a realization, and the inode that was found there."""

    rref: RRef[Folder]
    path: PurePosixPath
    inode: tuple[int, int]


Duplicates: TypeAlias = dict[Content, list[Place]]


def duplicates(backing: Backing, least: int) -> Generator[Left, None, Duplicates]:
    """Equal files of at least so many bytes that are not one yet, what saves most first.

    Tells which realizations cannot be read.
    """
    found: Duplicates = {}
    for rref in objects_of(backing):
        if isinstance(rref, RRef):
            try:
                for content, place in _files(backing, rref, least):
                    found.setdefault(content, []).append(place)
            except FAILURES as error:
                if is_folder(backing.fs, backing.layout.realization(rref)):
                    yield from left(rref, getattr(error, "file", "."), error)
    most_first = sorted(found, key=lambda each: each.size * (1 - len(found[each])))
    return {each: found[each] for each in most_first if len(_inodes(found[each])) > 1}


def left(rref: RRef[Folder], file: str, error: Exception) -> Iterator[Left]:
    """What an error means for one file alone: nothing if it is gone; others are raised again."""
    if isinstance(error, FileNotFoundError):
        return
    if isinstance(error, OSError) and error.errno not in _REFUSED:
        raise error
    yield Left(rref, file, error.why if isinstance(error, DamagedObject) else str(error))


def _files(backing: Backing, rref: RRef[Folder], least: int) -> Iterator[tuple[Content, Place]]:
    fs, folder = backing.fs, backing.layout.realization(rref)
    tree = read_manifest(fs, folder, rref, read_context(fs, folder, rref))
    entries = {
        entry.path: entry for entry in tree.entries if entry.kind == "file" and entry.size >= least
    }
    for path, _, status in walk(fs, folder) if entries else ():
        entry = entries.get(str(path))
        if entry and stat.S_ISREG(status.st_mode) and status.st_size == entry.size:
            content = Content(entry.content, entry.size, entry.executable, status.st_uid)
            yield content, Place(rref, path, (status.st_dev, status.st_ino))


def _inodes(places: list[Place]) -> set[tuple[int, int]]:
    return {place.inode for place in places}
