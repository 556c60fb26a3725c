"""`seeded` and `samples`: chance that can be had again, and several results of one build."""

from __future__ import annotations

import random
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from attrs import frozen
from trials import LOG, Note, Trial, Trying, built, trial

from pylightnix_fn import (
    Budget,
    Build,
    Built,
    Closure,
    DiskStore,
    DRef,
    Event,
    Manager,
    Many,
    ManyMatcher,
    MemoryStore,
    Realization,
    Started,
    Store,
    at_least,
    derive,
    instantiate,
    logged,
    realize,
    retry,
    samples,
    seeded,
)
from pylightnix_fn.errors.build import MissingOutput, RealizerFailed, UnsatisfiedMatcher
from pylightnix_fn.errors.plan import BadParameter


def numbers(b: Build[Trial, Note]) -> None:
    b.out.text.write(f"{random.random()} {np.random.random()}")


@frozen
class After:
    """The config of what comes after."""

    first: DRef[Note]


def read_and_draw(b: Build[After, Note]) -> None:
    b.out.text.write(f"{b.deref(b.config.first).text.read()} {random.random()}")


def several(
    realizer: Trying, matcher: ManyMatcher, label: str = "trial"
) -> Closure[tuple[Realization[Note], ...]]:
    def stage(m: Manager) -> tuple[Manager, Many[Note]]:
        return derive(m, Trial(label), Note(), realizer, matcher, code=None)

    return instantiate(stage)


def by_sample(store: Store, dref: DRef[object]) -> dict[int, str]:
    """What each realization holds, by the number of its sample."""
    return {
        store.record(rref).facts.sample: (store.folder(rref) / "note.txt").read_text("utf-8")
        for rref in store.rrefs(dref)
    }


def drawn(store: Store, count: int, label: str = "trial") -> dict[int, str]:
    made = realize(several(seeded(numbers), at_least(count), label), store)
    return by_sample(store, made[0].dref)


# Seeds.


def test_sample_is_the_same_in_every_store(tmp_path: Path) -> None:
    disk, memory = DiskStore.open(tmp_path), MemoryStore()
    assert drawn(disk, 3) == drawn(memory, 3)


def test_samples_differ(store: Store) -> None:
    texts = drawn(store, 3).values()
    assert 6 == len({number for text in texts for number in text.split()})


def test_derivations_draw_other_samples() -> None:
    store = MemoryStore()
    one, other = drawn(store, 1, "one"), drawn(store, 1, "other")
    assert one.keys() == other.keys()
    assert not set(one[0].split()) & set(other[0].split())


def test_removed_sample_is_drawn_again(store: Store) -> None:
    before = drawn(store, 3)
    (dref,) = several(seeded(numbers), at_least(3)).targets
    second = next(rref for rref in store.rrefs(dref) if store.record(rref).facts.sample == 1)
    store.remove(second)
    assert before == drawn(store, 3)


def test_rebuild_draws_the_next_sample(store: Store) -> None:
    closure = trial(seeded(numbers))
    for _ in range(3):
        realize(closure, store, rebuild=True)
    assert drawn(MemoryStore(), 3) == by_sample(store, closure.targets[0])


PROGRAM = """
from trials import Note, Trial, built
from pylightnix_fn import MemoryStore, seeded

def numbers(b):
    import numpy
    b.out.text.write(str(numpy.random.random()))

store = MemoryStore()
print(built(seeded(numbers), store).out.text.read())
"""


