"""Texts as values of the types that annotations name.

Scalars, paths, enums and literals are written plainly; lists with commas or as JSON; mappings and
records as JSON objects. ``none`` is `None` wherever that may stand.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from enum import Enum
from pathlib import Path
from types import NoneType
from typing import Final, Literal, TypeVar, get_args, get_origin

import attrs

from pylightnix_fn.loading.kinds import (
    COLLECTIONS,
    UNIONS,
    fields_of_type,
    is_list,
    is_mapping,
    is_record,
    is_untyped,
    plain_type,
    type_text,
)

A = TypeVar("A")

_TRUE: Final = frozenset({"true", "yes", "on", "1"})
_FALSE: Final = frozenset({"false", "no", "off", "0"})
_NONE: Final = frozenset({"none", "null", ""})
_SCALARS: Final[dict[object, Callable[[str], object]]] = {
    str: str,
    int: int,
    float: float,
    Path: Path,
}


def typed(text: str, annotation: object) -> object:
    """The value of a type that a text stands for; `ValueError` says what is expected.

    >>> typed("3", int), typed("3", float), typed("on", bool), typed("none", int | None)
    (3, 3.0, True, None)
    >>> typed("1,2", list[int]), typed('["a,b"]', tuple[str, ...]), typed("b", Literal["a", "b"])
    ([1, 2], ('a,b',), 'b')
    """
    kind = plain_type(annotation)
    origin, options = get_origin(kind), get_args(kind)
    if kind in _SCALARS:
        return _or_expected(_SCALARS[kind], text, kind)
    if kind is bool:
        return _or_expected(_truth, text, kind)
    if is_untyped(kind):
        return _loose(text)
    if origin is Literal:
        literals: dict[str, object] = {_name(each): each for each in options}
        return _or_expected(literals.__getitem__, text, kind)
    if origin in UNIONS:
        return _first_of(options, text, kind)
    if isinstance(kind, type) and issubclass(kind, Enum):
        return _or_expected(_members(kind).__getitem__, text, kind)
    if is_list(kind):
        return _listed(text, kind)
    if is_record(kind):
        return _record(kind, _or_expected(_object, text, kind))
    if is_mapping(kind):
        return _mapped(text, kind)
    raise ValueError(type_text(kind))


class UnknownField(ValueError):
    """A JSON object has a field that a record lacks."""

    def __init__(self, field: str, known: tuple[str, ...]) -> None:
        super().__init__(field)
        self.known = known


def made(kind: type[attrs.AttrsInstance], values: Mapping[str, object]) -> object:
    """A record with these values; `ValueError` where it cannot be."""
    make: object = kind
    assert callable(make)  # it is a class
    try:
        record: object = make(**values)
    except (TypeError, ValueError) as error:  # without a default, or refused by a validator
        raise ValueError(f"{type_text(kind)}: {error}") from None
    return record


def _record(kind: type[attrs.AttrsInstance], texts: Mapping[str, str]) -> object:
    hints = fields_of_type(kind)
    for name in texts.keys() - hints.keys():
        raise UnknownField(name, tuple(hints))
    return made(kind, {name: typed(text, hints[name]) for name, text in texts.items()})


def _or_expected(convert: Callable[[str], A], text: str, kind: object) -> A:
    try:
        return convert(text)
    except (KeyError, ValueError, TypeError):
        raise ValueError(type_text(kind)) from None


def _truth(text: str) -> bool:
    if text.lower() not in _TRUE | _FALSE:
        raise ValueError
    return text.lower() in _TRUE


def _name(literal: object) -> str:
    return str(literal.name if isinstance(literal, Enum) else literal)


def _members(kind: type[Enum]) -> dict[str, Enum]:
    """By their names or, where no other has that for a name, by their values."""
    return {**{str(each.value): each for each in kind}, **kind.__members__}


def _first_of(options: tuple[object, ...], text: str, kind: object) -> object:
    """The first option that fits; a text fits always, so it comes last."""
    if NoneType in options and text.lower() in _NONE:
        return None
    for option in sorted(options, key=lambda each: each is str):
        if option is not NoneType:
            try:
                return typed(text, option)
            except ValueError:
                continue
    raise ValueError(type_text(kind))


def _loose(text: str) -> object:
    try:
        value: object = json.loads(text)
    except ValueError:
        return text
    return value


def _object(text: str) -> dict[str, str]:
    value: object = json.loads(text)
    if not isinstance(value, dict):
        raise TypeError
    return {str(key): _text(item) for key, item in value.items()}


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _items(text: str) -> list[str]:
    if text.lstrip().startswith("["):
        value: object = json.loads(text)
        return [_text(item) for item in value] if isinstance(value, list) else []
    return [item.strip() for item in text.split(",")] if text.strip() else []


def _listed(text: str, kind: object) -> object:
    items, options = _or_expected(_items, text, kind), get_args(kind)
    origin = get_origin(kind) or kind
    if origin is tuple and options and options[-1] is not Ellipsis:
        if len(items) != len(options):
            raise ValueError(f"{len(options)} values, not {len(items)}")
        return tuple(typed(item, each) for item, each in zip(items, options, strict=True))
    values = [typed(item, options[0] if options else object) for item in items]
    make: Callable[[list[object]], object] = next(
        (make for each, make in COLLECTIONS.items() if each is origin), tuple
    )
    return make(values)


def _mapped(text: str, kind: object) -> dict[object, object]:
    of_key, of_value = get_args(kind) or (str, object)
    items = _or_expected(_object, text, kind).items()
    return {typed(key, of_key): typed(item, of_value) for key, item in items}
