"""Building what a search misses: where builds run, in what order, and who goes on with the run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import contextmanager

from pylightnix_fn.errors.build import TooFewResources
from pylightnix_fn.finding import Search
from pylightnix_fn.observer import Observer, unobserved
from pylightnix_fn.plan import Plan
from pylightnix_fn.pools import Inline, Pool, Workers
from pylightnix_fn.progression import Run
from pylightnix_fn.queueing import Queue
from pylightnix_fn.resources import lacking
from pylightnix_fn.urgency import Urgency


def build_missing(
    search: Search,
    executor: Executor | Workers | None,
    jobs: int | None,
    capacity: Mapping[str, float],
) -> None:
    """Build what a search misses, and what that makes it look for, to the end of its plan."""
    with _opened_pool(executor, jobs, search.observe) as pool:
        free = {**pool.free, **capacity}
        _check_resources(search.plan, free)
        urgency = Urgency(search.store, search.plan)
        before = None if search.observe is unobserved else urgency.before
        queue = Queue(free, urgency if pool.slots != 1 else None)
        _kind_of_run(executor)(search, pool, queue, before).to_the_end()


@contextmanager
def _opened_pool(
    executor: Executor | Workers | None, jobs: int | None, observe: Observer
) -> Iterator[Pool]:
    """The pool that the arguments of `realize` ask for."""
    if executor is None and jobs in (None, 1):
        yield Inline(observe)
    elif isinstance(executor, ThreadPoolExecutor):
        from pylightnix_fn.threads import Threads  # each for those who need it

        yield Threads(executor, observe)
    elif executor is None or isinstance(executor, Executor):
        from pylightnix_fn.processes import opened_processes

        with opened_processes(executor, jobs or 1, observe) as pool:
            yield pool
    else:
        with executor.opened(observe) as pool:
            yield pool


def _check_resources(plan: Plan, free: Mapping[str, float]) -> None:
    for each in plan.graph.derivations.values():
        for name in lacking(each.resources, free):
            wanted = each.resources.amounts()[name]
            raise TooFewResources(each.name, name, wanted, free.get(name, 1))


def _kind_of_run(executor: Executor | Workers | None) -> type[Run]:
    if isinstance(executor, ThreadPoolExecutor):
        from pylightnix_fn.turns import SharedRun  # for those who need it

        return SharedRun
    return Run
