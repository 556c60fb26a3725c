"""Collecting garbage: objects that nothing needs go to the trash, and may come back from there.

What to keep is decided by pure values (`retention`); here the store is looked at, and looked at
again while nobody publishes or pins: a plan is never trusted. What leaves first is what nothing
else refers to, so a crash at any point leaves a store in which nothing dangles.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from itertools import chain
from typing import TypeAlias

from attrs import frozen

from pylightnix_fn.config import dependencies
from pylightnix_fn.errors.store import DamagedObject, NothingKept
from pylightnix_fn.locks import locked
from pylightnix_fn.refs import DRef
from pylightnix_fn.retention.choice import keep_roots
from pylightnix_fn.retention.collection import GcPlan, Kept, gc_plan
from pylightnix_fn.retention.inventory import Inventory, Reference, StoredDerivation
from pylightnix_fn.retention.policy import Policy
from pylightnix_fn.store.backing import REFUSED, Backing, guarded
from pylightnix_fn.store.census import drefs_of, objects_of
from pylightnix_fn.store.disk import DiskStore
from pylightnix_fn.store.foundation import make_reserve
from pylightnix_fn.store.liveness import clear_after_dead, in_use
from pylightnix_fn.store.records import read_config, read_context
from pylightnix_fn.store.trash import COLLECTED, move_to, new_bin
from pylightnix_fn.tree import Folder
from pylightnix_fn.upkeep.roots import forget_lost_links, roots_of
from pylightnix_fn.upkeep.stocktaking import Stocktaking

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
    ``everything`` allows a plan that keeps nothing. Errors: those of `survey` and `collect`.
    """
    plan = gc_plan(policy, survey(store, policy))
    if delete:
        collect(store, plan, everything=everything)
    return plan


def survey(store: DiskStore, policy: Policy = keep_roots) -> Inventory:
    """All that a store holds, with the texts that a policy reads.

    Errors: `DamagedObject` where a root cannot be read; other damage is passed over here.
    """
    with guarded(store.layout):
        drefs, stocktaking = drefs_of(store.backing), Stocktaking(store.backing, policy.reads)
        return Inventory(
            datetime.now(UTC),
            tuple(_stored_derivation(store, dref) for dref in drefs),
            tuple(chain.from_iterable(map(stocktaking.of, drefs))),
            _known_to_stay(store.backing),
        )


def collect(store: DiskStore, plan: GcPlan, *, everything: bool = False) -> Collection:
    """Move to the trash what a plan removes, and what still is needed by nothing.

    What was pinned, linked or built upon since the plan was made is spared. Errors: `NothingKept`,
    `DamagedObject` where nobody can tell what something that stays needs: `repair` it first.
    """
    if plan.keeps_nothing and not everything:
        raise NothingKept(str(store.root), len(plan.removals))
    backing = store.backing
    with guarded(store.layout):
        known: _Needs = {each: _needs(backing, each) for each in objects_of(backing)}
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
        else _needs(backing, each)
        for each in objects_of(backing)
    }
    planned = [each.reference for each in plan.removals if each.reference in present]
    stays = _staying(present, frozenset(planned), _must_stay(backing))
    moved = tuple(each for each in planned if each not in stays)
    spared = tuple(Kept(each, stays[each]) for each in planned if each in stays)
    if not moved:
        return Collection("", (), spared)
    place = new_bin(backing, COLLECTED)
    move_to(place, backing, moved)
    return Collection(place.name, moved, spared)


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


def _needs(backing: Backing, reference: Reference) -> frozenset[Reference] | DamagedObject:
    """What an object refers to; or why that cannot be told."""
    fs, layout = backing.fs, backing.layout
    if isinstance(reference, DRef):
        with suppress(DamagedObject):  # what its realizations need, their contexts say
            config = read_config(fs, layout.config(reference), reference)
            return frozenset(dependencies(config))
        return frozenset()
    try:
        context = read_context(fs, layout.realization(reference), reference)
    except DamagedObject as error:
        return error
    chosen = (rref for rrefs in context.values() for rref in rrefs)
    return frozenset({reference.dref, *context, *chosen})


def _known_to_stay(backing: Backing) -> dict[Reference, str]:
    """What must stay, so far as this process may look; who removes something asks for all."""
    try:
        return _must_stay(backing)
    except OSError as error:
        if error.errno not in REFUSED:
            raise
        return _rooted(backing)


def _must_stay(backing: Backing) -> dict[Reference, str]:
    return {**in_use(backing), **_rooted(backing)}


def _rooted(backing: Backing) -> dict[Reference, str]:
    return {reference: f"root '{name}'" for name, reference in roots_of(backing).items()}


def _stored_derivation(store: DiskStore, dref: DRef[Folder]) -> StoredDerivation:
    path = store.layout.config(dref)
    with suppress(DamagedObject):
        config = read_config(store.fs, path, dref)
        return StoredDerivation(dref, dependencies(config), len(config.text.encode()))
    with suppress(FileNotFoundError):
        return StoredDerivation(dref, (), store.fs.lstat(path).st_size)
    return StoredDerivation(dref)
