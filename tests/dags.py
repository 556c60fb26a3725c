"""Pipelines of any shape, for tests that need no results."""

from __future__ import annotations

from attrs import field, frozen
from hypothesis import strategies as st

from pylightnix_fn.manager import Manager, derive
from pylightnix_fn.realizer import Build
from pylightnix_fn.refs import DRef
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
