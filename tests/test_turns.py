"""Runs on threads, which take turns: nobody waits for nothing, and nobody waits for ever."""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import CancelledError, ThreadPoolExecutor
from contextlib import contextmanager
from threading import Event

import pytest
from attrs import Factory, define
from dags import Node, Shape, chain, closure_over, nothing, wide

from pylightnix_fn import Build, Failed, Folder, MemoryStore, RRef, realize
from pylightnix_fn.errors.build import RealizerFailed, WorkerLost
from pylightnix_fn.threads import SPELL

STAGES = 4000


@contextmanager
def one_of_two_threads() -> Iterator[ThreadPoolExecutor]:
    """Two threads, of which one does something else."""
    over = Event()
    with ThreadPoolExecutor(2) as threads:
        threads.submit(over.wait)
        try:
            yield threads
        finally:
            over.set()


def switches(count: int) -> float:
    """How often threads of this process wait for something, for each stage."""
    closure = closure_over(wide(count), nothing)
    with ThreadPoolExecutor(2) as threads:
        before = resource.getrusage(resource.RUSAGE_SELF).ru_nvcsw
        realize(closure, MemoryStore(), executor=threads)
        return (resource.getrusage(resource.RUSAGE_SELF).ru_nvcsw - before) / count


def test_threads_do_not_wait_for_each_other_at_each_stage() -> None:
    assert min(switches(STAGES) for _ in range(3)) < 0.5


def test_others_who_use_the_executor_come_to_their_turn() -> None:
    began = Event()
    closure, after = closure_over(wide(4000), lambda b: began.set()), list[float]()
    with ThreadPoolExecutor(1) as ours, ThreadPoolExecutor(1) as shared:
        run = ours.submit(realize, closure, MemoryStore(), executor=shared)
        began.wait()
        shared.submit(lambda: after.append(time.monotonic())).result()
        run.result()
        end = time.monotonic()
    assert after[0] < end - 0.05


@pytest.mark.parametrize("cancels", [False, True])
def test_executor_that_is_shut_down_meanwhile_is_told(cancels: bool) -> None:
    def work(b: Build[Node, Folder]) -> None:
        threads.shutdown(wait=False, cancel_futures=cancels)
        time.sleep(2 * SPELL)  # until a thread gives way to others

    threads = ThreadPoolExecutor(2)
    with pytest.raises((RuntimeError, CancelledError)):
        realize(closure_over(((),) * 8, work), MemoryStore(), executor=threads)


def test_executor_that_was_shut_down_before_is_told() -> None:
    threads = ThreadPoolExecutor(2)
    threads.shutdown()
    with pytest.raises(RuntimeError, match="after shutdown"):
        realize(closure_over(((),) * 8, nothing), MemoryStore(), executor=threads)


@define
class Forgetful(MemoryStore):
    """A store that loses, once, what was found of a node."""

    loses: list[str] = Factory(list)

    def pin(self, rrefs: Iterable[RRef[object]]) -> bool:
        lost = [each.name for each in rrefs if each.name in self.loses]
        for name in lost:
            self.loses.remove(name)
        return not lost


def test_run_that_begins_again_does_not_wait_for_what_has_no_thread() -> None:
    def work(b: Build[Node, Folder]) -> None:
        time.sleep(0.1 if b.config.number == 0 else 0)  # until the caller's thread waits

    closure, store = closure_over(((), (), (0,)), work), Forgetful()
    realize(closure, store)
    store.loses.append("node-2")
    again = [dref for dref in closure.derivations if dref.name != "node-2"]
    with one_of_two_threads() as threads:
        made = realize(closure, store, executor=threads, rebuild=again)
    assert ["node-0", "node-1", "node-2"] == [each.rref.name for each in made]
    assert [] == store.loses


def unable() -> None:
    """The start of a worker that cannot start."""
    raise ArithmeticError("no")


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_threads_that_cannot_start_are_told_where_others_would_go_on() -> None:
    closure = closure_over(wide(4), nothing)
    with (
        ThreadPoolExecutor(2, initializer=unable) as threads,
        pytest.raises(ExceptionGroup) as caught,
    ):
        realize(closure, MemoryStore(), executor=threads, keep_going=True)
    assert [WorkerLost] * 4 == [type(each) for each in caught.value.exceptions]


def test_failures_on_threads_do_not_end_what_goes_on() -> None:
    def work(b: Build[Node, Folder]) -> None:
        if b.config.number % 3 == 0:
            raise ArithmeticError("no")

    closure, store = closure_over(((),) * 60, work), MemoryStore()
    with ThreadPoolExecutor(4) as threads, pytest.raises(ExceptionGroup) as caught:
        realize(closure, store, executor=threads, keep_going=True)
    assert 20 == len(caught.value.exceptions)
    assert 40 == sum(len(store.rrefs(dref)) for dref in store.drefs())


@pytest.mark.parametrize("threads", [1, 2, 16])
@pytest.mark.parametrize("shape", [chain(300), wide(300)], ids=["chain", "wide"])
def test_every_stage_is_built_once(shape: Shape, threads: int) -> None:
    built: list[int] = []
    closure = closure_over(shape, lambda b: built.append(b.config.number))
    with ThreadPoolExecutor(threads) as executor:
        realize(closure, MemoryStore(), executor=executor)
    assert list(range(len(shape))) == sorted(built)


@pytest.fixture
def busy() -> Iterator[None]:
    """Threads that are interrupted all the time."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    yield
    sys.setswitchinterval(before)


@pytest.mark.usefixtures("busy")
def test_nothing_begins_after_a_failure_was_told() -> None:
    told: list[object] = []
    late: list[int] = []

    def work(b: Build[Node, Folder]) -> None:
        late.extend(b.config.number for _ in told)
        if b.config.number == 20:
            raise ArithmeticError("no")

    def observe(event: object) -> None:
        told.extend([event] if isinstance(event, Failed) else [])

    closure = closure_over(wide(100), work)
    for _ in range(30):
        with ThreadPoolExecutor(4) as threads, pytest.raises(RealizerFailed):
            realize(closure, MemoryStore(), executor=threads, observe=observe)
        assert len(late) <= 3  # what the other threads had begun
        told.clear()
        late.clear()
