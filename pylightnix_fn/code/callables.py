"""Functions, classes, modules and what wraps them, as descriptions.

The user's own stand for themselves. Of other people's the code does not count, only the name; but
they are looked through: the user's functions that they hold count, and by name those of others,
not the plain constants. Of this library's own not even the name counts where they hold a single
thing: ``retry(3)(fit)`` is described as ``fit`` is.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property, partial
from types import (
    BuiltinFunctionType,
    FunctionType,
    MethodDescriptorType,
    MethodType,
    ModuleType,
    WrapperDescriptorType,
)

import attrs

from .held import held, static_attribute
from .origin import Origin, Owner, place_of, place_of_class, place_of_function, place_of_module
from .parts import Close, Count, Frame, Look, Named, Step, Steps, Whole, named, said


def code_steps(value: object, count: Count, owner: Owner) -> Steps | None:
    """The parts of what is code by nature; None for any other value.

    >>> code_steps(len, Count.ALL, Owner())
    [Named(name='builtins:len', package='', opaque=False)]
    """
    match value:
        case FunctionType():
            return [value] if owner.owns_function(value) else _function(value, count)
        case type():
            place = place_of_class(value)
            return [value if owner.owns(place) else said(named(place, value.__qualname__), count)]
        case ModuleType():
            place = place_of(vars(value))
            own = owner.owns(place)
            return [Whole(place.module, value) if own else said(named(place, "module"), count)]
        case MethodType() | partial() | staticmethod() | classmethod() | property():
            inner = Count.ALL if isinstance(value, partial) else count
            kind: type = type(value)
            return [kind.__name__, *(Look(each, inner) for _, each in held(value))]
        case cached_property():
            return ["cached_property", Look(value.func, count)]
        case BuiltinFunctionType() | MethodDescriptorType() | WrapperDescriptorType():
            return _builtin(value, count)
        case _:
            return None


def called(value: object, count: Count) -> Steps:
    """The parts of other people's callable object, or of their descriptor.

    >>> from operator import itemgetter
    >>> list(called(itemgetter(1), Count.ALL))
    [Named(name='operator:itemgetter', package='', opaque=True)]
    """
    kind = type(value)
    place, own_name = place_of_class(kind), static_attribute(value, "__name__")
    if isinstance(own_name, str):
        module = static_attribute(value, "__module__") or kind.__module__
        name = named(place_of_module(module), own_name, opaque=True)
    else:
        name = named(place, kind.__qualname__, opaque=True)
    return _frame(value, name, place.origin, count)


def _function(value: FunctionType, count: Count) -> Steps:
    place, name = place_of_function(value), value.__code__.co_qualname
    if "<locals>" in name and count is Count.CALLS:  # how others do things, not what they do
        return [Look(each, count) for _, each in held(value)]
    return _frame(value, named(place, name), place.origin, count)


def _frame(value: object, name: Named, origin: Origin, count: Count) -> Iterator[Step]:
    if origin is Origin.LIBRARY:
        yield Frame(Named(said(name, count).name))
        yield from (Look(each, Count.ALL) for each in _keyed(value))
        yield from (Look(each, Count.OWN) for _, each in held(value))
        yield Close.FRAME
    else:
        yield said(name, count)
        yield from (Look(each, Count.CALLS) for _, each in held(value))


def _keyed(value: object) -> Iterator[object]:
    """What a combinator of this library puts into the key, by ``metadata={"key": True}``."""
    kind = type(value)
    if attrs.has(kind):
        fields = (each.name for each in attrs.fields(kind) if each.metadata.get("key"))
        yield from (static_attribute(value, name) for name in fields)


def _builtin(
    value: BuiltinFunctionType | MethodDescriptorType | WrapperDescriptorType, count: Count
) -> Steps:
    bound = getattr(value, "__self__", None)
    module = bound.__name__ if isinstance(bound, ModuleType) else getattr(value, "__module__", None)
    name = said(named(place_of_module(module), value.__qualname__), count)
    is_bound = not isinstance(bound, ModuleType | type | None)
    return [name, *([Look(bound, count)] if is_bound else [])]
