"""Codecs for the values that pipelines exchange most.

All give the same bytes for equal values, everywhere, and none runs code when it reads. numpy and
cattrs are imported when a codec that needs them is used.
"""

from __future__ import annotations

import csv as csv_format
import io
import zipfile
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Final, TypeAlias, TypeVar

import attrs

from pylightnix_fn.canonical import Json, canonical, parsed
from pylightnix_fn.errors.message import shown
from pylightnix_fn.errors.plan import BadParameter
from pylightnix_fn.outputs import Codec

if TYPE_CHECKING:
    import numpy as np
    from cattrs import Converter
    from numpy.typing import NDArray

    D = TypeVar("D", bound=np.generic[object])

R = TypeVar("R", bound=attrs.AttrsInstance)
S = TypeVar("S")
Row: TypeAlias = Mapping[str, str]


def _number_bytes(value: float) -> bytes:
    if isinstance(value, int):  # an int is a float to a type checker, and is written as one
        if float(value) != value:
            raise ValueError("no float is equal to it")
        value = float(value)
    return float.__repr__(value + 0.0).encode()  # one text for 0.0 and -0.0, which are equal


number: Final[Codec[float]] = Codec("number", _number_bytes, float)
"""A decimal number, such as ``0.9853``: the shortest text that reads back as the same float."""

text: Final[Codec[str]] = Codec("text", str.encode, bytes.decode)
"""A text in UTF-8."""


def _csv_bytes(rows: Sequence[Row]) -> bytes:
    names = list(rows[0]) if rows else []
    for number_, row in enumerate(rows):
        if list(row) != names or not names:
            raise ValueError(f"row {number_} has columns {list(row)}, the first one {names}")
        for cell in (*names, *row.values()):
            _check_text(cell)
    stream = io.StringIO(newline="")
    writer = csv_format.writer(stream, lineterminator="\n", quoting=csv_format.QUOTE_ALL)
    if names:
        writer.writerow(names)
    writer.writerows([row[name] for name in names] for row in rows)
    return stream.getvalue().encode()


def _check_text(cell: object) -> None:
    if not isinstance(cell, str):
        raise TypeError(f"{cell!r} is no text")


def _csv_rows(data: bytes) -> Sequence[Row]:
    names, *rows = _csv_lines(data.decode()) or [[]]
    if len(set(names)) < len(names):
        raise ValueError(f"two columns have one name: {names}")
    return [dict(zip(names, row, strict=True)) for row in rows]


def _csv_lines(table: str) -> list[list[str]]:
    usual = csv_format.field_size_limit()
    csv_format.field_size_limit(max(usual, len(table)))  # what was written can be read
    try:
        return list(csv_format.reader(io.StringIO(table, newline=""), strict=True))
    finally:
        csv_format.field_size_limit(usual)


csv: Final[Codec[Sequence[Row]]] = Codec("csv", _csv_bytes, _csv_rows)
"""A table of texts: rows with the same columns in the same order."""


def json_of(record: type[R]) -> Codec[R]:
    """An attrs class, whose fields JSON can hold, as canonical JSON.

    Reading accepts just the fields that there are, each of its own type, and what could not be
    read again is not written.
    """
    _fields("json_of", record)

    def encode(value: R) -> bytes:
        plain = _plain(value)
        if _plain(structured(plain)) != plain:
            raise ValueError(f"it would not come back as it was: {shown(value)}")
        return canonical(plain).encode()

    def decode(data: bytes) -> R:
        plain = parsed(data.decode())
        value = structured(plain)
        if _plain(value) != plain:  # cattrs fills in defaults, for one
            raise ValueError(f"it does not hold just the fields of {record.__qualname__}")
        return value

    def structured(plain: Json) -> R:
        if not isinstance(plain, Mapping):
            raise TypeError(f"it is no object with the fields of {record.__qualname__}")
        try:
            return _converter().structure(plain, record)
        except KeyError as error:
            raise ValueError(f"there is no field {error}") from error

    return Codec(f"json_of({record.__qualname__})", encode, decode)


