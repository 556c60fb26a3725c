"""The user's functions, classes, modules and globals as descriptions.

A function is its form and, by name, all that it refers to: constants by value, the user's own
functions and classes as things to be described in turn, the rest by name. What is looked at on
the way is noted in `Reads`, so that a later plan can tell whether it would look the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from enum import Enum
from functools import cached_property
from pathlib import PurePath
from types import (
    FunctionType,
    GetSetDescriptorType,
    MemberDescriptorType,
    ModuleType,
)
from typing import TypeGuard

from attrs import field, frozen

from .held import cells, held
from .mentions import Chain, Import, Mentions
from .modules import found_place, module_named, place_of_import
from .origin import Origin, Owner, place_of
from .parts import Assigned, Named, Part, Thing, Whole
from .sketches import assigned, class_sketch, function_sketch, globals_of, module_sketch
from .values import described

ABSENT = object()

_PYTHONS_OWN = frozenset({"_abc_impl", "_is_protocol", "_is_runtime_protocol"})
_MODULE_NAMES = frozenset(vars(ModuleType("any"))) | {"__file__", "__builtins__", "__cached__"}


@frozen(eq=False)
class Read:
    """That a name in the globals of a function or module stood for a value, or was `ABSENT`."""

    holder: object
    name: str
    value: object


@frozen(eq=False)
class Reads:
    """What was looked at: names, functions; ``all_noted`` is False once something else was."""

    names: list[Read] = field(factory=list)
    functions: list[FunctionType] = field(factory=list)
    others: list[Thing] = field(factory=list)


def definition(thing: Thing, owner: Owner, reads: Reads) -> Iterator[Part]:
    """The parts of one of the user's things."""
    match thing:
        case FunctionType():
            reads.functions.append(thing)
            return _function(thing, owner, reads)
        case Assigned():
            return _mentioned(thing.sketch.mentions, thing.holder, owner, reads, thing.sketch.form)
        case type():
            reads.others.append(thing)
            return _class(thing, owner, reads)
        case Whole():
            reads.others.append(thing)
            return _module(thing, owner)


def _function(function: FunctionType, owner: Owner, reads: Reads) -> Iterator[Part]:
    sketch = function_sketch(function)
    yield from _mentioned(sketch.mentions, function, owner, reads, sketch.form)
    for name, value in held(function):
        if not isinstance(value, ModuleType):
            yield "holds " + name
            yield from described(value, owner)


def _mentioned(
    found: Mentions, holder: object, owner: Owner, reads: Reads, form: str
) -> Iterator[Part]:
    yield form
    resolved: dict[Chain, Read] = {}
    for names in sorted(found.chains):
        if names[0] not in found.written and names[0] not in _MODULE_NAMES:
            resolved |= _resolved(names, holder, owner, reads)
    for used, read in resolved.items():
        yield "name " + ".".join(used)
        yield from _named(read, owner)
    for name in sorted(found.written):
        if (origin := assigned(name, holder, None)) is not None:
            yield origin
    for each in sorted(found.imports):
        yield from _imported(each, globals_of(holder), owner)


def _named(read: Read, owner: Owner) -> Iterator[Part]:
    parts = described(read.value, owner)
    yield from parts
    if any(isinstance(part, Named) and part.opaque for part in parts):
        origin = assigned(read.name, read.holder, read.value)
        yield from [] if origin is None else [origin]


def _resolved(
    names: Chain, holder: object, owner: Owner, reads: Reads
) -> dict[Chain, Read]:
    inner = dict(cells(holder)) if isinstance(holder, FunctionType) else {}
    if names[0] in inner and not isinstance(inner[names[0]], ModuleType):
        return {}  # told with all else that the function holds
    read = Read(holder, names[0], inner.get(names[0], _global(names[0], holder)))
    reads.names.extend([] if names[0] in inner else [read])
    used = 1
    while used < len(names) and _is_own_module(read.value, owner):
        read = _attribute(read.value, names[used])
        reads.names.append(read)
        used += 1
    if read.value is ABSENT or names[used - 1] in _MODULE_NAMES:
        return {}
    found = {names[:used]: read}
    if isinstance(read.value, FunctionType) and set(names[used:]) & vars(read.value).keys():
        reads.others.append(read.value)
        found[names[: used + 1]] = Read(holder, "", vars(read.value)[names[used]])
    return found


