"""Examining one object of a store: what is wrong with it, and whether that still stands.

The first look holds no lock, so what it finds may be the trace of somebody at work. The second one
is for when the gate is held, and nobody publishes or removes: what it finds is so.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import suppress
from itertools import chain
from typing import Final

from attrs import evolve, frozen

from pylightnix_fn.config import dependencies
from pylightnix_fn.errors.store import DamagedObject
from pylightnix_fn.files import exists, walk
from pylightnix_fn.outputs import CONTEXT_FILE
from pylightnix_fn.refs import DRef, RRef
from pylightnix_fn.retention.inventory import Reference
from pylightnix_fn.store.backing import Backing
from pylightnix_fn.store.inspection import Damage, damage_of
from pylightnix_fn.store.layout import CONFIG_FILE
from pylightnix_fn.store.records import read_build, read_config, read_context
from pylightnix_fn.upkeep.report import Unreadable

_CLOSED: Final = (errno.EACCES, errno.EPERM)
_FAILING: Final = frozenset(  # what a disk, or the file system on it, says of its own damage
    number
    for number, name in errno.errorcode.items()
    if name in ("EBADMSG", "EIO", "EUCLEAN", "EREMOTEIO")
)
_CHANGING: Final = (errno.ENOENT, errno.ENOTDIR, errno.ELOOP)
_NOWHERE: Final = (0, 0)

LISTABLE: Final = stat.S_IRUSR | stat.S_IXUSR


@frozen
class Examined:
    """An object that was looked at; ``needs`` are the objects of its kind that it refers to.

    ``identity`` tells it from another of the same name.
    """

    reference: Reference
    identity: tuple[int, int]
    damages: tuple[Damage, ...] = ()
    unreadable: Unreadable | None = None
    size: int = 0
    needs: frozenset[Reference] = frozenset()

    @property
    def is_flawed(self) -> bool:
        """Whether there is anything to tell."""
        return bool(self.damages) or self.unreadable is not None

    @property
    def is_spoilt(self) -> bool:
        """Whether its contents are not what its name says."""
        return any(not each.is_harmless for each in self.damages)


def examined(backing: Backing, reference: Reference, *, quick: bool = False) -> Examined | None:
    """What is wrong with an object; `None` where it is not there.

    ``quick`` looks at names, sizes and modes only.
    """
    identity = _identity(backing, reference)
    if identity == _NOWHERE:
        return None
    found: list[Damage] = []
    try:
        found.extend(_damages(backing, reference, quick))
        size, needs = _described(backing, reference)
        return Examined(reference, identity, tuple(found), None, size, needs)
    except OSError as error:
        if error.errno in _CHANGING:
            gone = Damage(reference.text, ".", "missing", "to stay as it is", str(error))
            return Examined(reference, _NOWHERE, (*found, gone))
        if error.errno not in (*_CLOSED, *_FAILING):
            raise
        return Examined(reference, identity, tuple(found), _unreadable(backing, reference, error))


def standing(backing: Backing, first: Examined, *, quick: bool = False) -> Examined | None:
    """What stands of what was found at first; `None` where the object is not there any more.

    With the gate held alone, this is so. Contents that were found wrong are not read again unless
    something else bears the name by now.
    """
    is_same = _identity(backing, first.reference) == first.identity != _NOWHERE
    if is_same and isinstance(first.reference, RRef) and (first.is_spoilt or first.unreadable):
        return first
    found = examined(backing, first.reference, quick=quick or is_same)
    return evolve(found, size=first.size) if found is not None and is_same else found


def _identity(backing: Backing, reference: Reference) -> tuple[int, int]:
    try:
        status = backing.fs.lstat(backing.layout.located(reference))
    except (FileNotFoundError, NotADirectoryError):
        return _NOWHERE
    return status.st_ino, status.st_ctime_ns


def _unreadable(backing: Backing, reference: Reference, error: OSError) -> Unreadable:
    is_closed = error.errno in _CLOSED
    file = _closed_file(backing, reference) if is_closed else "."
    return Unreadable(reference.text, file, os.strerror(error.errno or 0), is_closed)


def _closed_file(backing: Backing, reference: Reference) -> str:
    """The first part of an object that nobody is to read; "." if it is the folder itself."""
    fs, layout = backing.fs, backing.layout
    with suppress(OSError):
        if isinstance(reference, DRef):
            fs.lstat(layout.config(reference))
            return CONFIG_FILE
        for path, _, status in walk(fs, layout.realization(reference)):
            needed = LISTABLE if stat.S_ISDIR(status.st_mode) else stat.S_IRUSR
            if status.st_mode & needed != needed:
                return str(path)
    return "."


def _described(backing: Backing, reference: Reference) -> tuple[int, frozenset[Reference]]:
    """The size of an object, and what it needs, so far as it can be told."""
    fs, layout = backing.fs, backing.layout
    with suppress(DamagedObject):
        if isinstance(reference, DRef):
            config = read_config(fs, layout.config(reference), reference)
            return len(config.text.encode()), frozenset(dependencies(config))
        folder = layout.realization(reference)
        context = read_context(fs, folder, reference)
        chosen = frozenset(chain.from_iterable(context.values()))
        return read_build(fs, folder, reference).size, chosen
    return 0, frozenset()


def _damages(backing: Backing, reference: Reference, quick: bool) -> Iterator[Damage]:
    if isinstance(reference, DRef):
        yield from _derivation_damages(backing, reference)
        return
    found = damage_of(backing.fs, backing.layout, reference, quick=quick)
    yield from found
    if all(each.is_harmless for each in found):
        yield from _context_damages(backing, reference)


def _derivation_damages(backing: Backing, dref: DRef[object]) -> Iterator[Damage]:
    fs, layout = backing.fs, backing.layout
    status = fs.lstat(layout.derivation(dref))
    if not stat.S_ISDIR(status.st_mode):
        yield Damage(dref.text, ".", "kind", "a folder", "something else")
        return
    if status.st_mode & LISTABLE != LISTABLE:  # a store may be read-only as a whole
        yield Damage(dref.text, ".", "mode", "0755", f"{stat.S_IMODE(status.st_mode):04o}")
    if exists(fs, layout.config(dref)):
        yield from damage_of(fs, layout, dref)
    else:
        yield Damage(dref.text, CONFIG_FILE, "missing", "a file", "nothing")


def _context_damages(backing: Backing, rref: RRef[object]) -> Iterator[Damage]:
    """A context must name just the derivations that the config refers to."""
    fs, layout = backing.fs, backing.layout
    found = sorted(each.text for each in read_context(fs, layout.realization(rref), rref))
    with suppress(DamagedObject, OSError):  # of the config, which is told of the derivation
        config = read_config(fs, layout.config(rref.dref), rref.dref)
        expected = sorted(each.text for each in dependencies(config))
        if found != expected:
            yield Damage(rref.text, CONTEXT_FILE, "content", _listed(expected), _listed(found))


def _listed(texts: list[str]) -> str:
    return ", ".join(texts) or "no dependencies"
