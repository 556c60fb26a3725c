"""Looking whether an object is what its name says.

Every byte counts: artifacts through the manifest, the manifest through the name, the store's own
files through checksums inside them. Nothing is changed, and no link is followed.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath
from typing import Final, Literal, TypeAlias, TypeVar

from attrs import frozen

from pylightnix_fn.errors.store import DamagedObject
from pylightnix_fn.files import is_folder, opened, walk
from pylightnix_fn.filesystem import READ, FileSystem
from pylightnix_fn.hashing import fingerprint_of
from pylightnix_fn.outputs import CONTEXT_FILE, LOG_FILE
from pylightnix_fn.refs import DRef, RRef
from pylightnix_fn.store.layout import BUILD_FILE, CONFIG_FILE, MANIFEST_FILE, TIME_FILE, Layout
from pylightnix_fn.store.manifests import read_manifest, time_text
from pylightnix_fn.store.records import (
    MAX_RECORD,
    Build,
    read_build,
    read_config,
    read_context,
    read_text,
)
from pylightnix_fn.tree import Entry, Tree, is_of_pieces

V = TypeVar("V")

Aspect: TypeAlias = Literal["content", "mode", "missing", "extra", "kind"]

OWN: Final = frozenset((CONTEXT_FILE, MANIFEST_FILE, BUILD_FILE, TIME_FILE, LOG_FILE))


@frozen
class Damage:
    """One way in which an object is not what it must be; ``file`` is "." for its folder."""

    reference: str
    file: str
    aspect: Aspect
    expected: str
    found: str

    @property
    def is_harmless(self) -> bool:
        """Whether contents are whole, and only a mode is not what it was."""
        return self.aspect == "mode"


@frozen
class _Object:
    """An object that is looked at."""

    fs: FileSystem
    text: str
    folder: Path

    def damage(self, file: object, aspect: Aspect, expected: str, found: str) -> Damage:
        return Damage(self.text, str(file), aspect, expected, found)

    def mode(self, file: object, status: os.stat_result, expected: int) -> Iterator[Damage]:
        found = stat.S_IMODE(status.st_mode)
        if found != expected:
            yield self.damage(file, "mode", f"{expected:04o}", f"{found:04o}")


def damage_of(
    fs: FileSystem, layout: Layout, reference: DRef[object] | RRef[object], *, quick: bool = False
) -> tuple[Damage, ...]:
    """What is wrong with an object; ``quick`` looks at names, sizes and modes only."""
    if isinstance(reference, DRef):
        return config_damage(fs, layout, reference)
    return realization_damage(fs, layout, reference, quick=quick)


def config_damage(fs: FileSystem, layout: Layout, dref: DRef[object]) -> tuple[Damage, ...]:
    """What is wrong with a derivation's config."""
    looked_at = _Object(fs, dref.text, layout.derivation(dref))
    try:
        read_config(fs, layout.config(dref), dref)
        return tuple(_of_mode(looked_at, CONFIG_FILE))
    except DamagedObject as error:
        return (_unreadable(looked_at, error),)


def realization_damage(
    fs: FileSystem, layout: Layout, rref: RRef[object], *, quick: bool = False
) -> tuple[Damage, ...]:
    """What is wrong with a realization; ``quick`` looks at names, sizes and modes only."""
    looked_at = _Object(fs, rref.text, layout.realization(rref))
    if not is_folder(fs, looked_at.folder):
        return (looked_at.damage(".", "missing", "a folder", "none"),)
    return tuple(_damage(looked_at, rref, quick))


def _damage(looked_at: _Object, rref: RRef[object], quick: bool) -> Iterator[Damage]:
    fs, folder = looked_at.fs, looked_at.folder
    yield from looked_at.mode(".", fs.lstat(folder), 0o555)
    context, wrong = _read(looked_at, lambda: read_context(fs, folder, rref))
    yield from wrong
    build, wrong = _read(looked_at, lambda: read_build(fs, folder, rref))
    yield from wrong
    if build is not None:
        yield from _beside(looked_at, build)
    if context is not None:
        tree, wrong = _read(looked_at, lambda: read_manifest(fs, folder, rref, context))
        yield from wrong
        if tree is not None:
            yield from _of_tree(looked_at, tree, build, quick)


def _read(looked_at: _Object, read: Callable[[], V]) -> tuple[V | None, tuple[Damage, ...]]:
    try:
        return read(), ()
    except DamagedObject as error:
        return None, (_unreadable(looked_at, error),)


