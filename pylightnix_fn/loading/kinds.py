"""What an annotation asks for: one value, several, a record; and how people call that."""

from __future__ import annotations

import types
from collections.abc import Mapping
from enum import Enum
from inspect import Parameter
from pathlib import Path
from types import NoneType
from typing import Annotated, Final, Literal, TypeGuard, Union, get_args, get_origin, get_type_hints

import attrs

COLLECTIONS: Final = {list: list, tuple: tuple, set: set, frozenset: frozenset}
UNIONS: Final = (Union, types.UnionType)

_WORDS: Final[dict[object, str]] = {
    str: "a text",
    int: "a whole number",
    float: "a number",
    bool: "true or false",
    Path: "a path",
    NoneType: "none",
}
_UNTYPED: Final = (Parameter.empty, object, None)
_SEQUENCES: Final = frozenset({"Sequence", "Iterable", "Collection"})


def type_text(annotation: object) -> str:
    """What is expected of a text, in words.

    >>> type_text(int | None), type_text(list[Literal["a", "b"]]), type_text(Path)
    ('a whole number or none', "a list, each 'a' or 'b'", 'a path')
    """
    kind = plain_type(annotation)
    origin, options = get_origin(kind), get_args(kind)
    if origin is Literal:
        return " or ".join(repr(each) for each in options)
    if origin in UNIONS:
        return " or ".join(type_text(each) for each in options)
    if isinstance(kind, type) and issubclass(kind, Enum):
        return " or ".join(kind.__members__)
    if is_list(kind):
        return f"a list, each {type_text(options[0])}" if options else "a list"
    if is_record(kind):
        return f"a JSON object with the fields of {kind.__name__}"
    if is_mapping(kind):
        return "a JSON object"
    if is_untyped(kind):
        return "any text"
    name = getattr(kind, "__name__", str(kind))
    return _WORDS.get(kind) or f"a {name}, which no text can stand for"


def fields_of_type(kind: type[attrs.AttrsInstance]) -> dict[str, object]:
    """The types of a record's fields, by the names of its parameters."""
    hints = get_type_hints(kind, include_extras=True)
    return {
        each.alias or each.name: hints.get(each.name, object)
        for each in attrs.fields(kind)
        if each.init
    }


def plain_type(annotation: object) -> object:
    """A type without what is only a name or a note for it."""
    while True:
        if get_origin(annotation) is Annotated:
            annotation = get_args(annotation)[0]
        elif hasattr(annotation, "__supertype__"):
            annotation = getattr(annotation, "__supertype__", None)
        else:
            return annotation


def is_untyped(annotation: object) -> bool:
    """Whether any value may stand here."""
    return annotation in _UNTYPED or str(annotation) == "typing.Any"


def is_list(annotation: object) -> bool:
    """Whether several values stand here."""
    kind = get_origin(annotation) or annotation
    return kind in COLLECTIONS or getattr(kind, "__name__", "") in _SEQUENCES


def is_record(annotation: object) -> TypeGuard[type[attrs.AttrsInstance]]:
    """Whether this is a class whose fields are declared."""
    return isinstance(annotation, type) and attrs.has(annotation) and not _is_reference(annotation)


def _is_reference(kind: type) -> bool:
    return kind.__module__ == "pylightnix_fn.refs"


def is_mapping(annotation: object) -> bool:
    """Whether keys and values stand here."""
    kind = get_origin(annotation) or annotation
    return isinstance(kind, type) and issubclass(kind, Mapping)
