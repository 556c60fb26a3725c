"""A power cut loses nothing that was acknowledged, and leaves nothing half there.

The file systems are real ones; their journals are played back as after a cut (4.3).
"""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from itertools import islice
from pathlib import Path

import pytest
from power import Cell, tolls
from scenarios import put, registered
from toll import Toll

from pylightnix_fn import DiskStore
from pylightnix_fn.errors.store import StoreFailed
from pylightnix_fn.filesystem import Disk
from pylightnix_fn.upkeep.roots import add_root

CUTS = 40
UNSAFE_CUTS = 10  # where nothing is promised but that nothing torn is served
CONTROL = 40  # cuts within which a store without barriers must be found out

KINDS = ("ext4", "xfs")
HARD = "data=writeback,noauto_da_alloc"  # an ext4 that helps nobody

Record = Callable[[str, object], None]


def _sum(cell: Cell, cuts: int) -> Toll:
    return sum(islice(tolls(cell, seed=7), cuts), Toll())


@pytest.mark.parametrize("durability", ["batch", "full"])
@pytest.mark.parametrize("kind", KINDS)
def test_power_cut_loses_nothing_acknowledged(
    kind: str, durability: str, scale: int, record_property: Record
) -> None:
    cells = [Cell(kind, "full" if durability == "full" else "batch")]
    if scale > 1 and kind == "ext4":
        cells.append(Cell(kind, cells[0].durability, HARD))
    for cell in cells:
        toll = _sum(cell, CUTS * scale)
        record_property("counts", f"power cut, {cell}: {toll}")
        assert ((), ()) == (toll.lost, toll.damaged)
        assert toll.acknowledged > toll.cuts


@pytest.mark.parametrize("kind", KINDS)
def test_power_cut_of_an_unsynced_store_serves_nothing_torn(
    kind: str, scale: int, record_property: Record
) -> None:
    cells = [Cell(kind, "off")]
    if scale > 1 and kind == "ext4":
        cells.append(Cell(kind, "off", HARD))
    for cell in cells:
        toll = _sum(cell, UNSAFE_CUTS * scale)
        record_property("counts", f"power cut, {cell}: {toll}")
        assert () == toll.damaged
        assert toll.torn  # or else nothing was tried


@pytest.mark.parametrize("kind", KINDS)
def test_power_cut_finds_out_a_store_without_barriers(kind: str, record_property: Record) -> None:
    cell, toll = Cell(kind, "batch", broken=True), Toll()
    for each in islice(tolls(cell, seed=7), CONTROL):
        toll += each
        if toll.lost or toll.damaged:
            break
    record_property("counts", f"power cut, {cell} (must fail): {toll}")
    assert toll.lost or toll.damaged


class Settling(Disk):
    """A disk that remembers which folders were synced, or refuses to sync one of a name."""

    def __init__(self, refused: str = "") -> None:
        self.refused, self.synced = refused, set[Path]()

    def fsync(self, descriptor: int) -> None:
        path = Path(os.readlink(f"/proc/self/fd/{descriptor}"))
        if path.name == self.refused:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        self.synced.add(path)
        super().fsync(descriptor)


def test_result_of_another_lasts_before_it_is_taken(tmp_path: Path) -> None:
    dref = registered(DiskStore.open(tmp_path / "store"))
    place = DiskStore.open(tmp_path / "store").layout.derivation(dref)
    one = DiskStore.open(tmp_path / "store", fs=Settling(refused=place.name))
    with pytest.raises(StoreFailed):
        put(one, dref, {"a.txt": "data"}, started=2)
    fs = Settling()
    other = DiskStore.open(tmp_path / "store", fs=fs)
    assert (put(other, dref, {"a.txt": "data"}, started=1),) == other.rrefs(dref)
    assert place in fs.synced


def test_root_lasts_once_it_is_there(tmp_path: Path) -> None:
    fs = Settling()
    store = DiskStore.open(tmp_path / "store", fs=fs)
    rref = put(store, registered(store), {"a.txt": "data"})
    fs.synced.clear()
    add_root(store, "best", rref)
    assert store.layout.roots in fs.synced
