"""Codecs for the values that pipelines exchange most.

All give the same bytes for equal values, everywhere, and none runs code when it reads.
"""

from __future__ import annotations

from typing import Final

from pylightnix_fn.outputs import Codec


def _number_bytes(value: float) -> bytes:
    if isinstance(value, int):  # an int is a float to a type checker, and is written as one
        value = float(value)
    return float.__repr__(value).encode()


number: Final[Codec[float]] = Codec("number", _number_bytes, float)
"""A decimal number, such as ``0.9853``: the shortest text that reads back as the same float."""

text: Final[Codec[str]] = Codec("text", str.encode, bytes.decode)
"""A text in UTF-8."""
