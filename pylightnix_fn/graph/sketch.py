"""Nodes as a picture: boxes in the colours of their states."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Final

from pylightnix_fn.graph.node import LOOKS, Node, Reference, labels
from pylightnix_fn.html.drawing import LONGEST_LABEL, Picture, picture
from pylightnix_fn.html.drawing import Node as Box

SHOWN_CONFIG: Final = 600  # characters of a config, where a box is pointed at


def sketch(
    nodes: Sequence[Node],
    needs: Sequence[tuple[int, ...]],
    targets: Collection[Reference],
    links: Sequence[str] = (),
) -> Picture:
    """The picture of nodes that stand after all that they need; ``links`` are where they lead."""
    names = labels(nodes, LONGEST_LABEL - 2)
    return picture(
        [
            Box(
                f"{LOOKS[node.state].mark} {names[number]}",
                node.reference.digest,
                title(node),
                needs[number],
                node.reference in targets,
                LOOKS[node.state].colour,
                LOOKS[node.state].is_dashed,
                links[number] if links else "",
            )
            for number, node in enumerate(nodes)
        ]
    )


def title(node: Node) -> str:
    """What is told of a node in a few lines: reference, state, cost, the beginning of its config.

    >>> from pylightnix_fn.refs import DRef
    >>> mnist = DRef("dref:731c5ac602752760c8e48fbffcf8c3b8-mnist", None)
    >>> print(title(Node(mnist, "miss")))
    dref:731c5ac602752760c8e48fbffcf8c3b8-mnist
    miss: to be built
    """
    why = node.why or LOOKS[node.state].meaning
    shown = node.config
    if len(shown) > SHOWN_CONFIG:
        shown = f"{shown[:SHOWN_CONFIG]} ..."
    cost = ", ".join(filter(None, node.cost))
    return "\n".join(filter(None, (node.reference.text, f"{node.state}: {why}", cost, shown)))
