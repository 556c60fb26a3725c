"""Sizes and durations, as people read them."""

from __future__ import annotations

import re
from typing import Final

from pylightnix_fn.errors.plan import MalformedSize

_SIZES: Final = ("B", "kB", "MB", "GB", "TB", "PB", "EB")  # each a thousand of the one before
_DURATIONS: Final = ((86_400, "d"), (3_600, "h"), (60, "min"), (1, "s"))

_SIZE: Final = re.compile(r"(\d{1,12}(?:\.\d{1,12})?) ?(?:([kKMGTPE])(i?))?B?")


def size_text(size: int) -> str:
    """A number of bytes, to two digits or three.

    >>> size_text(999), size_text(1_234_567), size_text(50 * 10**9)
    ('999 B', '1.2 MB', '50 GB')
    """
    value, unit = float(size), 0
    while value >= 999.5 and unit < len(_SIZES) - 1:
        value, unit = value / 1000, unit + 1
    digits = 1 if unit and value < 9.95 else 0
    return f"{value:.{digits}f} {_SIZES[unit]}"


def duration_text(seconds: float) -> str:
    """A time, in its two largest units.

    >>> duration_text(0.04), duration_text(200), duration_text(12_000), duration_text(7 * 86_400)
    ('0.0 s', '3 min 20 s', '3 h 20 min', '7 d')
    """
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    left = round(seconds)
    first = next(place for place, (length, _) in enumerate(_DURATIONS) if left >= length)
    parts: list[str] = []
    for length, unit in _DURATIONS[first : first + 2]:
        count, left = divmod(left, length)
        parts += [f"{count} {unit}"] if count else []
    return " ".join(parts)


def size_from(text: str) -> int:
    """The bytes that a text says, in units of a thousand or of 1024; `MalformedSize` if it is none.

    >>> size_from("200G"), size_from("1.5 kB"), size_from("2 MiB"), size_from("12")
    (200000000000, 1500, 2097152, 12)
    """
    if not (found := _SIZE.fullmatch(text.strip())):
        raise MalformedSize(text)
    number, letter, binary = found.groups()
    power = " KMGTPE".index(letter.upper()) if letter else 0
    return round(float(number) * (1024.0 if binary else 1000.0) ** power)
