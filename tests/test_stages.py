"""The builtin stages of what a program itself gives: `file` and `node`."""

from __future__ import annotations

from pathlib import Path
from typing import assert_type

import pytest
from attrs import Factory, frozen

from pylightnix_fn import (
    Build,
    DRef,
    File,
    Manager,
    MemoryStore,
    Store,
    derive,
    file,
    instantiate,
    node,
    realize,
)
from pylightnix_fn.errors.build import UndeclaredInput
from pylightnix_fn.errors.plan import (
    BadParameter,
    MalformedConfig,
    MalformedName,
    NotJson,
    UnknownReference,
)


def names(folder: Path) -> list[str]:
    """The files below a folder, but for the store's own."""
    paths = (each for each in folder.rglob("*") if each.is_file())
    found = sorted(str(each.relative_to(folder)) for each in paths)
    return [name for name in found if not name.startswith("__") and name != "context.json"]


# Files.


@pytest.mark.parametrize(
    ("given", "data"), [("ü\r\n", "ü\r\n".encode()), (b"\0\xff", b"\0\xff"), ("", b"")]
)
def test_file_holds_what_was_given(given: str | bytes, data: bytes, store: Store) -> None:
    made = realize(instantiate(file, "a.txt", given), store)
    assert data == made.out.path.read_bytes()
    assert ["a.txt"] == names(made.path)


@pytest.mark.parametrize(("executable", "mode"), [(True, 0o555), (False, 0o444)])
def test_file_is_executable_as_told(executable: bool, mode: int, store: Store) -> None:
    made = realize(instantiate(file, "run.sh", "#!/bin/sh\n", executable=executable), store)
    assert mode == made.out.path.stat().st_mode & 0o777


def test_file_may_lie_deep(store: Store) -> None:
    made = realize(instantiate(file, "a/b/c.txt", "deep"), store)
    assert (["a/b/c.txt"], "a-b-c-txt") == (names(made.path), made.dref.name)


def test_content_name_and_mode_of_a_file_are_part_of_the_key() -> None:
    m = Manager()
    made = [
        file(m, "a", "x"),
        file(m, "a", "y"),
        file(m, "b", "x"),
        file(m, "a", "x", executable=True),
        file(m, "a", "x", name="c"),
    ]
    assert 5 == len({dref for _, dref in made})
    assert file(m, "a", "x")[1] == file(m, "a", b"x")[1]


@pytest.mark.parametrize(
    "name", ["", ".", "..", "../a", "/a", "a/../../b", "a\nb", "__log__.txt", "context.json"]
)
def test_file_of_no_name_is_refused_while_planning(name: str) -> None:
    with pytest.raises(BadParameter, match="a relative path"):
        file(Manager(), name, "")


def test_file_of_no_text_is_refused_while_planning() -> None:
    with pytest.raises(BadParameter, match="surrogates not allowed"):
        file(Manager(), "a", "\ud800")


def test_large_file_is_not_part_of_any_text() -> None:
    m, made = file(Manager(), "a", b"x" * 10**6)
    derivation = m.derivations[made]
    assert ("file", True) == (derivation.realizer, len(derivation.config.text) < 1000)


def test_file_is_typed() -> None:
    assert_type(file(Manager(), "a", ""), tuple[Manager, DRef[File]])
    assert "a" == file(Manager(), "a", "")[1].outputs.path.name


# Nodes.


@frozen
class Rate:
    """Parameters that stages share."""

    rate: float = 0.5
    layers: list[int] = Factory(list)


@frozen
class Shared:
    """Parameters that refer to a stage, and to other parameters."""

    words: DRef[File]
    rate: DRef[Rate]


@frozen
class Train:
    """The config of a stage that uses shared parameters."""

    shared: DRef[Shared]
    rate: DRef[Rate]


@frozen
class Result:
    """What the stage writes."""

    path: Path = Path("result.txt")


