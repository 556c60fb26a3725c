"""Every driver, over the same closures: in whatever order and place, the results are the same."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context
from pathlib import Path
from typing import Final, TypeAlias

import loky
import pytest
from attrs import define, frozen
from dags import DIAMOND, Node, Shape, chain, closure_over, wide
from distributed import Client, LocalCluster

from pylightnix_fn import (
    Budget,
    Build,
    Closure,
    DaskWorkers,
    DiskStore,
    DRef,
    Folder,
    Manager,
    Many,
    Realization,
    at_least,
    derive,
    instantiate,
    realize,
)
from pylightnix_fn.asking import Task
from pylightnix_fn.observer import unobserved
from pylightnix_fn.plan import Plan, plan_of
from pylightnix_fn.realizer import Context
from pylightnix_fn.settling import settle

Targets: TypeAlias = list[Realization[Folder]]
Driver: TypeAlias = Callable[[Closure[Targets], DiskStore], Targets]
Results: TypeAlias = dict[str, tuple[str, dict[str, list[str]]]]


def lineage(b: Build[Node, Folder]) -> None:
    """Writes the numbers of this node and of all that it was built from, in order."""
    below = [(b.deref(each) / "lineage.txt").read_text("utf-8") for each in b.config.inputs]
    (b.path / "lineage.txt").write_text(f"{b.config.number}({' '.join(below)})", "utf-8")


def sampled(m: Manager) -> tuple[Manager, list[DRef[Folder]]]:
    """Two samples of each of three nodes, and a node over what came of them."""
    samples: list[Many[Folder]] = []
    for number in range(3):
        node = Node(number)
        m, many = derive(m, node, Folder(), numbered, at_least(2), code=None, name=f"many-{number}")
        samples.append(many)
    m, last = derive(m, Gathered(samples), Folder(), gathered, code=None)
    return m, [last]


@frozen
class Gathered:
    samples: list[Many[Folder]]


def numbered(b: Build[Node, Folder]) -> None:
    (b.path / "sample.txt").write_text(str(b.site.sample), "utf-8")


def gathered(b: Build[Gathered, Folder]) -> None:
    found = [each / "sample.txt" for many in b.config.samples for each in b.deref(many)]
    numbers = sorted(path.read_text("utf-8") for path in found)
    (b.path / "all.txt").write_text(" ".join(numbers), "utf-8")


PYRAMID: Final[Shape] = ((), (), (), (), (0, 1), (2, 3), (4, 5), (0, 6))

CLOSURES: Final[dict[str, Closure[Targets]]] = {
    "one": closure_over(chain(1), lineage),
    "a chain": closure_over(chain(5), lineage),
    "a diamond": closure_over(DIAMOND, lineage),
    "a pyramid": closure_over(PYRAMID, lineage),
    "a fan": closure_over(wide(8), lineage),
    "samples": instantiate(sampled),
}


def in_order(closure: Closure[Targets], store: DiskStore) -> Targets:
    return realize(closure, store)


def on_jobs(closure: Closure[Targets], store: DiskStore) -> Targets:
    return realize(closure, store, jobs=2)


@contextmanager
def on_threads() -> Iterator[Driver]:
    with ThreadPoolExecutor(4) as executor:
        yield lambda closure, store: realize(closure, store, executor=executor)


@contextmanager
def on_processes(method: str) -> Iterator[Driver]:
    with ProcessPoolExecutor(2, get_context(method)) as executor:
        yield lambda closure, store: realize(closure, store, executor=executor)


@contextmanager
def on_loky() -> Iterator[Driver]:
    executor = loky.ProcessPoolExecutor(2)
    yield lambda closure, store: realize(closure, store, executor=executor)
    executor.shutdown()


@contextmanager
def on_dask() -> Iterator[Driver]:
    with (
        LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster,
        Client(cluster) as client,
    ):
        workers = DaskWorkers(client)
        yield lambda closure, store: realize(closure, store, executor=workers)


@pytest.fixture(scope="module", params=["jobs", "threads", "forkserver", "spawn", "loky", "dask"])
def driver(request: pytest.FixtureRequest) -> Iterator[Driver]:
    """Each way to build several at once, in turn; its workers serve all the closures."""
    name = str(request.param)
    if name == "jobs":
        yield on_jobs
        return
    opened = {"threads": on_threads, "loky": on_loky, "dask": on_dask}.get(name)
    with opened() if opened else on_processes(name) as found:
        yield found


def results(closure: Closure[Targets], store: DiskStore) -> Results:
    """The realizations that a store holds of a closure, each with its context."""
    return {
        rref.text: (dref.text, _texts(store.record(rref).context))
        for dref in closure.derivations
        for rref in store.rrefs(dref)
    }


def _texts(context: Context) -> dict[str, list[str]]:
    return {dref.text: [rref.text for rref in rrefs] for dref, rrefs in context.items()}


@pytest.fixture(scope="module", params=list(CLOSURES))
def closure(request: pytest.FixtureRequest) -> Closure[Targets]:
    return CLOSURES[str(request.param)]


@pytest.fixture(scope="module")
def expected(
    closure: Closure[Targets], tmp_path_factory: pytest.TempPathFactory
) -> tuple[list[str], Results]:
    """What building one after the other gives: the targets, and everything in the store."""
    store = DiskStore.open(tmp_path_factory.mktemp("in-order"), durability="off")
    targets = in_order(closure, store)
    return [each.rref.text for each in targets], results(closure, store)


def test_driver_makes_what_building_in_order_makes(
    driver: Driver, closure: Closure[Targets], expected: tuple[list[str], Results], tmp_path: Path
) -> None:
    store = DiskStore.open(tmp_path / "store", durability="off")
    targets = driver(closure, store)
    assert expected == ([each.rref.text for each in targets], results(closure, store))


def test_driver_finds_what_building_in_order_made(
    driver: Driver, closure: Closure[Targets], tmp_path: Path
) -> None:
    store = DiskStore.open(tmp_path / "store", durability="off")
    made = in_order(closure, store)
    before = results(closure, store)
    assert [each.rref for each in made] == [each.rref for each in driver(closure, store)]
    assert before == results(closure, store)


@define
class Walk:
    """A driver that settles derivations in an order that somebody else chooses."""

    store: DiskStore
    plan: Plan

    def along(self, order: Iterable[DRef[object]]) -> None:
        for dref in order:
            derivation = self.plan.graph.derivations[dref]
            seen = {each: self.plan.settled.get(each, ()) for each in derivation.dependencies}
            rrefs = settle(Task(self.store, derivation, seen, Budget()), unobserved)
            if dref in self.plan.open:
                self.plan = self.plan.advance(dref, rrefs)

    def by_ready(self) -> None:
        while ready := self.plan.ready():
            self.along(reversed(ready))


def test_walk_that_asks_what_is_ready_agrees(
    closure: Closure[Targets], expected: tuple[list[str], Results], tmp_path: Path
) -> None:
    store = DiskStore.open(tmp_path / "store", durability="off")
    store.register({each.dref: each.config for each in closure})
    Walk(store, plan_of(closure)).by_ready()
    assert expected[1] == results(closure, store)


def test_walk_that_does_not_ask_what_is_ready_is_noticed(tmp_path: Path) -> None:
    def unread(b: Build[Node, Folder]) -> None:
        """Reads no dependency, so nothing but the comparison can notice."""

    closure = closure_over(DIAMOND, unread)
    right, wrong = (DiskStore.open(tmp_path / name, durability="off") for name in ("r", "w"))
    in_order(closure, right)
    wrong.register({each.dref: each.config for each in closure})
    Walk(wrong, plan_of(closure)).along(reversed(list(closure.derivations)))
    assert results(closure, right) != results(closure, wrong)
