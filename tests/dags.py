"""Pipelines of any shape, for tests that need no results."""

from __future__ import annotations

import os
import time
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Final, TypeAlias

from attrs import field, frozen
from hypothesis import strategies as st

from pylightnix_fn.closure import Closure, instantiate
from pylightnix_fn.manager import Manager, derive
from pylightnix_fn.realization import Realization
from pylightnix_fn.realizer import Build, Realizer
from pylightnix_fn.refs import DRef
from pylightnix_fn.resources import Resources
from pylightnix_fn.tree import Folder

# For each node, the earlier nodes that it depends on.
Shape = tuple[tuple[int, ...], ...]


@frozen
class Node:
    """A stage that only depends on others."""

    number: int
    inputs: list[DRef[Folder]] = field(factory=list)


def nothing(b: Build[Node, Folder]) -> None:
    """The realizer that writes nothing."""


def node(
    m: Manager, number: int, inputs: list[DRef[Folder]] | None = None
) -> tuple[Manager, DRef[Folder]]:
    """A stage that depends on others; its key leaves the code out, for speed."""
    return derive(m, Node(number, inputs or []), Folder(), nothing, code=None)


def grown(m: Manager, shape: Shape) -> tuple[Manager, list[DRef[Folder]]]:
    """The nodes of a shape, as one step."""
    made: list[DRef[Folder]] = []
    for number, inputs in enumerate(shape):
        m, dref = node(m, number, [made[each] for each in inputs])
        made.append(dref)
    return m, made


@st.composite
def shapes(draw: st.DrawFn, most: int = 9) -> Shape:
    """Acyclic graphs, with shared, repeated and missing dependencies."""
    size = draw(st.integers(1, most))
    return tuple(
        tuple(draw(st.lists(st.integers(0, number - 1), max_size=4)) if number else ())
        for number in range(size)
    )


def chain(length: int) -> Shape:
    """Each node depends on the one before."""
    return tuple((number - 1,) if number else () for number in range(length))


def wide(width: int) -> Shape:
    """Nodes that do not know of each other, and one that depends on all."""
    return (*((),) * width, tuple(range(width)))


DIAMOND: Final[Shape] = ((), (0,), (0,), (1, 2))


@frozen
class Journal:
    """A file in which builds, of whatever process, write when they begin and end."""

    path: Path

    def write(self, word: str, number: int) -> None:
        """Add a line: a word, the number of a node, the time, the process."""
        line = f"{word} {number} {time.monotonic()} {os.getpid()}\n"
        descriptor = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        os.write(descriptor, line.encode())
        os.close(descriptor)

    def lines(self) -> list[tuple[str, int, float, int]]:
        """All that was written."""
        if not self.path.exists():
            return []
        words = [line.split() for line in self.path.read_text(encoding="utf-8").splitlines()]
        return [(word, int(n), float(at), int(process)) for word, n, at, process in words]

    def numbers(self, word: str) -> list[int]:
        """The nodes with which a word was written, in this order."""
        return [number for each, number, _, _ in self.lines() if each == word]

    def most_at_once(self, numbers: Collection[int]) -> int:
        """How many builds of these nodes there were at one time."""
        there = most = 0
        for word, number, _, _ in self.lines():
            if number in numbers:
                there += {"begin": 1, "end": -1}[word]
                most = max(most, there)
        return most


Work: TypeAlias = Realizer[Node, Folder]


def sleeping(journal: Journal, seconds: Mapping[int, float] | float = 0.0) -> Work:
    """Takes so many seconds, for each node or for all, and says so in a journal."""

    def sleep(b: Build[Node, Folder]) -> None:
        number = b.config.number
        journal.write("begin", number)
        time.sleep(seconds.get(number, 0) if isinstance(seconds, Mapping) else seconds)
        (b.path / "number.txt").write_text(str(number), encoding="utf-8")
        journal.write("end", number)

    return sleep


def closure_over(
    shape: Shape, work: Work | Mapping[int, Work], resources: Mapping[int, Resources] | None = None
) -> Closure[list[Realization[Folder]]]:
    """The closure of all nodes of a shape, built by the same realizer or by one for each."""
    needs = resources or {}

    def stage(m: Manager) -> tuple[Manager, list[DRef[Folder]]]:
        made: list[DRef[Folder]] = []
        for number, inputs in enumerate(shape):
            config = Node(number, [made[each] for each in inputs])
            taken = needs.get(number, Resources())
            name = f"node-{number}"
            own = work if callable(work) else work[number]
            m, dref = derive(m, config, Folder(), own, code=None, name=name, resources=taken)
            made.append(dref)
        return m, made

    return instantiate(stage)
