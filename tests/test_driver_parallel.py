"""Many builds at once: when they start, what they may use, how they fail."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from multiprocessing import get_context
from pathlib import Path
from typing import Final

import pytest
from attrs import frozen
from dags import DIAMOND, Journal, Node, Work, chain, closure_over, sleeping, wide

from pylightnix_fn import (
    Build,
    Built,
    DiskStore,
    Event,
    Failed,
    Folder,
    Matched,
    MemoryStore,
    Planned,
    Resources,
    Skipped,
    Started,
    Waiting,
    realize,
)
from pylightnix_fn.errors.build import (
    CannotTravel,
    RealizerFailed,
    TooFewResources,
    WorkerLost,
)
from pylightnix_fn.errors.plan import BadParameter
from pylightnix_fn.errors.store import StoreNotShared

GPU: Final = Resources(tokens={"gpu": 1})
FAR: Final = Path(__file__).parent / "travellers.py"


@pytest.fixture
def disk(tmp_path: Path) -> DiskStore:
    return DiskStore.open(tmp_path / "store", durability="off")


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return Journal(tmp_path / "journal.txt")


@contextmanager
def processes() -> Iterator[Executor]:
    """Processes of the user's own, started afresh: a fork of these tests would copy threads."""
    with ProcessPoolExecutor(2, get_context("forkserver")) as executor:
        yield executor


@contextmanager
def threads(number: int = 2) -> Iterator[Executor]:
    """Threads of the user's own."""
    with ThreadPoolExecutor(number) as executor:
        yield executor


# What is built when


def test_build_begins_as_soon_as_what_it_needs_is_there(journal: Journal) -> None:
    shape = ((), (), (1,), (2,))  # a slow node beside a chain of quick ones
    work = sleeping(journal, {0: 1.0})
    with threads() as pool:
        realize(closure_over(shape, work), MemoryStore(), executor=pool)
    assert [1, 2, 3, 0] == journal.numbers("end")


def test_longest_chain_of_work_begins_first(journal: Journal) -> None:
    shape = ((), (), (), (), (), (4,), (5,))  # four that nobody needs, and a chain
    seconds = {4: 0.1, 5: 0.1, 6: 0.1}
    closure, store = closure_over(shape, sleeping(journal, seconds)), MemoryStore()
    realize(closure, store)
    journal.path.unlink()
    with threads() as pool:
        realize(closure, store, rebuild=closure.derivations, executor=pool)
    assert 4 in journal.numbers("begin")[:2]


def test_what_was_never_built_begins_in_the_order_of_the_closure(journal: Journal) -> None:
    closure = closure_over(wide(6), sleeping(journal, 0.05))
    events: list[Event] = []
    with threads() as pool:
        realize(closure, MemoryStore(), executor=pool, observe=events.append)
    # The threads race for the lock of the observer, but only with their neighbour.
    begun = [each.dref.name for each in events if isinstance(each, Started)]
    assert {"node-0", "node-1"} == set(begun[:2])
    assert "node-6" == begun[-1]


# What builds take


def test_two_trainings_never_share_a_token(journal: Journal) -> None:
    closure = closure_over(wide(4), sleeping(journal, 0.05), dict.fromkeys(range(4), GPU))
    with threads(4) as pool:
        realize(closure, MemoryStore(), executor=pool)
    assert 1 == journal.most_at_once(range(4))


def test_two_trainings_in_processes_never_share_a_token(disk: DiskStore, journal: Journal) -> None:
    closure = closure_over(wide(4), sleeping(journal, 0.05), dict.fromkeys(range(4), GPU))
    realize(closure, disk, jobs=2)
    assert 1 == journal.most_at_once(range(4))


def test_what_needs_no_token_runs_beside_what_does(journal: Journal) -> None:
    closure = closure_over(wide(4), sleeping(journal, 0.2), {0: GPU, 1: GPU})
    with threads(4) as pool:
        realize(closure, MemoryStore(), executor=pool)
    assert 3 == journal.most_at_once(range(4))


def test_capacity_says_how_many_tokens_there_are(journal: Journal) -> None:
    closure = closure_over(wide(6), sleeping(journal, 0.1), dict.fromkeys(range(6), GPU))
    with threads(6) as pool:
        realize(closure, MemoryStore(), executor=pool, capacity={"gpu": 2})
    assert 2 == journal.most_at_once(range(6))


def test_build_of_two_cores_runs_alone_on_two_threads(journal: Journal) -> None:
    needs = dict.fromkeys(range(3), Resources(cores=2))
    with threads() as pool:
        closure = closure_over(wide(3), sleeping(journal, 0.05), needs)
        realize(closure, MemoryStore(), executor=pool)
    assert 1 == journal.most_at_once(range(3))


