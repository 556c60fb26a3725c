"""Configs: what they become as JSON, what they refer to, and what they refuse, and where."""

from __future__ import annotations

import datetime
import enum
import json
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Final, NamedTuple

import numpy as np
import pytest
from attrs import define, field, frozen
from hypothesis import find, given, settings
from hypothesis import strategies as st

from pylightnix_fn.canonical import MAX_DEPTH, MAX_INTEGER, Json, canonical, mapping_text, parsed
from pylightnix_fn.config import Config, config_of, dependencies, encoded, mkconfig
from pylightnix_fn.encoding import Walk, fields_of, selfref
from pylightnix_fn.errors.message import PylightnixError
from pylightnix_fn.errors.plan import (
    MalformedName,
    MalformedReference,
    NotJson,
    RealizationInConfig,
)
from pylightnix_fn.refs import DRef, Many, RRef, dref_from
from pylightnix_fn.tree import Folder

HEX: Final = "731c5ac602752760c8e48fbffcf8c3b8"
MNIST: Final = f"dref:{HEX}-mnist"
MODEL: Final = f"dref:{HEX[::-1]}-model"
RESULT: Final = f"rref:{'0' * 32}-{HEX}-mnist"


@frozen
class Layer:
    size: object = 1
    kind: str = "dense"


@frozen
class Train:
    layers: list[object]
    dataset: DRef[Folder] | None = None
    rate: float = 0.5


@define
class Loose:
    size: int = 1


@frozen
class Late:
    size: int = field(init=False)


@frozen
class Private:
    _size: int = 1


@dataclass
class Plain:
    size: int = 1


class Pair(NamedTuple):
    one: int
    two: int


class Colour(enum.Enum):
    RED = "red"


class Mode(enum.StrEnum):
    FAST = "fast"


class Level(enum.IntEnum):
    LOW = 1


class Unspeakable:
    def __repr__(self) -> str:
        raise RuntimeError("no")


class Meddling:
    """Compares as numpy's arrays do: with something that is no bool."""

    def __eq__(self, other: object) -> bool:
        raise ValueError("ambiguous")

    __hash__ = None  # type: ignore[assignment]  # such a class cannot be hashed either


def train(config: Train) -> Config:
    """The config of a record, under the root that error texts begin with."""
    return encoded("train", fields_of(config) or {}, "Train")


def refused(value: object) -> NotJson:
    """The error that a value causes as `Train.layers[2].size`."""
    with pytest.raises(NotJson) as caught:
        train(Train([Layer(), Layer(), Layer(value)]))
    return caught.value


def lists(depth: int, innermost: object) -> object:
    value = innermost
    for _ in range(depth):
        value = [value]
    return value


# What is let in.


def test_dict_is_its_canonical_text() -> None:
    config = mkconfig({"name": "n", "b": [1, 1.0, True, None], "a": {"ü": ""}})
    assert '{"a":{"ü":""},"b":[1,1.0,true,null],"name":"n"}' == config.text


def test_record_is_its_fields_by_name() -> None:
    config = train(Train([Layer(2), [Layer()], {"a": Layer()}], dref_from(MNIST)))
    expected = {
        "layers": [
            {"size": 2, "kind": "dense"},
            [{"size": 1, "kind": "dense"}],
            {"a": {"size": 1, "kind": "dense"}},
        ],
        "dataset": MNIST,
        "rate": 0.5,
    }
    assert expected == config.value()


def test_record_of_any_attrs_class_has_fields() -> None:
    assert {"size": 1} == fields_of(Loose())
    assert {"_size": 1} == fields_of(Private())


@pytest.mark.parametrize("value", [None, 1, "a", {"size": 1}, Plain(), Layer, Colour.RED])
def test_value_that_is_no_record_has_no_fields(value: object) -> None:
    assert fields_of(value) is None


def test_record_and_dict_of_its_fields_are_the_same_config() -> None:
    assert mkconfig({"a": Layer(2)}) == mkconfig({"a": {"kind": "dense", "size": 2}})


