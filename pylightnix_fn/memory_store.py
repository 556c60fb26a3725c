"""The store in memory: for tests, and for results that need not outlive the program.

Records and artifacts are held as values; folders are made for those who ask, in a temporary place
that goes with the program. What somebody does to such a folder does not reach the artifacts.
"""

from __future__ import annotations

import atexit
import os
import posixpath
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import cached_property, partial
from itertools import count
from pathlib import Path
from threading import Lock
from typing import Final, TypeAlias

from attrs import Factory, evolve, frozen

from pylightnix_fn.config import Config
from pylightnix_fn.errors.store import MissingObject, StillNeeded
from pylightnix_fn.failure import Failure
from pylightnix_fn.files import delete
from pylightnix_fn.filesystem import DISK
from pylightnix_fn.matcher.candidate import Candidate
from pylightnix_fn.outputs import LOG_FILE
from pylightnix_fn.realizer import Context
from pylightnix_fn.refs import DRef, RRef, is_rref, rref
from pylightnix_fn.remains import failures_in
from pylightnix_fn.sealing import close_folders, seal
from pylightnix_fn.store_protocol import (
    MAX_TEXT,
    Facts,
    Record,
    Staging,
    candidate_of,
    digest_of,
    users_of,
)
from pylightnix_fn.tree import Folder, Tree

_Turn: TypeAlias = tuple[DRef[object], tuple[tuple[DRef[object], tuple[RRef[object], ...]], ...]]


@frozen
class _Kept:
    """A realization as a value: its record, its tree and the bytes of its files."""

    record: Record
    tree: Tree
    files: dict[str, bytes]
    log: bytes | None

    def text(self, path: str) -> str | None:
        """A small text artifact; links inside the realization are followed."""
        links = {each.path: each.content for each in self.tree.entries if each.kind == "symlink"}
        for _ in links:
            if path in links:
                path = posixpath.normpath(posixpath.join(posixpath.dirname(path), links[path]))
        data = self.files.get(path)
        try:
            return None if data is None or len(data) > MAX_TEXT else data.decode()
        except UnicodeDecodeError:
            return None


_NOTHING: Final = Tree()


class _Forks:
    """How often this process has forked: a child may have made a folder unknown here."""

    number = 0

    @classmethod
    def add(cls) -> None:
        cls.number += 1


os.register_at_fork(before=_Forks.add)


def _new_place() -> Path:
    place = Path(tempfile.mkdtemp(prefix="pylightnix-"))
    # Not when the store is dropped: paths into it may still be in somebody's hands.
    atexit.register(_delete_quietly, place, os.getpid())
    return place


