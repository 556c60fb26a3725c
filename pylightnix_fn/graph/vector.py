"""Graphs as SVG that stands on its own: with its colours, for light and dark, and a legend."""

from __future__ import annotations

from typing import Final

from pylightnix_fn.graph.node import LOOKS
from pylightnix_fn.graph.sketch import sketch
from pylightnix_fn.graph.value import Graph
from pylightnix_fn.html.drawing import FONT_SIZE, LETTER, Picture
from pylightnix_fn.html.markup import Markup, element, escaped

_LINE: Final = 20.0
_EDGE: Final = 6.0
_STYLE: Final = Markup(  # of the picture alone: an image takes no colour from around it
    "svg{color:#1f2328;background:#fff}"
    "@media (prefers-color-scheme:dark){svg{color:#e6edf3;background:#0d1117}}"
)


def graph_svg(graph: Graph) -> str:
    """The graph as the content of an SVG file, in our own layout: dependencies on the left."""
    drawn = sketch(graph.nodes, graph.needs, frozenset(graph.targets))
    lines = [(f"{LOOKS[state].mark} {state}", state) for state in graph.counts]
    texts = [f"{head}: {LOOKS[state].meaning} ({graph.counts[state]})" for head, state in lines]
    width = max([drawn.width, *(2 * _EDGE + len(each) * LETTER for each in texts)])
    top = drawn.height + _LINE
    legend = (
        element(
            "text",
            escaped(text),
            x=_EDGE,
            y=top + number * _LINE,
            fill=LOOKS[state].colour,
            font_size=FONT_SIZE,
        )
        for number, (text, (_, state)) in enumerate(zip(texts, lines, strict=True))
    )
    content = element("style", _STYLE), *drawn.content, *legend
    return Picture(width, top + len(lines) * _LINE, content).svg() + "\n"
