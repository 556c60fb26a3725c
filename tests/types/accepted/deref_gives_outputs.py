"""In a realizer, a reference gives the outputs of its stage, and `Many` gives a tuple of them."""

from pathlib import Path
from typing import assert_type

from attrs import frozen
from pipeline import Compare, Draw, Model, Report, Sample, model, models, sample

from pylightnix_fn import (
    Artifact,
    Build,
    DRef,
    Manager,
    Many,
    MemoryStore,
    derive,
    instantiate,
    node,
    realize,
)


@frozen
class Everything:
    """References as they may stand in a config."""

    one: DRef[Model]
    several: Many[Model]
    listed: list[DRef[Sample]]
    named: dict[str, DRef[Sample]]
    compared: Compare
    shared: DRef[Draw]
    maybe: DRef[Sample] | None = None


def write(b: Build[Everything, Report]) -> None:
    assert_type(b.config, Everything)
    assert_type(b.dref, DRef[Report])
    assert_type(b.path, Path)
    assert_type(b.name, str)
    assert_type(b.out, Report)
    assert_type(b.out.page, Artifact[str])
    assert_type(b.deref(b.config.one), Model)
    assert_type(b.deref(b.config.one).weights, Path)
    assert_type(b.deref(b.config.one).accuracy, Artifact[float])
    assert_type(b.deref(b.config.one).accuracy.read(), float)
    assert_type(b.deref(b.config.several), tuple[Model, ...])
    assert_type([b.deref(each) for each in b.config.listed], list[Sample])
    assert_type({key: b.deref(each) for key, each in b.config.named.items()}, dict[str, Sample])
    assert_type(b.deref(b.config.compared.baseline), Model)
    assert_type(b.deref(b.config.shared), Draw)
    assert_type(b.deref(b.config.shared).count, int)
    if b.config.maybe is not None:
        assert_type(b.deref(b.config.maybe), Sample)
    b.out.page.write(f"{len(b.deref(b.config.several))} models")


def everything(m: Manager) -> tuple[Manager, DRef[Report]]:
    m, one = model(m)
    m, several = models(m)
    m, numbers = sample(m)
    m, shared = node(m, Draw(7))
    config = Everything(one, several, [numbers], {"x": numbers}, Compare(several, one), shared)
    return derive(m, config, Report(), write)


store = MemoryStore()
assert realize(instantiate(everything), store).out.page.read() == "2 models"
