"""Constants of more kinds than syntax has, and contents of buffers, as words.

A value is a constant where what it says of itself is all there is to it: paths, patterns, dates,
exact numbers. Arrays are told by content as long as that can be read at every plan.
"""

from __future__ import annotations

import builtins
import re
from collections.abc import Callable
from enum import Enum
from hashlib import sha256
from pathlib import PurePath

from .atoms import atom
from .origin import place_of_class

LARGEST_CONTENT = 1 << 24  # bytes

_SCALARS = frozenset({"datetime", "decimal", "fractions", "ipaddress", "uuid", "zoneinfo"})
_VIEW: Callable[[object], memoryview] = vars(builtins)["memoryview"]  # of any object, or TypeError


def constant_word(value: object) -> str | None:
    """The word of a constant; None where ``value`` is none, or has parts.

    >>> constant_word(PurePath("a", "b")), constant_word(range(3)), constant_word([])
    ("path 'a/b'", 'range(0, 3)', None)
    """
    if isinstance(value, Enum):
        return None
    if (word := atom(value)) is not None:
        return word
    match value:
        case PurePath():
            return "path " + ascii(value.as_posix())
        case re.Pattern():
            return f"pattern {value.flags} {atom(value.pattern)}"
        case bytearray():
            return "bytearray " + value.hex()
        case range():
            return repr(value)
        case _:
            scalar = place_of_class(type(value)).public in _SCALARS and " at 0x" not in repr(value)
            return f"{type(value).__name__} {value!r}" if scalar else None


def content_word(value: object) -> str | None:
    """Shape, item format and digest of what an array holds; None where it cannot be read.

    >>> content_word(memoryview(b"ab").cast("b")).split()[:3]
    ['buffer', 'b', '(2,)']
    """
    try:
        view = _VIEW(value)
    except (TypeError, ValueError, BufferError):
        return None
    if view.nbytes > LARGEST_CONTENT or not {"O", "P", "&"}.isdisjoint(view.format):
        return None  # too large to read at every plan, or addresses
    return f"buffer {view.format} {view.shape} {sha256(view.tobytes()).hexdigest()}"
