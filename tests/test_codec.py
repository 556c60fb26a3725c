"""Codecs of numbers and texts: the laws of a codec, and what they refuse."""

from __future__ import annotations

import math
from typing import Final, TypeVar

import numpy as np
import pytest
from hypothesis import find, given, settings
from hypothesis import strategies as st

from pylightnix_fn.codec import number, text
from pylightnix_fn.outputs import Codec

V = TypeVar("V")

FLOATS: Final = st.floats(allow_nan=False)
TEXTS: Final = st.text(st.characters(codec="utf-8"))


def comes_back(codec: Codec[V], value: V) -> bool:
    return codec.decode(codec.encode(value)) == value


ROUNDED: Final[Codec[float]] = Codec("rounded", lambda value: f"{value:.6g}".encode(), float)
STRIPPED: Final[Codec[str]] = Codec("stripped", str.encode, lambda data: data.decode().strip())


@given(FLOATS)
def test_number_comes_back(value: float) -> None:
    assert comes_back(number, value)


@given(TEXTS)
def test_text_comes_back(value: str) -> None:
    assert comes_back(text, value)


def test_law_of_return_catches_rounded_numbers() -> None:
    options = settings(database=None, derandomize=True)
    assert find(FLOATS, lambda value: not comes_back(ROUNDED, value), settings=options)


def test_law_of_return_catches_stripped_texts() -> None:
    options = settings(database=None, derandomize=True)
    assert find(TEXTS, lambda value: not comes_back(STRIPPED, value), settings=options)


@given(st.integers(-(2**53), 2**53))
def test_equal_numbers_have_equal_bytes(value: int) -> None:
    assert number.encode(float(value)) == number.encode(value)


@pytest.mark.parametrize(
    ("value", "data"),
    [
        (0.9853, b"0.9853"),
        (1, b"1.0"),
        (True, b"1.0"),
        (1e22, b"1e+22"),
        (-0.0, b"0.0"),
        (math.inf, b"inf"),
        (math.nan, b"nan"),
        (np.float64(0.1), b"0.1"),
    ],
)
def test_number_is_written_as(value: float, data: bytes) -> None:
    assert data == number.encode(value)


def test_not_a_number_comes_back() -> None:
    assert math.isnan(number.decode(number.encode(math.nan)))


@pytest.mark.parametrize(
    ("data", "value"), [(b"0.5\n", 0.5), (b" 1 ", 1.0), (b"1e3", 1000.0), (b"-inf", -math.inf)]
)
def test_number_written_by_hand_can_be_read(data: bytes, value: float) -> None:
    assert value == number.decode(data)


@pytest.mark.parametrize(
    "data", [b"", b"high", b"1,5", b"1 2", b"0x10", b"\xff", "\u0661".encode()]
)
def test_bytes_that_are_no_number_are_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match="could not convert"):
        number.decode(data)


@pytest.mark.parametrize("value", [2**53 + 1, -(2**53) - 1, 10**400])
def test_integer_that_no_float_equals_is_refused(value: int) -> None:
    with pytest.raises((ValueError, OverflowError)):
        number.encode(value)


def test_text_is_utf_8_and_nothing_is_changed() -> None:
    plain, data = "\ufeffü\r\n\0", b"\xef\xbb\xbf\xc3\xbc\r\n\x00"
    assert data == text.encode(plain)
    assert plain == text.decode(data)


@pytest.mark.parametrize("data", [b"\xff", b"\xed\xa0\x80", b"a\xc3"])
def test_bytes_that_are_no_utf_8_are_refused(data: bytes) -> None:
    with pytest.raises(UnicodeDecodeError):
        text.decode(data)


def test_text_with_a_lone_surrogate_is_refused() -> None:
    with pytest.raises(UnicodeEncodeError):
        text.encode("a\ud800")
