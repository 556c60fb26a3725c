"""Resources as values: what fits, what is left, what is refused."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pylightnix_fn import Resources
from pylightnix_fn.errors.plan import BadParameter
from pylightnix_fn.resources import ONE_CORE, lacking, with_returned, without

names = st.sampled_from(["gpu", "licence", "port"])
amounts = st.integers(0, 8)
resources = st.builds(Resources, amounts, amounts, st.dictionaries(names, amounts))
machines = st.dictionaries(st.one_of(names, st.sampled_from(["cores", "memory"])), amounts)


def test_build_takes_one_core_where_nothing_is_said() -> None:
    assert {"cores": 1, "memory": 0} == ONE_CORE.amounts()


@pytest.mark.parametrize("amount", [-1, float("nan"), True])
@pytest.mark.parametrize(
    ("name", "make"),
    [
        ("cores", lambda amount: Resources(cores=amount)),
        ("memory", lambda amount: Resources(memory=amount)),
        ("gpu", lambda amount: Resources(tokens={"gpu": amount})),
    ],
)
def test_amount_is_a_number_from_zero_on(
    name: str, make: Callable[[float], Resources], amount: float
) -> None:
    with pytest.raises(BadParameter, match=name):
        make(amount)


@pytest.mark.parametrize("name", ["cores", "memory"])
def test_token_has_a_name_of_its_own(name: str) -> None:
    with pytest.raises(BadParameter, match="names other than the parameters'"):
        Resources(tokens={name: 1})


def test_cores_and_memory_of_an_unknown_machine_are_enough() -> None:
    assert () == lacking(Resources(cores=1000, memory=2**60), {})


def test_there_is_one_of_a_token_that_nobody_mentioned() -> None:
    assert () == lacking(Resources(tokens={"gpu": 1}), {})
    assert ("gpu",) == lacking(Resources(tokens={"gpu": 2}), {})


def test_token_that_is_taken_is_lacking() -> None:
    gpu = Resources(tokens={"gpu": 1})
    assert ("gpu",) == lacking(gpu, without({}, gpu))


def test_resources_with_tokens_can_be_hashed() -> None:
    gpu = Resources(tokens={"gpu": 1})
    assert {gpu} == {Resources(tokens={"gpu": 1})}


@given(resources, machines)
def test_what_is_returned_is_there_again(taken: Resources, free: dict[str, float]) -> None:
    again = with_returned(without(free, taken), taken)
    assert free == {name: amount for name, amount in again.items() if name in free}
    assert {1} >= {amount for name, amount in again.items() if name not in free}


@given(resources, machines)
def test_what_fits_leaves_nothing_below_zero(taken: Resources, free: dict[str, float]) -> None:
    left = without(free, taken)
    assert (not lacking(taken, free)) == all(amount >= 0 for amount in left.values())


@given(resources, resources, machines)
def test_order_of_taking_does_not_matter(
    one: Resources, other: Resources, free: dict[str, float]
) -> None:
    assert without(without(free, one), other) == without(without(free, other), one)
