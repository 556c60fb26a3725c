"""Where a realizer is at home, which decides whose code counts when it is an installed one.

A project may be installed when it runs: then its own code is in ``site-packages`` beside that of
others. The functions that are wrapped tell whose it is, not what wraps them.
"""

from __future__ import annotations

from .held import held, is_function, is_proxy
from .origin import Origin, Place, place_of_class, place_of_function


def home_of(root: object) -> frozenset[str]:
    """The installed packages that a callable is defined in; empty where it is the user's own.

    >>> home_of(home_of)
    frozenset()
    """
    places = _places(root) or {place_of_class(type(root))}
    if any(place.origin is Origin.OWN for place in places):
        return frozenset()
    return frozenset(place.top for place in places if place.origin is Origin.INSTALLED)


def _places(root: object) -> set[Place]:
    places, seen = set[Place](), dict[int, object]()
    stack = [(root, True)]  # and whether what is installed counts, or only the user's own
    while stack:
        value, counts = stack.pop()
        if id(value) in seen or not (callable(value) or isinstance(value, tuple | list)):
            continue
        seen[id(value)] = value
        if isinstance(value, tuple | list):
            stack.extend((each, counts) for each in value)
            continue
        place, is_end = _place(value)
        places.update([place] if place.origin is Origin.OWN or (is_end and counts) else [])
        if not isinstance(value, type) or is_proxy(value):
            stack.extend((each, counts and not is_end) for _, each in held(value))
    return places


def _place(value: object) -> tuple[Place, bool]:
    if is_function(value):
        return place_of_function(value), "__wrapped__" not in vars(value)
    if isinstance(value, type) and not is_proxy(value):
        return place_of_class(value), True
    return place_of_class(type(value)), False
