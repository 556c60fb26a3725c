"""What the store and the drivers cost: calls to the file system, modules, memory; no times.

The bounds are what it takes today. A change that makes a count grow has to say why, here; one that
makes it smaller lowers the bound.
"""

from __future__ import annotations

import gc as gc_of_python
import subprocess
import sys
import tracemalloc
from collections import Counter
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Final

import pytest
from attrs import frozen
from scenarios import Counter as Stages
from scenarios import facts, put, registered

from pylightnix_fn import (
    Closure,
    DiskStore,
    DRef,
    Folder,
    Manager,
    Realization,
    add_root,
    best,
    explain,
    gc,
    instantiate,
    listing,
    realize,
    weigh,
)
from pylightnix_fn.crew import cores
from pylightnix_fn.filesystem import Disk, FileSystem
from pylightnix_fn.store.backing import Durability

FEW: Final = 10  # stages, or realizations; growth is measured from here to twice as many
BIG: Final = 2**28  # bytes
MIB: Final = 2**20

CALLS: Final = frozenset(name for name in vars(FileSystem) if not name.startswith("_"))


class CountedDisk(Disk):
    """The file system of the machine, whose calls are counted by name."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()

    def __getattribute__(self, name: str) -> object:
        if name in CALLS:
            self.counts[name] += 1
        return super().__getattribute__(name)


Work = Callable[[DiskStore], object]
"""Something done to a store, whose calls are counted."""


def counted(path: Path, prepare: Work, work: Work, durability: Durability = "off") -> Counter[str]:
    """The calls of a piece of work on a store that was prepared, and is opened again."""
    prepare(DiskStore.open(path, durability=durability))
    disk = CountedDisk()
    store = DiskStore.open(path, durability=durability, fs=disk)
    disk.counts.clear()
    work(store)
    return disk.counts


def grows_by(few: Counter[str], many: Counter[str]) -> float:
    """Calls for each of what there is more."""
    return (many.total() - few.total()) / FEW


def pipeline(stages: int) -> Closure[Realization[Folder]]:
    """A chain of stages, each of which writes a file."""
    write = Stages()

    def chain(m: Manager) -> tuple[Manager, DRef[Folder]]:
        m, dref = write.stage(m, "stage-0")
        for number in range(1, stages):
            m, dref = write.stage(m, f"stage-{number}", dref)
        return m, dref

    return instantiate(chain)


def nothing(store: DiskStore) -> None:
    """No preparation."""


def realized(stages: int) -> Work:
    """A pipeline made true."""
    closure = pipeline(stages)
    return lambda store: realize(closure, store)


def explained(stages: int) -> Work:
    """What would be done for a pipeline."""
    closure = pipeline(stages)
    return lambda store: explain(closure, store)


def with_realizations(count: int) -> Work:
    """One derivation with so many realizations, each of which holds a number."""

    def stock(store: DiskStore) -> None:
        dref = registered(store)
        for number in range(count):
            put(store, dref, {"accuracy.txt": f"{number}"}, started=number)

    return stock


def with_derivations(count: int) -> Work:
    """So many derivations with a realization each, the first of them a root."""

    def stock(store: DiskStore) -> None:
        for number in range(count):
            rref = put(store, registered(store, number=number), {"accuracy.txt": "1"})
            if number == 0:
                add_root(store, "root", rref)

    return stock


def with_files(count: int) -> Work:
    """One realization of so many files."""

    def keep(store: DiskStore) -> None:
        put(store, registered(store), {f"{number}.txt": f"{number}" for number in range(count)})

    return keep


def chosen(store: DiskStore) -> None:
    """The best of the only derivation by a number in a file."""
    (dref,) = store.drefs()
    matcher = best("accuracy.txt")
    matcher.choose(store.candidates(dref, {}, matcher.reads))


def named(store: DiskStore) -> None:
    """All references."""
    for dref in store.drefs():
        store.rrefs(dref)


def weighed(store: DiskStore) -> None:
    """What goes, and what that frees."""
    weigh(store, gc(store))


def abandoned(prepare: Callable[[int], Work]) -> Callable[[int], Work]:
    """The same preparation, after which nobody uses the store."""

    def prepared(count: int) -> Work:
        def work(store: DiskStore) -> None:
            prepare(count)(store)
            store.close()

        return work

    return prepared


def same(work: Work) -> Callable[[int], Work]:
    """The same work, however much there is."""
    return lambda _: work


@frozen
class Cost:
    """How many calls some work may take: for each of what there is, and in any case."""

    prepare: Callable[[int], Work]
    work: Callable[[int], Work]
    each: float
    always: float
    durability: Durability = "off"


COSTS: Final[Mapping[str, Cost]] = {
    "nothing to do": Cost(realized, realized, 13, 33),
    "explain what is there": Cost(realized, explained, 9, 0),
    "explain what is not": Cost(same(nothing), explained, 1, 2),
    # Configs are looked for with the gate held: that takes 6 calls, once, and spares one for each
    # that is found, which need not be looked for again to be relied on.
    "first run, off": Cost(same(nothing), realized, 62, 50),
    "first run, batch": Cost(same(nothing), realized, 66, 41, "batch"),
    "first run, full": Cost(same(nothing), realized, 77, 40, "full"),
    # One of them sees to it that a link from elsewhere is not taken for a file of ours.
    "keep files": Cost(same(nothing), with_files, 9, 84),
    "choose of realizations": Cost(with_realizations, same(chosen), 13, 3),
    "list realizations": Cost(with_realizations, same(listing), 3, 4),
    "list derivations": Cost(with_derivations, same(listing), 6, 1),
    "list names of realizations": Cost(with_realizations, same(named), 0, 3),
    "list names of derivations": Cost(with_derivations, same(named), 2, 1),
    "plan of garbage, realizations in use": Cost(with_realizations, same(gc), 4, 18),
    "plan of garbage, realizations": Cost(abandoned(with_realizations), same(gc), 0, 6),
    "plan of garbage, derivations": Cost(abandoned(with_derivations), same(gc), 2, 13),
    "weight of garbage": Cost(abandoned(with_realizations), same(weighed), 16, 9),
}


Counts = Callable[[str, int], Counter[str]]
"""The calls of a named piece of work on so much."""


@pytest.fixture(scope="module")
def counts(tmp_path_factory: pytest.TempPathFactory) -> Counts:
    """What each piece of work takes; done once for each size."""

    @cache
    def found(name: str, size: int) -> Counter[str]:
        cost, path = COSTS[name], tmp_path_factory.mktemp("store")
        return counted(path, cost.prepare(size), cost.work(size), cost.durability)

    return found


@pytest.mark.parametrize("name", COSTS)
def test_calls_for_each_do_not_grow(name: str, counts: Counts) -> None:
    cost, few, many = COSTS[name], counts(name, FEW), counts(name, 2 * FEW)
    assert grows_by(few, many) <= cost.each, many - few
    assert few.total() - FEW * grows_by(few, many) <= cost.always, few


@pytest.mark.parametrize("name", COSTS)
def test_calls_grow_with_size_and_no_faster(name: str, counts: Counts) -> None:
    one, two, four = (counts(name, size).total() for size in (FEW, 2 * FEW, 4 * FEW))
    assert four - two == 2 * (two - one)


def test_a_stage_waits_once_for_the_disk(counts: Counts) -> None:
    few, many = (counts("first run, batch", size)["syncfs"] for size in (FEW, 2 * FEW))
    assert many - few <= FEW


def test_a_new_store_does_not_wait_for_what_others_write(tmp_path: Path) -> None:
    DiskStore.open(tmp_path / "store", durability="off", fs=(disk := CountedDisk()))
    assert 0 == disk.counts["syncfs"]


def test_no_lock_is_truncated_for_a_build(counts: Counts) -> None:
    assert 0 == counts("first run, off", FEW)["truncate"]  # to close it would wait for the disk


def test_configs_of_a_pipeline_wait_for_the_disk_together(tmp_path: Path) -> None:
    configs = {each.dref: each.config for each in pipeline(FEW)}
    found = counted(tmp_path, nothing, lambda store: store.register(configs), "batch")
    assert found["syncfs"] <= 1


def test_a_fan_in_costs_no_more_than_its_edges(tmp_path: Path) -> None:
    def fan(stages: int) -> Work:
        closure = fan_in(stages)
        return lambda store: realize(closure, store)

    few, many = (counted(tmp_path / str(n), fan(n), fan(n)) for n in (FEW, 2 * FEW))
    assert grows_by(few, many) <= COSTS["nothing to do"].each


def fan_in(stages: int) -> Closure[Realization[Folder]]:
    """Stages that do not know of each other, and one that needs all."""
    write = Stages()

    def wide(m: Manager) -> tuple[Manager, DRef[Folder]]:
        made: list[DRef[object]] = []
        for number in range(stages):
            m, dref = write.stage(m, f"stage-{number}")
            made.append(dref)
        return write.stage(m, "all", *made)

    return instantiate(wide)


# Modules.


def loaded(code: str) -> frozenset[str]:
    """The modules that a program of this one line has in the end, beside those of every program."""
    program = f"import sys; there = set(sys.modules); {code}; print(*(set(sys.modules) - there))"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    return frozenset(done.stdout.split())


def ours(modules: frozenset[str]) -> frozenset[str]:
    """Those of the library."""
    return frozenset(each for each in modules if each.partition(".")[0] == "pylightnix_fn")


NAMES: Final = "from pylightnix_fn import DiskStore, Folder, derive, instantiate, realize"
RUN: Final = (
    "from attrs import make_class; " + NAMES + "; "
    "stage = lambda m: derive(m, make_class('One', [])(), Folder(), lambda b: None, code=None); "
    "realize(instantiate(stage), DiskStore.open({path!r}), observe=lambda event: None)"
)
HEAVY: Final = frozenset(
    {"asyncio", "cattrs", "click", "cloudpickle", "distributed", "email", "http", "loky"}
    | {"multiprocessing", "numpy", "requests", "rich", "sqlite3", "ssl", "unittest", "xml"}
)


def test_import_of_the_package_loads_none_of_its_names() -> None:
    assert ours(loaded("import pylightnix_fn")) == {"pylightnix_fn", "pylightnix_fn.lazily"}


def test_import_of_the_package_loads_no_other_library() -> None:
    assert not {"attr", "attrs", "rpds", *HEAVY} & loaded("import pylightnix_fn")


def test_names_of_a_pipeline_load_few_modules() -> None:
    modules = loaded(NAMES)
    assert len(ours(modules)) <= 66
    assert len(modules) <= 154


def test_a_run_loads_few_modules(tmp_path: Path) -> None:
    modules = loaded(RUN.format(path=str(tmp_path)))
    assert len(ours(modules)) <= 89
    assert len(modules) <= 221


def test_a_run_that_builds_nothing_loads_no_module_that_only_builds_need(tmp_path: Path) -> None:
    program = RUN.format(path=str(tmp_path)).replace("observe=lambda event: None", "")
    loaded(program)
    again = loaded(program)
    assert not {"pylightnix_fn.building", "pylightnix_fn.pools", "concurrent.futures"} & again
    assert len(ours(again)) <= 66
    assert len(again) <= 154


def test_a_run_loads_nothing_heavy(tmp_path: Path) -> None:
    assert set() == HEAVY & loaded(RUN.format(path=str(tmp_path)))


# Memory.


def test_a_large_file_is_kept_in_little_memory(tmp_path: Path) -> None:
    store = DiskStore.open(tmp_path / "store", durability="off")
    dref = registered(store)
    staging = store.stage(dref)
    with (staging.folder / "big").open("wb") as file:
        file.truncate(BIG)
    tracemalloc.start()
    try:
        store.commit(staging, dref, {}, facts())
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak <= (1 + cores()) * MIB


KEEP: Final = """
from datetime import UTC, datetime
from pathlib import Path
from pylightnix_fn import DiskStore, mkconfig
from pylightnix_fn.store_protocol import Facts

