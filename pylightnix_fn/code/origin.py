"""Whose a module is: the user's own, this library's, the standard library's, or an installed one.

Knows names and places of modules, never their contents. The place decides: what lies in a
``site-packages`` or ``dist-packages`` folder is installed, what lies beside the standard library's
own modules is standard, and the rest is the user's own: the script or notebook, the modules
beside it, and projects installed as *editable*, since their text changes while their version does
not. A user's module that bears the name of a standard one (``code.py``) is still the user's.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterable, Mapping
from enum import Enum
from functools import lru_cache
from pathlib import PurePath
from types import FunctionType, ModuleType
from typing import NamedTuple

_MAIN = frozenset({"__main__", "__mp_main__"})  # the second is the first, in a spawned process
_LIBRARY = __name__.partition(".")[0]
_INSTALLED = frozenset({"site-packages", "dist-packages"})
_STANDARD = PurePath(inspect.__file__).parent


class Origin(Enum):
    """Whose a module is; ``LIBRARY`` is this one, whose combinators hold users' functions."""

    OWN = "own"
    LIBRARY = "library"
    STANDARD = "standard"
    INSTALLED = "installed"


class Place(NamedTuple):
    """Name and file of a module; None where it has no file (builtin, a notebook, made by hand)."""

    module: str
    file: str | None = None

    @property
    def top(self) -> str:
        """The top-level package.

        >>> Place("numpy.linalg").top
        'numpy'
        """
        return self.module.partition(".")[0]

    @property
    def origin(self) -> Origin:
        """Whose module this is.

        >>> Place("helpers", "/home/u/helpers.py").origin, Place("math").origin
        (<Origin.OWN: 'own'>, <Origin.STANDARD: 'standard'>)
        """
        return _origin(self.module, self.file)

    @property
    def public(self) -> str:
        """The name in a key: without private parts, which move between versions.

        >>> Place("pathlib._local").public, Place("_operator").public
        ('pathlib', 'operator')
        """
        first, *rest = self.module.split(".")
        shown = [first.lstrip("_"), *(each for each in rest if not each.startswith("_"))]
        if self.origin is Origin.OWN:
            return label_of(self)
        return self.top if self.origin is Origin.LIBRARY else ".".join(shown)


class Owner(NamedTuple):
    """Who asks: the top-level packages whose code counts though they are installed."""

    home: frozenset[str] = frozenset()

    def owns(self, place: Place) -> bool:
        """Whether the code of a module counts.

        >>> Owner(frozenset({"lab"})).owns(Place("lab.fit", "/v/site-packages/lab/fit.py"))
        True
        """
        origin = place.origin
        return origin is Origin.OWN or (origin is Origin.INSTALLED and place.top in self.home)

    def owns_function(self, function: FunctionType) -> bool:
        """Whether the code of a function counts."""
        return self.owns(place_of_function(function))


@lru_cache(maxsize=4096)
def _origin(module: str, file: str | None) -> Origin:
    top = module.partition(".")[0]
    if module in _MAIN:
        return Origin.OWN
    if top == _LIBRARY:
        return Origin.LIBRARY
    if file is None or file.startswith("<"):
        return Origin.STANDARD if top in sys.stdlib_module_names else Origin.OWN
    path = PurePath(file)
    if not _INSTALLED.isdisjoint(path.parts):
        return Origin.INSTALLED
    standard_extension = top in sys.stdlib_module_names and path.suffix != ".py"
    if path.is_relative_to(_STANDARD) or standard_extension:
        return Origin.STANDARD
    return Origin.OWN


def place_of(namespace: Mapping[str, object]) -> Place:
    """Where the module of these globals is."""
    name, file = namespace.get("__name__"), namespace.get("__file__")
    if file is None and isinstance(folders := namespace.get("__path__"), Iterable):
        file = next(iter(folders), None)  # a package without a file of its own
    name = name if isinstance(name, str) else "__main__"  # exec with globals of one's own
    return Place(name, file if isinstance(file, str) else None)


def place_of_function(function: FunctionType) -> Place:
    """Where a function's text stands, whatever a decorator made of its ``__module__``.

    The functions that a record class is given belong to what wrote them.
    """
    code = function.__code__
    if code.co_filename.startswith("<doctest "):
        return Place("__main__")
    if code.co_filename.startswith("<attrs generated"):
        return Place("attrs", "site-packages/attrs")
    if code.co_qualname.startswith("__create_fn__."):
        return Place("dataclasses")
    place = place_of(function.__globals__)
    return Place("collections") if place.module.startswith("namedtuple_") else place


def place_of_class(kind: type) -> Place:
    """Where a class was made, as its ``__module__`` says."""
    return place_of_module(getattr(kind, "__module__", None))


def place_of_module(name: object) -> Place:
    """The place of a module by name, or of its package where it is not loaded itself."""
    if not isinstance(name, str):
        return Place("builtins")
    above = _known_place(name.partition(".")[0])
    return _known_place(name) or Place(name, above.file if above else None)


def label_of(place: Place) -> str:
    """What a module is called in a key: the same for a script that is run and one imported.

    >>> label_of(Place("helpers", "/home/u/helpers.py"))
    'helpers'
    """
    if place.module not in _MAIN:
        return place.module
    if place.file is None:
        return "__main__"
    main = sys.modules.get(place.module)
    spec = getattr(main, "__spec__", None) if place == _known_place(place.module) else None
    named = getattr(spec, "name", "__main__")
    return PurePath(place.file).stem if named in _MAIN else str(named)


def _known_place(name: str) -> Place | None:
    module = sys.modules.get(name)
    if not isinstance(module, ModuleType):
        return None
    return Place(name, place_of(vars(module)).file)
