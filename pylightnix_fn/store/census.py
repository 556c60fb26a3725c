"""Which objects a store holds, by their names alone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from pylightnix_fn.files import is_folder, names_in
from pylightnix_fn.refs import DRef, RRef, rrefs
from pylightnix_fn.store.backing import Backing
from pylightnix_fn.store.layout import dref_of
from pylightnix_fn.tree import Folder

_FOLDER: Final = Folder()


def drefs_of(backing: Backing) -> tuple[DRef[Folder], ...]:
    """All derivations, sorted."""
    found = (dref_of(name) for name in sorted(backing.fs.listdir(backing.layout.objects)))
    return tuple(dref for dref in found if dref is not None)


def rrefs_of(backing: Backing, dref: DRef[object]) -> tuple[RRef[Folder], ...]:
    """All realizations of a derivation, sorted."""
    fs, place = backing.fs, backing.layout.place(dref)
    found = rrefs(names_in(fs, place), dref, _FOLDER)
    return tuple(found) if found and is_folder(fs, place) else ()


def is_there(backing: Backing, reference: DRef[object] | RRef[object]) -> bool:
    """Whether an object is there, and not behind a link."""
    fs, layout = backing.fs, backing.layout
    if isinstance(reference, RRef) and not is_there(backing, reference.dref):
        return False
    return is_folder(fs, layout.place(reference))


def objects_of(backing: Backing) -> Iterator[DRef[Folder] | RRef[Folder]]:
    """Every derivation, each followed by its realizations."""
    for dref in drefs_of(backing):
        yield dref
        yield from rrefs_of(backing, dref)
