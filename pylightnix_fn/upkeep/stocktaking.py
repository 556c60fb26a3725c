"""What a store holds, object by object, as it is looked at for a policy.

Each realization is read by way of the open folder of its derivation, and what many have in common
is made once. Damage is passed over: who removes something looks again.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from typing import Final

from attrs import Factory, frozen

from pylightnix_fn.errors.store import DamagedObject
from pylightnix_fn.files import DEEPEST, opened
from pylightnix_fn.filesystem import FOLDER, FileSystem, Where
from pylightnix_fn.outputs import CONTEXT_FILE
from pylightnix_fn.realizer import Context
from pylightnix_fn.refs import DRef, RRef
from pylightnix_fn.retention.inventory import StoredRealization
from pylightnix_fn.store.backing import Backing
from pylightnix_fn.store.candidates import texts_of
from pylightnix_fn.store.records import MAX_RECORD, context_of, read_build, read_text
from pylightnix_fn.tree import Folder

LONG_AGO: Final = datetime.fromtimestamp(0, UTC)  # when something began whose record is damaged


@frozen
class Stocktaking:
    """One look at realizations, with the texts that a policy reads; sizes only if asked for."""

    backing: Backing
    reads: frozenset[str]
    with_sizes: bool = True
    _contexts: dict[str | None, Context] = Factory(dict)  # many have the same

    def of(self, dref: DRef[Folder], rrefs: Iterable[RRef[Folder]]) -> Iterator[StoredRealization]:
        """These realizations of a derivation; none where it went meanwhile."""
        fs, place = self.backing.fs, self.backing.layout.place(dref)
        try:
            top = fs.open(place, FOLDER)
        except (FileNotFoundError, NotADirectoryError):
            return
        try:
            for rref in rrefs:
                yield self._stored(rref, place, rref.digest, top)
        finally:
            fs.close(top)

    def _stored(self, rref: RRef[Folder], place: str, name: str, top: int) -> StoredRealization:
        fs = self.backing.fs
        size = freed_by(fs, name, at=top) if self.with_sizes else 0
        texts = texts_of(fs, f"{place}/{name}", self.reads)
        try:
            facts = read_build(fs, name, rref, at=top).facts
            context = self._context(rref, name, top)
        except DamagedObject:
            return StoredRealization(rref, {}, LONG_AGO, LONG_AGO, size, texts)
        return StoredRealization(rref, context, facts.started, facts.stopped, size, texts)

    def _context(self, rref: RRef[Folder], name: str, top: int) -> Context:
        text = read_text(self.backing.fs, f"{name}/{CONTEXT_FILE}", MAX_RECORD, at=top)
        if text not in self._contexts:
            self._contexts[text] = context_of(text, rref)
        return self._contexts[text]


def freed_by(fs: FileSystem, folder: Where, *, at: int | None = None) -> int:
    """The bytes that deleting a folder frees: those of the files that no other folder shares."""
    size = 0
    linked: dict[tuple[int, int], list[os.stat_result]] = {}
    with suppress(FileNotFoundError), opened(fs, folder, FOLDER, at=at) as top:  # or it is gone
        for status in _files_in(fs, top, DEEPEST):
            if status.st_nlink == 1:
                size += status.st_size
            else:
                linked.setdefault((status.st_dev, status.st_ino), []).append(status)
    inside = (names for names in linked.values() if names[-1].st_nlink == len(names))
    return size + sum(names[-1].st_size for names in inside)


def _files_in(fs: FileSystem, folder: int, depth: int) -> Iterator[os.stat_result]:
    """The status of every file in an open folder, and so many folders below it."""
    for name in fs.listdir(folder):
        status = fs.lstat(name, at=folder)
        if stat.S_ISREG(status.st_mode):
            yield status
        elif stat.S_ISDIR(status.st_mode) and depth:
            with opened(fs, name, FOLDER, at=folder) as inner:
                yield from _files_in(fs, inner, depth - 1)