def around(parts: Mapping[str, Json], fields: Mapping[str, object]) -> Config:
    """A config with fields, as `derive` makes one."""
    walk = Walk("n")
    below = walk.mapping(fields, "Train", MAX_DEPTH - 1)
    texts = {key: canonical(part) for key, part in parts.items()}
    return config_of(walk, mapping_text({**texts, "fields": below}))


def test_fields_stand_beside_what_is_around_them() -> None:
    config = around({"name": "n", "code": None}, {"b": 1})
    assert '{"code":null,"fields":{"b":1},"name":"n"}' == config.text


def test_value_is_new_at_every_call() -> None:
    config = mkconfig({"a": [1]})
    assert config.value() == config.value()
    assert config.value() is not config.value()


def test_later_change_of_a_parameter_does_not_reach_the_config() -> None:
    layers = [1, 2]
    config = mkconfig({"layers": layers})
    layers.append(3)
    assert {"layers": [1, 2]} == config.value()


@pytest.mark.parametrize("value", [2**63 - 1, -(2**63), -0.0, "😀", "", [], {}, "a\n\0"])
def test_value_at_the_edge_is_let_in(value: object) -> None:
    assert {"a": value} == mkconfig({"a": value}).value()


@pytest.mark.parametrize("text", ["dref", " dref:x", "DREF:x", "see dref:x", "xref:", "__self__"])
def test_text_that_only_resembles_a_reference_is_text(text: str) -> None:
    config = mkconfig({"a": [1, text]})
    assert ((), ()) == (config.references, config.promises)


def test_mapping_of_another_kind_can_hold_the_parameters() -> None:
    assert mkconfig({"a": 1}) == mkconfig(MappingProxyType({"a": 1}))


# Laws, on the texts of configs.

SCALARS: Final[st.SearchStrategy[object]] = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-MAX_INTEGER - 1, MAX_INTEGER),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(st.characters(codec="utf-8"), max_size=4),
    st.just(dref_from(MNIST)),
)
KEYS: Final = st.text(st.characters(codec="utf-8"), max_size=4).filter(lambda key: key != "name")
VALUES: Final = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=6,
)
PARAMETERS: Final = st.dictionaries(KEYS, VALUES, max_size=4)


def order_does_not_count(
    text: Callable[[Mapping[str, object]], str], parameters: Mapping[str, object]
) -> bool:
    reordered = {key: parameters[key] for key in reversed(list(parameters))}
    return text(parameters) == text(reordered)


@given(PARAMETERS)
def test_config_does_not_depend_on_the_order_of_keys(parameters: dict[str, object]) -> None:
    assert order_does_not_count(lambda given: mkconfig(given).text, parameters)


def test_law_of_order_catches_keys_left_unsorted() -> None:
    def unsorted(parameters: Mapping[str, object]) -> str:
        return json.dumps(dict(parameters), default=str)

    options = settings(database=None, derandomize=True)
    assert find(PARAMETERS, lambda p: not order_does_not_count(unsorted, p), settings=options)


@given(PARAMETERS)
def test_config_of_its_own_value_is_the_same(parameters: dict[str, object]) -> None:
    config = mkconfig(parameters)
    again = mkconfig(config.value())
    assert config == again
    assert sorted(each.dref.text for each in config.references) == sorted(
        each.dref.text for each in again.references
    )


@given(PARAMETERS, SCALARS)
def test_config_depends_on_every_parameter(parameters: dict[str, object], value: object) -> None:
    assert mkconfig(parameters).digest != mkconfig({**parameters, "more": value}).digest


@given(st.integers(-(2**53), 2**53))
def test_config_keeps_integers_and_floats_apart(number: int) -> None:
    assert mkconfig({"a": number}).digest != mkconfig({"a": float(number)}).digest


def test_config_keeps_bools_and_integers_apart() -> None:
    assert mkconfig({"a": True}).digest != mkconfig({"a": 1}).digest


def test_derivation_is_named_by_the_hash_of_the_text() -> None:
    config = mkconfig({"name": "n"})
    assert f"dref:{config.digest[:32]}-n" == config.dref().text


def test_digest_of_a_config_stays_what_it_was() -> None:
    expected = "e06175dc85649b7007c69644398c71773869b224f120e0914693b6f082caca53"
    assert expected == mkconfig({"name": "n", "b": [1, 1.0]}).digest


