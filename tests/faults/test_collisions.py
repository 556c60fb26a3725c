"""Names of 16 bits, so that many objects get one that is taken: none is taken for another.

Only the names are shrunk; a full hash still tells contents apart, as it does with names of 128.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest
from scenarios import put, registered

from pylightnix_fn import Config, DiskStore, DRef, Folder, RRef, config, mkconfig, store_protocol
from pylightnix_fn.canonical import digest
from pylightnix_fn.errors.store import HashCollision
from pylightnix_fn.store import manifests
from pylightnix_fn.tree import realization_digest
from pylightnix_fn.upkeep.verification import verify

RUNS: Final = 20
RUNS_OF_CONFIGS: Final = 5
OBJECTS: Final = 1_000
FEWEST: Final = 0.5  # times as many collisions as are to be expected
MOST: Final = 2
BITS: Final = 16

Recorded = Callable[[str, object], None]


def shrunk(whole: str) -> str:
    """A hash of which the name that is made of it has few bits."""
    return f"{whole[: BITS // 4]:0<32}{whole[32:]}"


@pytest.fixture
def _short_names(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (manifests, store_protocol):
        monkeypatch.setattr(
            module, "realization_digest", lambda *of: shrunk(realization_digest(*of))
        )
    monkeypatch.setattr(config, "digest", lambda text: shrunk(digest(text)))


def expected(runs: int) -> float:
    """How many of so many objects, on average, get a name that is taken."""
    return runs * OBJECTS * (OBJECTS - 1) / 2 / 2**BITS


def kept_results(store: DiskStore, run: int) -> tuple[dict[RRef[Folder], str], int]:
    """The results that were taken, with their contents; and how many collisions were told."""
    dref, refused = registered(store), list[tuple[str, HashCollision]]()
    kept: dict[RRef[Folder], str] = {}
    for number in range(OBJECTS):
        text = f"{run}.{number}"
        try:
            rref = put(store, dref, {"text": text})
        except HashCollision as error:
            refused.append((text, error))
        else:
            assert rref not in kept, f"{text} was taken for {kept[rref]}"
            kept[rref] = text
    for text, each in refused:
        assert text == Path(each.staging, "text").read_text(encoding="utf-8")
    return kept, len(refused)


def put_until_told(store: DiskStore) -> None:
    dref = registered(store)
    for each in range(10 * OBJECTS):
        put(store, dref, {"text": str(each)})


def kept_configs(store: DiskStore, run: int) -> tuple[dict[DRef[object], Config], int]:
    """The configs that were taken, and how many collisions were told."""
    told = 0
    kept: dict[DRef[object], Config] = {}
    for number in range(OBJECTS):
        each = mkconfig({"run": run, "number": number})
        try:
            store.register({each.dref(): each})
        except HashCollision:
            told += 1
        else:
            assert each.dref() not in kept, f"{each} was taken for {kept[each.dref()]}"
            kept[each.dref()] = each
    return kept, told


@pytest.mark.usefixtures("_short_names")
def test_result_whose_name_is_taken_is_told(
    tmp_path: Path, scale: int, record_property: Recorded
) -> None:
    told, runs = 0, RUNS * scale
    for run in range(runs):
        store = DiskStore.open(tmp_path / str(run), durability="off")
        kept, collisions = kept_results(store, run)
        assert OBJECTS == len(kept) + collisions
        for rref, text in kept.items():
            assert text == (store.folder(rref) / "text").read_text(encoding="utf-8")
        told += collisions
        store.close()
    record_property("counts", _counted("results", runs, told))
    assert FEWEST * expected(runs) < told < MOST * expected(runs)


@pytest.mark.usefixtures("_short_names")
def test_config_whose_name_is_taken_is_told(
    tmp_path: Path, scale: int, record_property: Recorded
) -> None:
    told, runs = 0, RUNS_OF_CONFIGS * scale
    for run in range(runs):
        store = DiskStore.open(tmp_path / str(run), durability="off")
        kept, collisions = kept_configs(store, run)
        assert OBJECTS == len(kept) + collisions
        assert set(kept.values()) == {store.config(dref) for dref in store.drefs()}
        told += collisions
        store.close()
    record_property("counts", _counted("configs", runs, told))
    assert FEWEST * expected(runs) < told < MOST * expected(runs)


def _counted(what: str, runs: int, told: int) -> str:
    return (
        f"collisions of {what}: {runs} runs of {OBJECTS} objects with names of {BITS} bits, "
        f"{told} collisions ({expected(runs):.0f} to be expected), all told"
    )


@pytest.mark.usefixtures("_short_names")
def test_store_with_short_names_is_whole(tmp_path: Path) -> None:
    store = DiskStore.open(tmp_path / "store", durability="off")
    kept, _ = kept_results(store, 0)
    report = verify(store)
    assert (True, 1 + len(kept)) == (report.is_clean, report.objects)


@pytest.mark.usefixtures("_short_names")
def test_equal_result_with_a_short_name_is_no_collision(tmp_path: Path) -> None:
    store = DiskStore.open(tmp_path / "store", durability="off")
    dref = registered(store)
    first, again = (put(store, dref, {"text": "same"}) for _ in range(2))
    assert first == again


@pytest.mark.usefixtures("_short_names")
def test_collision_leaves_both_results_on_the_disk(tmp_path: Path) -> None:
    store = DiskStore.open(tmp_path / "store", durability="off")
    with pytest.raises(HashCollision) as caught:
        put_until_told(store)
    there = store.layout.realization(RRef(caught.value.reference, Folder()))
    assert (there / "text").read_bytes() != Path(caught.value.staging, "text").read_bytes()
