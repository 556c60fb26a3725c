"""Codecs of records, arrays and tables: the laws of a codec, and what they refuse."""

from __future__ import annotations

import csv as csv_format
import io
import math
import os
import pickle
import string
import struct
import time
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final, TypeAlias

import numpy as np
import pytest
from attrs import Factory, field, frozen
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from pylightnix_fn import artifact, csv, json_of, npy, npz_of, number, text
from pylightnix_fn.codec import Row
from pylightnix_fn.errors.build import DecodeFailed, EncodeFailed
from pylightnix_fn.errors.plan import BadParameter
from pylightnix_fn.outputs import Artifact, Codec
from pylightnix_fn.workshop import DiskFiles

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


@frozen(eq=False)
class Odd:
    """A record whose fields are named as arguments of numpy's are."""

    file: Array
    allow_pickle: Array
    _hidden: Array
    _made: Array = field(init=False, factory=lambda: np.zeros(1))


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

DTYPES = ["bool", "int8", "uint16", "int64", "float16", "float32", "float64", "complex128"]
SHAPES: list[tuple[int, ...]] = [(), (0,), (1,), (5,), (2, 3), (3, 0, 2), (2, 1, 3, 2)]


def array(dtype: str, shape: tuple[int, ...]) -> Array:
    return np.arange(math.prod(shape)).reshape(shape).astype(dtype)


def same(one: Array, other: Array) -> bool:
    """Whether arrays are equal to the last bit."""
    described = (one.dtype, one.shape) == (other.dtype, other.shape)
    return described and one.tobytes() == other.tobytes()


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


def test_float_keeps_the_sign_of_zero() -> None:
    back = json_of(Layer).decode(json_of(Layer).encode(Layer(1, -0.0)))
    assert "-0.0" == repr(back.rate)


def test_equal_records_have_equal_bytes() -> None:
    assert json_of(Layer).encode(Layer(1, 2)) == json_of(Layer).encode(Layer(1, 2.0))


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


# Arrays.


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("dtype", DTYPES)
def test_array_comes_back(dtype: str, shape: tuple[int, ...]) -> None:
    codec, value = npy(np.dtype(dtype).type), array(dtype, shape)
    assert same(value, codec.decode(codec.encode(value)))


@pytest.mark.parametrize("shape", SHAPES)
def test_array_has_one_spelling_whatever_its_order(shape: tuple[int, ...]) -> None:
    codec, value = npy(np.float64), np.arange(math.prod(shape), dtype=np.float64).reshape(shape)
    assert codec.encode(value) == codec.encode(np.asfortranarray(value).reshape(shape))
    assert codec.encode(value) == codec.encode(np.repeat(value, 2, axis=0)[::2] if shape else value)


def test_array_keeps_every_bit_of_its_numbers() -> None:
    value = np.array([0.0, -0.0, math.inf, -math.inf, math.nan, 5e-324])
    codec = npy(np.float64)
    assert value.tobytes() == codec.decode(codec.encode(value)).tobytes()


def test_array_can_be_read_by_numpy_alone() -> None:
    data = npy(np.int64).encode(np.array([[1, 2]]))
    assert [[1, 2]] == np.load(io.BytesIO(data), allow_pickle=False).tolist()


def test_array_that_was_read_can_be_changed() -> None:
    codec = npy(np.int64)
    back = codec.decode(codec.encode(np.array([1])))
    back[0] = 2
    assert [2] == back.tolist()


@pytest.mark.parametrize("dtype", ["float32", ">f8", "int64", "object", "U3"])
def test_array_of_another_type_is_not_written(dtype: str) -> None:
    with pytest.raises(TypeError, match="its elements are"):
        npy(np.float64).encode(np.zeros(1).astype(dtype))


def npy_bytes(value: Array, *, pickled: bool = False) -> bytes:
    stream = io.BytesIO()
    np.save(stream, value, allow_pickle=pickled)
    return stream.getvalue()


@pytest.mark.parametrize("dtype", ["float32", ">f8", "int64", "U3"])
def test_array_of_another_type_is_not_read(dtype: str) -> None:
    with pytest.raises(TypeError, match="its elements are"):
        npy(np.float64).decode(npy_bytes(np.zeros(1).astype(dtype)))


GOOD: Final = npy_bytes(np.zeros(4))


