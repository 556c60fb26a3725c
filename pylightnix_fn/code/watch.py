"""Whether all that a description was made from still is what it was, told in about a microsecond.

A helper may be redefined, a global changed, a function patched in place between two plans. Only
identities are compared, in C, and through weak references: what is watched must not be kept alive,
least of all the function itself, which its own module's globals hold. What cannot be watched so
(classes, objects with state) is described anew each time.
"""

from __future__ import annotations

import marshal
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import repeat
from operator import attrgetter, call, is_, itemgetter
from pathlib import PurePath
from types import BuiltinFunctionType, CodeType, FunctionType, ModuleType
from typing import TypeAlias
from weakref import ref

from attrs import frozen

from .definitions import ABSENT, Read, Reads
from .held import cells, held
from .origin import Owner
from .parts import Named
from .sketches import globals_of
from .values import described

Expected: TypeAlias = Callable[[], object]

Namespace: TypeAlias = Mapping[str, object]

_CONSTANTS = frozenset({type(None), bool, int, float, complex, str, bytes, type(...)})
_CODE, _DEFAULTS = attrgetter("__code__"), attrgetter("__defaults__")


@frozen(eq=False)
class Space:
    """What some names in one namespace are expected to be, to hold, or not to be."""

    holder: Expected
    namespace: Callable[[object], Namespace]
    names: Callable[[Namespace], tuple[object, ...]]
    expected: tuple[Expected, ...]
    contents: tuple[tuple[str, bytes], ...] = ()
    absent: frozenset[str] = frozenset()


@frozen(eq=False)
class Closure:
    """What a function is expected to close over, and its keyword defaults to hold."""

    function: Expected
    cells: tuple[Expected, ...]
    keywords: bytes


@frozen(eq=False)
class Watch:
    """What is expected of all functions that were described, and of the names they read."""

    functions: tuple[Expected, ...]
    codes: tuple[CodeType, ...]
    defaults: tuple[object, ...]
    closures: tuple[Closure, ...]
    spaces: tuple[Space, ...]


def unchanged(watch: Watch) -> bool:
    """Whether a description made now would be the same."""
    try:
        for each in watch.spaces:
            names = each.namespace(each.holder())
            if not all(map(is_, each.names(names), map(call, each.expected))):
                return False
            if each.absent and not names.keys().isdisjoint(each.absent):
                return False
            for name, content in each.contents:
                if marshal.dumps(names[name], 2) != content:
                    return False
        return (
            all(map(is_, map(_CODE, map(call, watch.functions)), watch.codes))
            and all(map(is_, map(_DEFAULTS, map(call, watch.functions)), watch.defaults))
            and all(map(_holds, watch.closures))
        )
    except (AttributeError, KeyError, ValueError):  # gone, or no longer a constant
        return False


def watch_of(reads: Reads, owner: Owner) -> Watch | None:
    """A watch over all that was read; None where some of it cannot be watched."""
    functions = list({id(each): each for each in reads.functions}.values())
    if reads.others or not all(_is_constant(each.__defaults__) for each in functions):
        return None
    closures = [_closure(each, owner) for each in functions if _has_closure(each)]
    spaces = [*_spaces(reads.names, owner), *_wrapped(functions, owner)]
    kept = [each for each in closures if each], [each for each in spaces if each]
    if len(kept[0]) < len(closures) or len(kept[1]) < len(spaces):
        return None
    return Watch(
        tuple(ref(each) for each in functions),
        tuple(each.__code__ for each in functions),
        tuple(each.__defaults__ for each in functions),
        tuple(kept[0]),
        tuple(kept[1]),
    )


def _holds(closure: Closure) -> bool:
    function = closure.function()
    if not isinstance(function, FunctionType):
        return False
    found = [value for _, value in cells(function)]
    same = len(found) == len(closure.cells)
    same = same and all(map(is_, found, map(call, closure.cells)))
    return same and marshal.dumps(function.__kwdefaults__, 2) == closure.keywords


def _has_closure(function: FunctionType) -> bool:
    return bool(function.__closure__ or function.__kwdefaults__)


def _closure(function: FunctionType, owner: Owner) -> Closure | None:
    found = [_expected(value, owner) for _, value in cells(function)]
    keywords = _content(function.__kwdefaults__)
    kept = tuple(each for each in found if each)
    if keywords is None or len(kept) < len(found):
        return None
    return Closure(ref(function), kept, keywords)


def _wrapped(functions: Iterable[FunctionType], owner: Owner) -> Iterator[Space | None]:
    for each in functions:
        if "__wrapped__" in vars(each):
            expected = _expected(vars(each)["__wrapped__"], owner)
            names = itemgetter("__wrapped__", "__wrapped__")
            space = attrgetter("__dict__")
            yield Space(ref(each), space, names, (expected, expected)) if expected else None


def _spaces(reads: Iterable[Read], owner: Owner) -> Iterator[Space | None]:
    holders: dict[int, list[Read]] = {}
    for each in reads:
        holders.setdefault(id(globals_of(each.holder)), []).append(each)
    for same in holders.values():
        yield _space(same[0].holder, {each.name: each.value for each in same}, owner)


def _space(holder: FunctionType | ModuleType, values: Namespace, owner: Owner) -> Space | None:
    present = {name: value for name, value in values.items() if value is not ABSENT}
    expected = {name: _expected(value, owner) for name, value in present.items()}
    single = {name: each for name, each in expected.items() if each}
    contents = {name: _content(present[name]) for name, each in expected.items() if not each}
    found = tuple((name, each) for name, each in contents.items() if each)
    if len(found) < len(contents):
        return None
    names = list(single) * (2 if len(single) == 1 else 1)
    return Space(
        ref(holder),
        attrgetter("__globals__" if isinstance(holder, FunctionType) else "__dict__"),
        itemgetter(*names) if names else lambda _: (),
        tuple(single[name] for name in names),
        found,
        frozenset(values.keys() - present.keys()),
    )


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
    except TypeError:
        return None


def _is_constant(value: object) -> bool:
    if type(value) in {tuple, frozenset} and isinstance(value, tuple | frozenset):
        return all(_is_constant(each) for each in value)
    return type(value) in _CONSTANTS or isinstance(value, PurePath)


def _content(value: object) -> bytes | None:
    try:
        return marshal.dumps(value, 2)
    except ValueError:
        return None
