"""From a callable to digests: each of the user's things that it reaches, once, under a label.

Things are described in the order in which they are met, which depends on the code alone. A digest
names other things by their labels, so cycles are no matter; where two things would bear the same
label (two lambdas, two closures of one function) the later ones are numbered.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable
from types import FunctionType, MethodType
from typing import NamedTuple

from .atoms import digest
from .bytecode import bytecode_tag
from .definitions import Reads, definition
from .held import is_function
from .home import home_of
from .modules import module_named
from .origin import Owner, Place, label_of, place_of, place_of_class, place_of_function
from .parts import Assigned, Named, Part, Thing, Whole
from .sketches import globals_of
from .values import described


class Reached(NamedTuple):
    """Digests by label, installed packages, and what was looked at to find them."""

    digests: dict[str, str]
    packages: frozenset[str]
    reads: Reads
    owner: Owner


def reached(root: object) -> Reached:
    """All of the user's code that a callable reaches."""
    graph = _Graph(Owner(home_of(root)))
    parts = described(root, graph.owner)
    whole = graph.digest(parts)
    told = [part for part in parts if not isinstance(part, Named) or part.name]
    if len(told) != 1 or isinstance(told[0], str | Named):
        graph.digests[_root_label(root) + "()"] = whole
    graph.settle()
    digests = dict(sorted(graph.digests.items()))
    return Reached(digests, frozenset(graph.packages), graph.reads, graph.owner)


class _Graph:
    def __init__(self, owner: Owner) -> None:
        self.owner, self.reads = owner, Reads()
        self.digests = dict[str, str]()
        self.packages = set[str]()
        self.labels = dict[object, str]()
        self.times = Counter[str]()
        self.queue = deque[tuple[str, Thing]]()
        self.met = list[Thing]()  # keeps alive what `labels` knows by identity

    def settle(self) -> None:
        while self.queue:
            label, thing = self.queue.popleft()
            self.digests[label] = self.digest(definition(thing, self.owner, self.reads))

    def digest(self, parts: Iterable[Part]) -> str:
        words = [word for part in parts if (word := self.word(part))]
        tag = bytecode_tag() + ":"
        is_text = not words[:1] or not words[0].startswith(tag)
        return digest(words) if is_text else tag + digest(words)

    def word(self, part: Part) -> str:
        match part:
            case str():
                return part
            case Named():
                self.packages.update([part.package] if part.package else [])
                return "named " + ascii(part.name) if part.name else ""
            case _:
                return "see " + self.label(part)

    def label(self, thing: Thing) -> str:
        key = _key(thing)
        if key not in self.labels:
            name = _label(thing)
            self.times[name] += 1
            label = name if self.times[name] == 1 else f"{name}~{self.times[name]}"
            self.labels[key] = label
            self.met.append(thing)
            self.queue.append((label, thing))
        return self.labels[key]


def _key(thing: Thing) -> object:
    match thing:
        case Whole():
            return thing
        case Assigned():
            return id(thing.holder), thing.name, thing.sketch.form
        case _:
            return id(thing)


def _label(thing: Thing) -> str:
    match thing:
        case FunctionType():
            return f"{label_of(place_of_function(thing))}:{thing.__code__.co_qualname}"
        case type():
            return f"{label_of(place_of_class(thing))}:{thing.__qualname__}"
        case Whole():
            module = thing.module or module_named(thing.name)
            place = place_of(vars(module)) if module else Place(thing.name)
            return f"{label_of(place)}:<module>"
        case Assigned():
            return f"{label_of(place_of(globals_of(thing.holder)))}:{thing.name}"


def _root_label(root: object) -> str:
    while isinstance(root, MethodType):
        root = root.__func__
    return _label(root if is_function(root) or isinstance(root, type) else type(root))
