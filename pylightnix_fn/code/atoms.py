"""Constants as words: one line of ASCII each, equal only for equal values of an equal type.

Knows nothing of where a constant stands. ``1``, ``1.0`` and ``True`` are three different words.
"""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256
from types import EllipsisType

DIGITS = 32


def atom(value: object) -> str | None:
    """The word of a constant; None where ``value`` is no constant.

    >>> atom(1), atom(True), atom(1.5), atom("é"), atom([])
    ('int 1', 'True', 'float 0x1.8000000000000p+0', "str '\\\\xe9'", None)
    """
    match value:
        case None | bool() | EllipsisType():
            return repr(value)
        case int():
            return "int " + int.__format__(value, "x")
        case float():
            return "float " + float.hex(value)
        case complex():
            return f"complex {float.hex(value.real)} {float.hex(value.imag)}"
        case str():
            return "str " + ascii(str.__str__(value))
        case bytes():
            return "bytes " + bytes.hex(value)
        case _:
            return None


def digest(words: Iterable[str]) -> str:
    """The first 32 hex digits of sha256 over the words, one a line.

    >>> digest(["a", "b"]) == digest(["ab"])
    False
    """
    return sha256("\n".join(words).encode("utf-8", "backslashreplace")).hexdigest()[:DIGITS]
