"""Graphs as values: nodes, dependencies first, and what they were gathered for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from textwrap import wrap
from typing import Final

from attrs import evolve, field, frozen

from pylightnix_fn.canonical import Json
from pylightnix_fn.graph.lines import LONGEST_LABEL, NARROWEST, Row, tree_lines
from pylightnix_fn.graph.node import LOOKS, Node, Reference, State, labels
from pylightnix_fn.graph.sketch import sketch
from pylightnix_fn.quantity import duration_text, size_text

WIDTH: Final = 80  # columns of a terminal

_UNEXPLAINED: Final = frozenset({"planned", "hit", "miss"})


@frozen
class Graph:
    """What needs what; made by `graph_of`, which puts the nodes into their order.

    Law: each node stands after all that it needs, and all that is needed is there.
    """

    nodes: tuple[Node, ...] = ()
    targets: tuple[Reference, ...] = ()

    @property
    def positions(self) -> Mapping[Reference, int]:
        """The number of each node."""
        return {node.reference: number for number, node in enumerate(self.nodes)}

    @property
    def needs(self) -> tuple[tuple[int, ...], ...]:
        """For each node the numbers of those that it needs."""
        positions = self.positions
        return tuple(tuple(positions[each] for each in node.needs) for node in self.nodes)

    @property
    def edges(self) -> tuple[tuple[Reference, Reference], ...]:
        """What is needed, and what needs it."""
        return tuple((need, node.reference) for node in self.nodes for need in node.needs)

    @property
    def counts(self) -> Mapping[State, int]:
        """How many nodes there are in each state that there is."""
        found = Counter(node.state for node in self.nodes)
        return {state: found[state] for state in LOOKS if found[state]}

    @property
    def summary(self) -> str:
        """How much there is of what, in one line."""
        count = len(self.nodes)
        states = ", ".join(f"{number} {state}" for state, number in self.counts.items())
        head = f"{count} node" if count == 1 else f"{count} nodes"
        results = [node for node in self.nodes if node.results]
        if not results:
            return f"{head}: {states}" if states else head
        size = size_text(sum(node.size or 0 for node in results))
        seconds = duration_text(sum(node.seconds or 0.0 for node in results))
        return f"{head}: {states}; {size}, built in {seconds}"

    def text(self, width: int = WIDTH) -> str:
        """This graph as trees, what nothing needs on top; what is wrong is told below them."""
        wide = max(width, NARROWEST)
        names = labels(self.nodes, LONGEST_LABEL)
        rights = _rights(self.nodes)
        rows = map(Row, names, self.needs, rights)
        told = (
            line
            for name, node in zip(names, self.nodes, strict=True)
            if node.why and node.state not in _UNEXPLAINED
            for line in wrap(f"{name} {node.state}: {node.why}", wide, subsequent_indent="  ")
        )
        parts = wrap(self.summary, wide), tree_lines(list(rows), wide), list(told)
        return "\n\n".join("\n".join(part) for part in parts if part)

    def json(self) -> Json:
        """This graph as plain data."""
        return {
            "targets": [each.text for each in self.targets],
            "nodes": [each.json() for each in self.nodes],
            "edges": [[need.text, node.text] for need, node in self.edges],
        }

    def __str__(self) -> str:
        return self.text()

    def _repr_html_(self) -> str:
        return sketch(self.nodes, self.needs, frozenset(self.targets)).svg()  # for notebooks


def _rights(nodes: Iterable[Node]) -> list[str]:
    columns = [(node.state, *node.cost) for node in nodes]
    wide = [max(map(len, column)) for column in zip(*columns, strict=True)]
    return [f"{s:<{wide[0]}}  {b:>{wide[1]}}  {t:>{wide[2]}}" for s, b, t in columns]


def graph_of(nodes: Iterable[Node], targets: Iterable[Reference]) -> Graph:
    """The graph of nodes in any order; one that is needed and not among them is missing.

    In a damaged store, what a node needs may lead back to it: such an edge is left out, and its
    node is damaged.
    """
    ordering = _Ordering({node.reference: node for node in nodes})
    wanted = tuple(dict.fromkeys(targets))
    for reference in (*wanted, *ordering.nodes):
        ordering.take(reference)
    return Graph(tuple(ordering.done.values()), wanted)


@frozen
class _Ordering:
    """Nodes on their way into an order."""

    nodes: Mapping[Reference, Node]
    done: dict[Reference, Node] = field(factory=dict)

    def take(self, top: Reference) -> None:
        stack, under_way = [(top, False)], dict[Reference, Node]()
        while stack:
            reference, is_expanded = stack.pop()
            if is_expanded:
                self.done[reference] = under_way.pop(reference)
            elif reference not in self.done and reference not in under_way:
                node = self.nodes.get(reference) or Node(reference, "missing")
                open_needs = tuple(n for n in dict.fromkeys(node.needs) if n not in under_way)
                open_needs = tuple(each for each in open_needs if each != reference)
                if len(open_needs) < len(set(node.needs)):
                    why = "what it needs leads back to it"
                    node = evolve(node, state="damaged", why=why)
                under_way[reference] = evolve(node, needs=open_needs)
                stack.append((reference, True))
                stack.extend((each, False) for each in reversed(open_needs))