def _plain(value: object) -> Json:
    """The JSON value of a record, with the lists that a text would give back."""
    plain: Json = _converter().unstructure(value)
    return parsed(canonical(plain))


@cache
def _converter() -> Converter:
    from cattrs import Converter

    converter = Converter(forbid_extra_keys=True, detailed_validation=False)
    for kind in (bool, int, str):
        converter.register_structure_hook(kind, _strictly(kind))
    converter.register_structure_hook(float, lambda value, _: _float(value))
    converter.register_unstructure_hook(float, lambda value: _float(value) + 0.0)  # as `number`
    return converter


def _strictly(kind: type[S]) -> Callable[[object, type[S]], S]:
    """Without this, cattrs would read the text "3" where a number belongs."""

    def structured(value: object, _: type[S]) -> S:
        if type(value) is not kind or not isinstance(value, kind):
            raise TypeError(f"{value!r} is no {kind.__name__}")
        return value

    return structured


def _float(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError(f"{value!r} is no float")
    if float(value) != value and value == value:
        raise ValueError(f"no float is equal to {value!r}")
    return float(value)


def npy(dtype: type[D]) -> Codec[NDArray[D]]:
    """An array with elements of this type, in numpy's own format: ``npy(np.float32)``."""

    def encode(value: NDArray[D]) -> bytes:
        return _array_bytes(_of_type(value, dtype))

    def decode(data: bytes) -> NDArray[D]:
        return _of_type(_array(data), dtype)

    return Codec(f"npy({dtype.__name__})", encode, decode)


def _of_type(value: NDArray[np.generic[object]], dtype: type[D]) -> NDArray[D]:
    import numpy as np

    if value.dtype != np.dtype(dtype):
        raise TypeError(f"its elements are {value.dtype}, not {np.dtype(dtype)}")
    return value.astype(dtype, copy=False)


def _array_bytes(value: NDArray[np.generic[object]]) -> bytes:
    import numpy as np
    from numpy.lib import format as npy_format

    stream = io.BytesIO()
    in_rows = np.asarray(value, order="C")
    npy_format.write_array(stream, in_rows, version=(1, 0), allow_pickle=False)
    return stream.getvalue()


def _array(data: bytes) -> NDArray[np.generic[object]]:
    from numpy.lib import format as npy_format

    stream = io.BytesIO(data)
    array: NDArray[np.generic[object]] = npy_format.read_array(stream, allow_pickle=False)
    if stream.read(1):
        raise ValueError("there is something behind the array")
    return array


def npz_of(record: type[R]) -> Codec[R]:
    """An attrs class whose fields are arrays, in numpy's own format for several arrays.

    Field types are the user's word: only the names of the arrays are checked.
    """
    fields = _fields("npz_of", record)
    files = [f"{each.name}.npy" for each in fields]

    def encode(value: R) -> bytes:
        stream = io.BytesIO()
        with zipfile.ZipFile(stream, "w") as archive:
            for each, file in zip(fields, files, strict=True):
                # Not by `numpy.savez`: to it, a field named `file` is an argument of its own.
                array = _array_bytes(getattr(value, each.name))
                archive.writestr(zipfile.ZipInfo(file), array)  # with no time of today
        return stream.getvalue()

    def decode(data: bytes) -> R:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            if sorted(archive.namelist()) != sorted(files):
                raise ValueError(f"it holds {sorted(archive.namelist())}, not {sorted(files)}")
            arrays = [_array(archive.read(file)) for file in files]
        names = [each.alias or each.name for each in fields]  # as `__init__` has them
        named = dict(zip(names, arrays, strict=True))
        value: R = type.__call__(record, **named)
        return value

    return Codec(f"npz_of({record.__qualname__})", encode, decode)


def _fields(codec: str, record: type) -> list[attrs.Attribute[object]]:
    if not attrs.has(record):
        raise BadParameter(codec, "record", shown(record), "an attrs class")
    return [each for each in attrs.fields(record) if each.init]
