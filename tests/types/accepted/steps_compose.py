"""Steps put together keep the types of what they make."""

from typing import TypeVar, assert_type

from pipeline import Model, Sample, model, models, sample

from pylightnix_fn import (
    DRef,
    Manager,
    Many,
    MemoryStore,
    Realization,
    Stage,
    Step,
    both,
    instantiate,
    mapped,
    realize,
    sequence,
    step,
)

T = TypeVar("T")

pair = both(sample, model)
assert_type(pair, Step[tuple[DRef[Sample], DRef[Model]]])
assert_type(pair(Manager()), tuple[Manager, tuple[DRef[Sample], DRef[Model]]])
assert_type(both(step(sample, 3), step(models, n=2)), Step[tuple[DRef[Sample], Many[Model]]])
assert_type(
    both(sample, both(model, models)), Step[tuple[DRef[Sample], tuple[DRef[Model], Many[Model]]]]
)

row = sequence([step(model, 0.1), step(model, 0.2)])
assert_type(row, Step[tuple[DRef[Model], ...]])
assert_type(sequence(step(models, n) for n in (1, 2)), Step[tuple[Many[Model], ...]])
assert_type(mapped(sample, range(1, 4)), Step[tuple[DRef[Sample], ...]])


def twice(m: Manager, stage: Stage[T]) -> tuple[Manager, tuple[DRef[T], DRef[T]]]:
    """A stage of the user's over stages of any outputs."""
    m, one = stage(m)
    m, other = stage(m)
    return m, (one, other)


assert_type(twice(Manager(), model), tuple[Manager, tuple[DRef[Model], DRef[Model]]])
one, other = realize(instantiate(step(twice, model)), MemoryStore())
assert_type(one, Realization[Model])
assert one.rref == other.rref

first, second = realize(instantiate(pair), MemoryStore())
assert_type(first.out, Sample)
assert_type(second.out, Model)