def _unreadable(looked_at: _Object, error: DamagedObject) -> Damage:
    return looked_at.damage(error.file, "content", "what the store wrote", error.why)


def _beside(looked_at: _Object, build: Build) -> Iterator[Damage]:
    """What is wrong with the time and the log, which the record of the build vouches for."""
    time = read_text(looked_at.fs, looked_at.folder / TIME_FILE, MAX_RECORD)
    if time != time_text(build):
        yield looked_at.damage(TIME_FILE, "content", time_text(build).strip(), str(time).strip())
    log = _sha256(looked_at.fs, looked_at.folder / LOG_FILE)
    if log != build.log:
        yield looked_at.damage(LOG_FILE, "content", str(build.log), str(log))


def _sha256(fs: FileSystem, path: Path) -> str | None:
    if not _is_file(fs, path):
        return None
    with opened(fs, path, READ) as descriptor:
        return fingerprint_of(fs, descriptor, fs.fstat(descriptor).st_size, plain=True)[0]


def _is_file(fs: FileSystem, path: Path) -> bool:
    try:
        return stat.S_ISREG(fs.lstat(path).st_mode)
    except FileNotFoundError:
        return False


def _of_tree(looked_at: _Object, tree: Tree, build: Build | None, quick: bool) -> Iterator[Damage]:
    if build is not None and build.size != tree.size:
        yield looked_at.damage(BUILD_FILE, "content", f"{tree.size} bytes", f"{build.size} bytes")
    expected = {entry.path: entry for entry in tree.entries}
    for path, here, status in walk(looked_at.fs, looked_at.folder):
        entry = expected.pop(str(path), None)
        if entry is not None:
            yield from _of_entry(looked_at, entry, here, status, quick)
        elif str(path) in OWN:
            yield from _of_own(looked_at, path, status)
        else:
            yield looked_at.damage(path, "extra", "nothing", _kind(status))
    for path_text, entry in expected.items():
        yield looked_at.damage(path_text, "missing", f"a {entry.kind}", "nothing")


def _of_own(looked_at: _Object, path: PurePosixPath, status: os.stat_result) -> Iterator[Damage]:
    if stat.S_ISREG(status.st_mode):
        yield from looked_at.mode(path, status, 0o444)
    else:
        yield looked_at.damage(path, "kind", "a file", _kind(status))


def _of_entry(
    looked_at: _Object, entry: Entry, here: int, status: os.stat_result, quick: bool
) -> Iterator[Damage]:
    name = PurePosixPath(entry.path).name
    if _kind(status) != entry.kind:
        yield looked_at.damage(entry.path, "kind", f"a {entry.kind}", f"a {_kind(status)}")
    elif entry.kind == "symlink":
        target = looked_at.fs.readlink(name, at=here)
        if target != entry.content:
            yield looked_at.damage(entry.path, "content", f"-> {entry.content}", f"-> {target}")
    elif entry.kind == "directory":
        yield from looked_at.mode(entry.path, status, 0o555)
    else:
        yield from looked_at.mode(entry.path, status, 0o555 if entry.executable else 0o444)
        yield from _of_content(looked_at, entry, here, status, quick)


def _of_content(
    looked_at: _Object, entry: Entry, here: int, status: os.stat_result, quick: bool
) -> Iterator[Damage]:
    if status.st_size != entry.size:
        found = f"{status.st_size} bytes"
        yield looked_at.damage(entry.path, "content", f"{entry.size} bytes", found)
    elif not quick:
        fs, plain = looked_at.fs, not is_of_pieces(entry.content)
        with opened(fs, PurePosixPath(entry.path).name, READ, at=here) as descriptor:
            content, _ = fingerprint_of(fs, descriptor, entry.size, plain=plain)
        if content != entry.content:
            yield looked_at.damage(
                entry.path, "content", f"sha256 {entry.content}", f"sha256 {content}"
            )


def _of_mode(looked_at: _Object, name: str) -> Iterator[Damage]:
    yield from looked_at.mode(name, looked_at.fs.lstat(looked_at.folder / name), 0o444)


def _kind(status: os.stat_result) -> str:
    if stat.S_ISREG(status.st_mode):
        return "file"
    if stat.S_ISDIR(status.st_mode):
        return "directory"
    return "symlink" if stat.S_ISLNK(status.st_mode) else "special file"
