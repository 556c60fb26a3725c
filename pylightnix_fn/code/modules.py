"""Modules by name, loaded or not, found without running a line of them.

A module that a function imports in its body may be loaded by the time of one plan and not by that
of another; what is said of it must not depend on that.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from types import ModuleType

from .mentions import Import
from .origin import Origin, Place, place_of


def module_named(name: str) -> ModuleType | None:
    """The loaded module of that name."""
    found = sys.modules.get(name)
    return found if isinstance(found, ModuleType) else None


def place_of_import(each: Import, namespace: Mapping[str, object]) -> Place | None:
    """The module that an import statement reads, seen from these globals; None if there is none.

    >>> place_of_import(Import(0, "json", "loads"), {}).module
    'json'
    """
    module = absolute(each.level, each.module, namespace)
    outer = found_place(module)
    if outer is None or outer.origin is Origin.STANDARD or each.name in {"", "*"}:
        return outer
    return found_place(f"{module}.{each.name}") or outer


def absolute(level: int, module: str, namespace: Mapping[str, object]) -> str:
    """The full name of a module that is named from within another.

    >>> absolute(2, "c", {"__package__": "a.b"})
    'a.c'
    """
    if level == 0:
        return module
    name, package = namespace.get("__name__"), namespace.get("__package__")
    if not isinstance(package, str):
        package = str(name) if "__path__" in namespace else str(name).rpartition(".")[0]
    base = package.split(".")[: len(package.split(".")) - level + 1]
    return ".".join([*base, module] if module else base)


def found_place(name: str) -> Place | None:
    """Where a module is, loaded or not.

    >>> found_place("json.decoder").module, found_place("no_such_module")
    ('json.decoder', None)
    """
    if (module := module_named(name)) is not None:
        return Place(name, place_of(vars(module)).file)
    parent, _, _ = name.rpartition(".")
    if not parent:
        return _searched(name, None)
    above = _folders(parent)
    return _searched(name, above) if above is not None else None


def _folders(package: str) -> list[str] | None:
    if (module := module_named(package)) is not None:
        path = getattr(module, "__path__", None)
        return list(path) if isinstance(path, Iterable) else None
    parent, _, _ = package.rpartition(".")
    above = _folders(parent) if parent else None
    if parent and above is None:
        return None
    found = _spec(package, above)
    folders = getattr(found, "submodule_search_locations", None)
    return list(folders) if isinstance(folders, Iterable) else None


def _searched(name: str, folders: list[str] | None) -> Place | None:
    found = _spec(name, folders)
    if found is None:
        return None
    origin = getattr(found, "origin", None)
    if not isinstance(origin, str) or origin in _NO_FILE:
        locations = getattr(found, "submodule_search_locations", None)
        origin = next(iter(locations), None) if isinstance(locations, Iterable) else None
    return Place(name, origin if isinstance(origin, str) else None)


_NO_FILE = frozenset({"built-in", "frozen", "namespace"})


def _spec(name: str, folders: list[str] | None) -> object:
    for finder in sys.meta_path:
        find = getattr(finder, "find_spec", None)
        found: object = find(name, folders) if find is not None else None
        if found is not None:
            return found
    return None