def test_builds_share_the_memory(journal: Journal) -> None:
    needs = dict.fromkeys(range(5), Resources(memory=4))
    with threads(5) as pool:
        closure = closure_over(wide(5), sleeping(journal, 0.1), needs)
        realize(closure, MemoryStore(), executor=pool, capacity={"memory": 10})
    assert 2 == journal.most_at_once(range(5))


def test_too_few_resources_are_told_before_anything_runs(journal: Journal) -> None:
    needs = {2: Resources(tokens={"gpu": 2})}
    closure = closure_over(wide(2), sleeping(journal), needs)
    with pytest.raises(TooFewResources, match="'node-2' asks for more than there is"):
        realize(closure, MemoryStore())
    assert [] == journal.lines()


def test_more_cores_than_threads_are_told_before_anything_runs(journal: Journal) -> None:
    closure = closure_over(wide(2), sleeping(journal), {2: Resources(cores=3)})
    with threads() as pool, pytest.raises(TooFewResources, match="cores"):
        realize(closure, MemoryStore(), executor=pool)
    assert [] == journal.lines()


@pytest.mark.parametrize("jobs", [0, -1, True])
def test_jobs_are_a_number_from_one_on(jobs: int) -> None:
    with pytest.raises(BadParameter, match="jobs"):
        realize(closure_over(chain(1), sleeping_nowhere), MemoryStore(), jobs=jobs)


def test_jobs_and_an_executor_are_not_given_together() -> None:
    closure = closure_over(chain(1), sleeping_nowhere)
    with threads(1) as pool, pytest.raises(BadParameter, match="no executor beside"):
        realize(closure, MemoryStore(), jobs=2, executor=pool)


def sleeping_nowhere(b: Build[Node, Folder]) -> None:
    """The realizer that must not run."""
    raise AssertionError(b.name)


# What travels


@pytest.mark.parametrize("executor", ["jobs", "fork", "spawn", "forkserver", "loky"])
def test_closures_lambdas_and_what_lies_in_main_travel(executor: str, tmp_path: Path) -> None:
    command = [sys.executable, str(FAR), executor, str(tmp_path / "store")]
    ended = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert (0, "45.0\n", "") == (ended.returncode, ended.stdout, ended.stderr)


def locked() -> Work:
    """A realizer that holds what cannot be copied."""
    lock = threading.Lock()

    def work(b: Build[Node, Folder]) -> None:
        with lock:
            (b.path / "number.txt").write_text("", encoding="utf-8")

    return work


def test_realizer_that_holds_a_lock_cannot_travel(disk: DiskStore) -> None:
    with pytest.raises(CannotTravel, match="realizer of 'node-0' cannot be sent"):
        realize(closure_over(chain(1), locked()), disk, jobs=2)


def test_realizer_that_cannot_travel_fails_alone(disk: DiskStore, journal: Journal) -> None:
    works = {0: locked(), 1: sleeping(journal), 2: sleeping(journal)}
    closure, events = closure_over(((), (), ()), works), list[Event]()
    with pytest.raises(ExceptionGroup) as caught:
        realize(closure, disk, jobs=2, keep_going=True, observe=events.append)
    assert [CannotTravel] == [type(each) for each in caught.value.exceptions]
    assert ["node-0"] == [each.dref.name for each in events if isinstance(each, Failed)]
    assert [1, 2] == sorted(journal.numbers("end"))


def test_store_in_memory_is_not_for_other_processes() -> None:
    with pytest.raises(StoreNotShared, match="MemoryStore"):
        realize(closure_over(chain(1), sleeping_nowhere), MemoryStore(), jobs=2)


# What is told


@pytest.mark.parametrize("jobs", [None, 2])
def test_events_of_a_build_come_in_order(
    jobs: int | None, disk: DiskStore, journal: Journal
) -> None:
    closure, events = closure_over(DIAMOND, sleeping(journal)), list[Event]()
    realize(closure, disk, jobs=jobs, observe=events.append)
    assert Planned(tuple(closure.derivations)) == events[0]
    told = [each for each in events if not isinstance(each, Planned)]
    for dref in closure.derivations:
        assert [Started, Built, Matched] == [type(each) for each in told if each.dref == dref]


def test_size_and_time_of_a_build_are_told_by_workers(disk: DiskStore, journal: Journal) -> None:
    events: list[Event] = []
    work = sleeping(journal, 0.1)
    realize(closure_over(chain(1), work), disk, jobs=2, observe=events.append)
    (built,) = [each for each in events if isinstance(each, Built)]
    assert 1 == built.size
    assert 0.1 <= built.seconds < 5


