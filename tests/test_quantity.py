"""Sizes and durations in words."""

from __future__ import annotations

import pytest

from pylightnix_fn.quantity import duration_text, size_text


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("0 B", 0),
        ("999 B", 999),
        ("1.0 kB", 1000),
        ("9.9 kB", 9_949),
        ("10 kB", 9_950),
        ("999 kB", 999_499),
        ("1.0 MB", 999_500),
        ("1.2 MB", 1_234_567),
        ("340 GB", 340 * 10**9),
        ("5000 EB", 5 * 10**21),
    ],
)
def test_size_is_told_in_two_digits_or_three(text: str, size: int) -> None:
    assert text == size_text(size)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("0.0 s", 0),
        ("9.9 s", 9.94),
        ("10 s", 9.95),
        ("59 s", 59.4),
        ("1 min", 59.6),
        ("3 min 20 s", 200),
        ("1 h", 3_599.6),
        ("3 h 20 min", 12_000),
        ("3 h", 3 * 3_600 + 59),
        ("7 d", 7 * 86_400),
        ("400 d 1 h", 400 * 86_400 + 3_600),
    ],
)
def test_duration_is_told_in_its_two_largest_units(text: str, seconds: float) -> None:
    assert text == duration_text(seconds)
