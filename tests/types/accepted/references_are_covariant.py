"""A reference to a more special record may stand where a more general one is wanted."""

from pathlib import Path
from typing import assert_type

from attrs import frozen
from pipeline import Model, Sample, model, models, sample

from pylightnix_fn import (
    Artifact,
    Build,
    DRef,
    Manager,
    Many,
    MemoryStore,
    Realization,
    RRef,
    artifact,
    derive,
    instantiate,
    number,
    realize,
)


@frozen
class Counted(Sample):
    """Numbers, and how many there are."""

    count: Artifact[float] = artifact("count.txt", number)


@frozen
class Anything:
    """A config that takes what any stage makes."""

    of: DRef[object]
    samples: list[DRef[Sample]]


def count(b: Build[Anything, Counted]) -> None:
    assert_type(b.deref(b.config.of), object)
    assert_type(b.deref(b.config.samples[0]), Sample)
    b.out.numbers.write_text("", encoding="utf-8")
    b.out.count.write(0)


m, one = model(Manager())
m, several = models(m)
m, numbers = sample(m)
m, counted = derive(m, Anything(one, [numbers]), Counted(), count)
m, again = derive(m, Anything(numbers, [numbers, counted]), Counted(), count)
assert_type(again, DRef[Counted])

targets: list[DRef[object]] = [one, numbers, counted]


def of_anything(one: DRef[object], several: Many[object]) -> bool:
    assert_type(one.outputs, object)
    assert_type(several.dref, DRef[object])
    return one in m


def of_a_sample(reference: DRef[Sample]) -> DRef[Sample]:
    assert_type(reference.outputs, Sample)
    return reference


assert of_anything(one, several)
assert of_a_sample(counted) == counted


def stage(m: Manager) -> tuple[Manager, DRef[Sample]]:
    m, numbers = sample(m)
    return derive(m, Anything(numbers, []), Counted(), empty)


def empty(b: Build[Anything, Counted]) -> None:
    b.out.numbers.write_text("", encoding="utf-8")
    b.out.count.write(0)


result: Realization[object] = realize(instantiate(stage), MemoryStore())
general: RRef[object] = result.rref
assert_type(realize(instantiate(stage), MemoryStore()), Realization[Sample])
assert_type(result.path, Path)
assert_type(Model().weights, Path)
assert general == result.rref