def test_time_of_the_build_before_is_told(disk: DiskStore, journal: Journal) -> None:
    closure, events = closure_over(chain(1), sleeping(journal, 0.1)), list[Event]()
    realize(closure, disk)
    realize(closure, disk, rebuild=True, observe=events.append)
    (started,) = [each for each in events if isinstance(each, Started)]
    assert started.before is not None
    assert 0.1 <= started.before < 5


def test_who_waits_is_told_for_whom(disk: DiskStore, journal: Journal, tmp_path: Path) -> None:
    hold, events = tmp_path / "hold", list[Event]()
    hold.touch()

    def work(b: Build[Node, Folder]) -> None:
        journal.write("begin", b.config.number)
        while hold.exists():
            time.sleep(0.01)
        journal.write("end", b.config.number)

    def observe(event: Event) -> None:
        events.append(event)
        if isinstance(event, Waiting):
            hold.unlink()

    closure = closure_over(chain(1), work)
    with ThreadPoolExecutor(1) as other:
        first = other.submit(realize, closure, disk)
        while not journal.lines():
            time.sleep(0.01)
        realize(closure, disk, jobs=2, observe=observe)
        first.result()
    (waiting,) = [each for each in events if isinstance(each, Waiting)]
    assert str(os.getpid()) in waiting.who
    assert [0] == journal.numbers("end")


class Overheard(Exception):
    """What an observer raises."""


@contextmanager
def none() -> Iterator[Executor | None]:
    yield None


@pytest.mark.parametrize("kind", [Started, Built, Matched])
@pytest.mark.parametrize("opened", [none, threads, processes])
def test_error_of_an_observer_is_raised(
    opened: Callable[[], AbstractContextManager[Executor | None]],
    kind: type[Event],
    disk: DiskStore,
    journal: Journal,
) -> None:
    def observe(event: Event) -> None:
        if isinstance(event, kind):
            raise Overheard

    closure = closure_over(wide(3), sleeping(journal))
    with opened() as executor, pytest.raises(Overheard):
        realize(closure, disk, executor=executor, observe=observe)


# Failures


def failing(journal: Journal, numbers: set[int], seconds: float = 0.0) -> Work:
    """Fails for some nodes, at once; the others take their time."""
    sleep = sleeping(journal, seconds)

    def work(b: Build[Node, Folder]) -> None:
        if b.config.number in numbers:
            raise ArithmeticError(f"no {b.config.number}")
        sleep(b)

    return work


@pytest.mark.parametrize("jobs", [None, 2])
def test_keep_going_builds_all_that_needs_no_failure(
    jobs: int | None, disk: DiskStore, journal: Journal
) -> None:
    shape = ((), (), (0,), (1,), (2, 3), (3,))
    with pytest.raises(ExceptionGroup) as caught:
        realize(closure_over(shape, failing(journal, {0})), disk, jobs=jobs, keep_going=True)
    assert [1, 3, 5] == sorted(journal.numbers("end"))
    assert "1 of 6 derivations were not built; 2 more need them" == caught.value.message
    assert [RealizerFailed] == [type(each) for each in caught.value.exceptions]


@pytest.mark.parametrize("jobs", [None, 2])
def test_keep_going_gives_each_failure_in_the_order_of_the_closure(
    jobs: int | None, disk: DiskStore, journal: Journal
) -> None:
    closure = closure_over(wide(5), failing(journal, {3, 0, 4}))
    with pytest.raises(ExceptionGroup) as caught:
        realize(closure, disk, jobs=jobs, keep_going=True)
    names = [each.name for each in caught.value.exceptions if isinstance(each, RealizerFailed)]
    assert ["node-0", "node-3", "node-4"] == names


def test_keep_going_tells_what_is_skipped_and_why(disk: DiskStore, journal: Journal) -> None:
    events: list[Event] = []
    closure = closure_over(chain(4), failing(journal, {1}))
    with pytest.raises(ExceptionGroup):
        realize(closure, disk, keep_going=True, observe=events.append)
    skipped = {e.dref.name: e.because.name for e in events if isinstance(e, Skipped)}
    assert {"node-2": "node-1", "node-3": "node-1"} == skipped


def test_skipped_derivations_are_told_in_the_order_of_the_closure(
    disk: DiskStore, journal: Journal
) -> None:
    closure, events = closure_over(chain(20), failing(journal, {0})), list[Event]()
    with pytest.raises(ExceptionGroup):
        realize(closure, disk, keep_going=True, observe=events.append)
    skipped = [each.dref.name for each in events if isinstance(each, Skipped)]
    assert [f"node-{number}" for number in range(1, 20)] == skipped


