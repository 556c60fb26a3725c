"""What threads share with somebody, and that none is left behind."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from functools import partial
from threading import Barrier, Event

import pytest

from pylightnix_fn.crew import Crew, Job, cores

SECONDS = 60  # after which a test is given up


def name() -> str:
    return threading.current_thread().name


def none_is_left() -> bool:
    return not any(each.name == "pylightnix-crew" for each in threading.enumerate())


def call(work: Callable[[], object]) -> None:
    work()


def jobs_of(*works: Callable[[], object]) -> Iterator[Job]:
    return (partial(call, work) for work in works)


def test_every_job_is_done_once() -> None:
    done: list[int] = []
    Crew(most=3).do(iter([partial(done.append, number) for number in range(1000)]))
    assert list(range(1000)) == sorted(done)
    assert none_is_left()


def test_as_many_work_at_the_same_time_as_there_are() -> None:
    meeting = Barrier(3, timeout=SECONDS)
    Crew(most=2).do(jobs_of(*[meeting.wait] * 3))


def test_one_job_is_done_without_another_thread() -> None:
    by: list[str] = []
    Crew(most=3).do(iter([lambda: by.append(name())]))
    assert [name()] == by


@pytest.mark.parametrize("most", [0, 1])
def test_crew_has_no_more_threads_than_it_may(most: int) -> None:
    by: set[str | int] = set()
    Crew(most=most).do(iter([lambda: by.add(threading.get_ident())] * 100))
    assert len(by) <= most + 1


def test_nothing_is_looked_for_before_somebody_is_free() -> None:
    looked: list[int] = []
    done: list[int] = []

    def jobs() -> Iterator[Job]:
        for number in range(100):
            looked.append(number)
            assert len(looked) - len(done) <= 4  # three at work, and the next one
            yield lambda: done.append(1)

    Crew(most=2).do(jobs())
    assert 100 == len(done)


def fails() -> None:
    raise ZeroDivisionError


@pytest.mark.parametrize("most", [0, 3])
@pytest.mark.parametrize("at", [0, 1, 9])
def test_error_of_any_job_is_raised(most: int, at: int) -> None:
    works: list[Callable[[], object]] = [name] * 10
    works[at] = fails
    with pytest.raises(ZeroDivisionError):
        Crew(most=most).do(jobs_of(*works))
    assert none_is_left()


@pytest.mark.parametrize("most", [0, 3])
def test_error_of_who_looks_for_jobs_is_raised(most: int) -> None:
    def jobs() -> Iterator[Job]:
        yield from jobs_of(name, name)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        Crew(most=most).do(jobs())


def test_error_of_one_ends_work_that_heeds() -> None:
    crew = Crew(most=1)
    is_begun = Event()

    def work() -> None:
        is_begun.set()
        while True:
            crew.heed()

    def fail() -> None:
        is_begun.wait(SECONDS)
        fails()

    with pytest.raises(ZeroDivisionError):
        crew.do(jobs_of(work, fail))
    assert none_is_left()


def test_interrupt_is_not_hidden_by_another_error() -> None:
    meeting = Barrier(2, timeout=SECONDS)

    def interrupt() -> None:
        meeting.wait()
        raise KeyboardInterrupt

    def fail() -> None:
        meeting.wait()
        fails()

    with pytest.raises(KeyboardInterrupt):
        Crew(most=1).do(jobs_of(fail, interrupt))


def test_nothing_is_begun_after_an_error() -> None:
    done: list[int] = []
    with pytest.raises(ZeroDivisionError):
        Crew(most=0).do(iter([fails, lambda: done.append(1)]))
    assert [] == done


def test_work_is_done_where_the_system_gives_no_thread() -> None:
    done: list[int] = []
    before = threading.stack_size(2**46)  # more than there is
    try:
        Crew(most=3).do(iter([lambda: done.append(1)] * 5))
    finally:
        threading.stack_size(before)
    assert 5 == len(done)


def test_crew_has_the_cores_that_this_process_may_run_on() -> None:
    assert len(os.sched_getaffinity(0)) == cores() == Crew().most + 1
