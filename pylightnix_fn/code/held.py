"""What a callable or an object holds on to, read without running a line of anybody's code.

Knows Python's own ways of holding: cells, defaults, ``__wrapped__``, bound arguments, instance
dictionaries and slots. Properties and ``__getattr__`` are never asked.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property, partial
from types import (
    CellType,
    FunctionType,
    GetSetDescriptorType,
    MemberDescriptorType,
    MethodType,
)
from typing import TypeGuard

_WRAPPED = ("__wrapped__", "_self_wrapper", "__func__", "__self__")


def held(value: object) -> list[tuple[str, object]]:
    """Name and value of all that something holds, in an order that depends on it alone.

    >>> [name for name, _ in held(partial(max, 1, key=len))]
    ['func', 'args', 'keywords']
    """
    if is_proxy(value):
        return inside(value)
    match value:
        case FunctionType():
            return [*cells(value), *_defaults(value), *_wrapped(value)]
        case MethodType():
            return [("function", value.__func__), ("self", value.__self__)]
        case partial():
            return [("func", value.func), ("args", value.args), ("keywords", value.keywords)]
        case staticmethod() | classmethod():
            return [("function", value.__func__)]
        case property():
            return [("get", value.fget), ("set", value.fset), ("delete", value.fdel)]
        case _:
            return inside(value)


def is_proxy(value: object) -> bool:
    """Whether something claims to be what it is not, as proxies do.

    >>> is_proxy(1)
    False
    """
    try:
        return value.__class__ is not type(value)
    except Exception:  # one that stands for nothing yet
        return True


def is_function(value: object) -> TypeGuard[FunctionType]:
    """Whether something is a function of Python's, and no proxy of one.

    >>> is_function(is_function), is_function(len)
    (True, False)
    """
    return type(value) is FunctionType


def cells(function: FunctionType) -> Iterator[tuple[str, object]]:
    """Name and value of what a function closes over, without what is not bound yet.

    >>> def maker(x): return lambda: x
    >>> list(cells(maker(3)))
    [('x', 3)]
    """
    for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=True):
        if isinstance(cell, CellType):
            try:
                yield name, cell.cell_contents
            except ValueError:  # not bound yet
                continue


def fields(value: object) -> dict[str, object]:
    """The instance attributes of an object, by name in order; what is computed once is left out.

    >>> class Point:
    ...     __slots__ = ("x", "y")
    >>> point = Point()
    >>> point.y = 2
    >>> fields(point)
    {'y': 2}
    """
    found: dict[str, object] = {}
    for kind in reversed(type(value).__mro__):
        for name, member in vars(kind).items():
            if isinstance(member, MemberDescriptorType) and not name.startswith("__"):
                try:
                    found[name] = member.__get__(value, type(value))
                except AttributeError:  # a slot that is empty
                    continue
    found |= _dictionary(value)
    return {name: found[name] for name in sorted(found, key=str) if not _is_computed(value, name)}


def static_attribute(value: object, name: str) -> object:
    """An attribute of the object or of its class's C structure; None where there is none.

    >>> static_attribute(len, "__name__")
    'len'
    """
    if name in (own := _dictionary(value)):
        return own[name]
    for kind in type(value).__mro__:
        member = vars(kind).get(name)
        if isinstance(member, GetSetDescriptorType | MemberDescriptorType):
            try:
                return member.__get__(value, type(value))
            except Exception:  # a proxy of something that is not there
                return None
    return None


def inside(value: object) -> list[tuple[str, object]]:
    """The fields of an object, and what it says to wrap, by name in order.

    >>> from types import SimpleNamespace
    >>> inside(SimpleNamespace(b=1, a=2))
    [('a', 2), ('b', 1)]
    """
    extra = ((name, static_attribute(value, name)) for name in _WRAPPED)
    found = {name: each for name, each in extra if each is not None}
    return sorted((fields(value) | found).items(), key=lambda each: str(each[0]))


def _dictionary(value: object) -> dict[str, object]:
    try:
        found = object.__getattribute__(value, "__dict__")
    except AttributeError:
        return {}
    return found if isinstance(found, dict) else {}


def _is_computed(value: object, name: str) -> bool:
    kinds = type(value).__mro__
    once = any(isinstance(vars(kind).get(name), cached_property) for kind in kinds)
    return once or name.startswith("_attrs_")


def _defaults(function: FunctionType) -> Iterator[tuple[str, object]]:
    if function.__defaults__:
        yield "defaults", function.__defaults__
    if function.__kwdefaults__:
        yield "kwdefaults", function.__kwdefaults__


def _wrapped(function: FunctionType) -> Iterator[tuple[str, object]]:
    if "__wrapped__" in vars(function):
        yield "wrapped", vars(function)["__wrapped__"]