@pytest.mark.parametrize("opened", [threads, processes])
def test_first_failure_lets_what_runs_end_and_begins_nothing_more(
    opened: Callable[[], AbstractContextManager[Executor]], disk: DiskStore, journal: Journal
) -> None:
    slow = sleeping(journal, 0.5)

    def work(b: Build[Node, Folder]) -> None:
        if b.config.number == 0:
            while 1 not in journal.numbers("begin"):
                time.sleep(0.01)
            raise ArithmeticError("no")
        slow(b)

    with opened() as executor, pytest.raises(RealizerFailed, match="node-0"):
        realize(closure_over(wide(6), work), disk, executor=executor)
    assert [1] == journal.numbers("end")
    assert ["node-1"] == built_in(disk)


def test_error_of_a_worker_brings_its_traceback(disk: DiskStore, journal: Journal) -> None:
    with pytest.raises(RealizerFailed) as caught:
        realize(closure_over(chain(1), failing(journal, {0})), disk, jobs=2)
    assert 'raise ArithmeticError(f"no {b.config.number}")' in "".join(caught.value.__notes__)


def built_in(store: DiskStore) -> list[str]:
    """The names of the derivations that a store holds realizations of."""
    return [dref.name for dref in store.drefs() if store.rrefs(dref)]


# Workers that die


@frozen
class Deadly:
    """Ends its own process with the builds of one node, so many times."""

    journal: Journal
    number: int
    times: int
    beside: Callable[[Build[Node, Folder]], None]

    def __call__(self, b: Build[Node, Folder]) -> None:
        if b.config.number == self.number:
            self.journal.write("death", self.number)
            if len(self.journal.numbers("death")) <= self.times:
                os.kill(os.getpid(), signal.SIGKILL)
        self.beside(b)


def test_killed_worker_costs_what_it_was_building(disk: DiskStore, journal: Journal) -> None:
    closure = closure_over(wide(5), Deadly(journal, 2, 1, sleeping(journal)))
    realize(closure, disk, jobs=2)
    assert [0, 1, 2, 3, 4, 5] == sorted(journal.numbers("end"))
    assert [1] * 6 == [len(disk.rrefs(dref)) for dref in closure.derivations]


def test_worker_that_is_killed_again_and_again_is_lost(disk: DiskStore, journal: Journal) -> None:
    closure = closure_over(chain(2), Deadly(journal, 0, 99, sleeping(journal)))
    with pytest.raises(WorkerLost) as caught:
        realize(closure, disk, jobs=2)
    assert ("node-0", 3) == (caught.value.name, caught.value.times)


def test_who_builds_beside_a_deadly_build_is_built(disk: DiskStore, journal: Journal) -> None:
    closure = closure_over(wide(2), Deadly(journal, 0, 99, sleeping(journal, 0.5)))
    with pytest.raises(ExceptionGroup) as caught:
        realize(closure, disk, jobs=2, keep_going=True)
    lost = [each.name for each in caught.value.exceptions if isinstance(each, WorkerLost)]
    assert ["node-0"] == lost
    assert ["node-1"] == built_in(disk)


def test_worker_of_the_user_that_is_killed_is_lost_at_once(
    disk: DiskStore, journal: Journal
) -> None:
    closure = closure_over(chain(2), Deadly(journal, 0, 1, sleeping(journal)))
    with processes() as executor, pytest.raises(WorkerLost) as caught:
        realize(closure, disk, executor=executor)
    assert ("node-0", 1) == (caught.value.name, caught.value.times)


def test_executor_that_is_broken_already_is_told(disk: DiskStore, journal: Journal) -> None:
    closure = closure_over(chain(2), Deadly(journal, 0, 99, sleeping(journal)))
    with processes() as executor:
        with pytest.raises(WorkerLost):
            realize(closure, disk, executor=executor)
        with pytest.raises(WorkerLost):
            realize(closure, disk, executor=executor)


# Many programs


def test_eight_programs_with_two_jobs_each_build_each_node_once(tmp_path: Path) -> None:
    command = [sys.executable, str(FAR), "shared", str(tmp_path)]
    programs = [
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(8)
    ]
    ended = [(*each.communicate(timeout=60), each.returncode) for each in programs]
    assert {("", 0)} == {(errors, status) for _, errors, status in ended}
    assert 1 == len({output for output, _, _ in ended})
    assert list(range(7)) == sorted(Journal(tmp_path / "journal.txt").numbers("end"))
