"""Parameters as JSON: what is refused, and which references are inside.

What JSON would give back as something else (a tuple, a number of numpy's, a key that is no string)
is refused, with the path to it: what a realizer reads is what the user wrote.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Final, TypeVar

import attrs
from attrs import Attribute, frozen

from pylightnix_fn.canonical import (
    MAX_DEPTH,
    mapping_text,
    scalar_text,
    sequence_text,
    why_no_scalar,
)
from pylightnix_fn.errors.message import SHOWN_LENGTH, shown
from pylightnix_fn.errors.plan import MalformedReference, NotJson, RealizationInConfig
from pylightnix_fn.refs import DRef, Many, RRef, dref_from, is_dref, is_rref

_SCALARS: Final = frozenset({type(None), bool, int, float, str})
_FIXED: Final = _SCALARS | {DRef, Many}

R = TypeVar("R")

MAX_VALUES: Final = 1_000_000  # a list that stands in many places counts in each

# A list whose first item is this stands for a file that the realization itself will hold.
selfref: Final = "__self__"


@frozen
class Reference:
    """A reference inside a config, and the path to it."""

    where: str
    dref: DRef[object]


def attributes_of(kind: type) -> tuple[Attribute[object], ...] | None:
    """What attrs knows of the fields of a record class; `None` for any other class."""
    found: tuple[Attribute[object], ...] | None = getattr(kind, "__attrs_attrs__", None)
    return found


def fields_of(record: object) -> dict[str, object] | None:
    """The fields of an attrs record by name, not deeper; `None` for anything else.

    A field that was never given a value is `attrs.NOTHING`.
    """
    attributes = attributes_of(type(record))
    if attributes is None:
        return None
    return {each.name: getattr(record, each.name, attrs.NOTHING) for each in attributes}


def kept(record: R) -> R:
    """A record whose fields stay as they are: itself, or a copy where somebody could change it.

    >>> from attrs import frozen
    >>> @frozen
    ... class Train: rates: object
    >>> one, many = Train(0.1), Train([0.1])
    >>> kept(one) is one, kept(many) is many, kept(many) == many
    (True, False, True)
    """
    kind = type(record)
    if not _is_fixed(kind):
        return copy.deepcopy(record)
    fields = fields_of(record) or {}
    copies = {name: _copied(value) for name, value in fields.items() if type(value) not in _FIXED}
    if not copies:
        return record
    made = object.__new__(kind)  # not `copy.copy`, which takes as long as all the rest
    for name, value in fields.items():
        object.__setattr__(made, name, copies.get(name, value))
    return made


def _is_fixed(kind: type) -> bool:
    """Whether records of a class cannot be assigned to, and hold their fields alone."""
    is_frozen = vars(Reference)["__setattr__"] is kind.__setattr__
    return is_frozen and not kind.__dictoffset__ and not hasattr(kind, "__deepcopy__")


def _copied(value: object) -> object:
    if type(value) is list:
        return [each if type(each) in _FIXED else _copied(each) for each in value]
    return kept(value)


class Walk:
    """One pass over the parameters: their canonical JSON, and what they refer to."""

    __slots__ = ("drefs", "left", "name", "places", "promises")

    def __init__(self, name: str) -> None:
        self.name = name
        self.left = MAX_VALUES
        self.drefs: list[DRef[object]] = []
        self.places: list[str] = []  # the path to each of them
        self.promises: list[str] = []

    def json(self, value: object, where: str, depth: int) -> str:
        self.left -= 1
        if self.left < 0:
            why = f"with it, there are more than {MAX_VALUES} values"
            raise NotJson(self.name, where, shown(value), why, _INSTEAD["depth"])
        if type(value) is DRef:  # first, for a stage may need thousands
            return self.reference(value, where)
        if type(value) in _SCALARS and (value is None or isinstance(value, (str, int, float))):
            return self.scalar(value, where)
        if isinstance(value, (DRef, Many)):
            return self.reference(value.dref if isinstance(value, Many) else value, where)
        if type(value) is list:
            return self.sequence(value, where, depth)
        if type(value) is dict:
            return self.mapping(value, where, depth)
        if isinstance(value, RRef):
            raise RealizationInConfig(self.name, where, value.text)
        fields = fields_of(value)
        if fields is None:
            raise self.refused(value, where)
        return self.mapping(fields, where, depth)

    def scalar(self, value: bool | int | float | str | None, where: str) -> str:
        if isinstance(value, str) and value.startswith(("dref:", "rref:")):
            self.text(value, where)
        if why := why_no_scalar(value):
            raise NotJson(self.name, where, shown(value), why, _INSTEAD["scalar"])
        return scalar_text(value)

    def text(self, text: str, where: str) -> None:
        if is_rref(text):
            raise RealizationInConfig(self.name, where, text)
        if not is_dref(text):
            raise MalformedReference(text, "dref:<32 hex>-<name>", where)
        self.reference(dref_from(text), where)

    def mapping(self, value: Mapping[str, object], where: str, depth: int) -> str:
        self.check_depth(value, where, depth)
        for key in value:
            if type(key) is not str:
                raise NotJson(
                    self.name,
                    f"{where}[{shown(key)}]",
                    shown(key),
                    f"a key must be a str, not {type(key).__name__}",
                    "Write the key as a text.",
                )
            if why := _why_no_key(key):
                raise NotJson(self.name, where + _step(key), shown(key), why, _INSTEAD["scalar"])
        json, below = self.json, depth - 1
        return mapping_text(
            {key: json(item, where + _step(key), below) for key, item in value.items()}
        )

    def sequence(self, value: list[object], where: str, depth: int) -> str:
        self.check_depth(value, where, depth)
        if value and isinstance(value[0], str) and value[0] == selfref:
            self.promises.append("/".join(str(part) for part in value[1:]))
        json, below = self.json, depth - 1
        return sequence_text([json(item, f"{where}[{i}]", below) for i, item in enumerate(value)])

    def reference(self, target: DRef[object], where: str) -> str:
        self.places.append(where)
        self.drefs.append(target)
        return f'"{target.text}"'  # of letters and digits that JSON spells as they are

    def check_depth(self, value: object, where: str, depth: int) -> None:
        if depth == 0:
            why = f"it is nested deeper than {MAX_DEPTH} levels"
            raise NotJson(
                self.name, f"{where[:SHOWN_LENGTH]}...", shown(value), why, _INSTEAD["depth"]
            )

    def refused(self, value: object, where: str) -> NotJson:
        kind = type(value)
        hints = (_INSTEAD.get(base.__name__, "") for base in kind.__mro__)
        label = f"{kind.__module__}.{kind.__qualname__}".removeprefix("builtins.")
        return NotJson(
            self.name,
            where,
            shown(value),
            f"{label} would not come back from JSON as it was",
            next(filter(None, hints), "Use dicts, lists, texts, numbers, bools, None, references."),
        )


_INSTEAD: Final = {
    "tuple": "Write a list.",
    "set": "Write a sorted list.",
    "frozenset": "Write a sorted list.",
    "bytes": "Write a text, or put the bytes into a stage of their own with `file`.",
    "generic": "Write a plain value: `x.item()`.",
    "ndarray": "Write a list, `x.tolist()`, or put the array into a stage of its own.",
    "PurePath": "Write a text, `str(path)`; the file itself belongs into `fetchlocal`.",
    "Enum": "Write its value: `x.value`.",
    "_Nothing": "Give the field a value.",
    "scalar": "Write another value, or its text.",
    "depth": "Flatten it, or put a part into a stage of its own.",
}


@lru_cache(maxsize=4096)
def _why_no_key(key: str) -> str:
    return why_no_scalar(key) or ("a key cannot be a reference" if is_dref(key) else "")


@lru_cache(maxsize=4096)
def _step(key: str) -> str:
    return f".{key}" if re.fullmatch(r"[A-Za-z_]\w*", key) else f"[{key!r}]"
