"""Whether all that a description was made from still is what it was, told in about a microsecond.

A helper may be redefined, a global changed, a function or a class patched in place between two
plans. Only identities are compared, and through weak references: what is watched must not be kept
alive, least of all the function itself, which its own module's globals hold. What cannot be watched
so (objects with state, modules imported late) is described anew each time.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from types import CellType, CodeType, FunctionType
from typing import NamedTuple
from weakref import ref

from .classes import is_told
from .definitions import ABSENT, Reads
from .expected import Expected, Names, alive, content, expected, is_constant
from .held import held
from .origin import Owner
from .sketches import globals_of

_EMPTY = object()


class Space(NamedTuple):
    """What names in the globals of a function or module are expected to be, hold, or not be."""

    holder: Expected
    names: Names
    contents: tuple[tuple[str, bytes], ...]
    absent: frozenset[str]


class Holding(NamedTuple):
    """What a function is expected to hold besides its code."""

    function: ref[FunctionType]
    cells: tuple[Expected, ...]
    keywords: Names
    wrapped: Expected


class Members(NamedTuple):
    """What the members of a class are expected to be; of some only the kind, by name."""

    kind: ref[type]
    size: int
    names: Names
    inside: tuple[tuple[str, tuple[Expected, ...]], ...]
    kinds: tuple[tuple[str, str], ...]


class Watch(NamedTuple):
    """What is expected of all functions and classes described, and of the names they read."""

    functions: tuple[tuple[ref[FunctionType], CodeType, object], ...]
    spaces: tuple[Space, ...]
    holdings: tuple[Holding, ...]
    members: tuple[Members, ...]


def unchanged(watch: Watch) -> bool:
    """Whether a description made now would be the same."""
    for function, code, defaults in watch.functions:
        now = function()
        if now is None or now.__code__ is not code or now.__defaults__ is not defaults:
            return False
    for space in watch.spaces:
        names = globals_of(space.holder())
        for name, wanted in space.names:
            if names.get(name) is not wanted():
                return False
        if not names.keys().isdisjoint(space.absent):
            return False
        for name, wanted_content in space.contents:
            if content(names.get(name)) != wanted_content:
                return False
    if watch.holdings and not all(_holds(each) for each in watch.holdings):
        return False
    return not watch.members or all(_has(each) for each in watch.members)


def watch_of(reads: Reads, owner: Owner) -> Watch | None:
    """A watch over all that was read; None where some of it cannot be watched."""
    functions = list({id(each): each for each in reads.functions}.values())
    if reads.others or not all(is_constant(each.__defaults__) for each in functions):
        return None
    spaces = list(_spaces(reads, owner))
    holdings = [_holding(each, owner) for each in functions if _holds_more(each)]
    members = [_members(each, owner) for each in reads.classes]
    if None in spaces or None in holdings or None in members:
        return None
    return Watch(
        tuple((ref(each), each.__code__, each.__defaults__) for each in functions),
        tuple(each for each in spaces if each),
        tuple(each for each in holdings if each),
        tuple(each for each in members if each),
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
    wanted = {name: expected(value, owner) for name, value in present.items()}
    contents = {name: content(present[name]) for name, each in wanted.items() if not each}
    if None in contents.values():
        return None
    return Space(
        ref(holder),
        tuple((name, each) for name, each in wanted.items() if each),
        tuple((name, each) for name, each in contents.items() if each),
        frozenset(values.keys() - present.keys()),
    )


def _holds_more(function: FunctionType) -> bool:
    return bool(function.__closure__ or function.__kwdefaults__ or vars(function))


def _holds(holding: Holding) -> bool:
    function = holding.function()
    if function is None or vars(function).get("__wrapped__") is not holding.wrapped():
        return False
    for cell, wanted in zip(function.__closure__ or (), holding.cells, strict=True):
        if _inside(cell) is not wanted():
            return False
    keywords = function.__kwdefaults__ or {}
    return len(keywords) == len(holding.keywords) and all(
        keywords.get(name) is wanted() for name, wanted in holding.keywords
    )


def _inside(cell: CellType) -> object:
    try:
        return cell.cell_contents
    except ValueError:
        return _EMPTY


def _holding(function: FunctionType, owner: Owner) -> Holding | None:
    cells = _known((_inside(each) for each in function.__closure__ or ()), owner)
    defaults = function.__kwdefaults__ or {}
    keywords = _known(defaults.values(), owner)
    wrapped = expected(vars(function).get("__wrapped__"), owner)
    if cells is None or keywords is None or wrapped is None:
        return None
    return Holding(ref(function), cells, tuple(zip(defaults, keywords, strict=True)), wrapped)


def _known(values: Iterable[object], owner: Owner) -> tuple[Expected, ...] | None:
    wanted = [None if each is _EMPTY else expected(each, owner) for each in values]
    known = tuple(each for each in wanted if each)
    return known if len(known) == len(wanted) else None


def _has(members: Members) -> bool:
    kind = members.kind()
    now = vars(kind) if kind else {}
    if len(now) != members.size:
        return False
    for name, wanted in members.names:
        if now.get(name) is not wanted():
            return False
    for name, functions in members.inside:
        found = [each for _, each in held(now.get(name))]
        if not all(each is wanted() for each, wanted in zip(found, functions, strict=False)):
            return False
    return all(type(now.get(name)).__name__ == each for name, each in members.kinds)


def _members(kind: type, owner: Owner) -> Members | None:
    names: list[tuple[str, Expected]] = []
    inside: list[tuple[str, tuple[Expected, ...]]] = []
    kinds: list[tuple[str, str]] = []
    for name, member in vars(kind).items():
        told = is_told(name, member, kind, owner)
        wanted = expected(member, owner) if told else alive(member)
        if wanted is not None:
            names.append((name, wanted))
        elif isinstance(member, staticmethod | classmethod | property):
            functions = _known((each for _, each in held(member)), owner)
            if functions is None:
                return None
            inside.append((name, functions))
        elif told:
            return None
        else:
            kinds.append((name, type(member).__name__))
    return Members(ref(kind), len(vars(kind)), tuple(names), tuple(inside), tuple(kinds))