@frozen
class MemoryStore:
    """A store that is gone with the program.

    >>> MemoryStore().drefs()
    ()
    """

    _configs: dict[DRef[object], Config] = Factory(dict)
    _kept: dict[RRef[object], _Kept] = Factory(dict)
    _made: dict[DRef[object], list[RRef[object]]] = Factory(dict)
    _unasked: dict[Path, int] = Factory(dict)  # folders of builds, and the forks before each
    _turns: dict[_Turn, Lock] = Factory(dict)
    _lock: Lock = Factory(Lock)
    _numbers: count[int] = Factory(count)

    @cached_property
    def _place(self) -> Path:
        return _new_place()

    def register(self, configs: Mapping[DRef[object], Config]) -> None:
        for dref, config in configs.items():
            self._configs.setdefault(dref, config)

    def candidates(
        self, dref: DRef[object], context: Context, reads: frozenset[str]
    ) -> tuple[Candidate, ...]:
        return tuple(
            candidate_of(each.record, {name: each.text(name) for name in reads})
            for each in map(self._kept.get, tuple(self._made.get(dref, ())))
            if each is not None and each.record.context == context
        )

    def pin(self, rrefs: Iterable[RRef[object]]) -> bool:
        return all(rref in self._kept for rref in rrefs)

    @contextmanager
    def building(
        self, dref: DRef[object], context: Context, waiting: Callable[[str], None]
    ) -> Iterator[None]:
        turn = self._turns.setdefault((dref, tuple(context.items())), Lock())
        if not turn.acquire(blocking=False):
            waiting("another thread")
            turn.acquire()
        try:
            yield
        finally:
            turn.release()

    def stage(self, dref: DRef[object]) -> Staging:
        home = f"{dref.name[:64]}-{os.getpid()}-{next(self._numbers)}"
        folder = self._place / f"{home}/out"
        self._unasked[folder] = _Forks.number
        return Staging(folder, partial(_make, self._unasked, folder))

    def commit(
        self, staging: Staging, dref: DRef[object], context: Context, facts: Facts
    ) -> Record:
        self._check_needs(dref, context)
        if self._unasked.pop(staging.place, None) == _Forks.number:
            tree, files, log = _NOTHING, dict[str, bytes](), None
        else:
            tree, files, log = _taken(staging, dref.name)
        made = rref(digest_of(tree, context), DRef(dref.text, Folder()))
        new = _Kept(Record(made, context, facts, tree.size), tree, files, log)
        if self._kept.setdefault(made, new) is new:
            self._made.setdefault(dref, []).append(made)
            return new.record
        with self._lock:
            before = self._kept.get(made, new)
            newest = max(before.record.facts, facts, key=lambda each: each.started)
            new = evolve(before, record=evolve(before.record, facts=newest))
            self._kept[made] = new
        return new.record

    def failures(self, dref: DRef[object] | None = None) -> tuple[Failure, ...]:
        # Realizations that somebody looked at lie there, too, and hold whatever they like.
        homes = (each for each in self._place.iterdir() if not is_rref(f"rref:{each.name}"))
        return failures_in(homes, dref)

    def folder(self, rref: RRef[object]) -> Path:
        kept = self._find(rref)
        folder = self._place / rref.text.removeprefix("rref:")
        if not folder.exists():
            new = Path(tempfile.mkdtemp(prefix="new-", dir=self._place))
            _lay_out(kept, new)
            with suppress(OSError):  # another thread was faster
                os.rename(new, folder)
                folder.chmod(0o555)
        return folder

    def record(self, rref: RRef[object]) -> Record:
        return self._find(rref).record

    def config(self, dref: DRef[object]) -> Config:
        if dref not in self._configs:
            raise MissingObject(dref.text, "in memory")
        return self._configs[dref]

    def drefs(self) -> tuple[DRef[Folder], ...]:
        return tuple(DRef(text, Folder()) for text in sorted(dref.text for dref in self._configs))

    def rrefs(self, dref: DRef[object]) -> tuple[RRef[Folder], ...]:
        made = self._made.get(dref, ())
        return tuple(RRef(text, Folder()) for text in sorted(rref.text for rref in tuple(made)))

    def remove(self, reference: DRef[object] | RRef[object]) -> None:
        if isinstance(reference, DRef):
            self.config(reference)
        else:
            self._find(reference)
        if users := users_of(self, reference):
            raise StillNeeded(reference.text, "\n".join(users))
        if isinstance(reference, DRef):
            del self._configs[reference]
            for rref in self._made.pop(reference, ()):
                del self._kept[rref]
        else:
            self._made[reference.dref].remove(reference)
            del self._kept[reference]

    def _check_needs(self, dref: DRef[object], context: Context) -> None:
        self.config(dref)
        for rrefs in context.values():
            for each in rrefs:
                self._find(each)

    def _find(self, rref: RRef[object]) -> _Kept:
        kept = self._kept.get(rref)
        if kept is None:
            raise MissingObject(rref.text, "in memory")
        return kept


def _make(unasked: dict[Path, int], folder: Path) -> None:
    """Not a method: a staging travels between processes, which a store does not."""
    unasked.pop(folder, None)
    folder.mkdir(parents=True, exist_ok=True)


def _taken(staging: Staging, name: str) -> tuple[Tree, dict[str, bytes], bytes | None]:
    """What was staged, as values; its folder goes, if there ever was one."""
    if not os.path.lexists(staging.home):
        return _NOTHING, {}, None
    tree = seal(staging.place, name)
    files = {
        entry.path: (staging.place / entry.path).read_bytes()
        for entry in tree.entries
        if entry.kind == "file"
    }
    log = staging.log.read_bytes() if staging.log.exists() else None
    delete(DISK, staging.home)
    return tree, files, log


def _lay_out(kept: _Kept, folder: Path) -> None:
    for entry in kept.tree.entries:
        path = folder / entry.path
        if entry.kind == "directory":
            path.mkdir(exist_ok=True)
        elif entry.kind == "symlink":
            path.symlink_to(entry.content)
        else:
            path.write_bytes(kept.files[entry.path])
            path.chmod(0o555 if entry.executable else 0o444)
    if kept.log is not None:
        (folder / LOG_FILE).write_bytes(kept.log)
        (folder / LOG_FILE).chmod(0o444)
    close_folders(folder, kept.tree)


def _delete_quietly(place: Path, owner: int) -> None:
    if os.getpid() != owner:  # a fork of the program ends, not the program
        return
    with suppress(OSError):
        delete(DISK, place)
