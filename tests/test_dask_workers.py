"""Builds on a Dask cluster: workers that are lost, tokens, names, cancelling."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from threading import Thread

import pytest
from attrs import frozen
from dags import Journal, Node, chain, closure_over, sleeping, wide
from distributed import Client, LocalCluster

from pylightnix_fn import (
    Build,
    DaskWorkers,
    DiskStore,
    Event,
    Folder,
    MemoryStore,
    Resources,
    Started,
    realize,
)
from pylightnix_fn.errors.build import CannotTravel, RealizerFailed, TooFewResources, WorkerLost
from pylightnix_fn.errors.store import StoreNotShared

GPU = Resources(tokens={"gpu": 1})
ONE = ("--no-nanny", "--nthreads", "1", "--no-dashboard", "--death-timeout", "30")
PATIENCE = 20.0  # seconds


@pytest.fixture(scope="module")
def cluster() -> Iterator[LocalCluster]:
    """Two workers of one thread each, in processes; each has one GPU, so they say."""
    with LocalCluster(
        n_workers=2, threads_per_worker=1, dashboard_address=None, resources={"gpu": 1}
    ) as opened:
        yield opened


@pytest.fixture
def client(cluster: LocalCluster) -> Iterator[Client]:
    with Client(cluster) as connected:
        yield connected


@pytest.fixture
def disk(tmp_path: Path) -> DiskStore:
    return DiskStore.open(tmp_path / "store", durability="off")


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return Journal(tmp_path / "journal.txt")


def until(condition: Callable[[], bool], what: str) -> None:
    end = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > end:
            pytest.fail(f"waited in vain for: {what}")
        time.sleep(0.02)


def test_builds_run_in_the_processes_of_the_cluster(
    client: Client, disk: DiskStore, journal: Journal
) -> None:
    realize(closure_over(wide(4), sleeping(journal, 0.2)), disk, executor=DaskWorkers(client))
    processes = {process for _, _, _, process in journal.lines()}
    assert 2 == len(processes)
    assert os.getpid() not in processes


def test_what_happens_on_workers_is_told(client: Client, disk: DiskStore, journal: Journal) -> None:
    closure, events = closure_over(chain(2), sleeping(journal)), list[Event]()
    realize(closure, disk, executor=DaskWorkers(client), observe=events.append)
    told = [type(each).__name__ for each in events]
    assert ["Planned", *["Started", "Built", "Matched"] * 2] == told


def test_tasks_are_named_after_the_derivation(
    client: Client, disk: DiskStore, journal: Journal
) -> None:
    closure, seen = closure_over(chain(1), sleeping(journal, 0.5)), list[str]()

    def observe(event: Event) -> None:
        if isinstance(event, Started):
            calls = client.call_stack().values()
            seen.extend(key for keys in calls for key in keys)

    realize(closure, disk, executor=DaskWorkers(client), observe=observe)
    (dref,) = closure.derivations
    assert f"node-0-{dref.digest[:8]}" == seen[0].rpartition("-")[0]


def test_tokens_are_resources_of_the_workers(
    client: Client, disk: DiskStore, journal: Journal
) -> None:
    closure = closure_over(wide(4), sleeping(journal, 0.1), dict.fromkeys(range(4), GPU))
    realize(closure, disk, executor=DaskWorkers(client))
    assert 2 == journal.most_at_once(range(4))


def test_tokens_that_no_worker_knows_are_counted_here(
    client: Client, disk: DiskStore, journal: Journal
) -> None:
    needs = dict.fromkeys(range(4), Resources(tokens={"licence": 1}))
    closure = closure_over(wide(4), sleeping(journal, 0.1), needs)
    realize(closure, disk, executor=DaskWorkers(client))
    assert 1 == journal.most_at_once(range(4))


def test_more_tokens_than_one_worker_has_are_told_at_once(
    client: Client, disk: DiskStore, journal: Journal
) -> None:
    closure = closure_over(chain(1), sleeping(journal), {0: Resources(tokens={"gpu": 2})})
    with pytest.raises(TooFewResources, match="'node-0' asks for more than there is"):
        realize(closure, disk, executor=DaskWorkers(client))
    assert [] == journal.lines()


def test_more_tokens_than_all_workers_have_are_told_at_once(
    client: Client, disk: DiskStore, journal: Journal
) -> None:
    closure = closure_over(chain(1), sleeping(journal), {0: Resources(tokens={"gpu": 3})})
    with pytest.raises(TooFewResources, match="gpu"):
        realize(closure, disk, executor=DaskWorkers(client))


def failing(b: Build[Node, Folder]) -> None:
    raise ArithmeticError("no")


def test_failure_on_a_worker_keeps_its_class_and_its_traceback(
    client: Client, disk: DiskStore
) -> None:
    with pytest.raises(RealizerFailed) as caught:
        realize(closure_over(chain(1), failing), disk, executor=DaskWorkers(client))
    assert 'raise ArithmeticError("no")' in "".join(caught.value.__notes__)


class Unheard(Exception):
    """An error that no pickle can hold."""

    def __init__(self) -> None:
        super().__init__()
        self.lock = Thread()


def test_failure_whose_cause_cannot_travel_keeps_its_class(client: Client, disk: DiskStore) -> None:
    def fail(b: Build[Node, Folder]) -> None:
        raise Unheard

    with pytest.raises(RealizerFailed, match="Unheard"):
        realize(closure_over(chain(1), fail), disk, executor=DaskWorkers(client))


def test_first_failure_takes_back_what_has_not_begun(
    client: Client, disk: DiskStore, journal: Journal
) -> None:
    slow = sleeping(journal, 0.5)

    def work(b: Build[Node, Folder]) -> None:
        if b.config.number == 0:
            while 1 not in journal.numbers("begin"):
                time.sleep(0.01)
            raise ArithmeticError("no")
        slow(b)

    closure, free = closure_over(wide(8), work), {"cores": 99}  # so Dask has all of them at once
    with pytest.raises(RealizerFailed, match="node-0"):
        realize(closure, disk, executor=DaskWorkers(client), capacity=free)
    begun = journal.numbers("begin")
    assert len(begun) < 5  # of nine; the worker that failed may have begun another
    assert sorted(begun) == sorted(journal.numbers("end"))


def test_realizer_that_cannot_travel_is_told(client: Client, disk: DiskStore) -> None:
    held = Thread()

    def work(b: Build[Node, Folder]) -> None:
        held.start()

    with pytest.raises(CannotTravel, match="node-0"):
        realize(closure_over(chain(1), work), disk, executor=DaskWorkers(client))


def test_store_in_memory_is_not_for_a_cluster(client: Client) -> None:
    with pytest.raises(StoreNotShared, match="MemoryStore"):
        realize(closure_over(chain(1), failing), MemoryStore(), executor=DaskWorkers(client))


def test_build_that_kills_every_worker_is_lost(
    tmp_path: Path, disk: DiskStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def deadly(b: Build[Node, Folder]) -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    # Dask itself tries as often as it is told to, each time with another worker.
    monkeypatch.setenv("DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES", "0")
    with programs(tmp_path, workers=1) as client, pytest.raises(WorkerLost, match="node-0"):
        realize(closure_over(chain(1), deadly), disk, executor=DaskWorkers(client))


# A scheduler and workers that were started as programs, as on a cluster


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def program(folder: Path, name: str, *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    """One of Dask's programs, as ``dask NAME`` starts it; its output goes to a file."""
    paths = os.pathsep.join(each for each in sys.path if each)
    with (folder / f"{name}.log").open("ab") as log:
        running = subprocess.Popen(
            [sys.executable, "-m", "dask", name, *arguments],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": paths},
            stdout=log,
            stderr=log,
        )
        with running:
            try:
                yield running
            finally:
                running.kill()


