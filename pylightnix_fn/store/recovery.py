"""After the machine went down: what was written without a barrier is looked through."""

from __future__ import annotations

from itertools import chain
from typing import Final

from pylightnix_fn.files import is_folder
from pylightnix_fn.refs import DRef
from pylightnix_fn.retention.inventory import Reference
from pylightnix_fn.store.backing import Backing
from pylightnix_fn.store.census import objects_of
from pylightnix_fn.store.inspection import damage_of
from pylightnix_fn.store.records import read_context
from pylightnix_fn.store.trash import put_aside

MARGIN: Final = 24 * 60 * 60  # seconds by which a clock may have been set back meanwhile


def mend_torn(backing: Backing, since: float) -> None:
    """Put torn objects that were made since then into the trash: they are built again.

    With them goes what was built from them, which cannot be older.
    """
    recent = [each for each in objects_of(backing) if _is_recent(backing, each, since)]
    for reference in reversed(recent):  # results go before what they are of
        damage = damage_of(backing.fs, backing.layout, reference)
        if any(not each.is_harmless for each in damage):
            put_aside(backing, reference)
    while dangling := [each for each in recent if _dangles(backing, each)]:
        for reference in dangling:
            put_aside(backing, reference)


def _is_recent(backing: Backing, reference: Reference, since: float) -> bool:
    made = backing.fs.lstat(backing.layout.located(reference)).st_ctime
    begun = backing.fs.lstat(backing.layout.format).st_ctime
    return made < begun or made >= since - MARGIN  # older than the store: the clock was wrong


def _dangles(backing: Backing, reference: Reference) -> bool:
    """Whether a realization was built from one that is not there."""
    fs, layout = backing.fs, backing.layout
    if isinstance(reference, DRef) or not is_folder(fs, layout.realization(reference)):
        return False
    context = read_context(fs, layout.realization(reference), reference)
    needed = chain.from_iterable(context.values())
    return not all(is_folder(fs, layout.realization(each)) for each in needed)
