"""Codecs of records: the laws of a codec, and what they refuse."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Final, TypeAlias

import numpy as np
import pytest
from attrs import Factory, frozen
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from pylightnix_fn import artifact, csv, json_of, npy, npz_of, number, text
from pylightnix_fn.disk_files import DiskFiles
from pylightnix_fn.errors.build import DecodeFailed, EncodeFailed
from pylightnix_fn.errors.plan import BadParameter
from pylightnix_fn.outputs import Artifact, Codec

Array: TypeAlias = "NDArray[np.generic[object]]"

quick = settings(max_examples=60, derandomize=True, database=None, deadline=None)

TEXTS: Final = st.text(st.characters(codec="utf-8"), max_size=8)
NUMBERS: Final = st.floats(allow_nan=False, allow_infinity=False)
INTEGERS: Final = st.integers(-(2**63), 2**63 - 1)


@frozen
class Layer:
    """A part of a record."""

    size: int
    rate: float = 0.5


@frozen
class Net:
    """A record of every kind of field that JSON can hold."""

    layers: list[Layer]
    name: str | None = None
    scores: dict[str, float] = Factory(dict)
    best: Layer | None = None
    grid: list[list[float]] = Factory(list)
    done: bool = False


@frozen
class Either:
    """A record that cannot be read again: nothing tells which of the two it was."""

    value: int | str


@frozen
class Words:
    """A record of texts."""

    words: list[str]


@frozen(eq=False)
class Points:
    """A record of arrays."""

    x: Array
    y: Array


LAYERS = st.builds(Layer, INTEGERS, NUMBERS)
NETS = st.builds(
    Net,
    st.lists(LAYERS, max_size=3),
    st.none() | TEXTS,
    st.dictionaries(TEXTS, NUMBERS, max_size=3),
    st.none() | LAYERS,
    st.lists(st.lists(NUMBERS, max_size=2), max_size=2),
    st.booleans(),
)


def kept(codec: Codec[Layer], folder: Path) -> Artifact[Layer]:
    return artifact("layer.json", codec).bound(folder, DiskFiles())


# Records as JSON.


@quick
@given(NETS)
def test_record_comes_back(net: Net) -> None:
    codec = json_of(Net)
    assert net == codec.decode(codec.encode(net))


@quick
@given(NETS)
def test_record_has_one_text(net: Net) -> None:
    codec = json_of(Net)
    assert codec.encode(net) == codec.encode(codec.decode(codec.encode(net)))


def test_record_is_canonical_json() -> None:
    expected = b'{"rate":0.5,"size":3}'
    assert expected == json_of(Layer).encode(Layer(3))


def test_equal_records_have_equal_bytes() -> None:
    assert json_of(Layer).encode(Layer(1, 2)) == json_of(Layer).encode(Layer(1, 2.0))
    assert json_of(Layer).encode(Layer(1, -0.0)) == json_of(Layer).encode(Layer(1, 0.0))


def test_number_of_numpy_is_written_as_a_number() -> None:
    assert b'{"rate":0.1,"size":1}' == json_of(Layer).encode(Layer(1, np.float64(0.1)))


def test_json_written_by_hand_can_be_read() -> None:
    assert Layer(3, 1.0) == json_of(Layer).decode(b'\n{ "size": 3,\n "rate": 1 }\n')


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b'{"size":"3","rate":0.5}', "TypeError: '3' is no int"),
        (b'{"size":true,"rate":0.5}', "TypeError: True is no int"),
        (b'{"size":3.0,"rate":0.5}', "TypeError: 3.0 is no int"),
        (b'{"size":null,"rate":0.5}', "TypeError: None is no int"),
        (b'{"size":3,"rate":"0.5"}', "TypeError: '0.5' is no float"),
        (b'{"size":3,"rate":false}', "TypeError: False is no float"),
        (b'{"size":3,"rate":9007199254740993}', "no float is equal to 9007199254740993"),
        (b'{"size":3}', "it does not hold just the fields of Layer"),
        (b'{"rate":0.5}', "there is no field 'size'"),
        (b'{"size":3,"rate":0.5,"x":1}', "Extra fields in constructor for Layer: x"),
        (b'{"size":3,"size":3,"rate":1}', "the key 'size' stands twice"),
        (b'{"size":3,"rate":NaN}', "NaN is not JSON"),
        (b"[3, 0.5]", "it is no object with the fields of Layer"),
        (b"3", "it is no object with the fields of Layer"),
        (b"null", "it is no object with the fields of Layer"),
        (b"", "JSONDecodeError: Expecting value"),
        (b'{"size":3,"rate":0.5} x', "JSONDecodeError: Extra data"),
        (b"\xff", "UnicodeDecodeError"),
    ],
)
def test_json_of_something_else_is_refused(data: bytes, why: str, tmp_path: Path) -> None:
    (tmp_path / "layer.json").write_bytes(data)
    with pytest.raises(DecodeFailed) as caught:
        kept(json_of(Layer), tmp_path).read()
    assert (str(tmp_path / "layer.json"), "json_of(Layer)") == (
        caught.value.file,
        caught.value.codec,
    )
    assert why in caught.value.why


@pytest.mark.parametrize(
    "data", [b'{"words":"ab"}', b'{"words":{"a":1}}', b'{"words":[1]}', b'{"words":[null]}']
)
def test_list_of_texts_is_nothing_else(data: bytes) -> None:
    with pytest.raises((TypeError, ValueError)):
        json_of(Words).decode(data)


@pytest.mark.parametrize(
    ("layer", "why"),
    [
        (Layer(1, math.nan), "not finite"),
        (Layer(1, math.inf), "not finite"),
        (Layer(2**63), "more than 64 bits"),
        (Layer(True), "True is no int"),
        (Layer(1, 2**53 + 1), "no float is equal to it"),
    ],
)
def test_record_that_would_not_come_back_is_not_written(
    layer: Layer, why: str, tmp_path: Path
) -> None:
    with pytest.raises(EncodeFailed) as caught:
        kept(json_of(Layer), tmp_path).write(layer)
    assert ("json_of(Layer)", "Layer") == (caught.value.codec, caught.value.value)
    assert why.replace("equal to it", "equal to") in caught.value.why
    assert [] == list(tmp_path.iterdir())


@pytest.mark.parametrize("value", [Either(1), Either("a")])
def test_record_of_an_unknown_type_is_not_written(value: Either) -> None:
    with pytest.raises(Exception, match=r"int \| str"):
        json_of(Either).encode(value)


@pytest.mark.parametrize("codec", [json_of, npz_of])
def test_codec_of_what_is_no_record_is_refused(codec: Callable[[type[int]], Codec[int]]) -> None:
    with pytest.raises(BadParameter, match="an attrs class"):
        codec(int)


# Errors.


def test_message_of_what_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "layer.json").write_bytes(b'{"size":"3","rate":0.5}')
    with pytest.raises(DecodeFailed) as caught:
        kept(json_of(Layer), tmp_path).read()
    expected = (
        "an artifact does not hold what its codec reads\n\n"
        f"  file    {tmp_path}/layer.json\n"
        "  codec   json_of(Layer)\n"
        "  reason  TypeError: '3' is no int\n\n"
        "Look at the file; build it again if its realizer was wrong."
    )
    assert expected == str(caught.value)


@pytest.mark.parametrize(
    ("codec", "name"),
    [
        (number, "number"),
        (text, "text"),
        (csv, "csv"),
        (json_of(Net), "json_of(Net)"),
        (npy(np.float32), "npy(float32)"),
        (npz_of(Points), "npz_of(Points)"),
    ],
)
def test_codec_has_a_name_for_the_key(codec: Codec[object], name: str) -> None:
    assert name == codec.name
