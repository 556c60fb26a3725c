"""doc"""

from __future__ import annotations

from collections.abc import Mapping
from types import FunctionType
from weakref import WeakKeyDictionary

from attrs import field, frozen

from .graph import reached
from .watch import Watch, unchanged, watch_of


@frozen
class Code:
    digests: Mapping[str, str] = field(hash=False)
    packages: tuple[str, ...] = ()


@frozen
class Version:
    word: str


_KNOWN: WeakKeyDictionary[FunctionType, tuple[Watch, Code]] = WeakKeyDictionary()


def code_of(function: object) -> Code:
    """doc"""
    if type(function) is not FunctionType:
        return _described(function)[1]
    known = _KNOWN.get(function)
    if known is not None and unchanged(known[0]):
        return known[1]
    watch, code = _described(function)
    if watch is not None:
        _KNOWN[function] = watch, code
    return code


def _described(function: object) -> tuple[Watch | None, Code]:
    found = reached(function)
    code = Code(found.digests, tuple(sorted(found.packages)))
    return watch_of(found.reads, found.owner), code
