"""What a store is asked to do while calls fail or processes die: each operation on a small store.

An operation may be done again after it was stopped, with no step in between, and then the store
must look as if it had been done once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from attrs import field, frozen
from beginnings import (
    built,
    committed,
    cut,
    model_of,
    nothing,
    opened,
    planned,
    spoilt,
    torn,
    with_copies,
    with_garbage,
    with_trash,
)
from ports import FaultFs

from pylightnix_fn import DiskStore, mkconfig
from pylightnix_fn.errors import StoreFailed
from pylightnix_fn.store.backing import Durability
from pylightnix_fn.upkeep.collection import gc
from pylightnix_fn.upkeep.repairing import repair
from pylightnix_fn.upkeep.sharing import optimise
from pylightnix_fn.upkeep.undoing import collections, empty_trash, undo
from pylightnix_fn.upkeep.verification import verify

COMMIT: Final = "committing"
DURABILITIES: Final[tuple[Durability, ...]] = ("batch", "full", "off")


@frozen
class Site:
    """Where an operation takes place, and on what file system; faults begin when it begins."""

    root: Path
    durability: Durability = "batch"
    seed: int = 0
    fs: FaultFs = field(factory=FaultFs)

    @contextmanager
    def store(self) -> Iterator[DiskStore]:
        """The store, opened before the operation begins."""
        store = opened(self.root, self.durability, self.fs)
        self.fs.is_armed = True
        try:
            yield store
        finally:
            store.close()
            self.fs.is_armed = False

    def new_store(self) -> None:
        """The opening of the store as the operation itself."""
        self.fs.is_armed = True
        try:
            opened(self.root, self.durability, self.fs).close()
        finally:
            self.fs.is_armed = False


@frozen
class Operation:
    """A thing to do to a store, and how the store is prepared for it, with a seed for its files.

    ``syncs`` tells whether durability makes a difference.
    """

    name: str
    prepare: Callable[[Path, int], None]
    act: Callable[[Site], None]
    syncs: bool = True

    @property
    def durabilities(self) -> tuple[Durability, ...]:
        """Those in which the operation differs."""
        return DURABILITIES if self.syncs else ("batch",)


def _open(site: Site) -> None:
    site.new_store()


def _register(site: Site) -> None:
    configs = [mkconfig({"name": "new", "number": number}) for number in range(2)]
    with site.store() as store:
        store.register({each.dref(): each for each in configs})


def _commit(site: Site) -> None:
    with site.store() as store:
        committed(store, site.seed, started=10)


def _renew(site: Site) -> None:
    with site.store() as store:
        committed(store, site.seed, started=50)


def _remove(site: Site) -> None:
    with site.store() as store:
        model, _ = model_of(store)
        for rref in store.rrefs(model):
            store.remove(rref)
        if model in store.drefs():
            store.remove(model)


def _pin(site: Site) -> None:
    with site.store() as store:
        model, used = model_of(store)
        assert store.pin([used, *store.rrefs(model)])


def _hold(site: Site) -> None:
    with site.store() as store:
        model, _ = model_of(store)
        with store.building(model, {}, lambda who: None):
            pass


def _collect(site: Site) -> None:
    with site.store() as store:
        gc(store, delete=True)


def _undo(site: Site) -> None:
    with site.store() as store:
        if collections(store):
            undo(store)


def _empty(site: Site) -> None:
    with site.store() as store:
        empty_trash(store)


def _repair(site: Site) -> None:
    with site.store() as store:
        report = verify(store, jobs=1)
        if report.unreadable:  # which is told, and nothing else
            raise StoreFailed(str(store.root), str(report))
        repair(store, report)


def _optimise(site: Site) -> None:
    with site.store() as store:
        optimise(store)


OPERATIONS: Final[Mapping[str, Operation]] = {
    each.name: each
    for each in (
        Operation("opening a new store", nothing, _open, syncs=False),
        Operation("opening a store", built, _open, syncs=False),
        Operation("opening after a power cut", cut, _open, syncs=False),
        Operation("registering", built, _register),
        Operation(COMMIT, planned, _commit),
        Operation("committing an equal result", built, _renew),
        Operation("committing what is torn", torn, _renew),
        Operation("removing", built, _remove, syncs=False),
        Operation("pinning", built, _pin, syncs=False),
        Operation("holding a building lock", built, _hold, syncs=False),
        Operation("collecting garbage", with_garbage, _collect, syncs=False),
        Operation("undoing a collection", with_trash, _undo, syncs=False),
        Operation("emptying the trash", with_trash, _empty, syncs=False),
        Operation("verifying and repairing", spoilt, _repair, syncs=False),
        Operation("optimising", with_copies, _optimise, syncs=False),
    )
}
