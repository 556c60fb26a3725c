"""Whether all that a description was made from still is what it was, told in about a microsecond.

A helper may be redefined, a global changed, a function patched in place between two plans. Only
identities are compared, and through weak references: what is watched must not be kept alive, least
of all the function itself, which its own module's globals hold. What cannot be watched so (classes,
objects with state) is described anew each time.
"""

from __future__ import annotations

import marshal
from collections.abc import Callable, Iterable, Iterator
from itertools import repeat
from pathlib import PurePath
from types import BuiltinFunctionType, CodeType, FunctionType, ModuleType
from typing import TypeAlias
from weakref import ref

from attrs import frozen

from .definitions import ABSENT, Reads
from .held import cells, held
from .origin import Owner
from .parts import Named
from .sketches import globals_of
from .values import described

Expected: TypeAlias = Callable[[], object]
Names: TypeAlias = tuple[tuple[str, Expected], ...]

_CONSTANTS = frozenset({type(None), bool, int, float, complex, str, bytes, type(...)})
_CONTENT: Callable[[object, int], bytes] = vars(marshal)["dumps"]  # of any object, or ValueError
_VERSION = 2  # of marshal: the last one that tells equal values alike, whoever else holds them


@frozen(eq=False)
class Space:
    """What names in the globals of a function or module are expected to be, hold, or not be."""

    holder: Expected
    names: Names
    contents: tuple[tuple[str, bytes], ...]
    absent: frozenset[str]


@frozen(eq=False)
class Holding:
    """What a function is expected to hold besides its code."""

    function: ref[FunctionType]
    held: Names


@frozen(eq=False)
class Watch:
    """What is expected of all functions that were described, and of the names they read."""

    functions: tuple[tuple[ref[FunctionType], CodeType, object], ...]
    spaces: tuple[Space, ...]
    holdings: tuple[Holding, ...]


def unchanged(watch: Watch) -> bool:
    """Whether a description made now would be the same."""
    for function, code, defaults in watch.functions:
        now = function()
        if now is None or now.__code__ is not code or now.__defaults__ is not defaults:
            return False
    for space in watch.spaces:
        names = globals_of(space.holder())
        for name, expected in space.names:
            if names.get(name) is not expected():
                return False
        if not names.keys().isdisjoint(space.absent):
            return False
        for name, content in space.contents:
            if _content(names.get(name)) != content:
                return False
    return not watch.holdings or all(_holds(each) for each in watch.holdings)


def watch_of(reads: Reads, owner: Owner) -> Watch | None:
    """A watch over all that was read; None where some of it cannot be watched."""
    functions = list({id(each): each for each in reads.functions}.values())
    if reads.others or not all(_is_constant(each.__defaults__) for each in functions):
        return None
    spaces = list(_spaces(reads, owner))
    holdings = [_holding(each, owner) for each in functions if _holds_more(each)]
    if None in spaces or None in holdings:
        return None
    return Watch(
        tuple((ref(each), each.__code__, each.__defaults__) for each in functions),
        tuple(each for each in spaces if each),
        tuple(each for each in holdings if each),
    )


def _spaces(reads: Reads, owner: Owner) -> Iterator[Space | None]:
    holders: dict[int, tuple[object, dict[str, object]]] = {}
    for each in reads.names:
        key = id(globals_of(each.holder))
        holders.setdefault(key, (each.holder, {}))[1][each.name] = each.value
    for holder, values in holders.values():
        yield _space(holder, values, owner)


def _space(holder: object, values: dict[str, object], owner: Owner) -> Space | None:
    present = {name: value for name, value in values.items() if value is not ABSENT}
    expected = {name: _expected(value, owner) for name, value in present.items()}
    contents = {name: _content(present[name]) for name, each in expected.items() if not each}
    if None in contents.values():
        return None
    return Space(
        ref(holder),
        tuple((name, each) for name, each in expected.items() if each),
        tuple((name, each) for name, each in contents.items() if each),
        frozenset(values.keys() - present.keys()),
    )


def _holds_more(function: FunctionType) -> bool:
    return bool(function.__closure__ or function.__kwdefaults__ or vars(function))


def _holds(holding: Holding) -> bool:
    function = holding.function()
    found = list(_more(function)) if function else []
    return len(found) == len(holding.held) and all(
        name == known and value is expected()
        for (name, value), (known, expected) in zip(found, holding.held, strict=True)
    )


def _holding(function: FunctionType, owner: Owner) -> Holding | None:
    expected = [(name, _expected(value, owner)) for name, value in _more(function)]
    known = tuple((name, each) for name, each in expected if each)
    return Holding(ref(function), known) if len(known) == len(expected) else None


def _more(function: FunctionType) -> Iterable[tuple[str, object]]:
    wrapped = vars(function).get("__wrapped__")
    return (*cells(function), *(function.__kwdefaults__ or {}).items(), ("__wrapped__", wrapped))


def _expected(value: object, owner: Owner) -> Expected | None:
    if _is_constant(value):
        return repeat(value).__next__
    match value:
        case FunctionType():
            known = owner.owns_function(value) or not held(value)
        case BuiltinFunctionType():
            known = isinstance(getattr(value, "__self__", None), ModuleType | None)
        case type() | ModuleType():
            known = True
        case _:
            parts = described(value, owner)
            named = len(parts) == 1 and isinstance(parts[0], Named)
            known = named and not callable(value)
    try:
        return ref(value) if known else None
    except TypeError:  # not without keeping it alive
        return None


def _is_constant(value: object) -> bool:
    if type(value) in {tuple, frozenset} and isinstance(value, tuple | frozenset):
        return all(_is_constant(each) for each in value)
    return type(value) in _CONSTANTS or isinstance(value, PurePath)


def _content(value: object) -> bytes | None:
    try:
        return _CONTENT(value, _VERSION)
    except ValueError:
        return None
