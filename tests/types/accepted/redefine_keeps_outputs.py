"""Another matcher may turn one into many and back; another realizer is one for the same outputs."""

from typing import assert_type

from pipeline import Model, Train, fit, model, models

from pylightnix_fn import (
    Build,
    DRef,
    Manager,
    Many,
    MemoryStore,
    instantiate,
    latest,
    logged,
    realize,
    redefine,
)

m = Manager()
m, one = model(m)
m, several = models(m)


def worse(b: Build[Train, Model]) -> None:
    fit(b)
    b.out.accuracy.write(0.0)


assert_type(redefine(m, one, matcher=latest()), tuple[Manager, DRef[Model]])
assert_type(redefine(m, one, matcher=latest(2)), tuple[Manager, Many[Model]])
assert_type(redefine(m, several, matcher=latest()), tuple[Manager, DRef[Model]])
assert_type(redefine(m, several, matcher=latest(2)), tuple[Manager, Many[Model]])
assert_type(redefine(m, one, config=Train, realizer=worse), tuple[Manager, DRef[Model]])
assert_type(redefine(m, one, config=Train, realizer=logged(worse)), tuple[Manager, DRef[Model]])


def worst_model(m: Manager) -> tuple[Manager, DRef[Model]]:
    m, made = model(m)
    return redefine(m, made, config=Train, realizer=worse)


store = MemoryStore()
assert realize(instantiate(worst_model), store).out.accuracy.read() == 0.0
