"""The store on a disk.

One rename makes a folder an object, so every object is whole or absent. Staging folders have names
of their own, so nothing that was killed stands in anybody's way. Reading needs no right to write.
"""

from __future__ import annotations

import errno
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from attrs import frozen

from pylightnix_fn.config import Config
from pylightnix_fn.errors.plan import BadParameter
from pylightnix_fn.errors.store import (
    DamagedObject,
    HashCollision,
    MissingObject,
    StagingElsewhere,
    StillNeeded,
    StoreFull,
    StoreNotWritable,
)
from pylightnix_fn.matcher.candidate import Candidate
from pylightnix_fn.outputs import CONTEXT_FILE, LOG_FILE
from pylightnix_fn.realizer import Context
from pylightnix_fn.refs import DRef, RRef, rref
from pylightnix_fn.sealing import close_folders, delete, seal
from pylightnix_fn.store.layout import (
    BUILD_FILE,
    CONFIG_FILE,
    MANIFEST_FILE,
    TIME_FILE,
    Layout,
    dref_of,
    rref_of,
)
from pylightnix_fn.store.lock import locked
from pylightnix_fn.store.records import (
    MAX_MANIFEST,
    MAX_RECORD,
    context_text,
    own_files,
    read_config,
    read_mapping,
    read_record,
    read_text,
)
from pylightnix_fn.store.root import check_staging, prepare
from pylightnix_fn.store_protocol import (
    MAX_TEXT,
    Facts,
    Record,
    Staging,
    candidate_of,
    digest_of,
    users_of,
)
from pylightnix_fn.tree import Folder


