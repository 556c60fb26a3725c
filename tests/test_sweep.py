"""Sweeps: grids of configs, and the example as a user runs it."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import pytest
from attrs import Factory, field, frozen, validators

from pylightnix_fn import (
    grid,
)
from pylightnix_fn.errors.plan import BadParameter, MalformedConfig, UnknownField

EXAMPLES = Path(__file__).parent.parent / "examples"


@frozen
class Train:
    """A config with everything that a config can have."""

    rate: float = field(default=0.1, validator=validators.gt(0.0))
    epochs: int = 1
    _hidden: int = 7
    made: int = field(init=False, default=3)
    layers: list[int] = Factory(list)


# Grids.


def test_grid_has_every_combination_the_last_axis_fastest() -> None:
    made = grid(Train(), rate=(0.1, 0.2), epochs=[1, 2, 3])
    expected = [(0.1, 1), (0.1, 2), (0.1, 3), (0.2, 1), (0.2, 2), (0.2, 3)]
    assert expected == [(each.rate, each.epochs) for each in made]


def test_grid_without_axes_is_the_config() -> None:
    assert (Train(),) == grid(Train())


def test_grid_leaves_the_other_fields() -> None:
    (made,) = grid(Train(epochs=5, hidden=8, layers=[1]), rate=(0.5,))
    assert Train(rate=0.5, epochs=5, hidden=8, layers=[1]) == made


def test_grid_over_a_private_field_and_over_lists() -> None:
    made = grid(Train(), _hidden=(1, 2), layers=([], [3, 4]))
    assert [(1, []), (1, [3, 4]), (2, []), (2, [3, 4])] == [
        (each._hidden, each.layers) for each in made
    ]


def test_grid_asks_the_validators() -> None:
    with pytest.raises(ValueError, match="rate"):
        grid(Train(), rate=(0.1, -1.0))


@pytest.mark.parametrize("name", ["rats", "hidden", "made", "__class__"])
def test_grid_over_an_unknown_field_is_refused(name: str) -> None:
    with pytest.raises(UnknownField) as caught:
        grid(Train(), **{name: (1,)})
    assert ("Train", name) == (caught.value.record, caught.value.field)
    assert "rate, epochs, _hidden, layers" == caught.value.known


@pytest.mark.parametrize("values", ["ab", b"ab", (), []])
def test_grid_over_no_values_is_refused(values: Sequence[object]) -> None:
    with pytest.raises(BadParameter, match="one value or more"):
        grid(Train(), rate=values)


def test_grid_of_what_is_no_record_is_refused() -> None:
    with pytest.raises(MalformedConfig):
        grid({"rate": 1}, rate=(1,))  # type: ignore[type-var]  # as from code without types


# The example.


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[str, float]]:
    """What two runs on one store print, and how long they take."""
    folder = tmp_path_factory.mktemp("sweep")
    printed = []
    for _ in range(2):
        began = time.monotonic()
        ended = subprocess.run(
            [sys.executable, str(EXAMPLES / "sweep.py")],
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
        )
        assert ("", 0) == (ended.stderr, ended.returncode)
        printed.append((ended.stdout, time.monotonic() - began))
    return printed


def test_example_prints_a_row_for_each_config(runs: list[tuple[str, float]]) -> None:
    rows = re.findall(r"^ *(\d+) +([\d.e-]+) +(\d+)   ", runs[0][0], re.MULTILINE)
    assert 12 == len({(degree, penalty) for degree, penalty, _ in rows})
    assert all(3 <= int(samples) <= 12 for _, _, samples in rows)


def test_example_builds_each_sample_once(runs: list[tuple[str, float]]) -> None:
    rows = re.findall(r"^ *\d+ +[\d.e-]+ +(\d+)   ", runs[0][0], re.MULTILINE)
    built = sum(map(int, rows)) + len(["points", "winner", "report"])
    assert f"\n{built} realizations were built" in runs[0][0]


def test_example_run_again_builds_nothing(runs: list[tuple[str, float]]) -> None:
    (first, _), (second, _) = runs
    assert "\n0 realizations were built" in second
    assert re.sub(r"\d+ realiz", "", first) == re.sub(r"\d+ realiz", "", second)


def test_example_fits_into_a_terminal(runs: list[tuple[str, float]]) -> None:
    table = runs[0][0].split("\n\n")[0].splitlines()
    assert 14 == len(table)
    assert max(map(len, table)) <= 80


def test_example_takes_less_than_a_minute(runs: list[tuple[str, float]]) -> None:
    assert max(seconds for _, seconds in runs) < 60
