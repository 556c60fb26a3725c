"""What must hold of a store whatever happened to it, and what it looks like from outside.

Looks through the plain file system and opens no store, so that looking mends nothing.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final, TypeAlias

from pylightnix_fn import DiskStore, DRef
from pylightnix_fn.filesystem import DISK
from pylightnix_fn.locks import locked
from pylightnix_fn.retention.inventory import Reference
from pylightnix_fn.store.backing import Backing
from pylightnix_fn.store.census import objects_of
from pylightnix_fn.store.inspection import damage_of
from pylightnix_fn.store.layout import CONFIG_FILE, Layout, dref_of, reference_of, rref_of
from pylightnix_fn.store.liveness import clear_after_dead
from pylightnix_fn.store.records import read_build, read_config, read_context
from pylightnix_fn.upkeep.undoing import empty_trash

View: TypeAlias = Mapping[str, str]  # what is to be said of each object, by its reference

DAMAGED: Final = "damaged: "
_AT_TOP: Final = frozenset(
    (
        "format.json",
        "locks",
        "reserve",
        "roots",
        "store-v1",
        "temproots",
        "tmp",
        "trash",
        "unsynced",
    )
)


def backing_at(root: Path) -> Backing:
    """The store at a path, as it lies there."""
    return Backing(Layout(root, root / "tmp"), "off")


def view(root: Path) -> dict[str, str]:
    """Every object: the time of its build, or what is wrong with it; modes left out."""
    backing = backing_at(root)
    if not backing.layout.objects.is_dir():
        return {}
    return {each.text: _state(backing, each) for each in objects_of(backing)}


def _state(backing: Backing, reference: Reference) -> str:
    damage = damage_of(DISK, backing.layout, reference)
    if wrong := [f"{each.file} ({each.aspect})" for each in damage if not each.is_harmless]:
        return DAMAGED + ", ".join(wrong)
    if isinstance(reference, DRef):
        return "whole"
    folder = backing.layout.realization(reference)
    return f"built {read_build(DISK, folder, reference).facts.started}"


def modes_left(root: Path) -> list[str]:
    """The modes that are not what they should be."""
    backing = backing_at(root)
    return [
        f"the mode of {each.file} in {each.reference} is {each.found}"
        for reference in objects_of(backing)
        for each in damage_of(DISK, backing.layout, reference)
        if each.is_harmless
    ]


def troubles(now: View, before: View, after: View) -> list[str]:
    """What is wrong with a view at which something stopped that leads from one view to another."""
    found = [
        f"{text} is {state}; it was {before.get(text)}, was to be {after.get(text)}"
        for text, state in now.items()
        if state not in (before.get(text), after.get(text))
    ]
    lost = (before.keys() & after.keys()) - now.keys()
    return found + [f"{text} is gone" for text in lost if not before[text].startswith(DAMAGED)]


def dangling(root: Path, now: View) -> list[str]:
    """The references of whole objects that lead to nothing."""
    layout = backing_at(root).layout
    found: list[str] = []
    for text, state in now.items():
        needs = () if state.startswith(DAMAGED) else _needs(layout, reference_of(text))
        found.extend(
            f"{text} needs {need}, which is not there"
            for need in needs
            if not layout.located(need).is_dir()
        )
    return found


def _needs(layout: Layout, reference: Reference | None) -> tuple[Reference, ...]:
    if isinstance(reference, DRef):
        config = read_config(DISK, layout.config(reference), reference)
        return tuple(each.dref for each in config.references)
    assert reference is not None
    context = read_context(DISK, layout.realization(reference), reference)
    return (reference.dref, *(rref for rrefs in context.values() for rref in rrefs))


def litter(root: Path) -> list[str]:
    """What lies about once everybody is gone, the store was tidied up and the trash emptied."""
    backing = backing_at(root)
    layout = backing.layout
    with locked(DISK, layout.gate):
        clear_after_dead(backing)
    empty_trash(DiskStore(backing))
    found = sorted(f"{name} in the store" for name in set(os.listdir(root)) - _AT_TOP)
    for folder in (layout.staging, layout.writers, layout.trash, layout.locks):
        names = (folder / name for name in os.listdir(folder))
        found.extend(str(path.relative_to(root)) for path in names if path != layout.gate)
    for path in (*layout.objects.iterdir(), *layout.objects.glob("*/*")):
        if not _is_known(path, layout):
            found.append(str(path.relative_to(root)))
    return found


def _is_known(path: Path, layout: Layout) -> bool:
    if path.parent == layout.objects:
        return dref_of(path.name) is not None
    dref = dref_of(path.parent.name)
    return path.name == CONFIG_FILE or (dref is not None and rref_of(path.name, dref) is not None)
