"""The realizations of a name, with what they were made with and the numbers they gave."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import Final

from pylightnix_fn.canonical import Json
from pylightnix_fn.errors.store import DamagedObject, MissingObject
from pylightnix_fn.findings.detail import parameters
from pylightnix_fn.findings.runs import STARTED, Run, Runs
from pylightnix_fn.inquiry.contents import place_of, reading
from pylightnix_fn.inquiry.lookup import lookup
from pylightnix_fn.matcher.candidate import AnyMatcher, Use
from pylightnix_fn.realizer import Context
from pylightnix_fn.refs import DRef, RRef
from pylightnix_fn.store_protocol import Store
from pylightnix_fn.tree import Folder

_NO_MATCHER: Final = ""


def runs(
    store: Store,
    of: str | DRef[object],
    matcher: AnyMatcher | None = None,
    *,
    by: str = STARTED,
    ascending: bool = False,
) -> Runs:
    """The realizations of a derivation, or of all of a name, in the order of a column.

    The largest come first, or the smallest with ``ascending``. A text that is no name is looked up.
    A matcher marks what it chooses; it sees the realizations of one derivation and one context at a
    time, as in `realize`. What is damaged is passed over.
    Errors: `UnknownColumn`, those of `lookup`.
    """
    with reading(store):
        drefs = _derivations(store, of)
        found = tuple(run for dref in drefs for run in _runs_of(store, dref, matcher))
    return Runs(found, _NO_MATCHER if matcher is None else matcher.label).sorted(
        by, ascending=ascending
    )


def _derivations(store: Store, of: str | DRef[object]) -> tuple[DRef[object], ...]:
    if isinstance(of, DRef):
        store.config(of)  # or it is not there
        return (of,)
    named = tuple(dref for dref in store.drefs() if dref.name == of)
    if named:
        return named
    found = lookup(store, of)
    return (found if isinstance(found, DRef) else found.dref,)


def _runs_of(store: Store, dref: DRef[object], matcher: AnyMatcher | None) -> Iterator[Run]:
    fields: dict[str, Json] = {}
    with suppress(DamagedObject, MissingObject):
        fields = dict(parameters(store.config(dref).value()))
    rrefs = store.rrefs(dref)
    chosen = _chosen(store, dref, rrefs, matcher)
    for rref in rrefs:
        with suppress(DamagedObject, MissingObject, FileNotFoundError):  # it is collected just now
            record = store.record(rref)
            numbers = place_of(store, rref).numbers()
            started, stopped = record.facts.started, record.facts.stopped
            seconds = max(0.0, (stopped - started).total_seconds())
            yield Run(rref, started, seconds, record.size, fields, numbers, rref.text in chosen)


def _chosen(
    store: Store, dref: DRef[object], rrefs: tuple[RRef[Folder], ...], matcher: AnyMatcher | None
) -> frozenset[str]:
    """What a matcher uses of the realizations in each context."""
    if matcher is None:
        return frozenset()
    chosen: set[str] = set()
    for context in _contexts(store, rrefs):
        verdict = matcher.choose(store.candidates(dref, context, matcher.reads))
        if isinstance(verdict, Use):
            chosen.update(each.text for each in verdict.rrefs)
    return frozenset(chosen)


def _contexts(store: Store, rrefs: tuple[RRef[Folder], ...]) -> list[Context]:
    distinct: list[Context] = []
    for rref in rrefs:
        with suppress(DamagedObject, MissingObject):
            context = store.record(rref).context
            distinct += [] if context in distinct else [context]
    return distinct
