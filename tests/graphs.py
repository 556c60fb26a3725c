"""Graphs to look at, made of nodes that no store holds."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from pylightnix_fn import DRef, Folder, rref_from
from pylightnix_fn.graph.node import Node, Result
from pylightnix_fn.graph.value import Graph, graph_of
from pylightnix_fn.tree import Entry

STARTED: Final = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def ref(name: str, digits: str = "a") -> DRef[Folder]:
    """A derivation of this name."""
    return DRef(f"dref:{digits * 32}-{name}", Folder())


def result(name: str, size: int, seconds: float, *artifacts: Entry) -> Result:
    """A realization of a derivation of this name."""
    rref = rref_from(f"rref:{'b' * 32}-{'a' * 32}-{name}")
    return Result(rref, STARTED, seconds, size, "/store/x", artifacts)


def small() -> Graph:
    """A dataset that is there, a model that failed, and a report on both that waits."""
    data = Node(ref("data"), "hit", results=(result("data", 1_234_567, 200.0),))
    model = Node(ref("model"), "failed", (ref("data"),), "ValueError: no mean")
    report = Node(ref("report"), "miss", (ref("model"), ref("data")), "there is none")
    return graph_of([report, model, data], [ref("report")])
