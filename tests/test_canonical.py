"""The canonical text of JSON: laws, and the values that it refuses."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import TypeAlias

import pytest
from hypothesis import find, given, settings
from hypothesis import strategies as st

from pylightnix_fn.canonical import (
    MAX_DEPTH,
    MAX_INTEGER,
    Json,
    canonical,
    digest,
    parsed,
    why_no_scalar,
)

Text: TypeAlias = Callable[[Json], str]

TEXTS: st.SearchStrategy[str] = st.text(st.characters(codec="utf-8"), max_size=5)
SCALARS: st.SearchStrategy[Json] = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-MAX_INTEGER - 1, MAX_INTEGER),
    st.floats(allow_nan=False, allow_infinity=False),
    TEXTS,
)


def _nested(inner: st.SearchStrategy[Json]) -> st.SearchStrategy[Json]:
    return st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4)


VALUES: st.SearchStrategy[Json] = st.recursive(SCALARS, _nested, max_leaves=8)


def spelled(value: Json) -> object:
    """A second opinion on what a value is: types count, the order of keys does not."""
    if isinstance(value, str) or not isinstance(value, Mapping | Sequence):
        return (type(value).__name__, repr(value))
    if isinstance(value, Mapping):
        return frozenset((key, spelled(item)) for key, item in value.items())
    return tuple(spelled(item) for item in value)


def reordered(value: Json) -> Json:
    """The same value with all keys in the opposite order."""
    if isinstance(value, str) or not isinstance(value, Mapping | Sequence):
        return value
    if isinstance(value, Mapping):
        return {key: reordered(value[key]) for key in reversed(list(value))}
    return [reordered(item) for item in value]


@st.composite
def edits(draw: st.DrawFn) -> tuple[Json, Json]:
    """A value, and the same with one leaf replaced by another scalar."""
    before = draw(VALUES)
    return before, _edited(before, draw)


def _edited(value: Json, draw: st.DrawFn) -> Json:
    if isinstance(value, str) or not isinstance(value, Mapping | Sequence) or not value:
        return draw(SCALARS.filter(lambda other: spelled(other) != spelled(value)))
    if isinstance(value, Mapping):
        key = draw(st.sampled_from(sorted(value)))
        return {**value, key: _edited(value[key], draw)}
    i = draw(st.integers(0, len(value) - 1))
    return [*value[:i], _edited(value[i], draw), *value[i + 1 :]]


def counterexample(law: Callable[[Json], bool], values: st.SearchStrategy[Json] = VALUES) -> Json:
    """A value that breaks a law; `NoSuchExample` if none was found."""
    return find(
        values, lambda value: not law(value), settings=settings(database=None, derandomize=True)
    )


# Laws, and variants that break them.


def order_does_not_count(text: Text, value: Json) -> bool:
    return text(value) == text(reordered(value))


def leaf_counts(text: Text, edit: tuple[Json, Json]) -> bool:
    return digest(text(edit[0])) != digest(text(edit[1]))


def comes_back(text: Text, value: Json) -> bool:
    return spelled(parsed(text(value))) == spelled(value)


def kinds_of_numbers_count(text: Text, number: int) -> bool:
    return text(number) != text(float(number))


def unsorted(value: Json) -> str:
    return json.dumps(value, separators=(",", ":"))


def without_kinds(value: Json) -> str:
    """As JavaScript does it: 1.0 is 1."""
    return canonical(value).replace(".0", "")


@given(VALUES)
def test_canonical_does_not_depend_on_the_order_of_keys(value: Json) -> None:
    assert order_does_not_count(canonical, value)


def test_law_of_order_catches_keys_left_unsorted() -> None:
    assert counterexample(lambda value: order_does_not_count(unsorted, value))


@given(edits())
def test_digest_depends_on_every_leaf(edit: tuple[Json, Json]) -> None:
    assert leaf_counts(canonical, edit)


def test_law_of_leaves_catches_numbers_without_kinds() -> None:
    options = settings(database=None, derandomize=True, max_examples=5000)
    assert find(edits(), lambda edit: not leaf_counts(without_kinds, edit), settings=options)


@given(VALUES)
def test_canonical_comes_back(value: Json) -> None:
    assert comes_back(canonical, value)


def test_law_of_return_catches_numbers_without_kinds() -> None:
    assert counterexample(lambda value: comes_back(without_kinds, value)) is not None


@given(VALUES)
def test_canonical_of_what_comes_back_is_the_same(value: Json) -> None:
    assert canonical(value) == canonical(parsed(canonical(value)))


@given(VALUES, VALUES)
def test_digests_are_equal_only_of_equal_values(one: Json, other: Json) -> None:
    same = digest(canonical(one)) == digest(canonical(other))
    assert same == (spelled(one) == spelled(other))


@given(st.integers(-(2**53), 2**53))
def test_canonical_keeps_integers_and_floats_apart(number: int) -> None:
    assert kinds_of_numbers_count(canonical, number)


@given(st.integers(-(2**53), 2**53))
def test_law_of_kinds_catches_numbers_without_kinds(number: int) -> None:
    assert kinds_of_numbers_count(without_kinds, number) is (abs(number) >= 10**16)


# Fixed texts: a key must not change between versions of this library or of Python.


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({}, "{}"),
        (
            {"b": [1, 1.0, True, None], "a": "ü\n\x7f\u2028"},
            '{"a":"ü\\n\x7f\u2028","b":[1,1.0,true,null]}',
        ),
        ({"é": 1, "z": 2, "Z": 3, "😀": 4, "\uffff": 5}, '{"Z":3,"z":2,"é":1,"\uffff":5,"😀":4}'),
        ([1e16, 1e-5, 0.1, -0.0, 1e22], "[1e+16,1e-05,0.1,-0.0,1e+22]"),
        ((1, [2]), "[1,[2]]"),
        (MappingProxyType({"a": 1}), '{"a":1}'),
    ],
)
def test_canonical_spells(value: Json, text: str) -> None:
    assert text == canonical(value)


def test_digest_is_the_sha256_of_the_text_in_utf_8() -> None:
    expected = "b591d4c4f1f19e8b9bb95360fe9e8af1d3012fc055fcd252080e1d3133155206"
    assert expected == digest(canonical({"b": [1, 1.0], "a": "ü"}))


# Refusals.


@pytest.mark.parametrize(
    ("value", "why"),
    [
        (float("nan"), "it is not finite"),
        (float("inf"), "it is not finite"),
        (float("-inf"), "it is not finite"),
        (2**63, "it needs more than 64 bits"),
        (-(2**63) - 1, "it needs more than 64 bits"),
        ("a\ud800", "it is not valid Unicode: it holds a lone surrogate"),
        ("\udfff", "it is not valid Unicode: it holds a lone surrogate"),
    ],
)
def test_scalar_that_json_cannot_hold_is_refused(value: float | str, why: str) -> None:
    assert why == why_no_scalar(value)
    with pytest.raises(ValueError, match=why):
        canonical([{"a": value}])


@pytest.mark.parametrize(
    "value", [2**63 - 1, -(2**63), 1e308, "😀", "\ud7ff\ue000", "", True, None]
)
def test_scalar_at_the_edge_is_let_in(value: float | str | None) -> None:
    assert "" == why_no_scalar(value)
    assert comes_back(canonical, value)


def test_key_with_a_lone_surrogate_is_refused() -> None:
    with pytest.raises(ValueError, match="lone surrogate"):
        canonical({"\ud800": 1})


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "Expecting value"),
        ("{", "Expecting property name"),
        ("1 2", "Extra data"),
        ("\ufeff1", "Expecting value|BOM"),
        ("NaN", "NaN is not JSON"),
        ("[Infinity]", "Infinity is not JSON"),
        ('{"a": -Infinity}', "-Infinity is not JSON"),
        ("1e400", "it is not finite"),
        ("9223372036854775808", "more than 64 bits"),
        ("1" * 5000, "64 bits|limit"),
        ('"\\ud800"', "lone surrogate"),
        ('{"\\ud800": 1}', "lone surrogate"),
        ('{"a": {"b": 1, "b": 1}}', "the key 'b' stands twice"),
    ],
)
def test_text_that_spells_no_canonical_value_is_refused(text: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        parsed(text)


def lists(depth: int, innermost: Json) -> Json:
    value = innermost
    for _ in range(depth):
        value = [value]
    return value


@pytest.mark.parametrize("innermost", [[], {}, [1], {"a": "b"}])
def test_depth_has_the_same_limit_in_both_directions(innermost: Json) -> None:
    deepest, deeper = lists(MAX_DEPTH - 1, innermost), lists(MAX_DEPTH, innermost)
    assert deepest == parsed(canonical(deepest))
    with pytest.raises(ValueError, match="nested deeper than 64 levels"):
        canonical(deeper)
    with pytest.raises(ValueError, match="nested deeper than 64 levels"):
        parsed(json.dumps(deeper))


def test_text_of_any_depth_is_refused() -> None:
    with pytest.raises(ValueError, match="nested deeper than 64 levels"):
        parsed("[" * 100_000 + "]" * 100_000)


def test_value_that_holds_itself_is_refused() -> None:
    circle: list[Json] = []
    circle.append(circle)
    with pytest.raises(ValueError, match="nested deeper than 64 levels"):
        canonical(circle)
