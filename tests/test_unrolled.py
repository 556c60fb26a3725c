"""Results of many targets as attributes."""

from __future__ import annotations

import copy
import pickle
from pathlib import Path

import pytest

from pylightnix_fn import DRef, Manager, MemoryStore, instantiate, realize
from pylightnix_fn.shorthand.autostage import autostage
from pylightnix_fn.shorthand.call import Written
from pylightnix_fn.unrolling import Unrolled, unrolled


@autostage
def draw(count: int, numbers: Path = Path("numbers.txt")) -> None:
    numbers.write_text(str(count))


def several(m: Manager) -> tuple[Manager, dict[str, DRef[Written]]]:
    m, small = draw(m, 1)
    m, large = draw(m, 2)
    return m, {"small": small, "large": large}


def test_results_are_attributes() -> None:
    found = unrolled(realize(instantiate(several), MemoryStore()))
    assert ("1", "2") == tuple(each.out.numbers.read_text() for each in (found.small, found.large))


def test_results_inside_results_are_attributes() -> None:
    assert 1 == unrolled({"a": {"b": 1}}).a.b


def test_results_inside_lists_are_attributes() -> None:
    assert 1 == unrolled({"a": [{"b": 1}]}).a[0].b  # type: ignore[attr-defined]  # not typed there


def test_results_are_items_as_before() -> None:
    assert {"a": {"b": 1}} == unrolled({"a": {"b": 1}})


def test_unknown_result_names_those_that_there_are() -> None:
    with pytest.raises(AttributeError, match="no result is called 'c'; there is: a, b"):
        _ = unrolled({"a": 1, "b": 2}).c


def test_results_are_completed() -> None:
    assert {"a", "items"} <= set(dir(unrolled({"a": 1})))


def test_results_can_be_copied_and_pickled() -> None:
    found = unrolled({"a": {"b": 1}})
    assert found == copy.deepcopy(found) == pickle.loads(pickle.dumps(found))
    assert isinstance(copy.deepcopy(found).a, Unrolled)
