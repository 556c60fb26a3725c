"""What must hold of a store whatever happened to it, and what it looks like from outside.

Looks through the plain file system and opens no store, so that looking mends nothing.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final, TypeAlias

from pylightnix_fn import DRef, PylightnixError
from pylightnix_fn.filesystem import DISK
from pylightnix_fn.locks import locked
from pylightnix_fn.refs import is_rref
from pylightnix_fn.store.backing import Backing
from pylightnix_fn.store.census import objects_of
from pylightnix_fn.store.inspection import damage_of
from pylightnix_fn.store.layout import Layout, dref_of, reference_of, rref_of
from pylightnix_fn.store.liveness import clear_after_dead
from pylightnix_fn.store.records import read_build, read_config, read_context

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
    return {each.text: _state(backing, each.text) for each in objects_of(backing)}


def _state(backing: Backing, text: str) -> str:
    fs, layout = DISK, backing.layout
    reference = reference_of(text)
    assert reference is not None
    damage = [each for each in damage_of(fs, layout, reference) if not each.is_harmless]
    if damage:
        return DAMAGED + ", ".join(f"{each.file} ({each.aspect})" for each in damage)
    if isinstance(reference, DRef):
        return "whole"
    return f"built {read_build(fs, layout.located(reference), reference).facts.started}"


def modes_left(root: Path) -> int:
    """How many objects have modes that they should not have."""
    backing = backing_at(root)
    return sum(bool(damage_of(DISK, backing.layout, each)) for each in objects_of(backing))


def troubles(root: Path, before: View, after: View) -> list[str]:
    """What is wrong with a store in which something that leads from one view to another stopped."""
    now = view(root)
    found = [
        f"{text} is {state}; it was {before.get(text)}, was to be {after.get(text)}"
        for text, state in now.items()
        if state not in (before.get(text), after.get(text))
    ]
    lost = (before.keys() & after.keys()) - now.keys()
    found.extend(f"{text} is gone" for text in lost if not before[text].startswith(DAMAGED))
    return [*found, *dangling(root)]


def dangling(root: Path) -> Iterator[str]:
    """The references of whole objects that lead to nothing."""
    backing = backing_at(root)
    fs, layout = DISK, backing.layout
    for each in objects_of(backing) if layout.objects.is_dir() else ():
        if _state(backing, each.text).startswith(DAMAGED):
            continue
        if isinstance(each, DRef):
            config = read_config(fs, layout.config(each), each)
            needs = [reference.dref.text for reference in config.references]
        else:
            context = read_context(fs, layout.realization(each), each)
            needs = [rref.text for rrefs in context.values() for rref in rrefs]
        for need in needs:
            reference = reference_of(need)
            if reference is None or not layout.located(reference).is_dir():
                yield f"{each} needs {need}, which is not there"


def litter(root: Path) -> list[str]:
    """What lies about once everybody is gone and the store was tidied up."""
    backing = backing_at(root)
    layout = backing.layout
    with locked(DISK, layout.gate):
        clear_after_dead(backing)
    found = [f"{name} in the store" for name in set(os.listdir(root)) - _AT_TOP]
    for folder, known in (
        (layout.staging, set()),
        (layout.writers, set()),
        (layout.locks, {"gate"}),
    ):
        found.extend(f"{name} in {folder.name}" for name in set(os.listdir(folder)) - known)
    for name in os.listdir(layout.objects):
        dref = dref_of(name)
        if dref is None:
            found.append(f"{name} among the derivations")
            continue
        for inner in os.listdir(layout.derivation(dref)):
            if inner != "config.json" and rref_of(inner, dref) is None:
                found.append(f"{inner} in {dref}")
    return found


def rrefs_in(seen: View) -> list[str]:
    """The realizations of a view."""
    return [text for text in seen if is_rref(text)]


def is_typed(error: BaseException) -> bool:
    """Whether an error is one that users are told of in the library's own words."""
    return isinstance(error, PylightnixError)