@frozen
class DiskStore:
    """A store below a folder: `DiskStore.open("_pylightnix")`."""

    layout: Layout

    @staticmethod
    def open(
        root: Path | str, *, staging: Path | str | None = None, create: bool = True
    ) -> DiskStore:
        """Open the store at a path, and make it where there is none.

        ``staging`` holds builds under way: below the root, or else on the same file system.
        Errors: `StoreIsFile`, `StoreMissing`, `StagingElsewhere`, `StoreNotWritable`.
        """
        if not str(root) or "\0" in str(root):
            raise BadParameter("DiskStore.open", "root", repr(root), "the path of a folder")
        path = Path(root).expanduser().absolute()
        layout = Layout(path, path / "tmp" if staging is None else Path(staging).absolute())
        prepare(layout, create)
        if staging is not None:
            check_staging(layout)
        return DiskStore(layout)

    @property
    def root(self) -> Path:
        """The folder that holds everything."""
        return self.layout.root

    def register(self, dref: DRef[object], config: Config) -> None:
        if not self._holds(dref, config):
            with self._writing():
                self._publish_config(dref, config)

    def candidates(
        self, dref: DRef[object], context: Context, reads: frozenset[str]
    ) -> tuple[Candidate, ...]:
        wanted = context_text(context)
        return tuple(
            self._candidate(rref, reads)
            for rref in self.rrefs(dref)
            if read_text(self.layout.realization(rref) / CONTEXT_FILE, MAX_RECORD) == wanted
        )

    def stage(self, dref: DRef[object]) -> Staging:
        with self._writing():
            self.layout.staging.mkdir(parents=True, exist_ok=True)
            home = Path(tempfile.mkdtemp(prefix=f"{dref.name[:64]}-", dir=self.layout.staging))
            folder = home / "out"
            folder.mkdir()
        return Staging(folder)

    def commit(
        self, staging: Staging, dref: DRef[object], context: Context, facts: Facts
    ) -> RRef[Folder]:
        tree = seal(staging.folder, dref.name)
        digest = digest_of(tree, context)
        made = rref(digest, DRef(dref.text, Folder()))
        with self._writing():
            for name, text in own_files(digest, tree, context, facts).items():
                _write(staging.folder / name, text)
            if staging.log.exists():
                staging.log.chmod(0o444)
                os.rename(staging.log, staging.folder / LOG_FILE)
            close_folders(staging.folder, tree)
            with locked(self.layout.lock):
                self._check_needs(dref, context)
                if not self._publish(staging.folder, self.layout.realization(made)):
                    self._adopt(staging, made, digest, facts)
            delete(staging.home)
        return made

    def folder(self, rref: RRef[object]) -> Path:
        path = self.layout.realization(rref)
        if not path.is_dir():
            raise MissingObject(rref.text, str(self.root))
        return path

    def record(self, rref: RRef[object]) -> Record:
        return read_record(self.folder(rref), rref)

    def config(self, dref: DRef[object]) -> Config:
        path = self.layout.config(dref)
        if not path.exists():
            raise MissingObject(dref.text, str(self.root))
        return read_config(path, dref)

    def drefs(self) -> tuple[DRef[Folder], ...]:
        found = (dref_of(name) for name in sorted(os.listdir(self.layout.objects)))
        return tuple(dref for dref in found if dref is not None)

    def rrefs(self, dref: DRef[object]) -> tuple[RRef[Folder], ...]:
        try:
            names = sorted(os.listdir(self.layout.derivation(dref)))
        except FileNotFoundError:
            return ()
        found = (rref_of(name, dref) for name in names)
        return tuple(rref for rref in found if rref is not None)

    def remove(self, reference: DRef[object] | RRef[object]) -> None:
        path = self.layout.located(reference)
        if not path.is_dir():
            raise MissingObject(reference.text, str(self.root))
        with self._writing():
            self.layout.staging.mkdir(parents=True, exist_ok=True)
            with locked(self.layout.lock):
                if users := users_of(self, reference):
                    raise StillNeeded(reference.text, "\n".join(users))
                trash = Path(tempfile.mkdtemp(prefix="removed-", dir=self.layout.staging))
                path.chmod(0o755)  # renaming a folder needs the right to write it
                os.rename(path, trash / "object")
            delete(trash)

    def _candidate(self, rref: RRef[Folder], reads: frozenset[str]) -> Candidate:
        folder = self.layout.realization(rref)
        texts = {name: read_text(folder / name, MAX_TEXT) for name in reads}
        return candidate_of(read_record(folder, rref), texts)

    def _holds(self, dref: DRef[object], config: Config) -> bool:
        path = self.layout.config(dref)
        if not path.exists():
            return False
        if read_text(path, len(config.text.encode())) != config.text:
            raise DamagedObject(dref.text, CONFIG_FILE, "it is not the config of this derivation")
        return True

    def _publish_config(self, dref: DRef[object], config: Config) -> None:
        staging = self.stage(dref)
        _write(staging.folder / CONFIG_FILE, config.text)
        first = self._publish(staging.folder, self.layout.derivation(dref), mode=0o755)
        delete(staging.home)
        if not (first or self._holds(dref, config)):  # it does if another process was faster
            raise DamagedObject(dref.text, CONFIG_FILE, "there is none")

    def _check_needs(self, dref: DRef[object], context: Context) -> None:
        needs: list[DRef[object] | RRef[object]] = [dref]
        needs.extend(rref for rrefs in context.values() for rref in rrefs)
        for reference in needs:
            if not self.layout.located(reference).is_dir():
                raise MissingObject(reference.text, str(self.root))

    def _publish(self, folder: Path, target: Path, mode: int = 0o555) -> bool:
        """Rename a folder to its final name; whether it was the first there."""
        try:
            os.rename(folder, target)
        except OSError as error:
            if error.errno in (errno.ENOTEMPTY, errno.EEXIST):
                return False
            if error.errno == errno.EXDEV:
                raise StagingElsewhere(str(self.root), str(self.layout.staging)) from error
            raise
        target.chmod(mode)
        return True

    def _adopt(self, staging: Staging, made: RRef[Folder], digest: str, facts: Facts) -> None:
        """Take the realization that is there; a name hit alone proves nothing."""
        there = self.layout.realization(made)
        found = read_mapping(there / MANIFEST_FILE, made.text, MAX_MANIFEST).get("digest")
        if found != digest:
            raise HashCollision(made.text, str(found), digest, str(staging.folder))
        if read_record(there, made).facts.started >= facts.started:
            return
        there.chmod(0o755)
        for name in (BUILD_FILE, TIME_FILE):
            os.replace(staging.folder / name, there / name)
        there.chmod(0o555)

    @contextmanager
    def _writing(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
                raise StoreNotWritable(str(self.root), str(error)) from error
            if error.errno in (errno.ENOSPC, errno.EDQUOT):
                raise StoreFull(str(self.root), str(error)) from error
            raise


def _write(path: Path, text: str) -> None:
    with path.open("x", encoding="utf-8", newline="") as stream:
        stream.write(text)
        os.fchmod(stream.fileno(), 0o444)