def most():  # of this program alone; `ru_maxrss` counts what its parent held before, too
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))

store, config = DiskStore.open({path!r}, durability="off"), mkconfig({{"name": "big"}})
store.register({{config.dref(): config}})
staging = store.stage(config.dref())
with (staging.folder / "big").open("wb") as file:
    file.truncate({size})
before, now = most(), datetime.now(UTC)
store.commit(staging, config.dref(), {{}}, Facts(now, now))
print(most() - before)
"""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="only Linux tells it")
def test_a_process_that_keeps_a_large_file_stays_small(tmp_path: Path) -> None:
    code = KEEP.format(path=str(tmp_path), size=BIG)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert int(done.stdout) * 2**10 <= (8 + cores()) * MIB


def test_a_plan_takes_little_memory_for_each_stage() -> None:
    tracemalloc.start()
    try:
        few, many = (held(stages) for stages in (200, 400))
    finally:
        tracemalloc.stop()
    assert many - few <= 200 * 1400


def held(stages: int) -> int:
    """The bytes that the closure of so many stages takes."""
    gc_of_python.collect()
    before, _ = tracemalloc.get_traced_memory()
    closure = pipeline(stages)
    gc_of_python.collect()
    after, _ = tracemalloc.get_traced_memory()
    assert len(closure) == stages
    return after - before
