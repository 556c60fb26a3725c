"""The functions that the user wrote in a class, asked for again and again while it changes."""

from __future__ import annotations

import gc
import sys
import weakref
from functools import cached_property
from types import ModuleType

import attrs
import pytest
from attrs import frozen

from pylightnix_fn.code.classes import methods_of
from pylightnix_fn.tree import Folder


def one(self: object) -> int:
    return 1


def two(self: object) -> int:
    return 2


class Base:
    def inherited(self) -> int:
        return 0


def written() -> type:
    """A class of its own for each test, looked at once."""

    class Model(Base):
        size = one
        rate = property(one)

        @cached_property
        def cost(self) -> int:
            return 3

    methods_of(Model)
    return Model


def names(kind: type) -> list[str]:
    return [each.__name__ for each in methods_of(kind)]


def test_members_are_those_of_the_class_and_its_bases() -> None:
    assert ["one", "one", "cost", "inherited"] == names(written())


def test_members_are_the_same_when_asked_again() -> None:
    kind = written()
    assert methods_of(kind) == methods_of(kind)


def test_what_attrs_writes_is_nobody_s() -> None:
    @frozen
    class Record:
        rate: float = 0.1

        def double(self) -> float:
            return 2 * self.rate

    assert ["double"] == names(Record)
    assert ["double"] == names(Record)


def test_members_of_the_library_do_not_count() -> None:
    assert [] == methods_of(Folder)


@pytest.mark.parametrize("name", ["size", "inherited", "other", "__repr__", "__doc__"])
def test_function_that_is_put_into_a_class_is_seen(name: str) -> None:
    kind = written()
    setattr(kind, name, two)
    assert two in methods_of(kind)


@pytest.mark.parametrize(
    "member", [property(two), staticmethod(two), classmethod(two), cached_property(two)]
)
def test_function_inside_of_a_new_member_is_seen(member: object) -> None:
    kind = written()
    kind.rate = member  # type: ignore[attr-defined]  # as a notebook may patch it
    assert two in methods_of(kind)


def test_function_in_the_place_of_what_attrs_wrote_is_seen(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    record = attrs.make_class("Record", ["a"])
    record.__module__ = __name__
    assert [] == methods_of(record)
    monkeypatch.setattr(record, "__eq__", two)
    assert [two] == methods_of(record)


def test_function_that_is_taken_out_is_forgotten() -> None:
    kind = written()
    del kind.size  # type: ignore[attr-defined]  # as a notebook may patch it
    assert ["one", "cost", "inherited"] == names(kind)


def test_function_that_dies_makes_room_for_no_other() -> None:
    kind = written()
    found = set[int]()
    for number in range(50):
        space: dict[str, object] = {}
        exec(f"def made(self): return {number}", {"__name__": __name__}, space)
        kind.size = space.pop("made")  # type: ignore[attr-defined]  # as a notebook may patch it
        (made,) = (each for each in methods_of(kind) if each.__name__ == "made")
        found.add(made(None))
        del kind.size, made  # type: ignore[attr-defined]  # so that its place is free
    assert set(range(50)) == found


def test_function_of_a_base_that_is_patched_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    kind = written()
    monkeypatch.setattr(Base, "inherited", two)
    assert two in methods_of(kind)


def test_class_that_moves_to_a_module_of_others_does_not_count(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    kind = written()
    other = ModuleType("other")
    other.__file__ = "/v/site-packages/other.py"
    monkeypatch.setitem(sys.modules, "other", other)
    kind.__module__ = "other"
    assert ["inherited"] == names(kind)


def test_class_is_not_kept_alive() -> None:
    kind = weakref.ref(written())
    gc.collect()
    assert kind() is None