def train(b: Build[Train, Result]) -> None:
    shared = b.deref(b.config.shared)
    assert_type(b.deref(b.config.rate), Rate)
    assert_type(shared, Shared)
    words = b.deref(shared.words).path.read_text("utf-8")
    rates = b.deref(b.config.rate).rate, b.deref(shared.rate).rate
    b.out.path.write_text(f"{words} {rates}", encoding="utf-8")


def trained(m: Manager, words: str = "words", rate: float = 0.25) -> tuple[Manager, DRef[Result]]:
    m, given = file(m, "a.txt", words)
    m, own = node(m, Rate(rate))
    m, shared = node(m, Shared(given, own))
    return derive(m, Train(shared, own), Result(), train)


def test_shared_parameters_and_their_references_can_be_read(store: Store) -> None:
    made = realize(instantiate(trained), store)
    assert "words (0.25, 0.25)" == made.out.path.read_text("utf-8")


def test_result_follows_what_shared_parameters_refer_to(store: Store) -> None:
    realize(instantiate(trained), store)
    made = realize(instantiate(trained, "other", 0.75), store)
    assert "other (0.75, 0.75)" == made.out.path.read_text("utf-8")


def test_reference_that_no_parameters_hold_is_refused() -> None:
    def ask(b: Build[Train, Result]) -> None:
        b.deref(stranger)

    _, stranger = file(Manager(), "stranger", "")

    def stage(m: Manager) -> tuple[Manager, DRef[Result]]:
        m, _ = file(m, "stranger", "")
        m, _ = trained(m)
        m, own = node(m, Rate())
        m, given = file(m, "a.txt", "words")
        m, shared = node(m, Shared(given, own))
        return derive(m, Train(shared, own), Result(), ask, code=None)

    with pytest.raises(UndeclaredInput, match=stranger.text):
        realize(instantiate(stage), MemoryStore())


def test_input_of_an_input_is_not_one_s_own() -> None:
    def ask(b: Build[Through, Result]) -> None:
        b.deref(given)

    _, given = file(Manager(), "a.txt", "words")

    def stage(m: Manager) -> tuple[Manager, DRef[Result]]:
        m, result = trained(m)
        return derive(m, Through(result), Result(), ask, code=None)

    with pytest.raises(UndeclaredInput):
        realize(instantiate(stage), MemoryStore())


@frozen
class Through:
    """A config with one input."""

    result: DRef[Result]


def test_node_holds_no_artifacts(store: Store) -> None:
    made = realize(instantiate(node, Rate()), store)
    assert ([], Rate()) == (names(made.path), made.out)


def test_node_is_named_after_its_class() -> None:
    assert "rate" == node(Manager(), Rate())[1].name
    assert "mine" == node(Manager(), Rate(), name="mine")[1].name


def test_parameters_are_part_of_the_key() -> None:
    assert node(Manager(), Rate())[1] == node(Manager(), Rate())[1]
    assert node(Manager(), Rate(0.1))[1] != node(Manager(), Rate(0.2))[1]


def test_parameters_that_change_later_do_not_change_the_node() -> None:
    rate = Rate(layers=[1])
    _, made = node(Manager(), rate)
    rate.layers.append(2)
    assert [1] == made.outputs.layers


def test_node_of_what_is_no_record_is_refused() -> None:
    with pytest.raises(MalformedConfig):
        node(Manager(), {"rate": 1})  # type: ignore[type-var]  # as from code without types


def test_node_of_what_is_not_json_is_refused() -> None:
    with pytest.raises(NotJson, match=r"Result\.path"):
        node(Manager(), Result())


def test_node_with_a_reference_of_another_manager_is_refused() -> None:
    m, given = file(Manager(), "a.txt", "words")
    m, rate = node(m, Rate())
    with pytest.raises(UnknownReference):
        node(Manager(), Shared(given, rate))


def test_empty_name_is_refused() -> None:
    with pytest.raises(MalformedName):
        file(Manager(), "a", "", name="")
    with pytest.raises(MalformedName):
        node(Manager(), Rate(), name="")
