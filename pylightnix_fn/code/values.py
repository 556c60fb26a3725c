"""Values as descriptions: constants by value, the user's functions and classes as such.

Knows what a value holds, not who refers to it. The order of parts depends on the value alone:
sets are sorted, and an object met twice is named by the place where it was met first.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from enum import Enum
from itertools import islice
from pathlib import PurePath
from types import FunctionType, MappingProxyType, ModuleType, SimpleNamespace

from .callables import called, code_steps
from .constants import constant_word, content_word
from .held import held, inside, is_function, is_proxy
from .origin import Origin, Owner, label_of, place_of_class, place_of_function
from .parts import Close, Count, Frame, Look, Named, Part, Step, Steps, named, said

_MEMBER = 10_000  # parts

_ONCE = frozenset({type(None), bool, int, float, complex, str, bytes, tuple, frozenset})


def described(value: object, owner: Owner) -> tuple[Part, ...]:
    """The parts of a value, in an order that depends on the value alone.

    >>> described([1, (True, "x")], Owner())
    ('list 2', 'int 1', 'tuple 2', 'True', "str 'x'")
    """
    return tuple(_closed(_walk(Look(value), owner, _Seen())))


class _Seen:
    """Which objects were met, numbered as they were; within a set each member adds to its own."""

    def __init__(self, above: _Seen | None = None) -> None:
        self.above = above
        self.depth: int = above.depth + 1 if above else 0
        self.first: int = above.first + len(above.met) if above else 0
        self.met: dict[tuple[int, Count], tuple[int, object]] = {}

    def number(self, look: Look) -> int | None:
        found = self.met.get((id(look.value), look.counts))
        if found is None:
            return self.above.number(look) if self.above else None
        return found[0]

    def add(self, look: Look) -> None:
        self.met[id(look.value), look.counts] = self.first + len(self.met), look.value


def _walk(look: Look, owner: Owner, seen: _Seen) -> Iterator[Part | Frame | Close]:
    stack: list[Step] = [look]
    while stack:
        item = stack.pop()
        if not isinstance(item, Look):
            yield item
        elif (number := seen.number(item)) is None:
            if _may_be_shared(item.value):
                seen.add(item)
            stack.extend(reversed(list(_steps(item, owner, seen))))
        elif is_function(item.value) and owner.owns_function(item.value):
            yield item.value
        elif item.counts is Count.ALL:
            yield f"again {number}"


def _closed(steps: Iterable[Part | Frame | Close]) -> list[Part]:
    levels: list[tuple[Named | None, list[Part]]] = [(None, [])]
    for step in steps:
        match step:
            case Frame():
                levels.append((step.name, []))
            case Close():
                name, inside = levels.pop()
                things = [part for part in inside if not isinstance(part, Named) or part.name]
                levels[-1][1].extend([name] if name and len(things) != 1 else [])
                levels[-1][1].extend(inside)
            case _:
                levels[-1][1].append(step)
    return levels[0][1]


def _may_be_shared(value: object) -> bool:
    return type(value) not in _ONCE and not isinstance(value, type | ModuleType | Enum)


def _steps(look: Look, owner: Owner, seen: _Seen) -> Steps:
    value, count = look.value, look.counts
    if is_proxy(value):
        return _instance(value, count, owner)
    if (steps := code_steps(value, count, owner)) is not None:
        return steps
    if (word := constant_word(value)) is not None:
        return _constant(value, word) if count is Count.ALL else []
    if isinstance(value, Enum):
        member: list[Step] = [f"member {value.name}", Look(value._value_)]
        return [Look(type(value), count), *(member if count is Count.ALL else [])]
    if (members := _members(value, count, owner, seen)) is not None:
        return members
    return _instance(value, count, owner)


def _constant(value: object, word: str) -> Steps:
    standard = place_of_class(type(value)).origin is Origin.STANDARD
    return [word] if standard else [Look(type(value)), word]


def _members(value: object, count: Count, owner: Owner, seen: _Seen) -> Steps | None:
    looks: list[Step]
    match value:
        case set() | frozenset():
            walks = [_member(member, count, owner, seen) for member in value]
            looks = [part for parts in sorted(walks, key=_order) for part in parts]
        case list() | tuple() | deque():
            looks = [Look(member, count) for member in value]
        case dict() | MappingProxyType():
            looks = [Look(each, count) for pair in value.items() for each in pair]
        case _:
            return None
    if count is not Count.ALL:
        return looks
    head = f"{type(value).__name__} {len(value)}"
    if place_of_class(type(value)).origin is Origin.STANDARD:
        return [head, *looks]
    return [head, Look(type(value)), *_state(value), *looks]


def _member(value: object, count: Count, owner: Owner, seen: _Seen) -> list[Part]:
    """A member of a set, told by itself, for its place is not known yet.

    What tells it may lead back to the set and to all others in it: of objects that compare by
    identity, or are in a set within a set, only the class counts, and of any so much.
    """
    plain = callable(value) or type(value) in _ONCE or isinstance(value, Enum | PurePath)
    by_identity = type(value).__hash__ is object.__hash__
    told = value if plain or not (by_identity or seen.depth) else type(value)
    return _closed(islice(_walk(Look(told, count), owner, _Seen(seen)), _MEMBER))


def _order(parts: Iterable[Part]) -> list[str]:
    return [_sortable(part) for part in parts]


def _sortable(part: Part) -> str:
    match part:
        case str():
            return part
        case FunctionType():
            code, module = part.__code__, label_of(place_of_function(part))
            return f"{module} {code.co_qualname} {code.co_firstlineno:09}"
        case type():
            return part.__qualname__
        case _:
            return part.name


def _instance(value: object, count: Count, owner: Owner) -> Steps:
    kind = type(value)
    place = place_of_class(kind)
    if owner.owns(place):
        return [kind, *_state(value)]
    name = named(place, kind.__qualname__)
    if callable(value) or hasattr(kind, "__get__"):
        return called(value, count)
    data = hasattr(kind, "__attrs_attrs__") or hasattr(kind, "__dataclass_fields__")
    data = data or isinstance(value, SimpleNamespace) or name.name == "argparse:Namespace"
    if count is not Count.ALL:
        silent = said(name, Count.OWN)
        return [silent, *(Look(each, count) for _, each in held(value) if data)]
    if data:
        return [name, *_state(value)]
    content = content_word(value)
    return [name, content] if content else [named(place, kind.__qualname__, opaque=True)]


def _state(value: object) -> Iterator[Step]:
    for name, each in inside(value):
        yield "field " + ascii(name)
        yield Look(each)