def test_numpy_that_the_realizer_imports_is_seeded() -> None:
    printed = [
        subprocess.run(
            [sys.executable, "-c", PROGRAM],
            cwd=Path(__file__).parent,
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for _ in range(2)
    ]
    assert printed[0] == printed[1]


# Samples.


def test_samples_are_realizations_of_one_build(store: Store) -> None:
    events: list[Event] = []
    closure = trial(samples(3)(seeded(numbers)))
    realize(closure, store, observe=events.append)
    assert drawn(MemoryStore(), 3) == by_sample(store, closure.targets[0])
    assert [1, 3] == [sum(isinstance(event, kind) for event in events) for kind in (Started, Built)]


def test_samples_have_equal_contexts(store: Store) -> None:
    def stage(m: Manager) -> tuple[Manager, Many[Note]]:
        m, first = derive(m, Trial(), Note(), numbers, code=None)
        return derive(m, After(first), Note(), samples(3)(read_and_draw), at_least(3), code=None)

    made = realize(instantiate(stage), store)
    assert 3 == len(made)
    assert all(each.context == made[0].context for each in made)
    assert 1 == len(made[0].context)


def test_every_sample_has_a_log_of_its_own(tmp_path: Path) -> None:
    def print_a_number(b: Build[Trial, Note]) -> None:
        numbers(b)
        print(b.site.sample)

    store = DiskStore.open(tmp_path)
    made = built(samples(3)(logged(print_a_number)), store)
    logs = [(store.folder(rref) / LOG).read_text("utf-8") for rref in store.rrefs(made.dref)]
    assert ["0\n", "1\n", "2\n"] == sorted(logs)


def test_samples_of_samples_all_differ(store: Store) -> None:
    made = built(samples(2)(samples(3)(seeded(numbers))), store)
    assert {0, 1, 2, 3, 4, 5} == by_sample(store, made.dref).keys()


def test_further_build_goes_on_with_other_samples(store: Store) -> None:
    events: list[Event] = []
    made = realize(several(samples(3)(seeded(numbers)), at_least(6)), store, observe=events.append)
    assert drawn(MemoryStore(), 6) == by_sample(store, made[0].dref)
    assert 2 == sum(isinstance(event, Started) for event in events)


def test_build_of_several_samples_is_one_build_of_a_budget(store: Store) -> None:
    closure = several(samples(3)(seeded(numbers)), at_least(6))
    with pytest.raises(UnsatisfiedMatcher, match="1 builds"):
        realize(closure, store, budget=Budget(builds=1))
    assert 3 == len(store.rrefs(closure.targets[0]))
    assert 6 == len(realize(closure, store, budget=Budget(builds=1)))


def failing_at(*calls: int) -> Trying:
    """Fails in these calls, counted from 1, after it has written."""
    count = iter(range(1, 100))

    def draw(b: Build[Trial, Note]) -> None:
        numbers(b)
        if next(count) in calls:
            raise ValueError

    return draw


def test_failure_in_the_second_sample_keeps_none(store: Store) -> None:
    closure = trial(samples(3)(failing_at(2)))
    with pytest.raises(RealizerFailed):
        realize(closure, store)
    assert () == store.rrefs(closure.targets[0])


def test_missing_output_of_the_second_sample_keeps_none(store: Store) -> None:
    def once(b: Build[Trial, Note]) -> None:
        if b.site.sample == 0:
            numbers(b)

    closure = trial(samples(2)(once))
    with pytest.raises(MissingOutput):
        realize(closure, store)
    assert () == store.rrefs(closure.targets[0])


def test_samples_that_are_tried_again_as_a_whole_keep_no_failed_one(tmp_path: Path) -> None:
    store = DiskStore.open(tmp_path)
    made = built(retry(2)(samples(2)(failing_at(2))), store)
    assert {0, 1} == by_sample(store, made.dref).keys()
    assert [] == list(tmp_path.glob("tmp/*/*/*"))


def test_sample_that_is_tried_again_leaves_the_others(store: Store) -> None:
    made = built(samples(3)(retry(2)(failing_at(2))), store)
    assert {0, 1, 2} == by_sample(store, made.dref).keys()


@pytest.mark.parametrize("n", [0, -1])
def test_no_samples_are_refused(n: int) -> None:
    with pytest.raises(BadParameter, match="1 or more"):
        samples(n)


def test_one_sample_is_the_realizer_itself(store: Store) -> None:
    assert drawn(MemoryStore(), 1) == by_sample(
        store, built(samples(1)(seeded(numbers)), store).dref
    )


def test_seed_of_a_build_serves_generators_of_ones_own(store: Store) -> None:
    def draw(b: Build[Trial, Note]) -> None:
        b.out.text.write(str(np.random.default_rng(b.seed).normal()))

    one = by_sample(store, realize(several(draw, at_least(3)), store)[0].dref)
    elsewhere = MemoryStore()
    other = by_sample(elsewhere, realize(several(draw, at_least(3)), elsewhere)[0].dref)
    assert one == other
    assert 3 == len(set(one.values()))


def test_seeding_is_part_of_the_key() -> None:
    _, plain = derive(Manager(), Trial(), Note(), numbers)
    _, sown = derive(Manager(), Trial(), Note(), seeded(numbers))
    assert plain != sown
