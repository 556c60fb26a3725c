"""Errors of graphs that another program draws."""

from __future__ import annotations

from pylightnix_fn.errors.message import Message, PylightnixError


class GraphvizFailed(PylightnixError, RuntimeError):
    """Graphviz is installed, and did not draw a graph."""

    program: str
    nodes: int
    why: str

    def message(self) -> Message:
        return Message(
            "Graphviz did not draw the graph",
            (("program", self.program), ("nodes", self.nodes), ("reason", self.why)),
            "Draw it with `graph_svg(graph)`, which needs no other program.",
        )
