"""Planning what goes from a store: who is there, what stays, and, if asked, how much that is.

A plan looks at names, at what the policy asks for, and at what stays; what goes is not looked at
until somebody wants to know what it weighs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import UTC, datetime
from itertools import chain, groupby
from typing import TypeAlias

from attrs import evolve

from pylightnix_fn.config import dependencies
from pylightnix_fn.errors.store import DamagedObject
from pylightnix_fn.refs import DRef, RRef, dref_from, is_dref, is_rref, rref_from
from pylightnix_fn.retention.choice import keep_roots
from pylightnix_fn.retention.collection import Cost, GcPlan, gc_plan, plan_of
from pylightnix_fn.retention.graph import at_least_needed
from pylightnix_fn.retention.inventory import (
    Inventory,
    Reference,
    StoredDerivation,
    StoredRealization,
)
from pylightnix_fn.retention.policy import Policy
from pylightnix_fn.store.backing import REFUSED, Backing, guarded
from pylightnix_fn.store.census import drefs_of, rrefs_of
from pylightnix_fn.store.disk import DiskStore
from pylightnix_fn.store.layout import CONFIG_FILE
from pylightnix_fn.store.liveness import in_use
from pylightnix_fn.store.records import read_config, read_context
from pylightnix_fn.tree import Folder
from pylightnix_fn.upkeep.roots import roots_of
from pylightnix_fn.upkeep.stocktaking import LONG_AGO, Stocktaking

_Look: TypeAlias = Callable[[DRef[Folder], Iterable[RRef[Folder]]], Iterable[StoredRealization]]


def survey(store: DiskStore, policy: Policy = keep_roots) -> Inventory:
    """All that a store holds, with the texts that a policy reads.

    Errors: `DamagedObject` where a root cannot be read; other damage is passed over here.
    """
    backing = store.backing
    with guarded(store.layout):
        drefs, stocktaking = drefs_of(backing), Stocktaking(backing, policy.reads)
        found = (stocktaking.of(dref, rrefs_of(backing, dref)) for dref in drefs)
        return Inventory(
            datetime.now(UTC),
            tuple(_stored_derivation(backing, dref) for dref in drefs),
            tuple(chain.from_iterable(found)),
            _known_to_stay(backing),
        )


def plan_for(store: DiskStore, policy: Policy) -> GcPlan:
    """What `gc_plan` makes of a `survey`, from no more than the policy asks for."""
    if policy.scope.depth == "everything":
        return gc_plan(policy, survey(store, policy))
    backing, look = store.backing, _look(store.backing, policy)
    objects: list[Reference] = []
    seen: list[StoredRealization] = []
    with guarded(store.layout):
        for dref in drefs_of(backing):
            rrefs = rrefs_of(backing, dref)
            objects += (dref, *rrefs)
            if policy.scope.has(dref.name):
                seen.extend(look(dref, rrefs))
        inventory = Inventory(datetime.now(UTC), (), tuple(seen), _known_to_stay(backing))
        return plan_of(policy, inventory, objects, lambda text: _needed(backing, text))


def _look(backing: Backing, policy: Policy) -> _Look:
    """How to look at realizations of a derivation, as close as a policy asks for."""
    if policy.scope.depth == "names":
        return lambda _, rrefs: (StoredRealization(each, {}, LONG_AGO, LONG_AGO) for each in rrefs)
    return Stocktaking(backing, policy.reads, with_sizes=False).of


def _needed(backing: Backing, text: str) -> Iterable[str]:
    """What an object needs, as far as it is there and can be read."""
    found = needs_of(backing, rref_from(text) if is_rref(text) else dref_from(text))
    if isinstance(found, frozenset):
        return sorted(each.text for each in found)
    return at_least_needed(text)


def weigh(store: DiskStore, plan: GcPlan) -> GcPlan:
    """A plan with what its removals free, and how long they were built; nothing for what is gone.

    To be asked before they are moved to the trash.
    """
    backing, nothing = store.backing, Cost(0, 0)
    texts = [each.text for each in plan.unneeded]
    drefs = [dref_from(text) for text in texts if is_dref(text)]
    rrefs = [rref_from(text) for text in texts if is_rref(text)]
    stocktaking = Stocktaking(backing, frozenset())
    with guarded(store.layout):
        costs = {dref.text: Cost(_config_size(backing, dref), 0) for dref in drefs}
        for dref, those in groupby(rrefs, lambda rref: rref.dref):
            for each in stocktaking.of(dref, those):
                costs[each.rref.text] = Cost(each.size, each.seconds)
    return evolve(plan, costs=tuple(costs.get(text, nothing) for text in texts))


def needs_of(backing: Backing, reference: Reference) -> frozenset[Reference] | DamagedObject:
    """What an object refers to; or why that cannot be told."""
    fs, layout = backing.fs, backing.layout
    if isinstance(reference, DRef):
        with suppress(DamagedObject):  # what its realizations need, their contexts say
            config = read_config(fs, layout.config(reference), reference)
            return frozenset(dependencies(config))
        return frozenset()
    try:
        context = read_context(fs, layout.place(reference), reference)
    except DamagedObject as error:
        return error
    chosen = (rref for rrefs in context.values() for rref in rrefs)
    return frozenset({reference.dref, *context, *chosen})


def must_stay(backing: Backing) -> dict[Reference, str]:
    """What roots and live processes keep, and which."""
    return {**in_use(backing), **_rooted(backing)}


def _known_to_stay(backing: Backing) -> dict[Reference, str]:
    """What must stay, so far as this process may look; who removes something asks for all."""
    try:
        return must_stay(backing)
    except OSError as error:
        if error.errno not in REFUSED:
            raise
        return _rooted(backing)


def _rooted(backing: Backing) -> dict[Reference, str]:
    return {reference: f"root '{name}'" for name, reference in roots_of(backing).items()}


def _stored_derivation(backing: Backing, dref: DRef[Folder]) -> StoredDerivation:
    with suppress(DamagedObject):
        config = read_config(backing.fs, backing.layout.config(dref), dref)
        return StoredDerivation(dref, dependencies(config), len(config.text.encode()))
    return StoredDerivation(dref, (), _config_size(backing, dref))


def _config_size(backing: Backing, dref: DRef[object]) -> int:
    with suppress(FileNotFoundError):
        return backing.fs.lstat(f"{backing.layout.place(dref)}/{CONFIG_FILE}").st_size
    return 0
