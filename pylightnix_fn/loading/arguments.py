"""The arguments of a stage from texts, by its signature.

``name=value`` is an argument by name, ``name.field=value`` a field of one that is a record; what
has no name fills the parameters in their order. A list may be given item by item.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from inspect import Parameter, Signature
from typing import Final, get_args, get_origin

from attrs import Factory, define, frozen

from pylightnix_fn.canonical import Json
from pylightnix_fn.errors.loading import BadArgument, MissingArgument, UnknownArgument
from pylightnix_fn.errors.message import shown
from pylightnix_fn.loading.kinds import (
    UNIONS,
    fields_of_type,
    is_list,
    is_record,
    plain_type,
    type_text,
)
from pylightnix_fn.loading.typed import UnknownField, made, typed

_NAMED: Final = re.compile(r"([A-Za-z_][\w-]*(?:\.[A-Za-z_][\w-]*)*)=(.*)", re.DOTALL)
_MANY: Final = (Parameter.VAR_POSITIONAL, Parameter.VAR_KEYWORD)


@frozen
class Argument:
    """A parameter of a stage, or a field of one: its type, and the default, if it has one."""

    name: str
    annotation: object
    default: object = Parameter.empty
    is_placed: bool = True

    @property
    def is_required(self) -> bool:
        """Whether a stage cannot do without."""
        return self.default is Parameter.empty

    def json(self) -> Json:
        return {
            "name": self.name,
            "type": type_text(self.annotation),
            "default": None if self.is_required else shown(self.default),
            "required": self.is_required,
        }

    def __str__(self) -> str:
        default = "" if self.is_required else f" (default: {shown(self.default)})"
        return f"{self.name}: {type_text(self.annotation)}{default}"


@define
class Given:
    """Arguments as they are given: texts by name, by field, and by place."""

    named: dict[str, list[str]] = Factory(dict)
    fields: dict[str, dict[str, list[str]]] = Factory(dict)
    placed: list[str] = Factory(list)

    def __contains__(self, name: str) -> bool:
        return name in self.named or name in self.fields


def given(texts: Iterable[str]) -> Given:
    """The texts sorted by what they are for.

    >>> given(["3", "learning-rate=0.1", "net.width=8", "net.width=9"])
    Given(named={'learning_rate': ['0.1']}, fields={'net': {'width': ['8', '9']}}, placed=['3'])
    """
    found = Given()
    for text in texts:
        named = _NAMED.fullmatch(text)
        if named is None:
            found.placed.append(text)
            continue
        name, _, field = named[1].replace("-", "_").partition(".")
        below = found.fields.setdefault(name, {}) if field else found.named
        below.setdefault(field or name, []).append(named[2])
    return found


def arguments_of(signature: Signature) -> tuple[Argument, ...]:
    """The parameters after the first, which takes the manager."""
    return tuple(
        Argument(each.name, each.annotation, each.default, each.kind is not Parameter.KEYWORD_ONLY)
        for each in list(signature.parameters.values())[1:]
        if each.kind not in _MANY
    )


def values_of(stage: str, known: Sequence[Argument], texts: Iterable[str]) -> dict[str, object]:
    """The values that a stage is called with, by the names of its parameters.

    Errors: `UnknownArgument`, `MissingArgument`, `BadArgument`.
    """
    wanted = given(texts)
    places = [each.name for each in known if each.is_placed and each.name not in wanted]
    for name, text in zip(places, wanted.placed, strict=False):
        wanted.named[name] = [text]
    for text in wanted.placed[len(places) :]:
        raise UnknownArgument(stage, shown(text), _names(known))
    values = _values(stage, known, wanted, "")
    for each in known:
        if each.is_required and each.name not in values:
            raise MissingArgument(stage, each.name, type_text(each.annotation))
    return values


def _values(stage: str, known: Sequence[Argument], wanted: Given, before: str) -> dict[str, object]:
    by_name = {each.name: each for each in known}
    for name in (*wanted.named, *wanted.fields):
        if name not in by_name:
            raise UnknownArgument(stage, before + name, _names(known))
    return {
        name: _value(stage, each, wanted, before + name)
        for name, each in by_name.items()
        if name in wanted
    }


def _value(stage: str, known: Argument, wanted: Given, path: str) -> object:
    texts, fields = wanted.named.get(known.name, []), wanted.fields.get(known.name, {})
    if fields and texts:
        raise BadArgument(stage, path, shown(texts[0]), "one text, or fields, not both")
    if fields:
        return _record(stage, known, fields, path)
    several = any(map(is_list, _options(known.annotation)))
    if len(texts) > 1 and not several:
        raise BadArgument(stage, path, ", ".join(map(shown, texts)), "one value")
    text = texts[0] if len(texts) == 1 else json.dumps(texts)
    try:
        return typed(text, known.annotation)
    except UnknownField as error:
        raise UnknownArgument(stage, f"{path}.{error}", ", ".join(error.known)) from None
    except ValueError as error:
        raise BadArgument(stage, path, shown(text), str(error)) from None


def _record(stage: str, known: Argument, texts: Mapping[str, list[str]], path: str) -> object:
    """A record from texts of its fields; the others are those of the default, if there is one."""
    kind = next(filter(is_record, _options(known.annotation)), None)
    if kind is None or not is_record(kind):
        raise UnknownArgument(stage, f"{path}.{next(iter(texts))}", f"{known.name}")
    wanted = Given()
    for name, those in texts.items():
        first, _, field = name.partition(".")
        below = wanted.fields.setdefault(first, {}) if field else wanted.named
        below.setdefault(field or first, []).extend(those)
    base = known.default if isinstance(known.default, kind) else None
    fields = [
        Argument(name, annotation, getattr(base, name, getattr(base, f"_{name}", Parameter.empty)))
        for name, annotation in fields_of_type(kind).items()
    ]
    values = {each.name: each.default for each in fields if not each.is_required}
    values.update(_values(stage, fields, wanted, f"{path}."))
    try:
        return made(kind, values)
    except ValueError as error:
        raise BadArgument(stage, path, ", ".join(texts), str(error)) from None


def _options(annotation: object) -> tuple[object, ...]:
    kind = plain_type(annotation)
    return get_args(kind) if get_origin(kind) in UNIONS else (kind,)


def _names(known: Sequence[Argument]) -> str:
    return ", ".join(each.name for each in known)