@contextmanager
def programs(folder: Path, workers: int = 2) -> Iterator[Client]:
    """A client of a scheduler with workers, each a program of its own."""
    address = f"127.0.0.1:{free_port()}"
    ends = ("--host", "127.0.0.1", "--no-dashboard")
    with ExitStack() as started:
        port = ("--port", address.rpartition(":")[2])
        started.enter_context(program(folder, "scheduler", *ends, *port))
        for _ in range(workers):
            started.enter_context(program(folder, "worker", f"tcp://{address}", *ONE))
        client = started.enter_context(Client(f"tcp://{address}", timeout=PATIENCE))
        client.wait_for_workers(workers, timeout=PATIENCE)
        yield client


@frozen
class Held:
    """Takes as long as a file is there."""

    journal: Journal
    hold: Path

    def __call__(self, b: Build[Node, Folder]) -> None:
        self.journal.write("begin", b.config.number)
        while self.hold.exists():
            time.sleep(0.02)
        (b.path / "number.txt").write_text(str(b.config.number), encoding="utf-8")
        self.journal.write("end", b.config.number)


def test_cluster_goes_on_without_a_worker_that_is_killed(
    tmp_path: Path, disk: DiskStore, journal: Journal
) -> None:
    hold = tmp_path / "hold"
    hold.touch()
    closure = closure_over(wide(6), Held(journal, hold))

    def kill_one() -> None:
        until(lambda: len(journal.lines()) == 2, "two builds to begin")
        os.kill(journal.lines()[0][3], signal.SIGKILL)
        hold.unlink()

    killer = Thread(target=kill_one)
    with programs(tmp_path) as client:
        killer.start()
        realize(closure, disk, executor=DaskWorkers(client))
        killer.join()
    assert list(range(7)) == sorted(journal.numbers("end"))
    assert [1] * 7 == [len(disk.rrefs(dref)) for dref in closure.derivations]


def test_cluster_without_workers_waits_for_them(
    tmp_path: Path, disk: DiskStore, journal: Journal
) -> None:
    address = f"tcp://127.0.0.1:{free_port()}"
    port = ("--port", address.rpartition(":")[2])
    with (
        program(tmp_path, "scheduler", "--host", "127.0.0.1", "--no-dashboard", *port),
        Client(address, timeout=PATIENCE) as client,
        ExitStack() as later,
    ):

        def observe(event: Event) -> None:
            if not journal.lines():
                later.enter_context(program(tmp_path, "worker", address, *ONE))

        closure = closure_over(chain(2), sleeping(journal))
        realize(closure, disk, executor=DaskWorkers(client), observe=observe)
        assert [0, 1] == journal.numbers("end")
