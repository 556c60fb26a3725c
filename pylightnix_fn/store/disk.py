"""The store on a disk.

One rename makes a folder an object, so every object is whole or absent. Staging folders have names
of their own, so nothing that was killed stands in anybody's way. Reading needs no right to write.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from attrs import frozen

from pylightnix_fn.canonical import digest
from pylightnix_fn.config import Config
from pylightnix_fn.errors.plan import BadParameter
from pylightnix_fn.errors.store import (
    MissingObject,
    StillNeeded,
    StoreFull,
    StoreNotWritable,
)
from pylightnix_fn.files import delete, holds, is_folder, write_all
from pylightnix_fn.filesystem import DISK, FileSystem
from pylightnix_fn.locks import acquired, locked
from pylightnix_fn.matcher.candidate import Candidate
from pylightnix_fn.realizer import Context
from pylightnix_fn.refs import HASH_LENGTH, DRef, RRef
from pylightnix_fn.store.backing import Backing, Durability, guarded
from pylightnix_fn.store.candidates import candidates_of, texts_of
from pylightnix_fn.store.census import drefs_of, is_there, rrefs_of
from pylightnix_fn.store.durability import look_through
from pylightnix_fn.store.foundation import check_staging, make_reserve, prepare
from pylightnix_fn.store.layout import CONFIG_FILE, Layout
from pylightnix_fn.store.machine import Machine, this_machine, this_process
from pylightnix_fn.store.records import (
    context_text,
    read_config,
    read_record,
    read_text,
)
from pylightnix_fn.store_protocol import MAX_TEXT, Facts, Record, Staging, users_of
from pylightnix_fn.tree import Folder

if TYPE_CHECKING:
    from pylightnix_fn.failure import Failure


@frozen
class DiskStore:
    """A store below a folder: `DiskStore.open("_pylightnix")`."""

    backing: Backing

    @staticmethod
    def open(
        root: Path | str,
        *,
        staging: Path | str | None = None,
        create: bool = True,
        durability: Durability = "batch",
        trust: bool = False,
        fs: FileSystem = DISK,
        machine: Machine | None = None,
    ) -> DiskStore:
        """Open the store at a path, and make it where there is none.

        ``staging`` holds builds under way: below the root, or else on the same file system.
        ``durability`` says what a power cut may take: nothing that was acknowledged, at the price
        of one ``syncfs`` for each commit (``"batch"``) or an ``fsync`` for each file (``"full"``),
        or recent work (``"off"``). ``trust`` opens what other users can write to. Errors:
        `StoreIsFile`, `StoreMissing`, `StoreIncomplete`, `StoreNotWritable`, `StoreOfOthers`,
        `UnknownFormat`, `StagingElsewhere`.
        """
        if not str(root) or "\0" in str(root):
            raise BadParameter("DiskStore.open", "root", repr(root), "the path of a folder")
        if durability not in ("batch", "full", "off"):
            known = '"batch", "full" or "off"'
            raise BadParameter("DiskStore.open", "durability", repr(durability), known)
        path = Path(root).expanduser().absolute()
        layout = Layout(path, path / "tmp" if staging is None else Path(staging).absolute())
        backing = Backing(layout, durability, fs, machine or this_machine())
        with guarded(layout):
            if staging is not None:
                check_staging(layout)
            prepare(backing, create, trust)
            look_through(backing, lambda since: _mend_torn(backing, since))
        return DiskStore(backing)

    @property
    def layout(self) -> Layout:
        """Where things lie."""
        return self.backing.layout

    @property
    def fs(self) -> FileSystem:
        """What everything is read and written through."""
        return self.backing.fs

    @property
    def root(self) -> Path:
        """The folder that holds everything."""
        return self.layout.root

    def close(self) -> None:
        """Let go of the store: what this process was given may be collected from then on.

        Not needed before the process ends. The store may be used again.
        """
        self.backing.desk.close()

    def register(self, configs: Mapping[DRef[object], Config]) -> None:
        with guarded(self.layout):
            missing = self._missing(configs)
            if missing:
                from pylightnix_fn.store.publication import publish_configs

                publish_configs(self.backing, missing)

    def _missing(self, configs: Mapping[DRef[object], Config]) -> dict[DRef[object], Config]:
        """What of these is not there; the rest stays there while this process lives."""
        try:
            with guarded(self.layout):
                writer = self.backing.writer
        except (StoreNotWritable, StoreFull):  # who cannot write cannot keep others from removing
            return self._unheld(configs)
        if writer.noted.issuperset([dref.text for dref in configs]):
            return self._unheld(configs)
        with locked(self.fs, self.layout.gate, shared=True):  # nothing goes meanwhile
            missing = self._unheld(configs)
            writer.note([dref.text for dref in configs if dref not in missing])
        return missing

    def _unheld(self, configs: Mapping[DRef[object], Config]) -> dict[DRef[object], Config]:
        place = self.layout.place
        return {
            dref: config
            for dref, config in configs.items()
            if not holds(self.fs, f"{place(dref)}/{CONFIG_FILE}", config.text.encode())
        }

    def candidates(
        self, dref: DRef[object], context: Context, reads: frozenset[str]
    ) -> tuple[Candidate, ...]:
        with guarded(self.layout):
            return candidates_of(self.backing, dref, context, reads)

    def pin(self, rrefs: Iterable[RRef[object]]) -> bool:
        wanted = tuple(rrefs)
        try:
            with guarded(self.layout):
                writer = self.backing.writer
        except (StoreNotWritable, StoreFull):  # who cannot write cannot keep others from removing
            with guarded(self.layout):
                return self._all_there(wanted)
        new = tuple(rref for rref in wanted if not writer.noted.issuperset(_texts(rref)))
        if not new:
            return True
        with guarded(self.layout), locked(self.fs, self.layout.gate, shared=True):
            there = self._all_there(new)
            if there:
                writer.note([text for rref in new for text in _texts(rref)])
        return there

    @contextmanager
    def building(
        self, dref: DRef[object], context: Context, waiting: Callable[[str], None]
    ) -> Iterator[None]:
        path = self.layout.lock(dref, digest(context_text(context)))
        with guarded(self.layout):
            lock = acquired(self.fs, path, wait=False)
            if lock is None:
                waiting((read_text(self.fs, path, MAX_TEXT) or "another process").strip())
                lock = acquired(self.fs, path)
        try:
            with guarded(self.layout):
                # Only what was killed leaves a text: closing a truncated file waits for the disk.
                if lock.size:
                    self.fs.truncate(lock.descriptor, 0)
                write_all(self.fs, lock.descriptor, f"{this_process()}\n".encode())
            yield
            with guarded(self.layout), suppress(FileNotFoundError):
                self.fs.unlink(path)  # while it is held: who waits looks for it again
        finally:
            with guarded(self.layout):
                lock.release()

    def stage(self, dref: DRef[object]) -> Staging:
        from pylightnix_fn.store.publication import staged

        with guarded(self.layout):
            return staged(self.backing, f"{dref.digest}-{dref.name}")

    def commit(
        self, staging: Staging, dref: DRef[object], context: Context, facts: Facts
    ) -> Record:
        from pylightnix_fn.store.publication import publish_realization

        with guarded(self.layout):
            return publish_realization(self.backing, staging, dref, context, facts)

    def failures(self, dref: DRef[object] | None = None) -> tuple[Failure, ...]:
        from pylightnix_fn.remains import failures_in, homes_below

        with guarded(self.layout):
            return failures_in(homes_below(self.layout.staging, self.fs), dref, self.fs)

    def folder(self, rref: RRef[object]) -> Path:
        path = self.layout.realization(rref)
        with guarded(self.layout):
            if not is_folder(self.fs, path):
                raise MissingObject(rref.text, str(self.root))
        return path

    def record(self, rref: RRef[object]) -> Record:
        with guarded(self.layout):
            return read_record(self.fs, self.folder(rref), rref)

    def config(self, dref: DRef[object]) -> Config:
        path = self.layout.config(dref)
        with guarded(self.layout):
            if not path.exists():
                raise MissingObject(dref.text, str(self.root))
            return read_config(self.fs, path, dref)

    def texts(self, rref: RRef[object], reads: Iterable[str]) -> dict[str, str | None]:
        """The small text artifacts of these names, `None` where there is none."""
        with guarded(self.layout):
            return texts_of(self.fs, self.layout.place(rref), reads)

    def drefs(self) -> tuple[DRef[Folder], ...]:
        with guarded(self.layout):
            return drefs_of(self.backing)

    def rrefs(self, dref: DRef[object]) -> tuple[RRef[Folder], ...]:
        with guarded(self.layout):
            return rrefs_of(self.backing, dref)

    def remove(self, reference: DRef[object] | RRef[object]) -> None:
        from pylightnix_fn.store.trash import DELETED, move_to, new_bin

        with guarded(self.layout):
            if not is_there(self.backing, reference):
                raise MissingObject(reference.text, str(self.root))
            with locked(self.fs, self.layout.gate):
                users = (*users_of(self, reference), *self._others_using(reference))
                if users:
                    raise StillNeeded(reference.text, "\n".join(users))
                place = new_bin(self.backing, DELETED)
                move_to(place, self.backing, [reference])
            with suppress(FileNotFoundError):  # another process empties the trash
                delete(self.fs, place)
            make_reserve(self.backing)

    def _others_using(self, reference: DRef[object] | RRef[object]) -> tuple[str, ...]:
        """Other processes that rely on an object, or on a realization of a derivation."""
        from pylightnix_fn.store.liveness import in_use

        return tuple(
            sorted(
                who
                for used, who in in_use(self.backing, but=self.backing.desk.name).items()
                if reference in (used, used.dref if isinstance(used, RRef) else used)
            )
        )

    def _all_there(self, rrefs: tuple[RRef[object], ...]) -> bool:
        there = all(is_folder(self.fs, self.layout.place(rref)) for rref in rrefs)
        if not there:
            self.backing.recollection.distrust()
        return there


def _mend_torn(backing: Backing, since: float) -> None:
    from pylightnix_fn.store.recovery import mend_torn

    mend_torn(backing, since)


def _texts(rref: RRef[object]) -> tuple[str, str]:
    """What is noted of a realization that is relied on."""
    return f"dref:{rref.text[6 + HASH_LENGTH :]}", rref.text
