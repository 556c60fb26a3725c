"""Arrays in numpy's formats, compared: what they are, and by how much their elements differ.

No code runs when one is read. What is no such file, or too large, says nothing here.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Final, TypeAlias

from pylightnix_fn.findings.alteration import Array, ArrayChange
from pylightnix_fn.inquiry.contents import Place

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    _Elements: TypeAlias = NDArray[np.generic[object]]

MAX_ARRAYS: Final = 2**27  # bytes of a file that is read
_CHUNK: Final = 2**18  # elements at a time


def array_changes(
    path: str, old_size: int, new_size: int, places: tuple[Place, Place]
) -> Iterator[ArrayChange]:
    """How two files of arrays differ, array by array."""
    if max(old_size, new_size) > MAX_ARRAYS:
        return
    old, new = (_arrays(place.data(path, MAX_ARRAYS)) for place in places)
    if old is None or new is None:
        return
    for member in sorted(old.keys() | new.keys()):
        before, after = old.get(member), new.get(member)
        if before is None or after is None:
            yield ArrayChange(path, member, _kind(before), _kind(after), None)
        elif not _are_equal(before, after):
            largest = largest_difference(before, after)
            yield ArrayChange(path, member, _kind(before), _kind(after), largest)


def _arrays(data: bytes | None) -> Mapping[str, _Elements] | None:
    """The arrays of a file by name, one without a name in a `npy`; `None` if it is no such file."""
    try:
        import numpy as np
    except ImportError:
        return None
    try:
        with io.BytesIO(data or b"") as stream:
            found = np.load(stream, allow_pickle=False)
            if isinstance(found, np.ndarray):
                return {"": found}
            if sum(each.file_size for each in found.zip.infolist()) > 2 * MAX_ARRAYS:
                return None
            return {name: np.asarray(found[name]) for name in found.files}
    except (ValueError, OSError, EOFError, KeyError, zipfile.BadZipFile):
        return None


def _kind(array: _Elements | None) -> Array | None:
    return None if array is None else Array(str(array.dtype), tuple(array.shape))


def _are_equal(old: _Elements, new: _Elements) -> bool:
    return old.dtype == new.dtype and old.shape == new.shape and old.tobytes() == new.tobytes()


def largest_difference(old: _Elements, new: _Elements) -> float | None:
    """The largest absolute difference of two elements at one place.

    Infinite where only one of them is a number; `None` where shapes differ, or elements are no
    numbers.
    """

    if old.shape != new.shape or not {old.dtype.kind, new.dtype.kind} <= set("biufc"):
        return None
    flat = old.reshape(-1), new.reshape(-1)
    parts = (slice(start, start + _CHUNK) for start in range(0, old.size, _CHUNK))
    return max((_largest(*(each[part] for each in flat)) for part in parts), default=0.0)


def _largest(old: _Elements, new: _Elements) -> float:
    import numpy as np

    # The widest numbers there are, for whole ones to differ by what they differ by.
    wide = "clongdouble" if "c" in (old.dtype.kind, new.dtype.kind) else "longdouble"
    before, after = old.astype(wide), new.astype(wide)
    with np.errstate(all="ignore"):
        apart = np.abs(before - after)
    apart[(before == after) | (np.isnan(before) & np.isnan(after))] = 0.0
    apart[np.isnan(apart)] = np.inf
    return float(apart.max())
