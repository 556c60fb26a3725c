"""What to build first, and how what waits for room is lined up."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

import pytest
from attrs import frozen
from dags import DIAMOND, Shape, chain, closure_over, nothing, wide

from pylightnix_fn import Budget, Closure, DRef, Folder, MemoryStore, Realization, Resources
from pylightnix_fn.asking import Task
from pylightnix_fn.plan import plan_of
from pylightnix_fn.queueing import Queue
from pylightnix_fn.store_protocol import Facts
from pylightnix_fn.urgency import UNKNOWN, Urgency

Targets = list[Realization[Folder]]
GPU = Resources(tokens={"gpu": 1})


def remembering(closure: Closure[Targets], seconds: Mapping[int, float]) -> MemoryStore:
    """A store in which some nodes of a closure were built, and took so long."""
    store, begin = MemoryStore(), 1_000_000.0
    store.register({each.dref: each.config for each in closure})
    for number, dref in enumerate(closure.derivations):
        if number in seconds:
            staging = store.stage(dref)
            (staging.folder / "number.txt").write_text(str(number), encoding="utf-8")
            store.commit(staging, dref, {}, lasting(begin, seconds[number]))
    return store


def lasting(begin: float, seconds: float) -> Facts:
    """The facts of a build that began at a time and took so long."""
    return Facts(datetime.fromtimestamp(begin, UTC), datetime.fromtimestamp(begin + seconds, UTC))


def urgencies(shape: Shape, seconds: Mapping[int, float]) -> list[float]:
    closure = closure_over(shape, nothing)
    urgency = Urgency(remembering(closure, seconds), plan_of(closure))
    return [urgency.of(dref) for dref in closure.derivations]


def test_urgency_is_the_longest_way_to_the_end() -> None:
    assert [9.0, 8.0, 3.0, 2.0] == urgencies(DIAMOND, {0: 1, 1: 6, 2: 1, 3: 2})


def test_unknown_times_are_taken_for_the_median_of_those_known() -> None:
    assert [9.0, 6.0, 3.0] == urgencies(chain(3), {1: 3})


def test_where_nothing_is_known_the_longer_chain_is_more_urgent() -> None:
    assert [2 * UNKNOWN, 2 * UNKNOWN, UNKNOWN] == urgencies(wide(2), {})


def test_time_of_a_derivation_of_the_same_name_is_a_guess() -> None:
    before, now = closure_over(((), (0,)), nothing), closure_over(((), ()), nothing)
    old, new = list(before.derivations)[1], list(now.derivations)[1]
    assert (old.name, old != new) == (new.name, True)
    urgency = Urgency(remembering(before, {1: 7}), plan_of(now))
    assert 7.0 == urgency.before(new)


def test_time_that_nobody_knows_is_none() -> None:
    closure = closure_over(chain(1), nothing)
    urgency = Urgency(MemoryStore(), plan_of(closure))
    assert [None] == [urgency.before(dref) for dref in closure.derivations]


def test_newest_build_says_how_long_it_takes() -> None:
    closure = closure_over(chain(1), nothing)
    store = remembering(closure, {0: 5})
    (dref,) = closure.derivations
    staging = store.stage(dref)
    (staging.folder / "number.txt").write_text("another", encoding="utf-8")
    store.commit(staging, dref, {}, lasting(2_000_000, 2))
    assert 2.0 == Urgency(store, plan_of(closure)).before(dref)


def test_clock_that_was_set_back_takes_no_time() -> None:
    closure = closure_over(chain(1), nothing)
    urgency = Urgency(remembering(closure, {0: -5}), plan_of(closure))
    assert [0.0] == [urgency.before(dref) for dref in closure.derivations]


# The queue


@frozen
class Line:
    """Tasks for the nodes of a shape, and a queue that is ordered by the times of earlier ones."""

    tasks: list[Task]
    queue: Queue

    def fill(self) -> None:
        """Let all tasks wait."""
        for task in self.tasks:
            self.queue.add(task)

    def order(self) -> list[str]:
        """The names of the tasks as the queue gives them, while each goes at once."""
        self.fill()
        names: list[str] = []
        while task := self.queue.next():
            names.append(task.derivation.name)
            self.queue.release(task)
        return names


def line(
    shape: Shape,
    seconds: Mapping[int, float],
    needs: Mapping[int, Resources] | None = None,
    free: Mapping[str, float] | None = None,
) -> Line:
    closure = closure_over(shape, nothing, needs)
    store = remembering(closure, seconds)
    tasks = [Task(store, each, {}, Budget()) for each in closure]
    return Line(tasks, Queue(free or {}, Urgency(store, plan_of(closure))))


def test_most_urgent_task_comes_first() -> None:
    assert ["node-2", "node-0", "node-1"] == line(((), (), ()), {0: 2, 1: 1, 2: 3}).order()


def test_equally_urgent_tasks_come_in_their_order() -> None:
    assert [f"node-{number}" for number in range(12)] == line(((),) * 12, {}).order()


def test_without_urgency_tasks_come_in_their_order() -> None:
    tasks = line(((), (), ()), {0: 1, 1: 2, 2: 3}).tasks
    assert ["node-0", "node-1", "node-2"] == Line(tasks, Queue({})).order()


def test_task_that_is_to_be_first_comes_before_the_most_urgent() -> None:
    waiting = line(((), ()), {0: 9, 1: 1})
    waiting.queue.add(waiting.tasks[0])
    waiting.queue.add(waiting.tasks[1], first=True)
    assert waiting.queue.next() == waiting.tasks[1]


def test_most_urgent_task_comes_first_whatever_it_needs() -> None:
    waiting = line(((), (), ()), {0: 1, 1: 3, 2: 2}, {1: GPU, 2: Resources(cores=2)})
    assert ["node-1", "node-2", "node-0"] == waiting.order()


def test_task_without_room_does_not_keep_others_waiting() -> None:
    waiting = line(((), (), ()), {0: 9, 1: 8, 2: 1}, {0: GPU, 1: GPU})
    waiting.fill()
    assert [waiting.tasks[0], waiting.tasks[2], None] == [waiting.queue.next() for _ in range(3)]


def test_room_that_is_released_is_given_again() -> None:
    waiting = line(((), ()), {}, {0: GPU, 1: GPU})
    waiting.fill()
    waiting.queue.next()
    waiting.queue.release(waiting.tasks[0])
    assert waiting.tasks[1] == waiting.queue.next()


@pytest.mark.parametrize("cores", [1, 3])
def test_queue_gives_as_many_as_there_are_cores(cores: int) -> None:
    waiting = line(((),) * 5, {}, None, {"cores": cores})
    waiting.fill()
    given = [waiting.queue.next() for _ in range(5)]
    assert cores == sum(task is not None for task in given)


def test_queue_that_was_cleared_is_empty() -> None:
    waiting = line(((),), {})
    waiting.queue.add(waiting.tasks[0])
    waiting.queue.clear()
    assert not waiting.queue


def test_time_of_one_derivation_is_that_of_its_own_builds() -> None:
    closure = closure_over(((), ()), nothing)
    drefs: list[DRef[object]] = list(closure.derivations)
    urgency = Urgency(remembering(closure, {0: 4, 1: 6}), plan_of(closure))
    assert [4.0, 6.0] == [urgency.before(dref) for dref in drefs]
