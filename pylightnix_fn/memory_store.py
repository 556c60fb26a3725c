"""The store in memory: for tests, and for results that need not outlive the program.

Records and artifacts are held as values; folders are made for those who ask, in a temporary place
that goes with the store. What somebody does to such a folder does not reach the artifacts.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from attrs import Factory, evolve, frozen

from pylightnix_fn.config import Config
from pylightnix_fn.errors.store import MissingObject, StillNeeded
from pylightnix_fn.matcher.candidate import Candidate
from pylightnix_fn.outputs import LOG_FILE
from pylightnix_fn.realizer import Context
from pylightnix_fn.refs import DRef, RRef, rref
from pylightnix_fn.sealing import close_folders, delete, seal
from pylightnix_fn.store_protocol import Facts, Record, Staging, candidate_of, users_of
from pylightnix_fn.tree import Folder, Tree, realization_digest


@frozen
class _Kept:
    """A realization as a value: its record, its tree and the bytes of its files."""

    record: Record
    tree: Tree
    files: dict[str, bytes]
    log: bytes | None


def _new_place() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory(prefix="pylightnix-", ignore_cleanup_errors=True)


@frozen
class MemoryStore:
    """A store that is gone with the program.

    >>> MemoryStore().drefs()
    ()
    """

    _configs: dict[DRef[object], Config] = Factory(dict)
    _kept: dict[DRef[object], dict[RRef[object], _Kept]] = Factory(dict)
    _place: tempfile.TemporaryDirectory[str] = Factory(_new_place)

    def register(self, dref: DRef[object], config: Config) -> None:
        self._configs.setdefault(dref, config)

    def candidates(
        self, dref: DRef[object], context: Context, reads: frozenset[str]
    ) -> tuple[Candidate, ...]:
        kept = self._kept.get(dref, {}).values()
        return tuple(
            candidate_of(each.record, {name: _text(each.files.get(name)) for name in reads})
            for each in kept
            if each.record.context == context
        )

    def stage(self, dref: DRef[object]) -> Staging:
        home = Path(tempfile.mkdtemp(prefix=f"{dref.name[:64]}-", dir=self._place.name))
        folder = home / "out"
        folder.mkdir()
        return Staging(folder)

    def commit(
        self, staging: Staging, dref: DRef[object], context: Context, facts: Facts
    ) -> RRef[Folder]:
        tree = seal(staging.folder, dref.name)
        plain = {each.text: map(str, rrefs) for each, rrefs in context.items()}
        made = rref(realization_digest(tree, plain), DRef(dref.text, Folder()))
        files = {
            entry.path: (staging.folder / entry.path).read_bytes()
            for entry in tree.entries
            if entry.kind == "file"
        }
        log = staging.log.read_bytes() if staging.log.exists() else None
        of_dref = self._kept.setdefault(dref, {})
        before = of_dref.get(made)
        if before is None:
            of_dref[made] = _Kept(Record(made, context, facts, tree.size), tree, files, log)
        elif before.record.facts.started < facts.started:
            of_dref[made] = evolve(before, record=evolve(before.record, facts=facts))
        delete(staging.home)
        return made

    def folder(self, rref: RRef[object]) -> Path:
        kept = self._find(rref)
        folder = Path(self._place.name, "folders", rref.text.removeprefix("rref:"))
        if not folder.exists():
            _lay_out(kept, folder)
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
        kept = self._kept.get(dref, {})
        return tuple(RRef(text, Folder()) for text in sorted(rref.text for rref in kept))

    def remove(self, reference: DRef[object] | RRef[object]) -> None:
        if isinstance(reference, DRef):
            self.config(reference)
        else:
            self._find(reference)
        if users := users_of(self, reference):
            raise StillNeeded(reference.text, "\n".join(users))
        if isinstance(reference, DRef):
            del self._configs[reference]
            self._kept.pop(reference, None)
        else:
            del self._kept[reference.dref][reference]

    def _find(self, rref: RRef[object]) -> _Kept:
        kept = self._kept.get(rref.dref, {}).get(rref)
        if kept is None:
            raise MissingObject(rref.text, "in memory")
        return kept


def _lay_out(kept: _Kept, folder: Path) -> None:
    folder.mkdir(parents=True)
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
    folder.chmod(0o555)


def _text(data: bytes | None) -> str | None:
    try:
        return None if data is None else data.decode()
    except UnicodeDecodeError:
        return None
