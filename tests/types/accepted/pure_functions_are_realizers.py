"""`pure` lifts a function of values; `Inputs` gives the values that references lead to."""

from typing import assert_type

import numpy as np
from attrs import frozen
from numpy.typing import NDArray
from pipeline import Draw, Model, model

from pylightnix_fn import (
    Artifact,
    DRef,
    Inputs,
    Manager,
    Many,
    MemoryStore,
    Realization,
    Realizer,
    Value,
    at_least,
    derive,
    instantiate,
    npy,
    number,
    pure,
    realize,
    seeded,
    text,
    value,
)

Floats = NDArray[np.float64]


@frozen
class Mean:
    vector: DRef[Value[Floats]]
    several: Many[Value[float]]
    model: DRef[Model]


def zeros(inputs: Inputs[Draw]) -> Floats:
    assert_type(inputs.config, Draw)
    return np.zeros(inputs.config.count)


def drawn(inputs: Inputs[Draw]) -> float:
    return float(np.random.default_rng().random())


def mean(inputs: Inputs[Mean]) -> str:
    assert_type(inputs.value(inputs.config.vector), Floats)
    assert_type(inputs.value(inputs.config.several), tuple[float, ...])
    assert_type(inputs.outputs(inputs.config.model), Model)
    assert_type(inputs.outputs(inputs.config.vector), Value[Floats])
    return str(float(np.mean(inputs.value(inputs.config.vector))))


assert_type(value(number), Value[float])
assert_type(value(text, "page.txt"), Value[str])
assert_type(value(npy(np.float64)), Value[Floats])
assert_type(value(number).value, Artifact[float])
assert_type(pure(zeros), Realizer[Draw, Value[Floats]])
assert_type(pure(drawn), Realizer[Draw, Value[float]])


def stage(m: Manager) -> tuple[Manager, DRef[Value[str]]]:
    m, vector = derive(m, Draw(), value(npy(np.float64)), pure(zeros))
    assert_type(vector, DRef[Value[Floats]])
    m, several = derive(m, Draw(), value(number), seeded(pure(drawn)), at_least(2))
    assert_type(several, Many[Value[float]])
    m, fitted = model(m)
    return derive(m, Mean(vector, several, fitted), value(text), pure(mean))


store = MemoryStore()
result = realize(instantiate(stage), store)
assert_type(result, Realization[Value[str]])
assert_type(result.out.value.read(), str)
assert result.out.value.read() == "0.0"
