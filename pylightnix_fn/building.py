"""One build: a realizer run in a staging folder, and what it wrote committed to the store."""

from __future__ import annotations

import traceback
from contextlib import suppress
from datetime import UTC, datetime

from pylightnix_fn.errors.build import MissingOutput, RealizerFailed
from pylightnix_fn.errors.message import PylightnixError
from pylightnix_fn.manager import Derivation
from pylightnix_fn.outputs import reason
from pylightnix_fn.realizer import Context
from pylightnix_fn.refs import RRef
from pylightnix_fn.store_protocol import Facts, Store
from pylightnix_fn.versions import versions_of
from pylightnix_fn.workshop import Workshop, workshop


def build(
    store: Store, derivation: Derivation, context: Context, sample: int
) -> tuple[RRef[object], ...]:
    """Build once: one realization, or several where the realizer makes samples."""
    first = workshop(store, store.stage(derivation.dref), context, derivation, sample, [])
    run_recipe(first)
    return tuple(_committed(site) for site in (first, *first.others))


def _committed(site: Workshop) -> RRef[object]:
    versions = versions_of(site.derivation.packages)
    facts = Facts(site.started, datetime.now(UTC), site.sample, versions)
    return site.store.commit(site.staging, site.derivation.dref, site.context, facts)


def run_recipe(site: Workshop) -> None:
    """Run a realizer and check its promises; what it wrote stays if anything is wrong."""
    derivation, staging = site.derivation, site.staging
    try:
        derivation.recipe(site)
    except (Exception, SystemExit) as error:  # who asks to exit is not the whole program
        with suppress(OSError):  # the disk may be full; what the realizer raised says more
            staging.error.write_bytes(traceback.format_exc().encode(errors="backslashreplace"))
        if isinstance(error, PylightnixError):
            error.add_note(f"In realizer '{derivation.realizer}'; it wrote: {staging.folder}")
            raise
        raise RealizerFailed(
            derivation.name, derivation.realizer, reason(error), str(staging.folder)
        ) from error
    for each in (site, *site.others):
        _check_promises(each)


def _check_promises(site: Workshop) -> None:
    derivation = site.derivation
    for promise in derivation.promises:
        folder = site.folder
        path = folder / promise.path
        if not (path.is_file() if promise.is_file else path.exists()):
            found = ", ".join(sorted(each.name for each in folder.glob("*"))) or "nothing"
            raise MissingOutput(
                derivation.name, derivation.realizer, promise.label, str(path), found
            )