# What JSON cannot hold.

BAD: Final[list[tuple[str, object, str]]] = [
    ("tuple", (1, 2), "Write a list."),
    ("named tuple", Pair(1, 2), "Write a list."),
    ("set", {1}, "Write a sorted list."),
    ("frozen set", frozenset({1}), "Write a sorted list."),
    ("bytes", b"a", "Write a text, or put the bytes into a stage of their own with `file`."),
    ("path", Path("a"), "Write a text, `str(path)`; the file itself belongs into `fetchlocal`."),
    ("enum", Colour.RED, "Write its value: `x.value`."),
    ("string enum", Mode.FAST, "Write its value: `x.value`."),
    ("integer enum", Level.LOW, "Write its value: `x.value`."),
    ("float64", np.float64(1), "Write a plain value: `x.item()`."),
    ("float32", np.float32(1), "Write a plain value: `x.item()`."),
    ("int64", np.int64(1), "Write a plain value: `x.item()`."),
    ("numpy text", np.str_("a"), "Write a plain value: `x.item()`."),
    ("numpy bool", np.bool_(True), "Write a plain value: `x.item()`."),
    ("array", np.zeros(2), "Write a list, `x.tolist()`, or put the array into a stage of its own."),
    ("nan", float("nan"), "Write another value, or its text."),
    ("inf", float("inf"), "Write another value, or its text."),
    ("-inf", float("-inf"), "Write another value, or its text."),
    ("large", 2**63, "Write another value, or its text."),
    ("small", -(2**63) - 1, "Write another value, or its text."),
    ("huge", 10**5000, "Write another value, or its text."),
    ("surrogate", "a\ud800", "Write another value, or its text."),
]
OTHERS: Final[list[tuple[str, object]]] = [
    ("datetime", datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC)),
    ("complex", 1j),
    ("ordered dict", OrderedDict(a=1)),
    ("mapping proxy", MappingProxyType({})),
    ("generator", iter([1])),
    ("function", len),
    ("class", Layer),
    ("dataclass", Plain()),
    ("object without a repr", Unspeakable()),
]


@pytest.mark.parametrize(
    ("value", "instead"), [(value, instead) for _, value, instead in BAD], ids=[b[0] for b in BAD]
)
def test_value_that_is_not_json_is_refused_with_its_path(value: object, instead: str) -> None:
    error = refused(value)
    assert ("train", "Train.layers[2].size") == (error.name, error.field)
    assert instead == error.instead


@pytest.mark.parametrize("value", [value for _, value in OTHERS], ids=[name for name, _ in OTHERS])
def test_value_of_any_other_type_is_refused_with_its_path(value: object) -> None:
    error = refused(value)
    assert ("train", "Train.layers[2].size") == (error.name, error.field)
    assert "Use dicts, lists, texts, numbers, bools, None, references." == error.instead


@pytest.mark.parametrize(
    ("value", "why"),
    [
        (float("nan"), "it is not finite"),
        (2**63, "it needs more than 64 bits"),
        ("\ud800", "it is not valid Unicode: it holds a lone surrogate"),
        ((1,), "tuple would not come back from JSON as it was"),
        (np.float64(1), "numpy.float64 would not come back from JSON as it was"),
    ],
)
def test_refusal_says_why(value: object, why: str) -> None:
    assert why == refused(value).why


@pytest.mark.parametrize(
    "value",
    [np.zeros(1000), b"a" * 10**6, 10**5000, (0,) * 10**6],
    ids=["array", "bytes", "integer", "tuple"],
)
def test_refusal_shows_a_short_form_of_the_value(value: object) -> None:
    assert 60 >= len(refused(value).value)


@pytest.mark.parametrize("first", [np.zeros(2), Meddling()], ids=["array", "meddling"])
def test_first_item_of_a_list_is_not_asked_whether_it_is_selfref(first: object) -> None:
    with pytest.raises(NotJson) as caught:
        mkconfig({"a": [first, "b"]})
    assert "config.a[0]" == caught.value.field


