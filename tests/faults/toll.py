"""What a power cut did to a store: what it lost of what was acknowledged, and what it damaged."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

from attrs import frozen

from pylightnix_fn import DiskStore, DRef, PylightnixError, RRef
from pylightnix_fn.refs import rref_from
from pylightnix_fn.store.backing import Durability
from pylightnix_fn.store.census import objects_of
from pylightnix_fn.store.inspection import damage_of
from pylightnix_fn.store.machine import Machine

_ENDS: Final = ("StoreFailed", "StoreNotWritable", "OSError: [Errno 5]", "OSError: [Errno 30]")


@frozen
class Toll:
    """What some cuts did: of what was acknowledged, how much was lost, or found damaged."""

    cuts: int = 0
    acknowledged: int = 0
    lost: tuple[str, ...] = ()
    damaged: tuple[str, ...] = ()
    torn: int = 0

    def __add__(self, other: Toll) -> Toll:
        return Toll(
            self.cuts + other.cuts,
            self.acknowledged + other.acknowledged,
            self.lost + other.lost,
            self.damaged + other.damaged,
            self.torn + other.torn,
        )

    def __str__(self) -> str:
        return (
            f"{self.cuts} cuts, {self.acknowledged} acknowledged, {len(self.lost)} lost, "
            f"{len(self.damaged)} damaged, {self.torn} put aside"
        )


def toll_of(root: Path, durability: Durability, known: dict[str, float], machine: Machine) -> Toll:
    """What a cut did to a store of which this much was acknowledged."""
    if not root.exists():
        return Toll(1, lost=tuple(known))
    before = len(list(root.glob("trash/*/*")))
    try:
        store = DiskStore.open(root, durability=durability, machine=machine)
    except PylightnixError as error:
        return Toll(1, damaged=(str(error),))
    return Toll(
        1,
        lost=tuple(_lost(store, known)),
        damaged=tuple(_damaged(store)),
        torn=len(list(root.glob("trash/*/*"))) - before,
    )


def _lost(store: DiskStore, known: dict[str, float]) -> Iterator[str]:
    """The objects and roots acknowledged that are not there, or not with the newest time."""
    for reference, started in known.items():
        with suppress(PylightnixError):
            if reference.startswith("dref:"):
                if any(reference == dref.text for dref in store.drefs()):
                    continue
            elif reference.startswith("root-"):
                if (store.layout.roots / reference).is_symlink():
                    continue
            elif store.record(rref_from(reference)).facts.started.timestamp() >= started:
                continue
        yield reference


def _damaged(store: DiskStore) -> Iterator[str]:
    """What is there and not whole, or built from what is not there.

    Without barriers a config may be put aside from results that are whole: it is found missing.
    """
    for reference in objects_of(store.backing):
        if isinstance(reference, DRef) and _is_aside(store, reference):
            continue
        for damage in damage_of(store.fs, store.layout, reference):
            if not damage.is_harmless:
                yield str(damage)
        if isinstance(reference, RRef):
            with suppress(PylightnixError):  # damaged, as was said
                needs = store.record(reference).context.values()
                for need in (rref for rrefs in needs for rref in rrefs):
                    if not store.layout.realization(need).is_dir():
                        yield f"{reference} needs {need}"


def _is_aside(store: DiskStore, dref: DRef[object]) -> bool:
    is_missing = not store.layout.config(dref).exists()
    return store.backing.durability == "off" and is_missing and bool(store.rrefs(dref))


def strange(ends: list[str]) -> Iterator[str]:
    """How writers ended, other than by an error that says that the disk is gone."""
    for end in ends:
        if not end.startswith(_ENDS):
            yield f"a writer ended: {end}"
