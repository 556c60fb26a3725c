"""The config of a build as variables for programs."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from attrs import Factory, frozen

from pylightnix_fn import (
    Artifact,
    Build,
    Config,
    DRef,
    Folder,
    Manager,
    Many,
    MemoryStore,
    Paused,
    artifact,
    at_least,
    derive,
    instantiate,
    latest,
    mkconfig,
    mkdrv,
    number,
    paused,
    realize,
    selfref,
)
from pylightnix_fn.environment import environ


@frozen
class Data:
    """What data is made from."""

    size: int = 1


@frozen
class Npz:
    """Data."""

    npz: Path = Path("in/data.npz")


@frozen
class Train:
    """A config with values of all kinds."""

    data: DRef[Npz]
    several: Many[Npz]
    both: list[DRef[Npz]]
    word: str = "two words"
    rate: float = 0.5
    quick: bool = True
    layers: list[int] = Factory(lambda: [1, 2])
    nothing: None = None


@frozen
class Model:
    """Outputs of all kinds."""

    weights: Path = Path("weights.h5")
    accuracy: Artifact[float] = artifact("accuracy.txt", number)


def write(b: Build[Data, Npz]) -> None:
    b.out.npz.write_text(str(b.site.sample))


def never(b: Build[Train, Model]) -> None:
    raise AssertionError("nobody runs this")


def train(m: Manager) -> tuple[Manager, DRef[Model]]:
    m, data = derive(m, Data(), Npz(), write, code=None)
    m, several = derive(m, Data(2), Npz(), write, at_least(2), code=None)
    return derive(m, Train(data, several, [data, data]), Model(), never, code=None)


@pytest.fixture(scope="module")
def b() -> Paused[Train, object]:
    closure = instantiate(train)
    return paused(closure, MemoryStore(), closure.targets[0], Train)


@pytest.fixture(scope="module")
def variables(b: Paused[Train, object]) -> dict[str, str]:
    return environ(b)


@pytest.mark.parametrize(
    ("name", "value"),
    [("word", "two words"), ("rate", "0.5"), ("quick", "true"), ("layers", "[1,2]")],
)
def test_parameter_is_a_variable(variables: dict[str, str], name: str, value: str) -> None:
    assert value == variables[name]


def test_none_is_no_variable(variables: dict[str, str]) -> None:
    assert "nothing" not in variables


def test_outputs_are_variables(variables: dict[str, str], b: Paused[Train, object]) -> None:
    assert str(b.path) == variables["out"]
    assert str(b.path / "weights.h5") == variables["out_weights"]
    assert str(b.path / "accuracy.txt") == variables["out_accuracy"]


def test_reference_is_a_path(variables: dict[str, str]) -> None:
    assert "0" == Path(variables["data"], "in/data.npz").read_text()
    assert "0" == Path(variables["data_npz"]).read_text()


def test_several_realizations_are_several_paths(variables: dict[str, str]) -> None:
    folders = variables["several"].split(":")
    assert ["0", "1"] == sorted(Path(each, "in/data.npz").read_text() for each in folders)


def test_list_of_references_is_several_paths(variables: dict[str, str]) -> None:
    assert f"{variables['data']}:{variables['data']}" == variables["both"]


def test_config_that_is_a_dict_has_variables() -> None:
    @frozen
    class Seen:
        variables: dict[str, str] = Factory(dict)

    seen = Seen()

    def first(b: Build[Config, Folder]) -> None:
        (b.path / "a.txt").write_text("a")

    def second(b: Build[Config, Folder]) -> None:
        (b.path / "b.txt").write_text("b")
        seen.variables.update(environ(b))

    def stage(m: Manager) -> tuple[Manager, DRef[Folder]]:
        m, one = mkdrv(m, mkconfig({"name": "one"}), latest(), first)
        parameters = {
            "name": "two",
            "input": [one, "a.txt"],
            "whole": one,
            "both": [one, one],
            "output": [selfref, "b.txt"],
            "learning-rate": 0.5,
        }
        return mkdrv(m, mkconfig(parameters), latest(), second)

    realize(instantiate(stage), MemoryStore())
    found = seen.variables
    assert ("two", "0.5") == (found["name"], found["learning_rate"])
    assert "a" == Path(found["input"]).read_text() == Path(found["whole"], "a.txt").read_text()
    assert str(Path(found["out"], "b.txt")) == found["output"]
    assert f"{found['whole']}:{found['whole']}" == found["both"]


def test_parameter_counts_where_an_output_has_its_name() -> None:
    @frozen
    class Named:
        out_weights: str = "mine"

    def stage(m: Manager) -> tuple[Manager, DRef[Model]]:
        return derive(m, Named(), Model(), lambda b: None, code=None)

    closure = instantiate(stage)
    assert "mine" == environ(paused(closure, MemoryStore(), closure.targets[0]))["out_weights"]


@pytest.mark.parametrize("word", ["a\0b", "ü" * 60_000], ids=["null", "long"])
def test_what_no_variable_can_hold_is_left_out(word: str) -> None:
    @frozen
    class Worded:
        word: str
        rate: float = 0.5

    def stage(m: Manager) -> tuple[Manager, DRef[Folder]]:
        return derive(m, Worded(word), Folder(), lambda b: None, code=None)

    closure = instantiate(stage)
    found = environ(paused(closure, MemoryStore(), closure.targets[0]))
    assert (False, "0.5") == ("word" in found, found["rate"])


def test_program_sees_the_variables(b: Paused[Train, object]) -> None:
    command = ["sh", "-c", 'printf %s "$word:$rate" && cat "$data_npz"']
    environment = {**os.environ, **environ(b)}
    ran = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert "two words:0.50" == ran.stdout
