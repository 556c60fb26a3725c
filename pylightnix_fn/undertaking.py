"""Building what a search misses: where builds run, in what order, and who goes on with the run."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import Executor

from pylightnix_fn.errors.build import TooFewResources
from pylightnix_fn.finding import Search
from pylightnix_fn.observer import unobserved
from pylightnix_fn.plan import Plan
from pylightnix_fn.pools import Pool, Threads, Workers, opened_pool
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
    with opened_pool(executor, jobs, search.observe) as pool:
        free = {**pool.free, **capacity}
        _check_resources(search.plan, free)
        urgency = Urgency(search.store, search.plan)
        before = None if search.observe is unobserved else urgency.before
        queue = Queue(free, urgency if pool.slots != 1 else None)
        _kind_of_run(pool)(search, pool, queue, before).to_the_end()


def _check_resources(plan: Plan, free: Mapping[str, float]) -> None:
    for each in plan.graph.derivations.values():
        for name in lacking(each.resources, free):
            wanted = each.resources.amounts()[name]
            raise TooFewResources(each.name, name, wanted, free.get(name, 1))


def _kind_of_run(pool: Pool) -> type[Run]:
    if isinstance(pool, Threads):
        from pylightnix_fn.turns import SharedRun  # for those who need it

        return SharedRun
    return Run
