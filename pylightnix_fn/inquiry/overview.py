"""A store at a glance.

Times and sizes are taken from where they stand in the records of builds, without looking at the
rest of those: a store of ten thousand realizations is listed while one blinks.
"""

from __future__ import annotations

import re
import shutil
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import datetime
from fnmatch import fnmatchcase
from typing import Final

from attrs import frozen

from pylightnix_fn.failure import Failure
from pylightnix_fn.files import names_in, opened
from pylightnix_fn.filesystem import FOLDER, READ
from pylightnix_fn.findings.overview import Failures, Listed, Listing, StoreInfo
from pylightnix_fn.inquiry.contents import reading
from pylightnix_fn.refs import DRef
from pylightnix_fn.store.backing import REFUSED, Backing, guarded
from pylightnix_fn.store.census import drefs_of
from pylightnix_fn.store.disk import DiskStore
from pylightnix_fn.store.layout import BUILD_FILE, rref_of
from pylightnix_fn.store.liveness import live_processes
from pylightnix_fn.store.records import read_mapping
from pylightnix_fn.store_protocol import Store
from pylightnix_fn.upkeep.roots import roots_of
from pylightnix_fn.upkeep.stocktaking import freed_by

_MOST: Final = 2**16  # bytes of a record that are looked at
# In canonical JSON, keys are sorted: what stands before these is digits and times.
_COST: Final = re.compile(rb'"size":(\d{1,18}),"started":"[^"]*","stopped":"([^"]*)"')


@frozen
class _Cost:
    """What a realization takes; no ``stopped`` where its record cannot be read."""

    size: int = 0
    stopped: datetime | None = None


def info(store: DiskStore) -> StoreInfo:
    """What a store is, how much is in it, and who uses it."""
    backing, layout = store.backing, store.layout
    with guarded(layout):
        drefs = drefs_of(backing)
        costs = [cost for dref in drefs for cost in _costs(backing, dref)]
        bins = names_in(backing.fs, layout.trash)
        return StoreInfo(
            root=str(layout.root),
            format=_format(backing),
            durability=backing.durability,
            derivations=len(drefs),
            realizations=len(costs),
            failures=len(store.failures()),
            roots=len(roots_of(backing)),
            size=sum(each.size for each in costs),
            free=shutil.disk_usage(layout.root).free,
            trash=len(bins),
            trash_size=sum(_size_of(backing, name) for name in bins),
            processes=_processes(backing),
        )


def listing(store: Store, pattern: str = "*") -> Listing:
    """The names in a store that a pattern (``mnist*``) matches, with what there is of each."""
    drefs = [dref for dref in store.drefs() if fnmatchcase(dref.name, pattern)]
    counts: defaultdict[str, int] = defaultdict(int)
    costs: defaultdict[str, list[_Cost]] = defaultdict(list)
    with reading(store):
        for dref in drefs:
            counts[dref.name] += 1
            costs[dref.name] += _costs_in(store, dref)
    return Listing(tuple(_listed(name, counts[name], costs[name]) for name in sorted(counts)))


def failures(store: Store, pattern: str = "*") -> Failures:
    """The failed builds of derivations whose names a pattern matches, oldest first."""
    return Failures(tuple(each for each in store.failures() if _bears(each, pattern)))


def _bears(failure: Failure, pattern: str) -> bool:
    return fnmatchcase(failure.dref.name, pattern)


def _listed(name: str, derivations: int, costs: list[_Cost]) -> Listed:
    times = [each.stopped for each in costs if each.stopped is not None]
    size = sum(each.size for each in costs)
    return Listed(name, derivations, len(costs), max(times, default=None), size)


def _costs_in(store: Store, dref: DRef[object]) -> Iterable[_Cost]:
    if isinstance(store, DiskStore):
        return _costs(store.backing, dref)
    records = map(store.record, store.rrefs(dref))
    return (_Cost(each.size, each.facts.stopped) for each in records)


def _costs(backing: Backing, dref: DRef[object]) -> Iterator[_Cost]:
    """What each realization of a derivation takes."""
    fs = backing.fs
    with (
        suppress(FileNotFoundError, NotADirectoryError),
        opened(fs, str(backing.layout.derivation(dref)), FOLDER) as top,
    ):
        for name in fs.listdir(top):
            if rref_of(name, dref) is not None:
                yield _cost(backing, name, top)


def _cost(backing: Backing, name: str, top: int) -> _Cost:
    try:
        with opened(backing.fs, f"{name}/{BUILD_FILE}", READ, at=top) as descriptor:
            found = _COST.search(backing.fs.read(descriptor, _MOST))
        return _Cost() if found is None else _Cost(int(found[1]), _time(found[2]))
    except OSError:  # it is damaged, and counts all the same
        return _Cost()


def _time(text: bytes) -> datetime | None:
    try:
        time = datetime.fromisoformat(text.decode())
    except ValueError:
        return None
    return None if time.tzinfo is None else time


def _format(backing: Backing) -> int:
    number = read_mapping(backing.fs, backing.layout.format, "the store").get("format")
    return number if isinstance(number, int) else 0


def _size_of(backing: Backing, name: str) -> int:
    with suppress(FileNotFoundError, PermissionError):  # it was emptied meanwhile; another user's
        return freed_by(backing.fs, backing.layout.trash / name)
    return 0


def _processes(backing: Backing) -> tuple[str, ...] | None:
    try:
        return tuple(each.who for each in live_processes(backing))
    except OSError as error:
        if error.errno not in REFUSED:
            raise
        return None
