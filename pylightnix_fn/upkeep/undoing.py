"""The trash: what was collected comes back from it, or is deleted for good."""

from __future__ import annotations

import os
import re
from contextlib import suppress
from graphlib import TopologicalSorter
from itertools import chain
from pathlib import Path
from typing import Final

from attrs import frozen

from pylightnix_fn.errors.store import DamagedObject, UnknownCollection
from pylightnix_fn.files import delete, exists, folder_at, is_folder, names_in, opened
from pylightnix_fn.filesystem import FOLDER
from pylightnix_fn.locks import locked
from pylightnix_fn.refs import HASH_LENGTH, DRef, RRef, rref_from
from pylightnix_fn.retention.inventory import Reference
from pylightnix_fn.store.backing import Backing, guarded
from pylightnix_fn.store.census import drefs_of
from pylightnix_fn.store.disk import DiskStore
from pylightnix_fn.store.layout import CONFIG_FILE, dref_of
from pylightnix_fn.store.records import read_config, read_context
from pylightnix_fn.store.trash import COLLECTED, DELETED, binned_name
from pylightnix_fn.tree import Folder
from pylightnix_fn.upkeep.stocktaking import freed_by

_REALIZATION: Final = re.compile(rf"([0-9a-f]{{{HASH_LENGTH}}})\.([0-9a-f]{{{HASH_LENGTH}}})")


@frozen
class Undone:
    """What came back from the trash, and what was left there.

    Left is what is in the store again, or was built from something that is not.
    """

    restored: tuple[Reference, ...]
    left: tuple[Reference, ...]


def collections(store: DiskStore) -> tuple[str, ...]:
    """The garbage collections that can be undone, the latest last."""
    with guarded(store.layout):
        names = names_in(store.fs, store.layout.trash)
    return tuple(name for name in names if name.startswith(COLLECTED))


def undo(store: DiskStore, name: str | None = None) -> Undone:
    """Bring back what a garbage collection moved to the trash: the latest, or that of this name.

    Errors: `UnknownCollection`.
    """
    with guarded(store.layout), locked(store.fs, store.layout.gate):
        there = collections(store)
        chosen = name if name is not None else (there[-1] if there else "")
        if chosen not in there:
            raise UnknownCollection(chosen or "the latest", ", ".join(there) or "none")
        return _undone(store.backing, store.layout.trash / chosen)


def empty_trash(store: DiskStore) -> int:
    """Delete for good what is in the trash; the number of bytes that this frees."""
    fs, trash, size = store.fs, store.layout.trash, 0
    with guarded(store.layout):
        with locked(fs, store.layout.gate):  # from here on nothing of it can be brought back
            for name in names_in(fs, trash):
                if not name.startswith(DELETED):
                    fs.rename(trash / name, trash / f"{DELETED}{os.urandom(8).hex()}")
            doomed = [trash / name for name in names_in(fs, trash) if name.startswith(DELETED)]
        for place in doomed:
            with suppress(FileNotFoundError):  # another process does the same
                size += freed_by(fs, place)
                delete(fs, place)
    return size


def _undone(backing: Backing, place: Path) -> Undone:
    """Bring back one collection, what is needed first; the gate must be held alone."""
    names = names_in(backing.fs, place)
    drefs = [dref for dref in map(dref_of, names) if dref is not None]
    known = {dref.digest: dref for dref in (*drefs_of(backing), *drefs)}
    rrefs = [rref for rref in (_rref_of(name, known) for name in names) if rref is not None]
    drefs = _needed_first(backing, place, drefs)
    needs: dict[RRef[object], frozenset[RRef[object]]] = {
        rref: found for rref in rrefs if (found := _needs(backing, place, rref)) is not None
    }
    restored: list[Reference] = [dref for dref in drefs if _brought_back(backing, place, dref)]
    for rref in TopologicalSorter(needs).static_order():
        is_whole = rref in needs and _all_there(backing, needs[rref])
        if is_whole and _brought_back(backing, place, rref):
            restored.append(rref)
    with suppress(OSError):  # something is left
        backing.fs.rmdir(place)
    all_there: list[Reference] = [*drefs, *rrefs]
    return Undone(tuple(restored), tuple(each for each in all_there if each not in restored))


def _needed_first(backing: Backing, place: Path, drefs: list[DRef[Folder]]) -> list[DRef[Folder]]:
    """The derivations in the trash, each after those that its config refers to."""
    needs: dict[DRef[Folder], set[DRef[Folder]]] = {dref: set() for dref in drefs}
    for dref in drefs:
        with suppress(DamagedObject):
            config = read_config(backing.fs, place / binned_name(dref) / CONFIG_FILE, dref)
            texts = {each.text for each in config.drefs}
            needs[dref].update(each for each in drefs if each.text in texts)
    return list(TopologicalSorter(needs).static_order())


def _needs(backing: Backing, place: Path, rref: RRef[object]) -> frozenset[RRef[object]] | None:
    """What a realization in the trash was built from; `None` where nobody can tell."""
    with suppress(DamagedObject):
        context = read_context(backing.fs, place / binned_name(rref), rref)
        return frozenset(chain.from_iterable(context.values()))
    return None


def _all_there(backing: Backing, rrefs: frozenset[RRef[object]]) -> bool:
    return all(is_folder(backing.fs, backing.layout.realization(rref)) for rref in rrefs)


def _rref_of(name: str, known: dict[str, DRef[Folder]]) -> RRef[Folder] | None:
    found = _REALIZATION.fullmatch(name)
    dref = known.get(found[2]) if found else None
    return None if found is None or dref is None else rref_from(f"rref:{found[1]}-{dref.text[5:]}")


def _brought_back(backing: Backing, place: Path, reference: Reference) -> bool:
    fs, source = backing.fs, binned_name(reference)
    target = backing.layout.located(reference)
    if exists(fs, target) or not is_folder(fs, target.parent):
        return False
    with (
        opened(fs, place, FOLDER) as old,
        opened(fs, target.parent, FOLDER) as new,
        folder_at(fs, source, at=old) as descriptor,
    ):
        fs.rename(source, target.name, at=old, to=new)
        fs.fchmod(descriptor, 0o555 if isinstance(reference, RRef) else 0o755)
    return True
