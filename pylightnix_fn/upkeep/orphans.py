"""Orphans: realizations that were built from something that is not in the store any more.

Each is whole, and of use again once an equal result is in the place of what is gone. In a sound
store there are none, nor any circle.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import suppress
from graphlib import CycleError, TopologicalSorter
from itertools import chain
from typing import TypeAlias, TypeVar

from pylightnix_fn.errors.store import DamagedObject
from pylightnix_fn.locks import locked
from pylightnix_fn.refs import DRef, RRef
from pylightnix_fn.retention.graph import Graph
from pylightnix_fn.store.backing import Backing
from pylightnix_fn.store.census import objects_of
from pylightnix_fn.store.liveness import in_use
from pylightnix_fn.store.records import read_context
from pylightnix_fn.store.trash import DAMAGED, move_to, new_bin
from pylightnix_fn.upkeep.roots import roots_of

K = TypeVar("K")

Needs: TypeAlias = "Mapping[RRef[object], frozenset[RRef[object]]]"


def orphans_of(backing: Backing) -> list[RRef[object]]:
    """The orphans of a store, each before what it needs."""
    return orphans_in(_needs(backing, {}))


def discard_orphans(
    backing: Backing, of: Collection[DRef[object]] | None = None
) -> list[RRef[object]]:
    """Move orphans to the trash, unless a root or another process needs them; which these were.

    ``of`` are derivations: only what lacks a result of theirs goes.
    """
    known, ours = _needs(backing, {}), backing.desk.name
    with locked(backing.fs, backing.layout.gate):
        needs = _needs(backing, known)
        lost = [each for each in missing_in(needs) if of is None or each.dref in of]
        stays = _reached(needs, (*in_use(backing, but=ours), *roots_of(backing).values()))
        doomed = [each for each in orphans_in(needs, lost) if each not in stays]
        if doomed:
            move_to(new_bin(backing, DAMAGED), backing, doomed)
    return doomed


def missing_in(needs: Needs) -> set[RRef[object]]:
    """What is needed and not there."""
    return {each for those in needs.values() for each in those if each not in needs}


def orphans_in(needs: Needs, lost: Iterable[RRef[object]] | None = None) -> list[RRef[object]]:
    """What was built, by whatever way, from what is ``lost``; each before what it needs.

    `None` stands for all that is missing.

    >>> from pylightnix_fn.refs import rref_from
    >>> a, b, c = (rref_from(f"rref:{n * 32}-{'0' * 32}-x") for n in "abc")
    >>> orphans_in({b: frozenset([c]), a: frozenset([b])}) == [a, b]
    True
    """
    users = _users(needs)
    queue = list(missing_in(needs) if lost is None else lost)
    found: set[RRef[object]] = set()
    for each in queue:  # which grows meanwhile
        new = users.get(each, set()) - found
        found |= new
        queue.extend(new)
    by_text = {each.text: each for each in found}
    graph = Graph({}, {text: _texts(needs[each]) for text, each in by_text.items()}, {})
    return [by_text[text] for text in graph.referrers_first(by_text)]


def circles(needs: Mapping[K, frozenset[K]]) -> Iterator[tuple[K, ...]]:
    """Objects that need each other, which no order of building could have given.

    >>> list(circles({"a": frozenset("b"), "b": frozenset("c"), "c": frozenset("c")}))
    [('c',)]
    """
    left = dict(needs)
    while circle := _circle(left):
        yield circle
        for each in circle:
            del left[each]


def _circle(needs: Mapping[K, frozenset[K]]) -> tuple[K, ...]:
    try:
        TopologicalSorter(needs).prepare()
    except CycleError as error:
        found: list[K] = error.args[1]
        return tuple(found[1:])  # the first is the last, too
    return ()


def _users(needs: Needs) -> dict[RRef[object], set[RRef[object]]]:
    users: dict[RRef[object], set[RRef[object]]] = {}
    for each, those in needs.items():
        for needed in those:
            users.setdefault(needed, set()).add(each)
    return users


def _texts(rrefs: Iterable[RRef[object]]) -> tuple[str, ...]:
    return tuple(sorted(each.text for each in rrefs))


def _reached(needs: Needs, starts: Iterable[object]) -> set[RRef[object]]:
    """These realizations, and all that they need."""
    queue = [each for each in starts if isinstance(each, RRef)]
    reached = set(queue)
    for each in queue:  # which grows meanwhile
        new = needs.get(each, frozenset()) - reached
        reached |= new
        queue.extend(new)
    return reached


def _needs(backing: Backing, known: Needs) -> dict[RRef[object], frozenset[RRef[object]]]:
    """What each realization was built from; of what cannot be read, nothing."""
    rrefs = (each for each in objects_of(backing) if isinstance(each, RRef))
    return {each: known[each] if each in known else _context(backing, each) for each in rrefs}


def _context(backing: Backing, rref: RRef[object]) -> frozenset[RRef[object]]:
    with suppress(DamagedObject, OSError):
        context = read_context(backing.fs, backing.layout.realization(rref), rref)
        return frozenset(chain.from_iterable(context.values()))
    return frozenset()
