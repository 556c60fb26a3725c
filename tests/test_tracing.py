"""The code of records and codecs in the key, which a realizer's own text does not name."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from attrs import frozen

from pylightnix_fn import Artifact, Codec, DRef, Folder, Manager, artifact, derive, number
from pylightnix_fn.tracing import traced


def words(separator: str) -> Codec[list[str]]:
    return Codec(
        "words",
        lambda value: separator.join(value).encode(),
        lambda data: data.decode().split(separator),
    )


def nothing(b: object) -> None:
    """A realizer that names nothing."""


@frozen
class Plain:
    rate: float = 0.1
    path: Path = Path("a")


@frozen
class Doubling:
    rate: float = 0.1

    @property
    def schedule(self) -> float:
        return self.rate * 2


@frozen
class Tripling:
    rate: float = 0.1

    @property
    def schedule(self) -> float:
        return self.rate * 3


@frozen
class Inheriting(Doubling):
    more: int = 1


def codes(*records: object) -> set[str]:
    return set(traced(nothing, records).digests.values())


def test_records_without_methods_leave_no_trace() -> None:
    assert traced(nothing, ()) == traced(nothing, (Plain(), Folder()))


def test_property_of_a_record_is_in_the_key() -> None:
    assert codes() < codes(Doubling())
    assert codes(Doubling()) != codes(Tripling())


def test_method_that_is_patched_between_two_plans_is_in_the_key(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    before = codes(Doubling())
    monkeypatch.setattr(Doubling, "schedule", Tripling.schedule)
    assert codes(Tripling()) == codes(Doubling())
    monkeypatch.undo()
    assert before == codes(Doubling())


def test_many_records_of_a_class_count_once() -> None:
    assert traced(nothing, [Doubling()]) == traced(nothing, [Doubling(), Doubling(0.2)])


def test_each_codec_that_one_function_makes_is_in_the_key() -> None:
    @frozen
    class Texts:
        one: Artifact[list[str]]
        other: Artifact[list[str]]

    def texts(one: str, other: str) -> Texts:
        return Texts(artifact("a", words(one)), artifact("b", words(other)))

    assert codes(texts(",", "|")) == codes(texts(",", "|"))
    assert codes(texts(",", "|")) != codes(texts(";", "|"))
    assert codes(texts(",", "|")) != codes(texts(",", ";"))


def test_property_of_a_base_class_is_in_the_key() -> None:
    assert codes(Doubling()) == codes(Inheriting())


def test_codec_of_the_user_is_in_the_key() -> None:
    @frozen
    class Text:
        words: Artifact[list[str]]

    comma, bar = (Text(artifact("a", words(separator))) for separator in ",|")
    assert codes() < codes(comma)
    assert codes(comma) != codes(bar)


def test_codec_of_the_library_leaves_no_trace() -> None:
    @frozen
    class Number:
        number: Artifact[float] = artifact("a", number)

    assert codes() == codes(Number())


def test_method_of_a_dependency_is_in_the_key() -> None:
    @frozen
    class Config:
        model: DRef[object]

    def downstream(load: Callable[[object], float]) -> str:
        @frozen
        class Model:
            weights: Path = Path("a")
            read = load

        m, model = derive(Manager(), Doubling(), Model(), nothing, code=None, name="model")
        m, dref = derive(m, Config(model), Folder(), nothing)
        return dref.text

    def one(model: object) -> float:
        return 1.0

    def two(model: object) -> float:
        return 2.0

    assert downstream(one) == downstream(one)
    assert downstream(one) != downstream(two)
