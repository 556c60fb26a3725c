"""Removing one object, with what is only a part of it; it can be undone like a collection."""

from __future__ import annotations

from pylightnix_fn.errors.store import MissingObject, StillNeeded
from pylightnix_fn.refs import DRef
from pylightnix_fn.retention.collection import GcPlan
from pylightnix_fn.retention.inventory import Reference
from pylightnix_fn.store.backing import guarded
from pylightnix_fn.store.census import is_there
from pylightnix_fn.store.disk import DiskStore
from pylightnix_fn.upkeep.collection import Collection, collect
from pylightnix_fn.upkeep.undoing import undo


def discard(store: DiskStore, reference: Reference) -> Collection:
    """Move an object to the trash, a derivation with its realizations; `undo` brings it back.

    Errors: `MissingObject`, and `StillNeeded` while a root, another object or a process needs it.
    """
    with guarded(store.layout):
        if not is_there(store.backing, reference):
            raise MissingObject(reference.text, str(store.root))
    parts = store.rrefs(reference) if isinstance(reference, DRef) else ()
    done = collect(store, GcPlan((), (*parts, reference), "discard"), everything=True)
    if done.spared:
        if done.name:
            undo(store, done.name)
        users = "\n".join(f"{each.reference.text}: {each.why}" for each in done.spared)
        raise StillNeeded(reference.text, users)
    return done
