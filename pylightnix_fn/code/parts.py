"""What descriptions are made of: words, names of other people's things, and things of the user's.

A description is a sequence of parts. Words and names are final; the user's own things are to be
described in their turn and stand for the label that they get then. A `Look` is a value that is
still to be described.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum
from types import FunctionType, ModuleType
from typing import NamedTuple, TypeAlias

from .mentions import Mentions
from .origin import Origin, Place


class Named(NamedTuple):
    """Somebody else's thing, known by name alone.

    ``package`` is its top-level package where that is installed, else "". ``opaque`` where the
    name is that of a class and the thing an instance, of which nothing else is known. The name ""
    leaves no word.
    """

    name: str
    package: str = ""
    opaque: bool = False


class Sketch(NamedTuple):
    """What a text says by itself: the digest of its form, and the names that it mentions."""

    form: str
    mentions: Mentions


class Whole(NamedTuple):
    """A module of the user's as a whole: one that escapes as a value, or is imported late."""

    name: str
    module: ModuleType | None = None


class Assigned(NamedTuple):
    """The statements that make a global which cannot be told by value."""

    name: str
    sketch: Sketch
    holder: object  # the function or module whose globals it is in


Thing: TypeAlias = FunctionType | type | Whole | Assigned
Part: TypeAlias = str | Named | Thing


class Count(Enum):
    """What of a value counts: all, what can be called, or the user's own things."""

    ALL = "all"
    CALLS = "calls"
    OWN = "own"


class Look(NamedTuple):
    """A value still to be described."""

    value: object
    counts: Count = Count.ALL


class Frame(NamedTuple):
    """The start of an object of this library's, which leaves no trace around a single thing."""

    name: Named


class Close(Enum):
    """The end of a `Frame`."""

    FRAME = "frame"


Step: TypeAlias = Part | Look | Frame | Close
Steps: TypeAlias = Iterable[Step]


def named(place: Place, name: str, *, opaque: bool = False) -> Named:
    """A thing by the public name of its module and its own.

    >>> named(Place("numpy._core.multiarray", "/v/site-packages/numpy/_core/x.so"), "dot")
    Named(name='numpy.multiarray:dot', package='numpy', opaque=False)
    """
    package = place.top if place.origin is Origin.INSTALLED else ""
    return Named(f"{place.public}:{name}", package, opaque)


def said(name: Named, count: Count) -> Named:
    """A name that leaves a word only where more than the user's own counts.

    >>> said(Named("numpy:dot", "numpy"), Count.OWN)
    Named(name='', package='numpy', opaque=False)
    """
    return Named("", name.package) if count is Count.OWN else name
