"""Codecs for the values that pipelines exchange most.

All give the same bytes for equal values, everywhere, and none runs code when it reads. numpy and
cattrs are imported when a codec that needs them is used.
"""

from __future__ import annotations

import csv as csv_format
import io
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Final, TypeAlias, TypeVar

import attrs

from pylightnix_fn.canonical import Json, canonical, parsed
from pylightnix_fn.config import fields_of
from pylightnix_fn.errors.plan import BadParameter
from pylightnix_fn.outputs import Codec

if TYPE_CHECKING:
    import numpy as np
    from cattrs import Converter
    from numpy.typing import NDArray

    D = TypeVar("D", bound=np.generic[object])

R = TypeVar("R")
Row: TypeAlias = Mapping[str, str]


def _number_bytes(value: float) -> bytes:
    if isinstance(value, int):  # an int is a float to a type checker, and is written as one
        if float(value) != value:
            raise ValueError("no float is equal to it")
        value = float(value)
    return float.__repr__(value).encode()


number: Final[Codec[float]] = Codec("number", _number_bytes, float)
"""A decimal number, such as ``0.9853``: the shortest text that reads back as the same float."""

text: Final[Codec[str]] = Codec("text", str.encode, bytes.decode)
"""A text in UTF-8."""


def _csv_bytes(rows: Sequence[Row]) -> bytes:
    names = list(rows[0]) if rows else []
    for number_, row in enumerate(rows):
        if list(row) != names or not names:
            raise ValueError(f"row {number_} has columns {list(row)}, the first one {names}")
    stream = io.StringIO(newline="")
    writer = csv_format.writer(stream, lineterminator="\n", quoting=csv_format.QUOTE_ALL)
    if names:
        writer.writerow(names)
    writer.writerows([row[name] for name in names] for row in rows)
    return stream.getvalue().encode()


def _csv_rows(data: bytes) -> Sequence[Row]:
    stream = io.StringIO(data.decode(), newline="")
    names, *rows = list(csv_format.reader(stream, strict=True)) or [[]]
    return [dict(zip(names, row, strict=True)) for row in rows]


csv: Final[Codec[Sequence[Row]]] = Codec("csv", _csv_bytes, _csv_rows)
"""A table of texts: rows with the same columns in the same order."""


def json_of(record: type[R]) -> Codec[R]:
    """An attrs class, whose fields JSON can hold, as canonical JSON.

    Reading accepts just the fields that there are, each of its own type.
    """

    def encode(value: R) -> bytes:
        plain: Json = _converter().unstructure(value)
        return canonical(plain).encode()

    def decode(data: bytes) -> R:
        return _converter().structure(parsed(data.decode()), record)

    return Codec(f"json_of({record.__qualname__})", encode, decode)


@cache
def _converter() -> Converter:
    from cattrs import Converter

    converter = Converter(forbid_extra_keys=True, detailed_validation=False)
    for kind in (bool, int, str):
        converter.register_structure_hook(kind, _strictly(kind))
    converter.register_structure_hook(float, lambda value, _: _float(value))
    return converter


def _strictly(kind: type[R]) -> Callable[[object, type[R]], R]:
    """Without this, cattrs would read the text "3" where a number belongs."""

    def structured(value: object, _: type[R]) -> R:
        if type(value) is not kind or not isinstance(value, kind):
            raise TypeError(f"{value!r} is no {kind.__name__}")
        return value

    return structured


def _float(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError(f"{value!r} is no float")
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
    names = _field_names(record)

    def encode(value: R) -> bytes:
        import numpy as np

        stream = io.BytesIO()
        arrays = {
            name: np.asarray(array, order="C") for name, array in (fields_of(value) or {}).items()
        }
        np.savez(stream, allow_pickle=False, **arrays)
        return stream.getvalue()

    def decode(data: bytes) -> R:
        import numpy as np

        with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
            if sorted(arrays.files) != sorted(names):
                raise ValueError(f"it holds {sorted(arrays.files)}, not {sorted(names)}")
            value: R = type.__call__(record, **{name: arrays[name] for name in names})
        return value

    return Codec(f"npz_of({record.__qualname__})", encode, decode)


def _field_names(record: type) -> tuple[str, ...]:
    if not attrs.has(record):
        raise BadParameter("npz_of", "record", record.__qualname__, "an attrs class")
    return tuple(field.name for field in attrs.fields(record))
