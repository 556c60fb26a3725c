"""Configs: the parameters of a stage as JSON, and the references inside.

A config is only its canonical text. What JSON would give back as something else (a tuple, a number
of numpy's, a key that is no string) is refused, with the path to it: what a realizer reads
is what the user wrote.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from reprlib import Repr
from typing import Final

import attrs
from attrs import field, frozen

from pylightnix_fn.canonical import MAX_DEPTH, Json, canonical, digest, parsed, why_no_scalar
from pylightnix_fn.errors.plan import MalformedReference, NotJson, RealizationInConfig
from pylightnix_fn.refs import DRef, Many, RRef, checked_name, dref, dref_from, is_dref, is_rref

# A list whose first item is this stands for a file that the realization itself will hold.
selfref: Final = "__self__"

_SHOWN_LENGTH: Final = 60
_SHORT: Final = Repr()  # looks only at the beginning of a value, however large or deep it is
_SHORT.maxstring = _SHORT.maxlong = _SHORT.maxother = _SHOWN_LENGTH


@frozen
class Reference:
    """A reference inside a config, and the path to it."""

    where: str
    dref: DRef[object]


@frozen
class Config:
    """The canonical JSON of one stage's parameters.

    >>> mkconfig({"b": 1, "a": [2.0, None]}).text
    '{"a":[2.0,null],"b":1}'
    """

    text: str
    name: str = "unnamed"
    references: tuple[Reference, ...] = field(default=(), eq=False, repr=False)
    promises: tuple[str, ...] = field(default=(), eq=False, repr=False)

    @property
    def digest(self) -> str:
        """The sha256 of the text, which names the derivation."""
        return digest(self.text)

    def value(self) -> Mapping[str, Json]:
        """The parameters as plain dicts, lists and scalars, new at every call."""
        value = parsed(self.text)
        return value if isinstance(value, Mapping) else {}

    def dref(self) -> DRef[object]:
        """The derivation that these parameters make."""
        return dref(self.digest, self.name, None)


def mkconfig(parameters: Mapping[str, object]) -> Config:
    """The config of a plain dict; its key 'name' names the derivation.

    `NotJson` names the path to a value that JSON cannot hold. Other errors: `MalformedName`,
    `MalformedReference`, `RealizationInConfig`.
    """
    name = parameters.get("name", "unnamed")
    if not isinstance(name, str):
        raise NotJson("unnamed", "config.name", shown(name), "a name is a text", "Write a text.")
    return encoded(checked_name(name), parameters, "config", None)


def encoded(
    name: str, parameters: Mapping[str, object], root: str, around: Mapping[str, Json] | None
) -> Config:
    """The config of these parameters, as ``fields`` of what is around them, if anything is.

    ``root`` begins the paths in error texts.
    """
    walk = _Walk(name)
    fields = walk.mapping(parameters, root, MAX_DEPTH - (around is not None))
    text = canonical(fields if around is None else {**around, "fields": fields})
    return Config(text, name, tuple(walk.references), tuple(walk.promises))


def fields_of(record: object) -> dict[str, object] | None:
    """The fields of an attrs record by name, not deeper; `None` for anything else.

    A field that was never given a value is `attrs.NOTHING`.
    """
    kind = type(record)
    if not attrs.has(kind):
        return None
    return {each.name: getattr(record, each.name, attrs.NOTHING) for each in attrs.fields(kind)}


class _Walk:
    """One pass over the parameters: what they are as JSON, and what they refer to."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.references: list[Reference] = []
        self.promises: list[str] = []

    def json(self, value: object, where: str, depth: int) -> Json:
        if value is None or type(value) in (bool, int, float, str):
            return self.scalar(value, where)
        if type(value) is dict:
            return self.mapping(value, where, depth)
        if type(value) is list:
            return self.sequence(value, where, depth)
        if isinstance(value, DRef | Many):
            return self.reference(value, where)
        if isinstance(value, RRef):
            raise RealizationInConfig(self.name, where, value.text)
        fields = fields_of(value)
        if fields is None:
            raise self.refused(value, where)
        return self.mapping(fields, where, depth)

    def scalar(self, value: object, where: str) -> Json:
        if isinstance(value, str):
            self.text(value, where)
        if value is None or isinstance(value, bool | int | float | str):
            if why := why_no_scalar(value):
                raise NotJson(self.name, where, shown(value), why, _INSTEAD["scalar"])
            return value
        raise self.refused(value, where)

    def text(self, text: str, where: str) -> None:
        if text.startswith("rref:") and is_rref(text):
            raise RealizationInConfig(self.name, where, text)
        if text.startswith(("dref:", "rref:")):
            if not is_dref(text):
                raise MalformedReference(text, "dref:<32 hex>-<name>", where)
            self.references.append(Reference(where, dref_from(text)))

    def mapping(self, value: Mapping[str, object], where: str, depth: int) -> dict[str, Json]:
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
            self.scalar_key(key, _below(where, key))
        return {key: self.json(item, _below(where, key), depth - 1) for key, item in value.items()}

    def scalar_key(self, key: str, where: str) -> None:
        if why := why_no_scalar(key):
            raise NotJson(self.name, where, shown(key), why, _INSTEAD["scalar"])

    def sequence(self, value: list[object], where: str, depth: int) -> list[Json]:
        self.check_depth(value, where, depth)
        if value and isinstance(value[0], str) and value[0] == selfref:
            self.promises.append("/".join(str(part) for part in value[1:]))
        return [self.json(item, f"{where}[{i}]", depth - 1) for i, item in enumerate(value)]

    def reference(self, value: DRef[object] | Many[object], where: str) -> str:
        target = value if isinstance(value, DRef) else value.dref
        self.references.append(Reference(where, target))
        return target.text

    def check_depth(self, value: object, where: str, depth: int) -> None:
        if depth == 0:
            why = f"it is nested deeper than {MAX_DEPTH} levels"
            raise NotJson(
                self.name, f"{where[:_SHOWN_LENGTH]}...", shown(value), why, _INSTEAD["depth"]
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


def _below(where: str, key: str) -> str:
    return f"{where}.{key}" if re.fullmatch(r"[A-Za-z_]\w*", key) else f"{where}[{key!r}]"


def shown(value: object) -> str:
    """A value as error texts show it, in at most 60 characters.

    >>> shown([0] * 1000)
    '[0, 0, 0, 0, 0, 0, ...]'
    """
    try:
        text = _SHORT.repr(value)
    except Exception:  # an integer of too many digits, or a repr of the user's that fails
        text = f"<{type(value).__name__}>"
    return text if len(text) <= _SHOWN_LENGTH else text[: _SHOWN_LENGTH - 3] + "..."


def dependencies(references: Iterable[Reference]) -> tuple[DRef[object], ...]:
    """The derivations referred to, each once, in the order of their first use."""
    return tuple(dict.fromkeys(reference.dref for reference in references))
