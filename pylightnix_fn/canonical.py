"""JSON and its canonical text: one value, one spelling, one digest.

Knows nothing of configs or stores. Keys are sorted, there is no white space, integers and floats
stay apart, and what JSON cannot say the same way everywhere (NaN, lone surrogates, integers beyond
64 bits) is refused, when writing as when reading.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256
from math import isfinite
from typing import Final, TypeAlias

Json: TypeAlias = "bool | int | float | str | Sequence[Json] | Mapping[str, Json] | None"

MAX_DEPTH = 64  # lists and mappings around a scalar
MAX_INTEGER = 2**63 - 1

_ENCODER: Final = json.JSONEncoder(
    sort_keys=True, separators=(",", ":"), ensure_ascii=False, check_circular=False
)
_WORDS: Final = {None: "null", True: "true", False: "false"}


def canonical(value: Json) -> str:
    """The one text that stands for a JSON value; `ValueError` says why there is none.

    >>> canonical({"b": [1, 1.0], "a": "ü"})
    '{"a":"ü","b":[1,1.0]}'
    """
    return spelled(checked(value))


def spelled(value: Json) -> str:
    """The canonical text of a value that was found to be JSON when it was made."""
    return _ENCODER.encode(value)


def scalar_text(value: bool | int | float | str | None) -> str:
    """The canonical text of a scalar that JSON can hold.

    >>> scalar_text("ü"), scalar_text(1.0), scalar_text(True), scalar_text(None)
    ('"ü"', '1.0', 'true', 'null')
    """
    if isinstance(value, str):
        return _ENCODER.encode(value)
    if value is None or isinstance(value, bool):
        return _WORDS[value]
    return repr(value)


def sequence_text(items: Iterable[str]) -> str:
    """The canonical text of a list whose items have these texts.

    >>> sequence_text(["1", "null"])
    '[1,null]'
    """
    return f"[{','.join(items)}]"


def mapping_text(items: Mapping[str, str]) -> str:
    """The canonical text of a mapping whose values have these texts.

    >>> mapping_text({"b": "1", "a": "[]"})
    '{"a":[],"b":1}'
    """
    encode = _ENCODER.encode
    return f"{{{','.join([f'{encode(key)}:{items[key]}' for key in sorted(items)])}}}"


def checked(value: object, depth: int = MAX_DEPTH) -> Json:
    """A value as plain JSON; `ValueError` says why it is none.

    >>> checked((1, {"a": None}))
    [1, {'a': None}]
    """
    if isinstance(value, str):
        return _text(value)
    if value is None or isinstance(value, int | float):
        return _scalar(value)
    if depth == 0:
        raise ValueError(f"it is nested deeper than {MAX_DEPTH} levels")
    if isinstance(value, Mapping):
        return {_key(key): checked(item, depth - 1) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [checked(item, depth - 1) for item in value]
    raise ValueError(f"{type(value).__name__} is not JSON")


def digest(text: str) -> str:
    """The sha256 of a text in UTF-8, as 64 hexadecimal digits.

    >>> digest("")[:8]
    'e3b0c442'
    """
    return sha256(text.encode()).hexdigest()


def why_no_scalar(value: bool | int | float | str | None) -> str:
    """Why JSON cannot hold this scalar; empty where it can.

    >>> why_no_scalar(float("nan")), why_no_scalar(2**63), why_no_scalar("a")
    ('it is not finite', 'it needs more than 64 bits', '')
    """
    if isinstance(value, str):
        is_text = value.isascii() or not _has_surrogate(value)
        return "" if is_text else "it is not valid Unicode: it holds a lone surrogate"
    if isinstance(value, float):
        return "" if isfinite(value) else "it is not finite"
    if isinstance(value, int) and not -MAX_INTEGER - 1 <= value <= MAX_INTEGER:
        return "it needs more than 64 bits"
    return ""


def parsed(text: str) -> Json:
    """The JSON value that a text spells; `ValueError` says what is wrong with it.

    >>> parsed('{"a": [1, null]}')
    {'a': [1, None]}
    >>> parsed('{"a": 1, "a": 2}')
    Traceback (most recent call last):
    ValueError: the key 'a' stands twice
    """
    try:
        value: object = json.loads(text, object_pairs_hook=_distinct, parse_constant=_refused)
    except RecursionError:
        raise ValueError(f"it is nested deeper than {MAX_DEPTH} levels") from None
    return checked(value)


def _distinct(pairs: list[tuple[str, object]]) -> dict[str, object]:
    distinct = dict(pairs)
    if len(distinct) < len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise ValueError(f"the key {twice!r} stands twice")
    return distinct


def _refused(constant: str) -> object:
    raise ValueError(f"{constant} is not JSON")


def _key(key: object) -> str:
    if isinstance(key, str):
        return _text(key)
    raise ValueError(f"a key is of type {type(key).__name__}")


def _text(text: str) -> str:
    if not text.isascii():
        _scalar(text)
    return text


def _scalar(value: bool | int | float | str | None) -> bool | int | float | str | None:
    if why := why_no_scalar(value):
        raise ValueError(f"it holds a value that JSON cannot: {why}")
    return value


def _has_surrogate(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return True
    return False
