"""Mending a store: modes are restored, what is damaged goes to the trash and is built again.

Every object is looked at again while nobody publishes or removes: a report is never trusted. Each
step is one rename or one change of a mode, so whoever is stopped in between can simply begin again.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Literal, TypeAlias, TypeVar

from attrs import frozen

from pylightnix_fn.closure import Closure
from pylightnix_fn.driver import realize
from pylightnix_fn.files import exists, is_folder
from pylightnix_fn.locks import locked
from pylightnix_fn.observer import Observer, unobserved
from pylightnix_fn.plan import Budget
from pylightnix_fn.refs import DRef, RRef
from pylightnix_fn.retention.inventory import Reference
from pylightnix_fn.store.backing import Backing, guarded
from pylightnix_fn.store.census import rrefs_of
from pylightnix_fn.store.disk import DiskStore
from pylightnix_fn.store.layout import reference_of
from pylightnix_fn.store.trash import DAMAGED, move_to, new_bin
from pylightnix_fn.upkeep.examination import Examined, examined, standing
from pylightnix_fn.upkeep.modes import open_up, open_up_folder, restore_modes
from pylightnix_fn.upkeep.orphans import discard_orphans, orphans_of
from pylightnix_fn.upkeep.report import Report, Unreadable
from pylightnix_fn.upkeep.strays import discard_path, discard_stray, strays
from pylightnix_fn.upkeep.verification import verify

R = TypeVar("R")

_Outcome: TypeAlias = Literal["whole", "restored", "discarded", "left", "unreadable"]


@frozen
class Repaired:
    """What became of what was damaged.

    ``restored`` have their modes again; ``discarded`` are in the trash, to be built again; ``left``
    are whole, but lack what they were built from, or a config, until that is realized again;
    ``unreadable`` are for somebody to look at the disk.
    """

    restored: tuple[Reference, ...] = ()
    discarded: tuple[Reference, ...] = ()
    left: tuple[Reference, ...] = ()
    unreadable: tuple[Unreadable, ...] = ()

    def __str__(self) -> str:
        parts = {
            "restored": len(self.restored),
            "moved to the trash": len(self.discarded),
            "left until what they need is there": len(self.left),
            "not readable": len(self.unreadable),
        }
        told = [f"{number} {what}" for what, number in parts.items() if number]
        return "; ".join(told) or "nothing to repair"


def repair(store: DiskStore, report: Report | None = None, *, orphans: bool = False) -> Repaired:
    """Restore modes, and move what is damaged to the trash: the next `realize` builds it again.

    Without a report, the store is verified first. What was built from something that is gone stays,
    as an equal result makes it whole again; with ``orphans`` it goes, too, unless a root or another
    process needs it. Errors: `StoreNotWritable`, `DamagedObject` where a root cannot be read.
    """
    named = (verify(store) if report is None else report).damaged
    backing = store.backing
    with guarded(store.layout):
        thrown = _discard_strays(backing)
        looked_at = {each: _mended(backing, each) for each in _to_mend(backing, named)}
        if orphans:
            thrown += discard_orphans(backing)
        left = orphans_of(backing)
    outcomes: dict[_Outcome, list[Reference]] = {}
    for reference, (outcome, _) in looked_at.items():
        outcomes.setdefault(outcome, []).append(reference)
    return Repaired(
        tuple(outcomes.get("restored", ())),
        (*thrown, *outcomes.get("discarded", ())),
        (*outcomes.get("left", ()), *left),
        tuple(why for _, why in looked_at.values() if why is not None),
    )


def rebuild(
    closure: Closure[R],
    store: DiskStore,
    *,
    budget: Budget = Budget(),
    observe: Observer = unobserved,
) -> R:
    """Repair a store, and build again what a closure lacks then; its targets' realizations.

    What was built from a result that did not come back as it was goes to the trash in the end.
    Errors: those of `repair` and `realize`.
    """
    repair(store)
    made = realize(closure, store, budget=budget, observe=observe)
    with guarded(store.layout):
        discard_orphans(store.backing, closure.derivations.keys())
    return made


def _to_mend(backing: Backing, named: Collection[str]) -> list[Reference]:
    """What a report names; derivations last, as they go as a whole when they are empty."""
    found = [each for each in map(reference_of, named) if each is not None]
    drefs = [each for each in found if isinstance(each, DRef)]
    rrefs = [each for each in found if isinstance(each, RRef)]
    for dref in drefs:
        if open_up_folder(backing, dref):  # so nobody has seen what is in it
            rrefs.extend(rrefs_of(backing, dref))
    return [*rrefs, *drefs]


def _mended(backing: Backing, reference: Reference) -> tuple[_Outcome, Unreadable | None]:
    first = examined(backing, reference)
    if first is not None and first.unreadable is not None and first.unreadable.is_closed:
        open_up(backing, reference)
        first = examined(backing, reference)
    if first is None or not first.is_flawed:
        return "whole", None
    with locked(backing.fs, backing.layout.gate):
        found = standing(backing, first)
        return ("whole", None) if found is None else _acted_upon(backing, found)


def _acted_upon(backing: Backing, found: Examined) -> tuple[_Outcome, Unreadable | None]:
    """Do what a finding asks for; the gate must be held alone."""
    if found.is_spoilt:
        return ("discarded" if _discard(backing, found.reference) else "left"), None
    if found.unreadable is not None:
        return "unreadable", found.unreadable
    if not found.damages:
        return "whole", None
    restore_modes(backing, found.reference, found.damages)
    return "restored", None


def _discard(backing: Backing, reference: Reference) -> bool:
    """Move an object to the trash, of a derivation that has results its config; if it is there."""
    layout, fs = backing.layout, backing.fs
    is_folder_still = is_folder(fs, layout.located(reference))
    if isinstance(reference, RRef) or not is_folder_still or not rrefs_of(backing, reference):
        move_to(new_bin(backing, DAMAGED), backing, [reference])
        return True
    path = layout.config(reference)
    if exists(fs, path):
        discard_path(backing, path, f"{reference.digest}.json")
        return True
    return False


def _discard_strays(backing: Backing) -> list[Reference]:
    with locked(backing.fs, backing.layout.gate):
        moved = [discard_stray(backing, each) for each in strays(backing) if each.is_like_ours]
    return [each for each in moved if each is not None]
