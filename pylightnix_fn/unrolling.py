"""Results of many targets, by name and as attributes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar, overload

A = TypeVar("A")
B = TypeVar("B")


class Unrolled(dict[str, A]):
    """Results by name; a name that no method of a dict bears is an attribute, too.

    >>> Unrolled({"data": 1}).data
    1
    """

    def __getattr__(self, name: str) -> A:
        if name not in self:
            there = ", ".join(self) or "nothing"
            raise AttributeError(f"no result is called '{name}'; there is: {there}")
        return self[name]

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *self})


@overload
def unrolled(results: Mapping[str, dict[str, B]]) -> Unrolled[Unrolled[B]]: ...
@overload
def unrolled(results: Mapping[str, A]) -> Unrolled[A]: ...
def unrolled(results: Mapping[str, object]) -> object:
    """What `realize` gives for a dict of targets, as attributes, with the dicts inside it.

    >>> unrolled({"small": {"model": 1}, "large": {"model": 2}}).large.model
    2
    """
    return Unrolled({name: _unrolled(each) for name, each in results.items()})


def _unrolled(result: object) -> object:
    match result:
        case dict():
            return unrolled(result)
        case list():
            return [_unrolled(each) for each in result]
        case _:
            return result