@pytest.mark.parametrize(
    ("parameters", "path"),
    [
        ({"a": ()}, "config.a"),
        ({"a b": ()}, "config['a b']"),
        ({"a": [[], {"b": [0, ()]}]}, "config.a[1].b[1]"),
        ({"a\n": ()}, "config['a\\n']"),
        ({"": ()}, "config['']"),
        ({"\x1b[31m": ()}, "config['\\x1b[31m']"),
    ],
)
def test_path_to_a_value_names_keys_and_places(parameters: dict[str, object], path: str) -> None:
    with pytest.raises(NotJson) as caught:
        mkconfig(parameters)
    assert path == caught.value.field


@pytest.mark.parametrize(
    ("key", "path", "why"),
    [
        (1, "config.a[1]", "a key must be a str, not int"),
        (None, "config.a[None]", "a key must be a str, not NoneType"),
        (True, "config.a[True]", "a key must be a str, not bool"),
        ((1, 2), "config.a[(1, 2)]", "a key must be a str, not tuple"),
        (np.str_("b"), "config.a[np.str_('b')]", "a key must be a str, not str_"),
        (Mode.FAST, "config.a[<Mode.FAST: 'fast'>]", "a key must be a str, not Mode"),
        (
            "\ud800",
            "config.a['\\ud800']",
            "it is not valid Unicode: it holds a lone surrogate",
        ),
    ],
)
def test_key_that_is_not_json_is_refused_with_its_path(key: object, path: str, why: str) -> None:
    with pytest.raises(NotJson) as caught:
        mkconfig({"a": {key: 1}})
    assert (path, why) == (caught.value.field, caught.value.why)


def test_field_without_a_value_is_refused_with_its_path() -> None:
    assert "Train.layers[2].size.size" == refused(Late()).field


# Depth.


def test_depth_has_the_limit_of_the_text() -> None:
    deepest = lists(MAX_DEPTH - 2, [1])
    assert {"a": deepest} == mkconfig({"a": deepest}).value()
    with pytest.raises(NotJson, match="it is nested deeper than 64 levels"):
        mkconfig({"a": [deepest]})


def test_depth_counts_what_is_around_the_fields() -> None:
    config = around({"name": "n"}, {"a": lists(MAX_DEPTH - 3, [1])})
    assert parsed(config.text) == config.value()
    with pytest.raises(NotJson, match="it is nested deeper than 64 levels"):
        around({"name": "n"}, {"a": lists(MAX_DEPTH - 2, [1])})


def _circles() -> list[object]:
    in_list: list[object] = []
    in_list.append(in_list)
    in_dict: dict[str, object] = {}
    in_dict["a"] = in_dict
    wide: list[object] = []
    wide.extend([wide, wide])
    in_record: list[object] = []
    in_record.append(Layer(in_record))
    return [in_list, in_dict, wide, in_record]


@pytest.mark.parametrize("value", _circles(), ids=["list", "dict", "wide", "record"])
def test_value_that_holds_itself_is_refused(value: object) -> None:
    error = refused(value)
    assert "it is nested deeper than 64 levels" == error.why
    assert "Flatten it, or put a part into a stage of its own." == error.instead
    assert error.field.startswith("Train.layers[2].size")


def test_value_of_any_depth_is_refused() -> None:
    assert "it is nested deeper than 64 levels" == refused(lists(100_000, 1)).why


# References.


def test_references_are_found_with_their_paths() -> None:
    dataset = DRef(MNIST, Folder(Path("npz")))
    config = train(Train([{"a": MODEL}, [Many(dataset)], Layer(dataset)], dataset))
    found = [(each.where, each.dref.text) for each in config.references]
    expected = [
        ("Train.layers[0].a", MODEL),
        ("Train.layers[1][0]", MNIST),
        ("Train.layers[2].size", MNIST),
        ("Train.dataset", MNIST),
    ]
    assert expected == found


def test_dependencies_are_each_named_once_in_order() -> None:
    config = mkconfig({"a": [MODEL, MNIST], "b": MODEL})
    assert (MODEL, MNIST) == tuple(each.text for each in dependencies(config))


