"""Stages by their names, and their arguments from texts."""

from __future__ import annotations

import pickle
import subprocess
import sys
from collections.abc import Iterator
from enum import Enum
from inspect import Signature, signature
from pathlib import Path
from typing import Annotated, Literal

import pytest
from attrs import field, frozen, validators

from pylightnix_fn import DRef, Folder, Manager, MemoryStore, realize
from pylightnix_fn.canonical import Json
from pylightnix_fn.errors.loading import (
    BadArgument,
    BrokenModule,
    MalformedTarget,
    MissingArgument,
    NotAStage,
    UnknownArgument,
    UnknownModule,
    UnknownStage,
)
from pylightnix_fn.errors.plan import MalformedStage
from pylightnix_fn.loading.arguments import arguments_of, values_of
from pylightnix_fn.loading.stage import load, stages_in
from pylightnix_fn.loading.typed import typed

STAGES = '''
from __future__ import annotations

from functools import wraps

from attrs import frozen

from pylightnix_fn import Build, DRef, Folder, Manager, derive, mkconfig, step


@frozen
class Numbers:
    count: int
    scale: float = 1.0


def write(b: Build[Numbers, Folder]) -> None:
    (b.path / "numbers.txt").write_text(str([b.config.scale] * b.config.count))


def numbers(m: Manager, count: int, *, scale: float = 1.0) -> tuple[Manager, DRef[Folder]]:
    """Some numbers.

    All of them equal.
    """
    return derive(m, Numbers(count, scale), Folder(), write)


def spread(m: Manager, count: int = 1, scale: float = 1.0):
    return numbers(m, count, scale=scale)


def both(m: Manager):
    m, a = numbers(m, 1)
    m, b = numbers(m, 2)
    return m, [a, b]


def passed_on(stage):
    @wraps(stage)
    def wrapped(*args, **kwargs):
        return stage(*args, **kwargs)

    return wrapped


wrapped = passed_on(numbers)
three = step(numbers, 3)
helper = 3


def total(numbers: list[int]) -> int:
    return sum(numbers)


def none(m: Manager):
    return 3
'''


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The current folder, in which modules can be written that are forgotten afterwards."""
    (tmp_path / "pipeline.py").write_text(STAGES, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    before = set(sys.modules)
    yield tmp_path
    for name in set(sys.modules) - before:
        del sys.modules[name]


# Modules and stages.


@pytest.mark.parametrize("place", ["pipeline", "pipeline.py", "./pipeline.py"])
def test_load_finds_a_stage_by_module_or_file(folder: Path, place: str) -> None:
    closure = load(f"{place}:numbers").closure(["3"])
    assert ["numbers"] == [each.name for each in closure]


def test_load_gives_the_same_stage_by_module_and_file(folder: Path) -> None:
    assert load("pipeline:numbers").stage is load(f"{folder}/pipeline.py:numbers").stage


def test_load_finds_modules_in_packages(folder: Path) -> None:
    package = folder / "deep" / "er"
    package.mkdir(parents=True)
    for each in (package.parent, package):
        (each / "__init__.py").touch()
    (package / "sibling.py").write_text("N = 2")
    text = STAGES + "\nfrom .sibling import N\n"
    (package / "stages.py").write_text(text, encoding="utf-8")
    assert load("deep.er.stages:numbers").stage is load("deep/er/stages.py:numbers").stage


def test_load_finds_what_lies_beside_a_file(folder: Path) -> None:
    (folder / "below").mkdir()
    (folder / "below" / "beside.py").write_text("N = 2")
    (folder / "below" / "stages.py").write_text(STAGES + "\nfrom beside import N\n")
    assert "numbers" == load("below/stages.py:numbers").name


def test_loaded_stage_has_the_key_of_the_script(folder: Path) -> None:
    script = STAGES + "\nif __name__ == '__main__':\n    print(numbers(Manager(), 3)[1])\n"
    (folder / "pipeline.py").write_text(script, encoding="utf-8")
    command = [sys.executable, "pipeline.py"]
    ran = subprocess.run(command, capture_output=True, text=True, check=True)
    (target,) = load("pipeline.py:numbers").closure(["3"]).targets
    assert ran.stdout.strip() == target.text


def test_loaded_stage_can_be_realized(folder: Path) -> None:
    made = realize(load("pipeline:numbers").closure(["count=2", "scale=0.5"]), MemoryStore())
    assert "[0.5, 0.5]" == (made_folder(made) / "numbers.txt").read_text()


def made_folder(made: object) -> Path:
    path: object = getattr(made, "path", None)
    assert isinstance(path, Path)
    return path


def test_loaded_stage_may_return_a_list(folder: Path) -> None:
    made = realize(load("pipeline:both").closure(), MemoryStore())
    assert isinstance(made, list)
    assert 2 == len(made)


@pytest.mark.parametrize(("name", "texts"), [("wrapped", ["3"]), ("three", [])])
def test_load_takes_functions_of_functions(folder: Path, name: str, texts: list[str]) -> None:
    expected = load("pipeline:numbers").closure(["3"]).targets
    assert expected == load(f"pipeline:{name}").closure(texts).targets


@pytest.mark.parametrize("texts", [["2"], ["2", "0.5"], ["scale=0.5"], []])
def test_loaded_stage_may_leave_defaults_alone(folder: Path, texts: list[str]) -> None:
    values = {
        "count": 2 if "2" in texts else 1,
        "scale": 0.5 if texts[-1:] in (["0.5"], ["scale=0.5"]) else 1.0,
    }
    given = [f"{name}={value}" for name, value in values.items()]
    expected = load("pipeline:numbers").closure(given).targets
    assert expected == load("pipeline:spread").closure(texts).targets


def test_loaded_stage_that_returns_no_reference_is_refused(folder: Path) -> None:
    with pytest.raises(MalformedStage):
        load("pipeline:none").closure()


def test_loaded_stage_says_what_it_takes(folder: Path) -> None:
    expected = (
        "pipeline:numbers: Some numbers.\n  count: a whole number\n  scale: a number (default: 1.0)"
    )
    assert expected == str(load("pipeline:numbers"))


def test_loaded_stage_as_json_says_what_it_takes(folder: Path) -> None:
    expected: Json = {
        "target": "pipeline:numbers",
        "about": "Some numbers.",
        "arguments": [
            {"name": "count", "type": "a whole number", "default": None, "required": True},
            {"name": "scale", "type": "a number", "default": "1.0", "required": False},
        ],
    }
    assert expected == load("pipeline:numbers").json()


def test_stages_in_a_module_are_those_it_defines(folder: Path) -> None:
    expected = ["numbers", "spread", "both", "wrapped", "none"]
    assert expected == [each.name for each in stages_in("pipeline")]


@pytest.mark.parametrize("target", ["pipeline", ":numbers", "pipeline:", "pipeline.py"])
def test_load_refuses_what_names_no_stage(folder: Path, target: str) -> None:
    with pytest.raises(MalformedTarget):
        load(target)


@pytest.mark.parametrize(
    ("target", "near"), [("pipelin:numbers", "pipeline"), ("pipelines.py:numbers", "pipeline.py")]
)
def test_load_names_modules_that_are_there(folder: Path, target: str, near: str) -> None:
    with pytest.raises(UnknownModule) as caught:
        load(target)
    assert near == caught.value.near


def test_load_tells_where_a_module_breaks(folder: Path) -> None:
    (folder / "broken.py").write_text("def deep():\n    return 1 / 0\n\n\ndeep()\n")
    with pytest.raises(BrokenModule) as caught:
        load("broken:stage")
    assert "ZeroDivisionError: division by zero" == caught.value.error
    files = [line for line in caught.value.traceback.splitlines() if line.startswith("File")]
    assert 2 == len(files)
    assert "broken.py" in files[0]
    assert "in deep" in files[1]


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("def f(:\n", "SyntaxError: "),
        ("import nothing_of_the_name\n", "ModuleNotFoundError: No module named 'nothing_of"),
        ("raise SystemExit(3)\n", "SystemExit: 3"),
    ],
)
def test_load_tells_why_a_module_breaks(folder: Path, text: str, error: str) -> None:
    (folder / "broken.py").write_text(text)
    with pytest.raises(BrokenModule) as caught:
        load("broken.py:stage")
    assert caught.value.error.startswith(error)


def test_load_shows_the_line_that_is_no_python(folder: Path) -> None:
    (folder / "broken.py").write_text("x = 1\ndef f(:\n")
    with pytest.raises(BrokenModule, match="line 2"):
        load("broken.py:stage")


def test_load_refuses_a_file_whose_name_another_module_has(folder: Path) -> None:
    (folder / "json.py").write_text(STAGES)
    with pytest.raises(BrokenModule, match="the name 'json' is taken by"):
        load("json.py:numbers")


def test_load_names_stages_that_are_near(folder: Path) -> None:
    with pytest.raises(UnknownStage) as caught:
        load("pipeline:number")
    assert "numbers" == caught.value.known


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("helper", "it is no function"),
        ("Numbers", "it is no function"),
        ("total", "its first parameter is list[int]"),
        ("write", "its first parameter is "),
    ],
)
def test_load_refuses_what_takes_no_manager(folder: Path, name: str, why: str) -> None:
    with pytest.raises(NotAStage) as caught:
        load(f"pipeline:{name}")
    assert caught.value.why.startswith(why)


# Texts by types.


class Color(Enum):
    RED = "r"
    GREEN = 2


@frozen
class Layer:
    width: int = field(default=8, validator=validators.gt(0))
    names: tuple[str, ...] = ()


@frozen
class Net:
    rate: float
    layer: Layer = Layer()


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("-3", int, -3),
        ("1e-3", float, 0.001),
        ("Yes", bool, True),
        ("0", bool, False),
        ("none", str, "none"),
        ("a/b", Path, Path("a/b")),
        ("RED", Color, Color.RED),
        ("r", Color, Color.RED),
        ("2", Color, Color.GREEN),
        ("2", Literal[1, 2], 2),
        ("null", int | None, None),
        ("3", int | str, 3),
        ("x", str | int, "x"),
        ("3", str | int, 3),
        ("3", Annotated[int, "of epochs"], 3),
        ("", list[int], []),
        ("1, 2", list[int], [1, 2]),
        ("[[1], [2, 3]]", list[list[int]], [[1], [2, 3]]),
        ('["a,b", "c"]', list[str], ["a,b", "c"]),
        ("a,b", tuple[str, ...], ("a", "b")),
        ("1,b", tuple[int, str], (1, "b")),
        ("1,1", frozenset[int], frozenset({1})),
        ('{"a": 1}', dict[str, float], {"a": 1.0}),
        ('{"rate": 0.5, "layer": {"width": 3}}', Net, Net(0.5, Layer(3))),
        ("3", object, 3),
        ("x y", object, "x y"),
    ],
)
def test_typed_text_is_a_value_of_the_type(text: str, kind: object, value: object) -> None:
    found = typed(text, kind)
    assert (type(value), value) == (type(found), found)


@pytest.mark.parametrize(
    ("text", "kind", "expected"),
    [
        ("3.0", int, "a whole number"),
        ("x", float, "a number"),
        ("maybe", bool, "true or false"),
        ("blue", Color, "RED or GREEN"),
        ("3", Literal[1, 2], "1 or 2"),
        ("x", int | None, "a whole number or none"),
        ("1,x", list[int], "a whole number"),
        ("1", tuple[int, int], "2 values, not 1"),
        ("[1", list[int], "a list, each a whole number"),
        ("3", Net, "a JSON object with the fields of Net"),
        ("x", DRef[Folder], "a DRef, which no text can stand for"),
    ],
)
def test_typed_text_of_another_kind_is_refused(text: str, kind: object, expected: str) -> None:
    with pytest.raises(ValueError) as caught:  # noqa: PT011, its text follows
        typed(text, kind)
    assert expected == str(caught.value)


# Arguments.


def _stage(
    m: Manager,
    epochs: int,
    sizes: list[int] | None = None,
    *,
    net: Net = Net(0.1, Layer(4)),
    label: str = "",
) -> tuple[Manager, DRef[Folder]]:
    raise NotImplementedError


def _values(*texts: str) -> dict[str, object]:
    resolved: Signature = signature(_stage, eval_str=True)
    return values_of("stage", arguments_of(resolved), texts)


@pytest.mark.parametrize(
    ("texts", "values"),
    [
        (["3"], {"epochs": 3}),
        (["epochs=3", "sizes=1,2"], {"epochs": 3, "sizes": [1, 2]}),
        (["3", "1,2"], {"epochs": 3, "sizes": [1, 2]}),
        (["epochs=3", "1"], {"epochs": 3, "sizes": [1]}),
        (["3", "sizes=1", "sizes=2"], {"epochs": 3, "sizes": [1, 2]}),
        (["3", "label=a=b"], {"epochs": 3, "label": "a=b"}),
        (["3", 'net={"rate": 1}'], {"epochs": 3, "net": Net(1.0)}),
        (["3", "net.rate=2"], {"epochs": 3, "net": Net(2.0, Layer(4))}),
        (
            ["3", "net.layer.names=a", "net.layer.names=b"],
            {"epochs": 3, "net": Net(0.1, Layer(4, ("a", "b")))},
        ),
    ],
)
def test_arguments_have_the_types_of_the_parameters(
    texts: list[str], values: dict[str, object]
) -> None:
    assert values == _values(*texts)


@pytest.mark.parametrize(
    ("texts", "argument"),
    [
        (["3", "epoch=3"], "epoch"),
        (["3", "1", "x"], "'x'"),
        (["3", "net.speed=1"], "net.speed"),
        (["3", 'net={"rate": 1, "speed": 1}'], "net.speed"),
        (["3", "label.x=1"], "label.x"),
    ],
)
def test_arguments_that_a_stage_lacks_are_named(texts: list[str], argument: str) -> None:
    with pytest.raises(UnknownArgument) as caught:
        _values(*texts)
    assert argument == caught.value.argument


def test_argument_that_is_missing_is_named() -> None:
    with pytest.raises(MissingArgument) as caught:
        _values("label=x")
    assert ("epochs", "a whole number") == (caught.value.parameter, caught.value.expected)


@pytest.mark.parametrize(
    ("texts", "parameter", "expected"),
    [
        (["three"], "epochs", "a whole number"),
        (["epochs=1", "epochs=2"], "epochs", "one value"),
        (["3", "net.rate=fast"], "net.rate", "a number"),
        (["3", "net.rate=1", "net={}"], "net", "one text, or fields, not both"),
    ],
)
def test_arguments_of_another_kind_are_named(
    texts: list[str], parameter: str, expected: str
) -> None:
    with pytest.raises(BadArgument) as caught:
        _values(*texts)
    assert (parameter, expected) == (caught.value.parameter, caught.value.expected)


def test_argument_that_a_record_refuses_is_named() -> None:
    with pytest.raises(BadArgument, match="'width' must be > 0"):
        _values("3", "net.layer.width=0")


# Errors travel.


@pytest.mark.parametrize(
    "error",
    [
        MalformedTarget("x"),
        UnknownModule("a", "/w", "b"),
        BrokenModule("a", "E: x", "  File"),
        UnknownStage("a", "b", "c"),
        NotAStage("a:b", "int", "it is no function"),
        UnknownArgument("a", "b", "c"),
        MissingArgument("a", "b", "a number"),
        BadArgument("a", "b", "'x'", "a number"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_loading_error_can_be_pickled(error: Exception) -> None:
    assert str(error) == str(pickle.loads(pickle.dumps(error)))