@pytest.mark.parametrize(
    "data", [b"", b"no array", GOOD[:20], GOOD[:-1], GOOD + b"\0", GOOD[:6] + b"\x09" + GOOD[7:]]
)
def test_bytes_that_are_no_array_are_refused(data: bytes, tmp_path: Path) -> None:
    (tmp_path / "a.npy").write_bytes(data)
    with pytest.raises(DecodeFailed, match=r"npy\(float64\)") as caught:
        artifact("a.npy", npy(np.float64)).bound(tmp_path, DiskFiles()).read()
    assert "ValueError: " == caught.value.why[:12]
    assert len(caught.value.why) > 15


def test_array_of_objects_is_neither_written_nor_read() -> None:
    codec = npy(np.object_)
    with pytest.raises(ValueError, match="allow_pickle=False"):
        codec.encode(np.array([{}], dtype=object))
    with pytest.raises(ValueError, match="allow_pickle=False"):
        codec.decode(npy_bytes(np.array([{}], dtype=object), pickled=True))


class Malice:
    """Makes a folder when it is unpickled."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __reduce__(self) -> tuple[Callable[[str], None], tuple[str]]:
        return os.mkdir, (str(self.folder),)


def test_malice_is_malicious(tmp_path: Path) -> None:
    pickle.loads(pickle.dumps(Malice(tmp_path / "made")))
    assert (tmp_path / "made").exists()


def malicious(folder: Path) -> list[bytes]:
    pickled = pickle.dumps(Malice(folder))
    hidden = npy_bytes(np.array([Malice(folder)], dtype=object), pickled=True)
    files = {"x.npy": hidden, "y.npy": hidden}
    bare = {"x.npy": pickled, "y.npy": pickled}
    return [pickled, hidden, zipped(files), zipped(bare), zipped({"x": pickled, "y": pickled})]


def zipped(files: dict[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return stream.getvalue()


@pytest.mark.parametrize("which", range(5))
def test_no_pickle_is_read(which: int, tmp_path: Path) -> None:
    data = malicious(tmp_path / "made")[which]
    for codec in (npy(np.object_), npy(np.float64), npz_of(Points), json_of(Layer), csv, number):
        with pytest.raises((ValueError, TypeError, zipfile.BadZipFile, csv_format.Error)):
            codec.decode(data)
    assert [] == list(tmp_path.iterdir())


# Several arrays.


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("dtype", DTYPES)
def test_arrays_come_back(dtype: str, shape: tuple[int, ...]) -> None:
    codec, points = npz_of(Points), Points(array(dtype, shape), np.array(["a", "bc"]))
    back = codec.decode(codec.encode(points))
    assert (True, True) == (same(points.x, back.x), same(points.y, back.y))


def test_arrays_come_back_whatever_their_names() -> None:
    codec = npz_of(Odd)
    odd = Odd(np.ones(1), np.zeros(2), np.arange(3))
    back = codec.decode(codec.encode(odd))
    assert ([1.0], [0.0, 0.0], [0, 1, 2]) == (
        back.file.tolist(),
        back.allow_pickle.tolist(),
        back._hidden.tolist(),
    )


def test_arrays_have_stable_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    codec, points = npz_of(Points), Points(np.ones(2), np.zeros(3))
    before = codec.encode(points)
    monkeypatch.setattr(time, "time", lambda: 2e9)
    assert before == codec.encode(Points(np.ones(2), np.asfortranarray(np.zeros(3))))


def test_arrays_can_be_read_by_numpy_alone() -> None:
    data = npz_of(Points).encode(Points(np.ones(2), np.zeros(3)))
    with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
        assert {"x": [1.0, 1.0], "y": [0.0, 0.0, 0.0]} == {
            name: arrays[name].tolist() for name in arrays.files
        }


def test_arrays_written_by_numpy_can_be_read() -> None:
    stream = io.BytesIO()
    np.savez_compressed(stream, y=np.zeros(3), x=np.ones(2))
    assert [1.0, 1.0] == npz_of(Points).decode(stream.getvalue()).x.tolist()


@pytest.mark.parametrize(
    ("files", "why"),
    [
        ({"x.npy": GOOD}, "it holds"),
        ({"x.npy": GOOD, "y.npy": GOOD, "z.npy": GOOD}, "it holds"),
        ({"x": GOOD, "y.npy": GOOD}, "it holds"),
        ({"x.npy": GOOD, "y.npy": GOOD + b"\0"}, "something behind the array"),
        ({"x.npy": GOOD, "y.npy": b"no array"}, "magic string"),
    ],
)
def test_other_arrays_are_refused(files: dict[str, bytes], why: str) -> None:
    with pytest.raises(ValueError, match=why):
        npz_of(Points).decode(zipped(files))


@pytest.mark.parametrize("data", [b"", GOOD, b"PK\3\4", zipped({"x.npy": GOOD})[:-30]])
def test_bytes_that_are_no_archive_are_refused(data: bytes, tmp_path: Path) -> None:
    (tmp_path / "a.npz").write_bytes(data)
    with pytest.raises(DecodeFailed, match="File is not a zip file"):
        artifact("a.npz", npz_of(Points)).bound(tmp_path, DiskFiles()).read()


def test_arrays_of_objects_are_not_written() -> None:
    with pytest.raises(ValueError, match="allow_pickle=False"):
        npz_of(Points).encode(Points(np.array([{}], dtype=object), np.zeros(1)))


# Tables.


def tables(names: list[str]) -> st.SearchStrategy[list[dict[str, str]]]:
    row = st.fixed_dictionaries(dict.fromkeys(names, TEXTS))
    return st.lists(row, max_size=4)


TABLES = st.lists(TEXTS, min_size=1, max_size=3, unique=True).flatmap(tables)


@quick
@given(TABLES)
def test_table_comes_back(rows: list[dict[str, str]]) -> None:
    assert rows == csv.decode(csv.encode(rows))


@pytest.mark.parametrize(
    "cell",
    [*["", '"', '""', ",", "\n", "\r", "\r\n", "\0", " a ", "ü", "\ufeff", "#"], "x" * 200_000],
    ids=lambda cell: ascii(cell[:8]),
)
def test_cell_comes_back(cell: str) -> None:
    rows = [{"a": cell, cell or "name": "b"}, {"a": "", cell or "name": cell}]
    assert rows == csv.decode(csv.encode(rows))


def test_table_is_plain_text() -> None:
    rows = [{"name": "a", "note": 'say "b"'}, {"name": "c,d", "note": ""}]
    assert b'"name","note"\n"a","say ""b"""\n"c,d",""\n' == csv.encode(rows)


