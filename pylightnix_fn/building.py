"""One build: a realizer run in a staging folder, and what it wrote committed to the store.

A build that fails, for whatever reason, leaves all that it wrote with notes of what happened.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import UTC, datetime

from pylightnix_fn.errors.build import GivenUp, RealizerFailed
from pylightnix_fn.errors.message import PylightnixError
from pylightnix_fn.errors.store import DamagedObject, MissingObject
from pylightnix_fn.files import delete
from pylightnix_fn.filesystem import DISK
from pylightnix_fn.manager import Derivation
from pylightnix_fn.outputs import reason
from pylightnix_fn.realizer import Arguments, Context
from pylightnix_fn.refs import RRef
from pylightnix_fn.remains import shortage
from pylightnix_fn.store_protocol import Facts, Record, Store
from pylightnix_fn.versions import versions_of
from pylightnix_fn.workshop import Workshop, workshop


def build(
    store: Store, derivation: Derivation, context: Context, sample: int, arguments: Arguments
) -> tuple[Record, ...]:
    """Build once: one realization, or several where the realizer makes samples."""
    first = workshop(store, store.stage(derivation.dref), context, derivation, sample, arguments)
    made: list[Record] = []
    try:
        run_recipe(first)
        for site in (first, *first.others):
            made.append(committed(site))
    except (Exception, SystemExit) as error:
        leave((first, *first.others)[len(made) :], error)
        raise
    return tuple(made)


def run_recipe(site: Workshop) -> None:
    """Run a realizer, and check its promises."""
    derivation = site.derivation
    try:
        derivation.recipe(site)
    except (Exception, SystemExit) as error:  # who asks to exit is not the whole program
        folder = site.folder
        if isinstance(error, PylightnixError):
            error.add_note(f"In realizer '{derivation.realizer}'; it wrote: {folder}")
            raise
        facts = (derivation.name, derivation.realizer, reason(error), str(folder))
        advice = shortage(error)
        raise RealizerFailed(*facts, *([advice] if advice else [])) from error
    check_promises(site)


def check_promises(site: Workshop) -> None:
    """`MissingOutput` unless a build, and its further samples, wrote what they promised."""
    for each in (site, *site.others):
        each.check(promise for promise in site.derivation.promises if promise.certain)


def committed(site: Workshop) -> Record:
    """The record of the realization that one workshop's folder becomes."""
    versions = versions_of(site.derivation.packages)
    facts = Facts(site.started, datetime.now(UTC), site.sample, versions)
    return site.store.commit(site.staging, site.derivation.dref, site.context, facts)


def leave(sites: Sequence[Workshop], error: BaseException) -> None:
    """Put a failed build on record; what was given up before it began leaves nothing."""
    if isinstance(error, GivenUp):
        dismiss(sites)
        return
    raised = error.__cause__ if isinstance(error, RealizerFailed) else None
    homes = [each.staging.home for each in sites]
    sites[0].note(raised or error, homes[0], homes[1:])


def dismiss(sites: Sequence[Workshop]) -> None:
    """Delete what lies in workshops, so far as that can be done."""
    for each in sites:
        with suppress(OSError):
            delete(DISK, each.staging.home)


def samples_of(store: Store, rrefs: Iterable[RRef[object]]) -> set[int]:
    """The numbers of these samples, so far as they are there."""
    numbers: set[int] = set()
    for rref in rrefs:
        with suppress(DamagedObject, MissingObject):
            numbers.add(store.record(rref).facts.sample)
    return numbers
