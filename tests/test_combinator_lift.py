"""`pure`, `value` and `Inputs`: functions of values as realizers."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import assert_type

import pytest
from attrs import frozen
from trials import Note, Trial, writing

from pylightnix_fn import (
    Artifact,
    DRef,
    Inputs,
    Manager,
    Many,
    MemoryStore,
    Realizer,
    Store,
    Value,
    all_of,
    at_least,
    derive,
    fallback,
    instantiate,
    number,
    pure,
    realize,
    retry,
    text,
    timeout,
    value,
)
from pylightnix_fn.errors.build import EncodeFailed, RealizerFailed, UndeclaredInput
from pylightnix_fn.errors.plan import MalformedOutputs, NotOne
from pylightnix_fn.realizer import name_of


@frozen
class Half:
    """The config of a number."""

    number: float = 1.0


@frozen
class Sum:
    """The config of a sum over all realizations of one stage, and one of another."""

    several: Many[Value[float]]
    one: DRef[Value[float]]


@frozen
class Length:
    """The config of a stage over one that is not of a single value."""

    note: DRef[Note]


def half(inputs: Inputs[Half]) -> float:
    return inputs.config.number / 2


def total(inputs: Inputs[Sum]) -> float:
    assert_type(inputs.value(inputs.config.several), tuple[float, ...])
    assert_type(inputs.value(inputs.config.one), float)
    return sum(inputs.value(inputs.config.several)) + inputs.value(inputs.config.one)


def length(inputs: Inputs[Length]) -> float:
    assert_type(inputs.outputs(inputs.config.note), Note)
    return len(inputs.outputs(inputs.config.note).text.read())


def no_number(inputs: Inputs[Half]) -> float:
    return 2**53 + 1


def halved(m: Manager, x: float) -> tuple[Manager, DRef[Value[float]]]:
    return derive(m, Half(x), value(number), pure(half))


def test_value_of_a_function_is_kept(store: Store) -> None:
    assert 1.5 == realize(instantiate(halved, 3.0), store).out.value.read()


def test_value_lies_in_a_file_of_its_name(store: Store) -> None:
    def stage(m: Manager) -> tuple[Manager, DRef[Value[float]]]:
        return derive(m, Half(), value(number, "half.txt"), pure(half))

    made = realize(instantiate(stage), store)
    assert "0.5" == (made.path / "half.txt").read_text(encoding="utf-8")


def test_function_sees_one_value_and_several(store: Store) -> None:
    samples = iter([1.0, 2.0, 3.0])

    def sampled(inputs: Inputs[Half]) -> float:
        return next(samples)

    def stage(m: Manager) -> tuple[Manager, DRef[Value[float]]]:
        m, one = halved(m, 20.0)
        m, several = derive(m, Half(), value(number), pure(sampled), at_least(3), code=None)
        return derive(m, Sum(several, one), value(number), pure(total))

    assert 16.0 == realize(instantiate(stage), store).out.value.read()


def test_several_may_be_none(store: Store) -> None:
    def stage(m: Manager) -> tuple[Manager, DRef[Value[float]]]:
        m, one = halved(m, 20.0)
        m, several = derive(m, Half(), value(number), pure(half), all_of())
        return derive(m, Sum(several, one), value(number), pure(total))

    assert 10.0 == realize(instantiate(stage), store).out.value.read()


def test_function_sees_outputs_of_another_kind(store: Store) -> None:
    def stage(m: Manager) -> tuple[Manager, DRef[Value[float]]]:
        m, note = derive(m, Trial(), Note(), writing("four"), code=None)
        return derive(m, Length(note), value(number), pure(length))

    assert 4.0 == realize(instantiate(stage), store).out.value.read()


def test_several_where_one_is_wanted_are_refused() -> None:
    def both(inputs: Inputs[Sum]) -> float:
        return inputs.value(inputs.config.one)

    samples = iter([1.0, 2.0])

    def sampled(inputs: Inputs[Half]) -> float:
        return next(samples)

    def stage(m: Manager) -> tuple[Manager, DRef[Value[float]]]:
        m, several = derive(m, Half(), value(number), pure(sampled), at_least(2), code=None)
        return derive(m, Sum(several, several.dref), value(number), pure(both), code=None)

    with pytest.raises(NotOne):
        realize(instantiate(stage), MemoryStore())


def test_value_of_what_the_config_lacks_is_refused() -> None:
    _, stranger = halved(Manager(), 7.0)

    def ask(inputs: Inputs[Half]) -> float:
        return inputs.value(stranger)

    def stage(m: Manager) -> tuple[Manager, DRef[Value[float]]]:
        return derive(m, Half(), value(number), pure(ask), code=None)

    with pytest.raises(UndeclaredInput, match=stranger.text):
        realize(instantiate(stage), MemoryStore())


def test_value_that_the_codec_cannot_hold_is_refused() -> None:
    def stage(m: Manager) -> tuple[Manager, DRef[Value[float]]]:
        return derive(m, Half(), value(number), pure(no_number))

    with pytest.raises(EncodeFailed, match="no float is equal to it") as caught:
        realize(instantiate(stage), MemoryStore())
    assert ("number", "int") == (caught.value.codec, caught.value.value)


def test_failure_of_a_function_names_it() -> None:
    def stage(m: Manager) -> tuple[Manager, DRef[Value[float]]]:
        return derive(m, Half(), value(number), retry(2)(pure(fail)))

    with pytest.raises(RealizerFailed, match="ZeroDivisionError") as caught:
        realize(instantiate(stage), MemoryStore())
    assert "retry(2)(pure(fail))" == caught.value.realizer


def fail(inputs: Inputs[Half]) -> float:
    return 1 / 0


def test_function_is_part_of_the_key() -> None:
    def stage(m: Manager) -> tuple[Manager, DRef[Value[float]]]:
        return derive(m, Half(3.0), value(number), pure(fail))

    assert instantiate(stage).targets != instantiate(halved, 3.0).targets


def test_combinators_around_a_function_are_no_part_of_the_key() -> None:
    def stage(m: Manager) -> tuple[Manager, DRef[Value[float]]]:
        return derive(m, Half(3.0), value(number), retry(3)(timeout(60)(pure(half))))

    assert instantiate(stage).targets == instantiate(halved, 3.0).targets


@pytest.mark.parametrize("path", ["../value", "/value", "", "context.json"])
def test_value_at_no_path_is_refused(path: str) -> None:
    def stage(m: Manager) -> tuple[Manager, DRef[Value[float]]]:
        return derive(m, Half(), value(number, path), pure(half))

    with pytest.raises(MalformedOutputs):
        instantiate(stage)


def test_pure_keeps_types() -> None:
    assert_type(pure(half), Realizer[Half, Value[float]])
    assert_type(retry(3)(pure(half)), Realizer[Half, Value[float]])
    assert_type(value(text), Value[str])
    assert_type(value(text).value, Artifact[str])
    assert Path("value") == value(text).value.path


def test_pure_is_a_value() -> None:
    assert pure(half) == pickle.loads(pickle.dumps(pure(half)))
    assert pure(half) != pure(fail)
    assert "fallback(pure(fail))(pure(half))" == name_of(fallback(pure(fail))(pure(half)))
