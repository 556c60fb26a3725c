"""What can be told of a class when it runs, beside or without its text.

Its bases, the fields of a record, the members of an enumeration, and whatever is in its namespace
now, patched or not. What Python and the makers of records put there themselves is left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from enum import Enum
from functools import cached_property
from types import FunctionType, GetSetDescriptorType, MemberDescriptorType

from attrs import NOTHING

from .held import held
from .origin import Owner, place_of_class

_PYTHONS_OWN = frozenset({"_abc_impl", "_is_protocol", "_is_runtime_protocol"})
_RECORD = ("name", "default", "default_factory", "converter", "validator", "kw_only")


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