def _global(name: str, holder: object) -> object:
    return globals_of(holder).get(name, ABSENT)


def _is_own_module(value: object, owner: Owner) -> TypeGuard[ModuleType]:
    return isinstance(value, ModuleType) and owner.owns(place_of(vars(value)))


def _attribute(module: ModuleType, name: str) -> Read:
    value = vars(module).get(name, ABSENT)
    if value is ABSENT:
        late = module_named(f"{module.__name__}.{name}")
        value = late or vars(module).get("__getattr__", ABSENT)
    return Read(module, name, value)


def _imported(each: Import, namespace: dict[str, object], owner: Owner) -> Iterator[Part]:
    place = place_of_import(each, namespace)
    if place is None:
        return
    if owner.owns(place):
        yield Whole(place.module, module_named(place.module))
    elif place.origin is Origin.INSTALLED:
        yield Named("", place.top)


def _class(kind: type, owner: Owner, reads: Reads) -> Iterator[Part]:
    methods = [each for each in _functions(kind) if owner.owns_function(each)]
    prefix = kind.__qualname__ + "."
    methods = [each for each in methods if each.__code__.co_qualname.startswith(prefix)]
    sketch = class_sketch(kind, methods)
    holder = methods[0] if methods else module_named(kind.__module__)
    if sketch is not None and holder is not None:
        yield from _mentioned(sketch.mentions, holder, owner, reads, sketch.form)
    for name, value in _facts(kind, owner):
        yield "class " + name
        yield from described(value, owner)


def _functions(kind: type) -> Iterator[FunctionType]:
    for member in vars(kind).values():
        wrapped = isinstance(member, staticmethod | classmethod | property | cached_property)
        inside = [each for _, each in held(member)] if wrapped else [member]
        yield from (each for each in inside if isinstance(each, FunctionType))


def _facts(kind: type, owner: Owner) -> Iterator[tuple[str, object]]:
    yield from (("base", base) for base in kind.__bases__ if base is not object)
    if type(kind) is not type:
        yield "metaclass", type(kind)
    for each in (*_records(kind, "__attrs_attrs__"), *_records(kind, "__dataclass_fields__")):
        for name in ("name", "default", "default_factory", "converter", "validator", "kw_only"):
            value = getattr(each, name, None)
            yield "record " + name, getattr(value, "factory", value)
    if issubclass(kind, Enum):
        yield from ((name, member._value_) for name, member in kind.__members__.items())
    for name, member in sorted(vars(kind).items()):
        if _is_told(name, member, issubclass(kind, Enum), owner):
            yield name, member


def _records(kind: type, name: str) -> Iterable[object]:
    found: object = getattr(kind, name, ())
    if isinstance(found, dict):
        return list(found.values())
    return found if isinstance(found, tuple) else ()


def _is_told(name: str, member: object, enum: bool, owner: Owner) -> bool:
    if isinstance(member, FunctionType):
        return owner.owns_function(member) or not (enum or name.startswith("__"))
    if isinstance(member, staticmethod | classmethod | property | cached_property):
        return True
    if name.startswith("__") or name in _PYTHONS_OWN or enum:
        return False
    return not isinstance(member, GetSetDescriptorType | MemberDescriptorType)


def _module(thing: Whole, owner: Owner) -> Iterator[Part]:
    module = thing.module or module_named(thing.name)
    place = place_of(vars(module)) if module else found_place(thing.name)
    sketch = module_sketch(module, place) if place else None
    if sketch is not None and place is not None:
        yield sketch.form
        package = place.module if PurePath(place.file or "").stem == "__init__" else None
        package = package or place.module.rpartition(".")[0]
        for each in sorted(sketch.mentions.imports):
            yield from _imported(each, {"__package__": package}, owner)
    elif module is not None:
        for name, value in sorted(vars(module).items()):
            if name not in _MODULE_NAMES:
                yield "name " + name
                yield from described(value, owner)
