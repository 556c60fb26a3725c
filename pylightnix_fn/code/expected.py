"""What a value is expected still to be, kept without keeping the value alive.

Constants are kept; all else is known by a weak reference, or by its content where it is made of
constants alone. None stands for what can be expected in neither way.
"""

from __future__ import annotations

import marshal
from collections.abc import Callable
from itertools import repeat
from pathlib import PurePath
from types import BuiltinFunctionType, FunctionType, ModuleType
from typing import TypeAlias
from weakref import ref

from .held import held
from .origin import Owner
from .parts import Named
from .values import described

Expected: TypeAlias = Callable[[], object]
Names: TypeAlias = tuple[tuple[str, Expected], ...]

_CONSTANTS = frozenset({type(None), bool, int, float, complex, str, bytes, type(...)})
_DUMPS: Callable[[object, int], bytes] = vars(marshal)["dumps"]  # of any object, or ValueError
_VERSION = 2  # of marshal: later ones write equal values differently, by who else holds them


def expected(value: object, owner: Owner) -> Expected | None:
    """A call that gives the value while it is alive, where its identity is all that matters.

    >>> expected((1, "x"), Owner())(), expected([1], Owner())
    ((1, 'x'), None)
    """
    if is_constant(value):
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
    return alive(value) if known else None


def alive(value: object) -> Expected | None:
    """A weak reference, where there can be one."""
    try:
        return ref(value)
    except TypeError:
        return None


def content(value: object) -> bytes | None:
    """The content of a value made of constants alone, to compare within one process.

    >>> content([1, {"a": 2.0}]) == content([1, {"a": 2}]), content([object()])
    (False, None)
    """
    try:
        return _DUMPS(value, _VERSION)
    except ValueError:
        return None


def is_constant(value: object) -> bool:
    """Whether a value can neither change nor hold on to anything.

    >>> is_constant((1, "x")), is_constant((1, []))
    (True, False)
    """
    if type(value) in {tuple, frozenset} and isinstance(value, tuple | frozenset):
        return all(is_constant(each) for each in value)
    return type(value) in _CONSTANTS or isinstance(value, PurePath)
