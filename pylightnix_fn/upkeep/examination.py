"""Examining one object of a store: what is wrong with it, and whether that still stands.

The first look holds no lock, so what it finds may be the trace of somebody at work. The second one
is for when the gate is held, and nobody publishes or removes: what it finds is so.
"""

from __future__ import annotations

import errno
import os
import re
import stat
from collections.abc import Iterator
from contextlib import suppress
from typing import Final

from attrs import evolve, frozen

from pylightnix_fn.config import dependencies
from pylightnix_fn.errors.store import DamagedObject
from pylightnix_fn.files import exists, is_folder, names_in
from pylightnix_fn.outputs import CONTEXT_FILE
from pylightnix_fn.realizer import Context
from pylightnix_fn.refs import HASH_LENGTH, DRef, RRef
from pylightnix_fn.retention.inventory import Reference
from pylightnix_fn.store.backing import Backing
from pylightnix_fn.store.inspection import Damage, damage_of
from pylightnix_fn.store.layout import CONFIG_FILE, rref_of
from pylightnix_fn.store.records import read_build, read_config, read_context
from pylightnix_fn.upkeep.report import Unreadable

_UNREADABLE: Final = frozenset(
    number
    for number, name in errno.errorcode.items()
    if name in ("EACCES", "EBADMSG", "EIO", "EPERM", "EUCLEAN")
)
_CHANGED: Final = (errno.ENOENT, errno.ENOTDIR, errno.ELOOP)
_NO_IDENTITY: Final = (0, 0)
_OWNER: Final = 0o700

ASIDE: Final = ".damaged"  # follows the name of a realization that no listing is to see
_LIKE_OURS: Final = re.compile(rf"[0-9a-f]{{{HASH_LENGTH}}}(?![0-9A-Za-z])")
_PUT_ASIDE: Final = re.compile(rf"([0-9a-f]{{{HASH_LENGTH}}}){re.escape(ASIDE)}(-[0-9a-f]{{8}})?")


@frozen
class Examined:
    """An object that was looked at; ``needs`` are the objects of its kind that it refers to."""

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
    found = Examined(reference, _identity(backing, reference))
    if found.identity == _NO_IDENTITY:
        return None
    try:
        for damage in _damages(backing, reference, quick):
            found = evolve(found, damages=(*found.damages, damage))
        return found if found.is_spoilt else _described(backing, found)
    except OSError as error:
        if error.errno in _CHANGED:
            damage = Damage(reference.text, ".", "missing", "to stay as it is", str(error))
            return evolve(found, identity=_NO_IDENTITY, damages=(damage,))
        if error.errno not in _UNREADABLE:
            raise
        return evolve(found, unreadable=_unreadable(backing, reference, error))


def standing(backing: Backing, first: Examined, *, quick: bool = False) -> Examined | None:
    """What stands of what was found at first; `None` where the object is not there any more.

    With the gate held alone, this is so. Contents that were read once are not read again, unless
    something else bears the name by now.
    """
    identity = _identity(backing, first.reference)
    is_same = identity == first.identity and identity != _NO_IDENTITY
    if is_same and isinstance(first.reference, RRef) and (first.is_spoilt or first.unreadable):
        return first
    return examined(backing, first.reference, quick=quick or is_same)


def strays(backing: Backing) -> Iterator[tuple[str, str]]:
    """Names that no object has, each after that of the folder of a derivation, or an empty one."""
    fs, objects = backing.fs, backing.layout.objects
    for name in names_in(fs, objects):
        if dref_of(name) is None:
            yield "", name
        elif is_folder(fs, objects / name):
            with suppress(PermissionError):  # which is told of the derivation
                yield from ((name, inner) for inner in names_in(fs, objects / name) if ...)
