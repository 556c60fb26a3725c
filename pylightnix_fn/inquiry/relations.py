"""Who needs whom in a store, and what keeps an object there."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import suppress

from pylightnix_fn.errors.store import DamagedObject, MissingObject
from pylightnix_fn.findings.needs import Reasons, Relatives, reasons, relatives
from pylightnix_fn.realizer import Context
from pylightnix_fn.refs import DRef, RRef
from pylightnix_fn.retention.graph import Graph
from pylightnix_fn.retention.inventory import Reference
from pylightnix_fn.store.backing import REFUSED, guarded
from pylightnix_fn.store.disk import DiskStore
from pylightnix_fn.store.liveness import in_use
from pylightnix_fn.store.records import read_context
from pylightnix_fn.store_protocol import Store
from pylightnix_fn.upkeep.roots import roots_of


def deps(store: Store, reference: Reference) -> Relatives:
    """What an object was made from, and what that was made from.

    Errors: `MissingObject`.
    """
    _check_there(store, reference)
    return relatives(_graph(store, [reference], follow=True), reference, "needs")


def rdeps(store: Store, reference: Reference) -> Relatives:
    """What was made from an object, and what was made from that.

    Law: one is among the direct ones of `deps` of the other where that is among those of this.
    Errors: `MissingObject`.
    """
    _check_there(store, reference)
    return relatives(_graph(store, _objects(store)), reference, "is needed by")


def why(store: DiskStore, reference: Reference) -> Reasons:
    """What keeps an object from being collected: roots and processes, and what needs it.

    A policy may keep more. Errors: `MissingObject`, `DamagedObject` where a root cannot be read.
    """
    _check_there(store, reference)
    kept: defaultdict[str, list[Reference]] = defaultdict(list)
    with guarded(store.layout):
        for name, each in roots_of(store.backing).items():
            kept[f"root '{name}'"].append(each)
        for each, who in _used(store).items():
            kept[who].append(each)
    return reasons(_graph(store, _objects(store)), reference, kept)


def users(store: Store, reference: Reference) -> tuple[Reference, ...]:
    """What refers to an object directly, but for a derivation's own realizations."""
    dref = reference if isinstance(reference, DRef) else reference.dref
    direct = rdeps(store, reference).direct
    return tuple(
        each
        for each in direct
        if isinstance(each, DRef) or isinstance(reference, RRef) or each.dref != dref
    )


def _used(store: DiskStore) -> dict[Reference, str]:
    """What live processes rely on, so far as this user may look."""
    try:
        return in_use(store.backing)
    except OSError as error:
        if error.errno not in REFUSED:
            raise
        return {}


def _objects(store: Store) -> Iterator[Reference]:
    for dref in store.drefs():
        yield dref
        yield from store.rrefs(dref)


def _graph(store: Store, start: Iterable[Reference], *, follow: bool = False) -> Graph:
    """What these objects need, and with ``follow`` what that needs, too."""
    queue = list(start)
    objects = {each.text: each for each in queue}
    needs: dict[str, tuple[str, ...]] = {}
    for each in queue:  # which grows meanwhile
        needed = _needs(store, each)
        needs[each.text] = tuple(sorted({one.text for one in needed}))
        for one in needed:
            if one.text not in objects:
                objects[one.text] = one
                queue += [one] if follow else []
    return Graph(objects, needs, {})


def _needs(store: Store, reference: Reference) -> list[Reference]:
    with suppress(DamagedObject, MissingObject):
        if isinstance(reference, DRef):
            return [*store.config(reference).drefs]
        context = _context(store, reference)
        return [reference.dref, *context, *(each for those in context.values() for each in those)]
    return [] if isinstance(reference, DRef) else [reference.dref]


def _context(store: Store, rref: RRef[object]) -> Context:
    if isinstance(store, DiskStore):  # which need not read what the build took
        with guarded(store.layout):
            return read_context(store.fs, store.layout.realization(rref), rref)
    return store.record(rref).context


def _check_there(store: Store, reference: Reference) -> None:
    if isinstance(reference, DRef):
        store.config(reference)
    else:
        store.folder(reference)
