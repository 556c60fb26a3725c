"""A closure as a stream of members: its declaration, all configs, then one realization at a time.

Within an object, members stand in the order of the bytes of their names. Contents are read as they
are asked for, and held against the manifest once more: what was damaged since is not passed on.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from pathlib import Path, PurePosixPath

from pylightnix_fn.archive.member import File, Folder, Member, Symlink
from pylightnix_fn.errors.store import DamagedObject
from pylightnix_fn.files import CHUNK, opened, opened_below
from pylightnix_fn.filesystem import FOLDER, READ
from pylightnix_fn.hashing import Fingerprint
from pylightnix_fn.refs import DRef, RRef
from pylightnix_fn.store.backing import guarded
from pylightnix_fn.store.disk import DiskStore
from pylightnix_fn.store.layout import CONFIG_FILE
from pylightnix_fn.store.manifests import own_files, read_manifest
from pylightnix_fn.transfer.cargo import Cargo, Crate
from pylightnix_fn.transfer.declaration import DECLARATION_FILE
from pylightnix_fn.transfer.report import Observer, Transferred, tell, unobserved
from pylightnix_fn.tree import Entry, is_of_pieces


def packed(store: DiskStore, cargo: Cargo, observe: Observer = unobserved) -> Iterator[Member]:
    """The members of a closure; the content of each is there until the next is asked for.

    Errors: `DamagedObject`, `StoreFailed`.
    """
    total, done = cargo.declaration.objects, count(1)
    with guarded(store.layout):
        yield _text_file(DECLARATION_FILE, cargo.declaration.text)
        for dref, config in cargo.configs.items():
            file = _text_file(prefix_of(dref) + CONFIG_FILE, config.text)
            yield file
            tell(observe, Transferred(dref, file.size, next(done), total))
        for crate in cargo.crates:
            yield from _members(store, crate)
            tell(observe, Transferred(crate.rref, crate.size, next(done), total))


def prefix_of(reference: DRef[object] | RRef[object]) -> str:
    """What the names of an object's members begin with."""
    if isinstance(reference, DRef):
        return reference.text.removeprefix("dref:") + "/"
    return f"{prefix_of(reference.dref)}{reference.digest}/"


def _members(store: DiskStore, crate: Crate) -> Iterator[Member]:
    folder, prefix = store.layout.realization(crate.rref), prefix_of(crate.rref)
    tree = read_manifest(store.fs, folder, crate.rref, crate.context)
    texts = own_files(crate.whole, tree, crate.context, crate.build)
    entries = {each.path: each for each in tree.entries}
    if crate.log is not None:
        entries[crate.log.path] = crate.log
    for path in sorted([*texts, *entries], key=str.encode):
        if path in texts:
            yield _text_file(prefix + path, texts[path])
        else:
            yield _member(store, crate.rref, folder, prefix, entries[path])


def _text_file(name: str, text: str) -> File:
    data = text.encode()
    return File(name, len(data), False, iter((data,)))


def _member(
    store: DiskStore, rref: RRef[object], folder: Path, prefix: str, entry: Entry
) -> Member:
    name = prefix + entry.path
    if entry.kind == "directory":
        return Folder(name)
    if entry.kind == "symlink":
        return Symlink(name, entry.content)
    return File(name, entry.size, entry.executable, _content(store, rref, folder, entry))


def _content(store: DiskStore, rref: RRef[object], folder: Path, entry: Entry) -> Iterator[bytes]:
    fs, path = store.fs, PurePosixPath(entry.path)
    found, left = Fingerprint(pieces=is_of_pieces(entry.content)), entry.size
    with (
        opened(fs, folder, FOLDER) as top,
        opened_below(fs, top, path.parent) as here,
        opened(fs, path.name, READ, at=here) as descriptor,
    ):
        while left > 0 and (data := fs.read(descriptor, min(left, CHUNK))):
            found.update(data)
            left -= len(data)
            yield data
        if left > 0 or fs.read(descriptor, 1) or found.text != entry.content:
            raise DamagedObject(rref.text, entry.path, "its bytes are not those of its manifest")
