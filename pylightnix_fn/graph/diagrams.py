"""Graphs for other programs to draw: Mermaid and DOT, with everything in them escaped."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from pylightnix_fn.graph.node import LOOKS, labels
from pylightnix_fn.graph.sketch import title
from pylightnix_fn.graph.value import Graph

_LONGEST_LABEL: Final = 40  # characters


def mermaid(graph: Graph) -> str:
    """A flowchart for Markdown that renders Mermaid, as that of GitHub and GitLab.

    By default it draws no more than 500 edges. Targets have thick borders.
    """
    lines = ["flowchart LR"]
    for number, label in enumerate(_labels(graph)):
        node = graph.nodes[number]
        lines.append(f'  n{number}["{_in_mermaid(label)}"]:::{node.state}')
    lines += [f"  n{need} --> n{number}" for need, number in _edges(graph)]
    for state in graph.counts:
        look = LOOKS[state]
        dashes = ",stroke-dasharray:5 3" if look.is_dashed else ""
        lines.append(f"  classDef {state} fill:{look.colour}22,stroke:{look.colour}{dashes}")
    lines += [f"  style {each} stroke-width:3px" for each in _targets(graph)]
    return "\n".join(lines) + "\n"


def dot(graph: Graph) -> str:
    """A digraph for Graphviz; pointing at a node of its SVG shows reference, state and config."""
    lines = ['digraph "graph" {', "  rankdir=LR;", "  node [shape=box, fontname=monospace];"]
    targets = frozenset(graph.targets)
    for number, label in enumerate(_labels(graph)):
        node, pens = graph.nodes[number], ["rounded", "filled"]
        look = LOOKS[node.state]
        if look.is_dashed:
            pens.append("dashed")
        attributes = {
            "label": label,
            "tooltip": title(node),
            "color": look.colour,
            "fillcolor": f"{look.colour}22",
            "style": ",".join(pens),
            "penwidth": "3" if node.reference in targets else "1",
        }
        listed = ", ".join(f"{name}={_in_dot(value)}" for name, value in attributes.items())
        lines.append(f"  n{number} [{listed}];")
    lines += [f"  n{need} -> n{number};" for need, number in _edges(graph)]
    return "\n".join([*lines, "}"]) + "\n"


def _labels(graph: Graph) -> Iterator[str]:
    for node, name in zip(graph.nodes, labels(graph.nodes, _LONGEST_LABEL), strict=True):
        cost = ", ".join(filter(None, node.cost))
        yield f"{LOOKS[node.state].mark} {name}" + (f"\n{cost}" if cost else "")


def _edges(graph: Graph) -> Iterator[tuple[int, int]]:
    for number, needs in enumerate(graph.needs):
        yield from ((need, number) for need in needs)


def _targets(graph: Graph) -> list[str]:
    wanted = frozenset(graph.targets)
    return [f"n{i}" for i, node in enumerate(graph.nodes) if node.reference in wanted]


def _in_mermaid(text: str) -> str:
    """A text between quotes, where the entities of HTML stand with ``#`` for ``&#``."""
    plain = "".join(
        each if each.isalnum() or each in " -_.,+\n" else f"#{ord(each)};" for each in text
    )
    return plain.replace("\n", "<br/>")


def _in_dot(text: str) -> str:
    """A text between quotes; Graphviz would read entities of HTML and its own escapes in it."""
    printable = "".join(
        each if each.isprintable() or each == "\n" else repr(each)[1:-1] for each in text
    )
    escaped = printable.replace("\\", "\\\\").replace('"', '\\"').replace("&", "&amp;")
    return '"' + escaped.replace("\n", "\\n") + '"'
