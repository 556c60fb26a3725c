"""JSON values compared part by part, and how a difference reads."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pylightnix_fn.canonical import Json, canonical
from pylightnix_fn.comparison import ABSENT, Change, differences, value_text

scalars = st.none() | st.booleans() | st.integers(-5, 5) | st.sampled_from([0.0, -0.0, 1.0, 2.5])
texts = st.text(st.sampled_from("ab. '"), max_size=3)
values: st.SearchStrategy[Json] = st.recursive(
    scalars | texts,
    lambda below: st.lists(below, max_size=4) | st.dictionaries(texts, below, max_size=3),
    max_leaves=8,
)


@settings(max_examples=60)
@given(values, values)
def test_differences_are_none_between_equal_texts_alone(old: Json, new: Json) -> None:
    assert (canonical(old) == canonical(new)) == (() == differences(old, new))


@settings(max_examples=60)
@given(values, values)
def test_differences_back_are_those_reversed(old: Json, new: Json) -> None:
    assert differences(new, old) == tuple(each.reversed for each in differences(old, new))


@settings(max_examples=60)
@given(values, values)
def test_differences_hold_the_parts_of_both_sides(old: Json, new: Json) -> None:
    for change in differences(old, new):
        for side, part in ((old, change.old), (new, change.new)):
            if part is not ABSENT:
                assert canonical(_at(side, change.at)) == value_text(part, 0)


def _at(value: Json, at: tuple[str | int, ...]) -> Json:
    for key in at:
        match value, key:
            case dict(), str():
                value = value[key]
            case list(), int():
                value = value[key]
            case _:
                raise KeyError(key)
    return value


@pytest.mark.parametrize(("old", "new"), [(1, 1.0), (1, True), (0.0, -0.0), (None, False)])
def test_differences_tell_kinds_of_scalars_apart(old: Json, new: Json) -> None:
    assert (Change((), old, new),) == differences(old, new)


def test_differences_tell_null_from_absence() -> None:
    assert (Change(("a",), None, ABSENT),) == differences({"a": None}, {})


def test_differences_do_not_depend_on_the_order_of_keys() -> None:
    assert () == differences({"a": 1, "b": 2}, {"b": 2, "a": 1})


def test_differences_of_lists_show_the_item_that_came_between() -> None:
    assert (Change((1,), ABSENT, "x"),) == differences(["a", "b"], ["a", "x", "b"])


@pytest.mark.parametrize(
    ("change", "text"),
    [
        (Change(("learning_rate",), 0.001, 0.01), "learning_rate 0.001 -> 0.01"),
        (Change(("fields", "learning_rate"), 0.001, 0.01), "learning_rate 0.001 -> 0.01"),
        (Change(("fields",), 1, 2), "fields 1 -> 2"),
        (Change(("fields", "sizes", 1), 8, 16), "sizes[1] 8 -> 16"),
        (Change(("fields", "seed"), ABSENT, 7), "seed is new: 7"),
        (Change(("fields", "seed"), None, ABSENT), "seed is gone: null"),
        (Change(("code", "helpers:norm"), "a", "b"), "code of helpers.norm changed"),
        (Change(("code", "helpers:norm"), ABSENT, "b"), "code of helpers.norm is new"),
        (Change(("code", "__main__:fit"), "b", ABSENT), "code of fit is gone"),
        (Change(("code",), "1", "2"), 'code "1" -> "2"'),
        (
            Change(("fields", "data"), f"dref:{'0' * 32}-mnist", f"dref:{'1' * 32}-mnist"),
            "data dref:00000000…-mnist -> dref:11111111…-mnist",
        ),
    ],
)
def test_change_reads_as_one_line(change: Change, text: str) -> None:
    assert text == str(change)


def test_change_of_a_long_text_shows_what_differs() -> None:
    change = Change(("url",), "https://" + "a" * 100 + "/1", "https://" + "a" * 100 + "/2")
    assert 'url …aaaaaaa/1" -> …aaaaaaa/2"' == str(change)


def test_change_as_json_lacks_the_side_that_is_absent() -> None:
    expected = {"path": "fields.sizes[1]", "new": 8}
    assert expected == Change(("fields", "sizes", 1), ABSENT, 8).json()
