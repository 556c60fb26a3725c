"""The graph of a plan, before anybody looks into a store."""

from __future__ import annotations

from pylightnix_fn.closure import Closure
from pylightnix_fn.graph.node import Node, State
from pylightnix_fn.graph.value import Graph, graph_of
from pylightnix_fn.manager import Derivation


def planned_graph(closure: Closure[object]) -> Graph:
    """The derivations of a closure, and what each of them needs."""
    return graph_of((node_of(each) for each in closure), closure.targets)


def node_of(derivation: Derivation, state: State = "planned", why: str = "") -> Node:
    """A derivation as a node without results."""
    return Node(
        derivation.dref,
        state,
        derivation.dependencies,
        why,
        derivation.config.text,
        derivation.realizer,
        derivation.matcher.label,
    )
