"""What can be told of a class when it runs, beside or without its text.

Its bases, the fields of a record, the members of an enumeration, and whatever is in its namespace
now, patched or not. What Python and the makers of records put there themselves is left out.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from enum import Enum
from functools import cached_property
from types import FunctionType, GetSetDescriptorType, MemberDescriptorType, ModuleType
from typing import NamedTuple
from weakref import WeakKeyDictionary, ref

from attrs import NOTHING

from .held import held
from .origin import Owner, place_of_class

_PYTHONS_OWN = frozenset({"_abc_impl", "_is_protocol", "_is_runtime_protocol"})
_RECORD = ("name", "default", "default_factory", "converter", "validator", "kw_only")

_OWNER = Owner()
_WRITTEN = (FunctionType, classmethod, staticmethod, cached_property, property)
_DATA = frozenset({MemberDescriptorType, GetSetDescriptorType, str, tuple, dict, type(None)})


class _Known(NamedTuple):
    """The module that a class was in, its functions then, and which of these are the user's."""

    module: ref[ModuleType]
    is_own: bool
    functions: tuple[ref[FunctionType], ...]
    own: tuple[int, ...]


_KNOWN: WeakKeyDictionary[type, _Known] = WeakKeyDictionary()


def own_methods(kind: type, owner: Owner) -> list[FunctionType]:
    """The functions in a class that its own body defines."""
    prefix = kind.__qualname__ + "."
    own = (each for each in _functions(kind) if owner.owns_function(each))
    return [each for each in own if each.__code__.co_qualname.startswith(prefix)]


def _functions(kind: type) -> Iterator[FunctionType]:
    for member in vars(kind).values():
        wrapped = isinstance(member, staticmethod | classmethod | property | cached_property)
        inside = [each for _, each in held(member)] if wrapped else [member]
        yield from (each for each in inside if isinstance(each, FunctionType))


def class_facts(kind: type, owner: Owner) -> Iterator[tuple[str, object]]:
    """Names and values that count, in an order that depends on the class alone."""
    yield from (("base", base) for base in kind.__bases__ if base is not object)
    if type(kind) is not type:
        yield "metaclass", type(kind)
    for each in (*_records(kind, "__attrs_attrs__"), *_records(kind, "__dataclass_fields__")):
        for name in _RECORD:
            value: object = getattr(each, name, None)
            if value is not NOTHING:
                yield "record " + name, _made(value)
    if issubclass(kind, Enum):  # what else is in its namespace differs between versions
        yield from ((name, member._value_) for name, member in kind.__members__.items())
        own = (each for each in _functions(kind) if owner.owns_function(each))
        yield from (("function", each) for each in own)
    for name, member in sorted(vars(kind).items()):
        if is_told(name, member, kind, owner):
            yield name, member


def _records(kind: type, name: str) -> Iterable[object]:
    found: object = getattr(kind, name, ())
    if isinstance(found, dict):
        return list(found.values())
    return found if isinstance(found, tuple) else ()


def _made(value: object) -> object:
    kind = type(value)
    is_factory = kind.__qualname__ == "Factory" and place_of_class(kind).top == "attr"
    return getattr(value, "factory", None) if is_factory else value


def is_told(name: str, member: object, kind: type, owner: Owner) -> bool:
    """Whether a member counts by itself, beside the text of its class."""
    if issubclass(kind, Enum):
        return False
    if isinstance(member, FunctionType):
        return owner.owns_function(member) or not name.startswith("__")
    if isinstance(member, staticmethod | classmethod | property | cached_property):
        return True
    if name.startswith("__") or name in _PYTHONS_OWN:
        return False
    return not isinstance(member, GetSetDescriptorType | MemberDescriptorType)


def methods_of(kind: type) -> list[FunctionType]:
    """The methods and properties that the user wrote in a class and its bases.

    Remembered as long as a class holds the same functions.

    >>> methods_of(int)
    []
    """
    return [each for base in kind.__mro__ if base is not object for each in _methods(base)]


def _methods(kind: type) -> list[FunctionType]:
    known, module = _KNOWN.get(kind), _module(kind)
    if known is not None and known.module is not module:
        known = None
    if known is not None and not known.is_own:
        return []
    found = _written_in(kind)
    functions = _references(found)
    if known is None or known.functions != functions:
        own = tuple(_own(kind, found))
        if module is None or functions is None:
            return [found[number] for number in own]
        known = _KNOWN[kind] = _Known(module, _is_own(kind), functions, own)
    return [found[number] for number in known.own]


def _module(kind: type) -> ref[ModuleType] | None:
    module = sys.modules.get(kind.__module__)
    return ref(module) if isinstance(module, ModuleType) else None


def _references(functions: list[FunctionType]) -> tuple[ref[FunctionType], ...] | None:
    try:
        return tuple(map(ref, functions))
    except TypeError:  # a proxy of one
        return None


def _is_own(kind: type) -> bool:
    return _OWNER.owns(place_of_class(kind))


def _own(kind: type, functions: list[FunctionType]) -> Iterator[int]:
    if _is_own(kind):
        for number, function in enumerate(functions):
            if _OWNER.owns_function(function):  # else the maker of records wrote it
                yield number


def _written_in(kind: type) -> list[FunctionType]:
    found: list[FunctionType] = []
    for member in vars(kind).values():
        if type(member) is FunctionType:
            found.append(member)
        elif type(member) not in _DATA and isinstance(member, _WRITTEN):
            found.extend(_written(member))
    return found


def _written(member: object) -> Iterator[FunctionType]:
    match member:
        case FunctionType():
            yield member
        case classmethod() | staticmethod():
            yield from _written(member.__func__)
        case cached_property():
            yield from _written(member.func)
        case property():
            yield from _written(member.fget)
        case _:
            return
