"""How long work takes on so many workers: the longest chain, and a schedule that begins with it.

Knows jobs by their numbers alone. Each stands after all that it needs, and nobody waits who could
work, so the schedule takes at most twice as long as the best one would (Graham, 1966).
"""

from __future__ import annotations

from collections.abc import Sequence
from heapq import heapify, heappop, heappush

from attrs import frozen


@frozen
class Job:
    """Work of so many seconds, which may begin when the jobs that it needs are done."""

    seconds: float
    needs: tuple[int, ...] = ()


def longest_chain(jobs: Sequence[Job]) -> tuple[int, ...]:
    """The jobs, each needed by the next, that no number of workers can do faster.

    >>> longest_chain([Job(1), Job(5), Job(2, (0,)), Job(2, (1, 2))])
    (1, 3)
    """
    tails = _tails(jobs)
    chain: list[int] = []
    left = [number for number, job in enumerate(jobs) if not job.needs]
    dependents = _dependents(jobs)
    while left:
        chain.append(max(left, key=lambda number: (tails[number], -number)))
        left = dependents[chain[-1]]
    return tuple(chain)


def makespan(jobs: Sequence[Job], workers: int) -> float:
    """The seconds until all is done, where those begin first that the longest chain waits for.

    >>> jobs = [Job(1), Job(5), Job(2, (0,)), Job(2, (1, 2))]
    >>> [makespan(jobs, workers) for workers in (1, 2)]
    [10.0, 7.0]
    """
    tails, dependents = _tails(jobs), _dependents(jobs)
    waiting = [len(set(job.needs)) for job in jobs]
    ready = [(-tails[number], number) for number, job in enumerate(jobs) if not job.needs]
    heapify(ready)
    running: list[tuple[float, int]] = []
    now = 0.0
    while ready or running:
        while ready and len(running) < workers:
            _, number = heappop(ready)
            heappush(running, (now + jobs[number].seconds, number))
        now, done = heappop(running)
        for dependent in dependents[done]:
            waiting[dependent] -= 1
            if not waiting[dependent]:
                heappush(ready, (-tails[dependent], dependent))
    return now


def _dependents(jobs: Sequence[Job]) -> list[list[int]]:
    dependents: list[list[int]] = [[] for _ in jobs]
    for number, job in enumerate(jobs):
        for need in dict.fromkeys(job.needs):
            dependents[need].append(number)
    return dependents


def _tails(jobs: Sequence[Job]) -> list[float]:
    """The seconds from the start of each job to the end of the last that waits for it."""
    tails = [0.0] * len(jobs)
    dependents = _dependents(jobs)
    for number in reversed(range(len(jobs))):
        after = max((tails[each] for each in dependents[number]), default=0.0)
        tails[number] = jobs[number].seconds + after
    return tails