def test_reference_and_its_text_are_the_same_config() -> None:
    assert mkconfig({"a": dref_from(MNIST)}) == mkconfig({"a": MNIST})


@pytest.mark.parametrize("value", [RESULT, RRef(RESULT, Folder())], ids=["text", "object"])
def test_realization_in_a_config_is_refused_with_its_path(value: object) -> None:
    with pytest.raises(RealizationInConfig) as caught:
        train(Train([0, 1, Layer(value)]))
    expected = ("train", "Train.layers[2].size", RESULT)
    assert expected == (caught.value.name, caught.value.field, caught.value.reference)


@pytest.mark.parametrize(
    "text",
    [
        "dref:",
        "dref:../../x",
        f"{MNIST}\n",
        f"{MNIST}/../x",
        f"dref:{HEX.upper()}-mnist",
        f"dref:{HEX}-a.b",
        f"dref:{HEX}-{'a' * 223}",
        "dref:" + "\u0661" * 32 + "-mnist",
        "rref:../../x",
        f"{RESULT}\n",
        f"rref:{HEX}-mnist",
    ],
)
def test_malformed_reference_in_a_config_is_refused_with_its_path(text: str) -> None:
    with pytest.raises(MalformedReference) as caught:
        train(Train([0, 1, Layer(text)]))
    assert ("Train.layers[2].size", text) == (caught.value.field, caught.value.text)


def test_promise_is_the_path_below_selfref() -> None:
    config = mkconfig({"a": [selfref, "b", "c.txt"], "d": [[selfref, "e"]]})
    assert ("b/c.txt", "e") == config.promises
    assert {"a": [selfref, "b", "c.txt"], "d": [[selfref, "e"]]} == config.value()


# Names.


def test_name_of_a_config_is_its_key_name() -> None:
    assert "mnist" == mkconfig({"name": "mnist"}).name


def test_config_without_a_name_is_unnamed() -> None:
    assert "unnamed" == mkconfig({}).name


@pytest.mark.parametrize(
    "name", ["", "a" * 223, "a/b", "a\n", "\u00e9", "a\u0661", "a b", "..", "\ud800", "a\x1b[31m"]
)
def test_name_that_no_derivation_can_bear_is_refused(name: str) -> None:
    with pytest.raises(MalformedName) as caught:
        mkconfig({"name": name})
    assert name == caught.value.name


def test_longest_name_is_let_in() -> None:
    assert "a" * 222 == mkconfig({"name": "a" * 222}).dref().name


@pytest.mark.parametrize("name", [1, None, ["a"], b"a", np.str_("a"), Mode.FAST])
def test_name_that_is_no_text_is_refused_with_its_path(name: object) -> None:
    with pytest.raises(NotJson) as caught:
        mkconfig({"name": name})
    assert "config.name" == caught.value.field


# Every refusal is an error of the library, whatever is given.

ANYTHING: Final[st.SearchStrategy[object]] = st.recursive(
    SCALARS
    | st.floats()
    | st.integers()
    | st.binary(max_size=2)
    | st.text(max_size=3)
    | st.sampled_from([Colour.RED, np.float64(1), (), RESULT, "dref:x"])
    | st.builds(Late)
    | st.builds(Unspeakable),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(KEYS | st.integers(), inner, max_size=3)
        | st.builds(Layer, inner)
    ),
    max_leaves=6,
)


@given(ANYTHING)
def test_value_is_either_refused_or_comes_back(value: object) -> None:
    try:
        config = mkconfig({"a": value})
    except PylightnixError:
        return
    assert config == mkconfig(config.value())


def test_reference_as_a_key_is_refused() -> None:
    # It would be no dependency: keys are not looked through.
    with pytest.raises(NotJson, match="a key cannot be a reference"):
        mkconfig({f"dref:{'0' * 32}-a": 1})


def test_config_of_too_many_values_is_refused() -> None:
    shared: list[object] = [0, 0]
    for _ in range(30):  # 2 ** 31 values, in 31 lists
        shared = [shared, shared]
    with pytest.raises(NotJson, match="more than 1000000 values"):
        mkconfig({"a": shared})
