"""The longest chain and the schedule, against what no schedule can beat."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pylightnix_fn.timetable import Job, longest_chain, makespan


@st.composite
def jobs(draw: st.DrawFn) -> list[Job]:
    made: list[Job] = []
    for number in range(draw(st.integers(0, 8))):
        needs = draw(st.sets(st.integers(0, number - 1), max_size=3)) if number else set()
        made.append(Job(draw(st.integers(0, 9)), tuple(sorted(needs))))
    return made


@settings(max_examples=80)
@given(jobs())
def test_makespan_of_one_worker_is_all_the_work(those: list[Job]) -> None:
    assert sum(job.seconds for job in those) == makespan(those, 1)


@settings(max_examples=80)
@given(jobs())
def test_makespan_of_enough_workers_is_the_longest_chain(those: list[Job]) -> None:
    chain = sum(those[number].seconds for number in longest_chain(those))
    assert chain == makespan(those, max(1, len(those)))


@settings(max_examples=80)
@given(jobs(), st.integers(1, 4))
def test_makespan_keeps_the_bounds_of_graham(those: list[Job], workers: int) -> None:
    chain = sum(those[number].seconds for number in longest_chain(those))
    share = sum(job.seconds for job in those) / workers
    span = makespan(those, workers)
    assert max(chain, share) - 1e-9 <= span <= share + chain * (1 - 1 / workers) + 1e-9


@settings(max_examples=80)
@given(jobs())
def test_longest_chain_goes_from_need_to_need(those: list[Job]) -> None:
    chain = longest_chain(those)
    assert all(one in those[other].needs for one, other in pairwise(chain))
    assert () == those[chain[0]].needs if those else () == chain


@pytest.mark.parametrize(("workers", "seconds"), [(1, 12), (2, 6), (3, 6)])
def test_makespan_begins_with_the_longest_chain(workers: int, seconds: float) -> None:
    those = [Job(1), Job(2), Job(3), Job(2), Job(4, (1,))]
    assert seconds == makespan(those, workers)


def test_makespan_begins_with_what_long_work_waits_for() -> None:
    assert 10 == makespan([Job(3), Job(3), Job(1), Job(9, (2,))], 2)


def test_makespan_of_nothing_is_no_time() -> None:
    assert 0 == makespan([], 3)
    assert () == longest_chain([])