def test_table_without_rows_is_empty() -> None:
    assert b"" == csv.encode([])
    assert [] == csv.decode(b"")


def test_table_of_another_program_can_be_read() -> None:
    assert [{"a": "1", "b": "x y"}] == csv.decode(b'a,b\r\n1,"x y"\r\n')


def test_reading_a_large_cell_does_not_change_the_limit_of_others() -> None:
    before = csv_format.field_size_limit()
    csv.decode(csv.encode([{"a": "x" * 200_000}]))
    assert before == csv_format.field_size_limit()


@pytest.mark.parametrize(
    ("rows", "why"),
    [
        ([{"a": "1"}, {"b": "1"}], "row 1 has columns"),
        ([{"a": "1"}, {"a": "1", "b": "2"}], "row 1 has columns"),
        ([{"a": "1", "b": "2"}, {"b": "2", "a": "1"}], "row 1 has columns"),
        ([{}], "row 0 has columns"),
        ([{"a": "\ud800"}], "surrogates not allowed"),
    ],
)
def test_table_of_unlike_rows_is_not_written(rows: Sequence[Row], why: str, tmp_path: Path) -> None:
    with pytest.raises(EncodeFailed, match=why) as caught:
        artifact("a.csv", csv).bound(tmp_path, DiskFiles()).write(rows)
    assert "csv" == caught.value.codec


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b'"a","b"\n"1"\n', "shorter"),
        (b'"a","b"\n"1","2","3"\n', "longer"),
        (b'"a","b"\n\n"1","2"\n', "shorter"),
        (b'"a","a"\n"1","2"\n', "two columns have one name"),
        (b'"a"\n"1', "unexpected end of data"),
        (b'"a"\n"1"x\n', "expected after"),
        (b"\xff", "invalid start byte"),
    ],
)
def test_bytes_that_are_no_table_are_refused(data: bytes, why: str, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(data)
    with pytest.raises(DecodeFailed, match=why):
        artifact("a.csv", csv).bound(tmp_path, DiskFiles()).read()


def test_cell_that_is_no_text_is_not_written() -> None:
    rows = [dict.fromkeys(string.ascii_letters[:2], struct.calcsize("b"))]
    untyped: Codec[object] = Codec("csv", csv.encode, csv.decode)  # type: ignore[arg-type]  # as from code without types
    with pytest.raises(TypeError, match="1 is no text"):
        untyped.encode(rows)


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
