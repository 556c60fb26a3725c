"""How many bytes a store takes, object by object.

Files that are one on the disk (hard links) count once, wherever they lie. Sizes are those that a
file shows, not the blocks that it takes: blocks shared between files (clones) are not seen here.
"""

from __future__ import annotations

import stat
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from itertools import chain
from pathlib import Path, PurePosixPath

from attrs import frozen

from pylightnix_fn.errors.store import MissingObject
from pylightnix_fn.files import is_folder, walk
from pylightnix_fn.quantity import size_text
from pylightnix_fn.refs import DRef, RRef
from pylightnix_fn.retention.inventory import Reference
from pylightnix_fn.retention.table import table
from pylightnix_fn.store.backing import Backing, guarded
from pylightnix_fn.store.census import objects_of
from pylightnix_fn.store.disk import DiskStore
from pylightnix_fn.upkeep.sharing import Optimised, optimise

__all__ = ["Optimised", "StoredFile", "Usage", "Used", "du", "optimise", "usage"]


@frozen
class StoredFile:
    """A name of a file: ``inode`` is the file, which bears so many names in all (``links``)."""

    path: str
    inode: tuple[int, int]
    size: int
    links: int = 1


@frozen
class Used:
    """The bytes of an object's files, and how many of them its removal alone would free.

    A derivation counts with its realizations.
    """

    reference: Reference
    size: int
    freed: int


@frozen
class Usage:
    """What objects take, the largest first, and all of them together: shared bytes count once."""

    objects: tuple[Used, ...]
    size: int
    freed: int

    def __str__(self) -> str:
        objects = "object" if len(self.objects) == 1 else "objects"
        total = f"{len(self.objects)} {objects}: {size_text(self.size)}"
        rows = (
            (each.reference.text, size_text(each.size), f"frees {size_text(each.freed)}")
            for each in self.objects
        )
        return "\n".join((f"{total}, frees {size_text(self.freed)}", *table(rows)))


def du(store: DiskStore, references: Iterable[Reference] | None = None) -> Usage:
    """What these objects of a store take, or all of them; its own files in them are included.

    Errors: `MissingObject`.
    """
    backing = store.backing
    with guarded(store.layout):
        chosen = tuple(objects_of(backing) if references is None else references)
        if references is not None:
            _check_there(backing, chosen)
        return usage(_files(backing, chosen))


def usage(files: Mapping[Reference, frozenset[StoredFile]]) -> Usage:
    """What objects with these files take.

    >>> from pylightnix_fn.refs import dref_from
    >>> one, other = (dref_from(f"dref:{digit * 32}-data") for digit in "01")
    >>> shared = [StoredFile(name, inode=(1, 7), size=100, links=2) for name in "ab"]
    >>> print(usage({one: frozenset(shared[:1]), other: frozenset(shared[1:])}))
    2 objects: 100 B, frees 100 B
      dref:00000000…-data  100 B  frees 0 B
      dref:11111111…-data  100 B  frees 0 B
    """
    objects = (Used(reference, *_figures(each)) for reference, each in files.items())
    largest_first = sorted(objects, key=lambda used: (-used.size, used.reference.text))
    return Usage(tuple(largest_first), *_figures(frozenset(chain.from_iterable(files.values()))))


def _figures(files: frozenset[StoredFile]) -> tuple[int, int]:
    """The bytes of these files, and those of which no name is elsewhere."""
    names = Counter(each.inode for each in files)
    by_inode = {each.inode: each for each in files}.values()
    freed = (each.size for each in by_inode if names[each.inode] == each.links)
    return sum(each.size for each in by_inode), sum(freed)


def _check_there(backing: Backing, references: Iterable[Reference]) -> None:
    for each in references:
        if not is_folder(backing.fs, backing.layout.located(each)):
            raise MissingObject(each.text, str(backing.layout.root))


def _files(
    backing: Backing, references: Iterable[Reference]
) -> dict[Reference, frozenset[StoredFile]]:
    """The files of objects; what is gone has no entry."""
    inside: dict[Path, list[StoredFile]] = {}  # of the derivations looked through, by realization
    looked_through: set[DRef[object]] = set()
    found: dict[Reference, frozenset[StoredFile]] = {}
    for each in sorted(references, key=lambda reference: reference.text):  # derivations first
        folder = backing.layout.located(each)
        if isinstance(each, RRef) and each.dref in looked_through:
            found[each] = frozenset(inside.get(folder, ()))
            continue
        files = dict(_files_below(backing, folder))
        found[each] = frozenset(files.values())
        if isinstance(each, DRef):
            looked_through.add(each)
            for path, file in files.items():
                inside.setdefault(folder / path.parts[0], []).append(file)
    return {each: files for each, files in found.items() if files}


def _files_below(backing: Backing, folder: Path) -> Iterator[tuple[PurePosixPath, StoredFile]]:
    with suppress(FileNotFoundError):  # it goes while it is looked at
        for path, _, status in walk(backing.fs, folder):
            if stat.S_ISREG(status.st_mode):
                inode = (status.st_dev, status.st_ino)
                name = f"{folder}/{path}"
                yield path, StoredFile(name, inode, status.st_size, status.st_nlink)
