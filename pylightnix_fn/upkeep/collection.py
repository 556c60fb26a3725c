"""Collecting garbage: objects that nothing needs go to the trash, and may come back from there.

What to keep is decided by pure values (`retention`); here the store is looked at, and looked at
again while nobody publishes or pins: a plan is never trusted. What leaves first is what nothing
else refers to, so a crash at any point leaves a store in which nothing dangles.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import TypeAlias

from attrs import frozen

from pylightnix_fn.errors.store import DamagedObject, NothingKept
from pylightnix_fn.locks import locked
from pylightnix_fn.retention.choice import keep_roots
from pylightnix_fn.retention.collection import GcPlan, Kept
from pylightnix_fn.retention.graph import Graph
from pylightnix_fn.retention.inventory import Reference
from pylightnix_fn.retention.policy import Policy
from pylightnix_fn.store.backing import Backing, guarded
from pylightnix_fn.store.census import objects_of
from pylightnix_fn.store.disk import DiskStore
from pylightnix_fn.store.foundation import make_reserve
from pylightnix_fn.store.liveness import clear_after_dead
from pylightnix_fn.store.trash import COLLECTED, move_to, new_bin
from pylightnix_fn.upkeep.planning import must_stay, needs_of, plan_for
from pylightnix_fn.upkeep.roots import forget_lost_links

_Needs: TypeAlias = Mapping[Reference, "frozenset[Reference] | DamagedObject"]


@frozen
class Collection:
    """What a garbage collection moved to the trash, and what it spared although it was planned.

    ``name`` is what it is undone by; empty where nothing was moved.
    """

    name: str
    moved: tuple[Reference, ...]
    spared: tuple[Kept, ...]


def gc(
    store: DiskStore, policy: Policy = keep_roots, *, delete: bool = False, everything: bool = False
) -> GcPlan:
    """What a policy would remove from a store; with ``delete`` it is moved to the trash.

    The trash takes as much room until it is emptied, and until then `undo` brings all back.
    ``everything`` allows a plan that keeps nothing. What all this frees, `weigh` tells. Errors:
    those of `survey` and `collect`.
    """
    plan = plan_for(store, policy)
    if delete:
        collect(store, plan, everything=everything)
    return plan


def collect(store: DiskStore, plan: GcPlan, *, everything: bool = False) -> Collection:
    """Move to the trash what a plan removes, and what still is needed by nothing.

    What was pinned, linked or built upon since the plan was made is spared. Errors: `NothingKept`,
    `DamagedObject` where nobody can tell what something that stays needs: `repair` it first.
    """
    if plan.keeps_nothing and not everything:
        raise NothingKept(str(store.root), len(plan.unneeded))
    backing = store.backing
    with guarded(store.layout):
        known: _Needs = {each: needs_of(backing, each) for each in objects_of(backing)}
        with locked(backing.fs, backing.layout.gate):
            with suppress(FileNotFoundError):  # now there is room for a name more
                backing.fs.unlink(backing.layout.reserve)
            clear_after_dead(backing)
            collection = _collected(backing, plan, known)
            forget_lost_links(backing)
        make_reserve(backing)
    return collection


def _collected(backing: Backing, plan: GcPlan, known: _Needs) -> Collection:
    """Move what goes; the gate must be held alone."""
    present: _Needs = {
        # What could not be read then may have come back since.
        each: found
        if isinstance(found := known.get(each), frozenset) and found
        else needs_of(backing, each)
        for each in objects_of(backing)
    }
    planned = _referrers_first(present, plan.unneeded)
    stays = _staying(present, frozenset(planned), must_stay(backing))
    moved = tuple(each for each in planned if each not in stays)
    spared = tuple(Kept(each, stays[each]) for each in planned if each in stays)
    if not moved:
        return Collection("", (), spared)
    place = new_bin(backing, COLLECTED)
    move_to(place, backing, moved)
    return Collection(place.name, moved, spared)


def _referrers_first(present: _Needs, planned: Iterable[Reference]) -> list[Reference]:
    """What is there of this, each before all that it needs."""
    there = {each.text: each for each in planned if each in present}
    needs = {
        text: tuple(sorted(needed.text for needed in found))
        for text, each in there.items()
        if isinstance(found := present[each], frozenset)
    }
    return [there[text] for text in Graph(there, needs, {}).referrers_first(there)]


def _staying(
    present: _Needs, planned: frozenset[Reference], must_stay: Mapping[Reference, str]
) -> dict[Reference, str]:
    """What stays, and why: what must, what was not planned to go, and all that these need."""
    stays = {each: "it was not in the plan" for each in present if each not in planned}
    stays.update(must_stay)
    queue = list(stays)
    for each in queue:  # which grows meanwhile
        needs = present.get(each, frozenset())
        if isinstance(needs, DamagedObject):
            raise needs
        for needed in needs:
            if needed not in stays:
                stays[needed] = f"needed by {each}"
                queue.append(needed)
    return stays
