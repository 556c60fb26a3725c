"""What other threads take off somebody's hands, and that none is left behind."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Event

import pytest

from pylightnix_fn.crew import Crew


def name() -> str:
    return threading.current_thread().name


@contextmanager
def busy(crew: Crew[str]) -> Iterator[None]:
    """One of the crew is at work meanwhile."""
    end = Event()
    assert crew.takes(lambda: f"{end.wait(60)}")
    try:
        yield
    finally:
        end.set()


def test_work_is_done_by_another_thread() -> None:
    with Crew[str](most=1) as crew:
        assert crew.takes(name)
        (by,) = crew.results()
    assert name() != by


def test_crew_of_nobody_takes_nothing() -> None:
    with Crew[str](most=0) as crew:
        assert not crew.takes(name)
        assert [] == crew.results()


def test_crew_takes_no_more_than_it_can_do_at_once() -> None:
    with Crew[str](most=1) as crew:
        with busy(crew):
            assert not crew.takes(name)
        assert ["True"] == crew.results()


def test_crew_takes_more_when_it_is_done() -> None:
    with Crew[int](most=1) as crew:
        assert crew.takes(lambda: 1)
        crew.results()
        assert crew.takes(lambda: 2)
        assert [1, 2] == crew.results()


def test_error_of_a_work_is_raised_to_who_waits() -> None:
    with Crew[float](most=1) as crew:
        assert crew.takes(lambda: 1 / int("0"))
        with pytest.raises(ZeroDivisionError):
            crew.results()


def test_crew_takes_nothing_where_the_system_gives_no_thread() -> None:
    before = threading.stack_size(2**46)  # more than there is
    try:
        with Crew[str](most=1) as crew:
            assert not crew.takes(name)
    finally:
        threading.stack_size(before)


def test_work_that_heeds_ends_when_nobody_waits_for_it() -> None:
    def work() -> None:
        while True:
            crew.heed()

    with suppress(KeyboardInterrupt), Crew[None](most=1) as crew:
        assert crew.takes(work)
        raise KeyboardInterrupt
    assert not any(each.name == "pylightnix-crew" for each in threading.enumerate())
