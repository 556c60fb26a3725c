"""Codecs for the values that pipelines exchange most.

All give the same bytes for equal values, everywhere, and none runs code when it reads.
"""

from __future__ import annotations

import csv as csv_format
import io
import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final, TypeAlias, TypeVar

from pylightnix_fn.canonical import Json, canonical, parsed
from pylightnix_fn.outputs import Codec

if TYPE_CHECKING:
    from attrs import AttrsInstance

V = TypeVar("V")
R = TypeVar("R", bound="AttrsInstance")


def _number_bytes(value: float) -> bytes:
    if isinstance(value, int):  # an int is a float to a type checker, and is written as one
        value = float(value)
    return float.__repr__(value).encode()


number: Final[Codec[float]] = Codec("number", _number_bytes, float)
"""A decimal number, such as ``0.9853``: the shortest text that reads back as the same float."""

text: Final[Codec[str]] = Codec("text", str.encode, bytes.decode)
"""A text in UTF-8."""
