"""After the machine went down: what was written without a barrier is looked through."""

from __future__ import annotations

from typing import Final

from pylightnix_fn.store.backing import Backing
from pylightnix_fn.store.census import objects_of
from pylightnix_fn.store.inspection import damage_of
from pylightnix_fn.store.trash import put_aside

MARGIN: Final = 24 * 60 * 60  # seconds by which a clock may have been set back meanwhile


def mend_torn(backing: Backing, since: float) -> None:
    """Put torn objects that were made since then into the trash: they are built again."""
    fs, layout = backing.fs, backing.layout
    begun = fs.lstat(layout.format).st_ctime  # what is older than the store had a wrong clock
    for reference in reversed(tuple(objects_of(backing))):  # results go before what they are of
        made = fs.lstat(layout.located(reference)).st_ctime
        is_old = begun <= made < since - MARGIN
        if not is_old and any(not each.is_harmless for each in damage_of(fs, layout, reference)):
            put_aside(backing, reference)
