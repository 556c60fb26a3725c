"""One realization as it comes in: laid out in a staging folder, and checked against its name."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Final

from attrs import define, evolve, field

from pylightnix_fn.archive.budget import Budget
from pylightnix_fn.archive.extraction import Extraction
from pylightnix_fn.archive.member import File, Member, Refusal, components
from pylightnix_fn.errors.build import UnsupportedFile
from pylightnix_fn.errors.store import DamagedObject
from pylightnix_fn.files import delete, opened, opened_below, write_all, write_file
from pylightnix_fn.filesystem import CREATE, FOLDER, READ, FileSystem
from pylightnix_fn.hashing import fingerprint_of
from pylightnix_fn.outputs import CONTEXT_FILE, LOG_FILE, is_reserved
from pylightnix_fn.refs import RRef
from pylightnix_fn.sealing import seal, seal_file
from pylightnix_fn.store.backing import Backing
from pylightnix_fn.store.inspection import OWN
from pylightnix_fn.store.layout import BUILD_FILE
from pylightnix_fn.store.manifests import own_files
from pylightnix_fn.store.publication import Sealed
from pylightnix_fn.store.records import Build, read_build, read_context
from pylightnix_fn.store_protocol import Staging, digest_of
from pylightnix_fn.transfer.declaration import MAX_JSON, why_too_large
from pylightnix_fn.transfer.packing import prefix_of
from pylightnix_fn.tree import Entry, Folder, Tree, is_of_pieces

_READ: Final = (CONTEXT_FILE, BUILD_FILE)  # the rest is only compared with what it must be


def opened_crate(
    backing: Backing,
    staging: Staging,
    rref: RRef[Folder],
    members: Iterator[Member],
    budget: Budget,
) -> Sealed:
    """What the members of a realization are, now that they lie in a staging folder.

    Raises `Refusal`. Whether what it was built from is there is for the caller to see.
    """
    crate = _Crate(backing, staging, rref, budget)
    backing.fs.mkdir(crate.notes, 0o700)
    with Extraction(staging.folder, budget) as extraction:
        for member in members:
            crate.add(member, extraction)
        extraction.finish()
    try:
        return crate.sealed()
    except (DamagedObject, UnsupportedFile) as error:
        raise Refusal(f"{error.file}: {error.why}", rref.text, damaged=True) from error


@define
class _Crate:
    """A realization on its way in."""

    backing: Backing
    staging: Staging
    rref: RRef[Folder]
    budget: Budget
    artifacts: int = 0
    last: bytes = b""
    own: dict[str, str] = field(factory=dict)  # the sha256 of each of the store's own files

    @property
    def notes(self) -> Path:
        """Where the store's own files lie until they were looked at."""
        return self.staging.home / "notes"

    def add(self, member: Member, extraction: Extraction) -> None:
        path = member.name.removeprefix(prefix_of(self.rref))
        place = path.encode("utf-8", "surrogateescape")
        if place <= self.last:
            raise Refusal("it does not stand in the order of names", member.name)
        self.last = place
        if is_reserved(path.partition("/")[0]):
            self._note(path, member)
        else:
            if "/".join(components(path)) != path:
                raise Refusal("its name begins with './'", member.name)
            self.artifacts += 1
            extraction.add(evolve(member, name=path))

    def sealed(self) -> Sealed:
        """What all of it is; it is read-only from now on."""
        fs, name, sync = self.backing.fs, self.rref.name, self.backing.syncs_files
        tree = seal(self.staging.folder, name, fs, sync=sync)
        if len(tree.entries) != self.artifacts:
            raise Refusal("it leaves out a folder that others lie in", self.rref.text)
        context = read_context(fs, self.notes, self.rref)
        build = read_build(fs, self.notes, self.rref)
        whole = digest_of(tree, context)
        if not whole.startswith(self.rref.digest):  # it may be of a time before there were pieces
            tree = _plain(fs, self.staging.folder, tree)
            whole = digest_of(tree, context)
        if not whole.startswith(self.rref.digest):
            raise Refusal("its contents are not those of its name", self.rref.text, damaged=True)
        expected = {
            file: hashlib.sha256(text.encode()).hexdigest()
            for file, text in own_files(whole, tree, context, build).items()
        }
        self._check_own(expected, tree, build)
        if LOG_FILE in self.own:
            seal_file(self.staging.log, name, fs, sync=sync)
            fs.rename(self.staging.log, self.staging.folder / LOG_FILE)
        delete(fs, self.notes)
        return Sealed(self.rref.dref, whole, tree, context, build)

    def _check_own(self, expected: dict[str, str], tree: Tree, build: Build) -> None:
        if build.size != tree.size:
            raise DamagedObject(self.rref.text, BUILD_FILE, "its size is not that of the files")
        if build.log is not None:
            expected[LOG_FILE] = build.log
        for file in sorted(self.own.keys() | expected):
            if self.own.get(file) != expected.get(file):
                raise DamagedObject(self.rref.text, file, "it is not what it must be")

    def _note(self, path: str, member: Member) -> None:
        self.budget.enter(member.name)
        if path not in OWN:
            raise Refusal("the store keeps its name for itself", member.name)
        if not isinstance(member, File) or member.executable:
            raise Refusal("it is no plain file", member.name)
        self.budget.spend(member.size, member.name)
        if path in _READ:
            data = content_of(member, MAX_JSON)
            if why := why_too_large(data):
                raise Refusal(why, member.name)
            write_file(self.backing.fs, self.notes / path, data)
            self.own[path] = hashlib.sha256(data).hexdigest()
        else:
            self.own[path] = self._streamed(path, member)

    def _streamed(self, path: str, member: File) -> str:
        """The sha256 of a file that only the log is kept of."""
        fs, found = self.backing.fs, hashlib.sha256()
        if path != LOG_FILE:
            for chunk in member.content:
                found.update(chunk)
            return found.hexdigest()
        with opened(fs, self.staging.log, CREATE) as descriptor:
            for chunk in member.content:
                found.update(chunk)
                write_all(fs, descriptor, chunk)
        return found.hexdigest()


def _plain(fs: FileSystem, folder: Path, tree: Tree) -> Tree:
    """The tree of a folder that was sealed, as it was before there were pieces."""
    with opened(fs, folder, FOLDER) as top:
        return Tree([_plain_entry(fs, top, entry) for entry in tree.entries])


def _plain_entry(fs: FileSystem, top: int, entry: Entry) -> Entry:
    path = PurePosixPath(entry.path)
    if entry.kind != "file" or not is_of_pieces(entry.content):
        return entry
    with (
        opened_below(fs, top, path.parent) as here,
        opened(fs, path.name, READ, at=here) as descriptor,
    ):
        content, size = fingerprint_of(fs, descriptor, entry.size, plain=True)
    return evolve(entry, content=content, size=size)


def content_of(file: File, limit: int) -> bytes:
    """A small file as a whole."""
    if file.size > limit:
        raise Refusal(f"it has more than {limit} bytes", file.name)
    return b"".join(file.content)
