"""One object of a store, with all that is known of it."""

from __future__ import annotations

from typing import Final

from pylightnix_fn.findings.detail import Artifacts, DerivationSheet, RealizationSheet
from pylightnix_fn.inquiry.contents import log_tail, reading, tree_of
from pylightnix_fn.inquiry.relations import users
from pylightnix_fn.refs import DRef, RRef, dref_from, rref_from
from pylightnix_fn.retention.inventory import Reference
from pylightnix_fn.store.disk import DiskStore
from pylightnix_fn.store_protocol import Store

LOG_LINES: Final = 10


def describe(
    store: Store, reference: Reference, *, log_lines: int = LOG_LINES
) -> DerivationSheet | RealizationSheet:
    """All that is known of an object. Errors: `MissingObject`, `DamagedObject`."""
    with reading(store):
        if isinstance(reference, DRef):
            return _derivation(store, reference)
        return _realization(store, reference, log_lines)


def artifacts(store: Store, rref: RRef[object]) -> Artifacts:
    """What lies in a realization. Errors: `MissingObject`, `DamagedObject`."""
    with reading(store):
        return Artifacts(rref_from(rref.text), tree_of(store, rref))


def _derivation(store: Store, dref: DRef[object]) -> DerivationSheet:
    return DerivationSheet(
        dref_from(dref.text),
        store.config(dref).value(),
        store.rrefs(dref),
        len(store.failures(dref)),
        users(store, dref),
        str(store.layout.derivation(dref)) if isinstance(store, DiskStore) else "in memory",
    )


def _realization(store: Store, rref: RRef[object], log_lines: int) -> RealizationSheet:
    record, folder = store.record(rref), store.folder(rref)
    return RealizationSheet(
        record.rref,
        store.config(rref.dref).value(),
        record.context,
        record.facts.started,
        record.facts.stopped,
        record.facts.sample,
        record.facts.versions,
        record.size,
        log_tail(folder, log_lines),
        users(store, rref),
        str(folder),
    )
