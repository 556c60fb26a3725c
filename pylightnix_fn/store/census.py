"""Which objects a store holds, by their names alone."""

from __future__ import annotations

from collections.abc import Iterator

from pylightnix_fn.files import is_folder, names_in
from pylightnix_fn.refs import DRef, RRef
from pylightnix_fn.store.backing import Backing
from pylightnix_fn.store.layout import dref_of, rref_of
from pylightnix_fn.tree import Folder


def drefs_of(backing: Backing) -> tuple[DRef[Folder], ...]:
    """All derivations, sorted."""
    found = (dref_of(name) for name in sorted(backing.fs.listdir(backing.layout.objects)))
    return tuple(dref for dref in found if dref is not None)


def rrefs_of(backing: Backing, dref: DRef[object]) -> tuple[RRef[Folder], ...]:
    """All realizations of a derivation, sorted."""
    listed = (rref_of(name, dref) for name in names_in(backing.fs, backing.layout.place(dref)))
    found = tuple(rref for rref in listed if rref is not None)
    return found if found and is_there(backing, dref) else ()


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
