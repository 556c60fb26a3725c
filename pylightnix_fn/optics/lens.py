"""Lenses: walk from a reference through configs, contexts and artifacts to values and paths.

A lens shows what a store holds, and changes nothing. Names of parameters, outputs and files are no
types, so each step gives another `Lens`; what it is asked for in the end has a type.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final, TypeAlias, TypeVar, final

from pylightnix_fn.canonical import Json
from pylightnix_fn.errors.inplace import NoSuchPart, NotSeen
from pylightnix_fn.errors.message import shown
from pylightnix_fn.errors.plan import NotOne
from pylightnix_fn.optics.scene import (
    Derived,
    File,
    Name,
    Part,
    Result,
    Seen,
    beside,
    content,
    landed,
    parameters,
    realized,
    results_of,
)
from pylightnix_fn.realization import Realization
from pylightnix_fn.realizer import Build, Context
from pylightnix_fn.refs import DRef, Many, RRef, dref_from
from pylightnix_fn.store_protocol import Store
from pylightnix_fn.tree import Folder

C = TypeVar("C")
T = TypeVar("T")

Reference: TypeAlias = "DRef[object] | Many[object] | RRef[object]"

_LARGEST: Final = 2**24  # bytes of an artifact that is read for its value


@final
class Lens:
    """Something in a store: walk on by attributes or items, or ask for what it is.

    ``value`` is what it holds as JSON, ``path`` where it lies, ``rref`` and ``dref`` what it is
    called, ``context`` what it was built from. Any name is an item, ``lens["accuracy.txt"]``; as an
    attribute, `_` stands for what no Python name can hold: ``lens.accuracy_txt``.
    """

    __slots__ = ("_seen", "_store", "_trail")

    def __init__(self, store: Store, seen: Seen, trail: str) -> None:
        self._store, self._seen, self._trail = store, seen, trail

    @property
    def value(self) -> Json:
        """What it holds: parameters, a part of them, or an artifact, as JSON or else as text."""
        match self._seen:
            case Derived(dref):
                return parameters(self._store, dref)
            case Part(value):
                return value
            case File() as file:
                return self._content(file)

    @property
    def path(self) -> Path:
        """Where it lies; `NotSeen` where it is neither a realization nor a file of one."""
        match self._seen:
            case Derived() as derived:
                return self._one(derived).folder
            case File(path):
                return path
            case Part():
                raise self._without("path")

    @property
    def rref(self) -> RRef[Folder]:
        """The realization that it is, or lies in; `NotOne` where there are none or several."""
        found = self._one(self._owner()).rref
        if found is None:
            raise self._without("realization before the build has ended")
        return found

    @property
    def rrefs(self) -> tuple[RRef[Folder], ...]:
        """The realizations that it is, or lies in."""
        found = (each.rref for each in results_of(self._store, self._owner()))
        return tuple(each for each in found if each is not None)

    @property
    def dref(self) -> DRef[Folder]:
        """The derivation that it is, or is a part of."""
        return self._owner().dref

    @property
    def context(self) -> Context:
        """What its realization was built from."""
        return self._one(self._owner()).context

    def __getattr__(self, name: str) -> Lens:
        if name.startswith("_"):  # what notebooks, copies and pickles ask for
            raise AttributeError(name)
        for each, seen in self._beside().items():
            if isinstance(each, str) and _attribute(each) == name:
                return self._at(each, seen)
        raise self._lacking(name)

    def __getitem__(self, name: Name) -> Lens:
        found = self._beside()
        if name not in found:
            raise self._lacking(name)
        return self._at(name, found[name])

    def __iter__(self) -> Iterator[Lens]:
        return (self._at(name, seen) for name, seen in self._beside().items())

    def __dir__(self) -> list[str]:
        own = ["context", "dref", "path", "rref", "rrefs", "value"]
        return [*own, *(_attribute(name) for name in self._beside() if isinstance(name, str))]

    def __repr__(self) -> str:
        return f"<{self._trail}: {self._what()}>"

    def _beside(self) -> dict[Name, Seen]:
        found: dict[Name, Seen] = {}
        for name, seen in beside(self._store, self._seen):
            found.setdefault(name, seen)
        return found

    def _at(self, name: Name, seen: Seen) -> Lens:
        is_attribute = isinstance(name, str) and name.isidentifier()
        step = f".{name}" if is_attribute else f"[{name!r}]"
        return Lens(self._store, landed(self._store, seen), self._trail + step)

    def _owner(self) -> Derived:
        return self._seen if isinstance(self._seen, Derived) else self._seen.owner

    def _one(self, derived: Derived) -> Result:
        found = results_of(self._store, derived)
        if len(found) != 1:
            raise NotOne(derived.dref.text, len(found))
        return found[0]

    def _content(self, file: File) -> Json:
        if not file.path.is_file() or file.path.stat().st_size > _LARGEST:
            raise self._without("value that can be shown")
        try:
            return content(file)
        except UnicodeDecodeError:
            raise self._without("value that can be shown") from None

    def _lacking(self, name: Name) -> NoSuchPart:
        there = ", ".join(map(str, self._beside())) or "nothing"
        return NoSuchPart(self._trail, repr(name), there)

    def _without(self, wanted: str) -> NotSeen:
        return NotSeen(self._trail, wanted, self._what())

    def _what(self) -> str:
        match self._seen:
            case Derived(dref, results):
                texts = [str(each.rref or each.folder) for each in results or ()]
                return ", ".join(texts) or dref.text
            case Part(value):
                return shown(value)
            case File(path):
                return str(path)


def _attribute(name: str) -> str:
    return re.sub(r"\W", "_", name)


def lens(store: Store, start: Reference | Realization[object] | Build[C, T]) -> Lens:
    """Look at an object of a store: ``lens(store, rref).dataset.npz.path``.

    A step is a parameter of the config, an output of the stage, or a file. A reference among the
    parameters leads to the realization that this one was built from, or, where nothing says which,
    to the only one there is. Files of JSON are walked into. From a paused build, one sees what it
    is built from, and what it has written so far. Errors: `NoSuchPart`, `NotSeen`,
    `NotOne`, `MissingObject`.
    """
    match start:
        case DRef():
            return Lens(store, Derived(dref_from(start.text)), "lens")
        case Many(reference):
            return Lens(store, Derived(dref_from(reference.text)), "lens")
        case RRef():
            return Lens(store, realized(store, start), "lens")
        case Realization(rref):
            return Lens(store, realized(store, rref), "lens")
        case Build():
            result = Result(start.path, start.site.context, None)
            return Lens(store, Derived(dref_from(start.dref.text), (result,)), "lens")
