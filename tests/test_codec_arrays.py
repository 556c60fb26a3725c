"""Codecs of arrays: the laws of a codec, what they refuse, and that no pickle is read."""

from __future__ import annotations

import csv as csv_format
import io
import math
import os
import pickle
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Final, TypeAlias

import numpy as np
import pytest
from attrs import field, frozen
from numpy.typing import NDArray

from pylightnix_fn import artifact, csv, json_of, npy, npz_of, number
from pylightnix_fn.disk_files import DiskFiles
from pylightnix_fn.errors.build import DecodeFailed

Array: TypeAlias = "NDArray[np.generic[object]]"


@frozen
class Layer:
    """A part of a record."""

    size: int
    rate: float = 0.5


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


DTYPES = ["bool", "int8", "uint16", "int64", "float16", "float32", "float64", "complex128"]
SHAPES: list[tuple[int, ...]] = [(), (0,), (1,), (5,), (2, 3), (3, 0, 2), (2, 1, 3, 2)]


def array(dtype: str, shape: tuple[int, ...]) -> Array:
    return np.arange(math.prod(shape)).reshape(shape).astype(dtype)


def same(one: Array, other: Array) -> bool:
    """Whether arrays are equal to the last bit."""
    described = (one.dtype, one.shape) == (other.dtype, other.shape)
    return described and one.tobytes() == other.tobytes()


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
