"""Packages whose names are imported when they are first used (PEP 562)."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from importlib import import_module


def importing(package: str, homes: Mapping[str, str]) -> Callable[[str], object]:
    """A ``__getattr__`` for a package; ``homes`` tells in which of its modules a name lives.

    To be hidden from type checkers, which take such a function for a package that has any name.
    """

    def imported(name: str) -> object:
        if name not in homes:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        value: object = getattr(import_module(f"{package}.{homes[name]}"), name)
        setattr(sys.modules[package], name, value)
        return value

    return imported


def homes_of(names: Mapping[str, str]) -> dict[str, str]:
    """Each name with its home, from the names of each home, separated by spaces.

    >>> homes_of({"refs": "DRef RRef"})
    {'DRef': 'refs', 'RRef': 'refs'}
    """
    return {name: home for home, several in names.items() for name in several.split()}
