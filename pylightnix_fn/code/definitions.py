"""The user's functions, classes, modules and globals as descriptions.

A function is its form and, by name, all that it refers to: constants by value, the user's own
functions and classes as things to be described in turn, the rest by name. What is looked at on
the way is noted in `Reads`, so that a later plan can tell whether it would look the same.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePath
from types import (
    FunctionType,
    ModuleType,
)
from typing import NamedTuple, TypeGuard

from .classes import class_facts, own_methods
from .held import cells, held
from .mentions import Chain, Import, Mentions
from .modules import found_place, module_named, place_of_import
from .origin import Origin, Owner, place_of
from .parts import Assigned, Named, Part, Thing, Whole
from .sketches import assigned, class_sketch, function_sketch, globals_of, module_sketch
from .values import described

ABSENT = object()

_MODULE_NAMES = frozenset(vars(ModuleType("any"))) | {"__file__", "__builtins__", "__cached__"}


class Read(NamedTuple):
    """That a name in the globals of a function or module stood for a value, or was `ABSENT`."""

    holder: object
    name: str
    value: object


class Reads:
    """What was looked at; ``others`` are things of which not all that counts is noted."""

    def __init__(self) -> None:
        self.names = list[Read]()
        self.functions = list[FunctionType]()
        self.classes = list[type]()
        self.others = list[Thing]()


def definition(thing: Thing, owner: Owner, reads: Reads) -> Iterator[Part]:
    """The parts of one of the user's things."""
    match thing:
        case FunctionType():
            reads.functions.append(thing)
            return _function(thing, owner, reads)
        case Assigned():
            return _mentioned(thing.sketch.mentions, thing.holder, owner, reads, thing.sketch.form)
        case type():
            reads.classes.append(thing)
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


def _resolved(names: Chain, holder: object, owner: Owner, reads: Reads) -> dict[Chain, Read]:
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
    methods = own_methods(kind, owner)
    sketch = class_sketch(kind, methods)
    holder = methods[0] if methods else module_named(kind.__module__)
    if sketch is not None and holder is not None:
        yield from _mentioned(sketch.mentions, holder, owner, reads, sketch.form)
    for name, value in class_facts(kind, owner):
        yield "class " + name
        yield from described(value, owner)


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
