"""Closures, realizations and references as HTML, from plain data.

Neither scripts nor style sheets nor fonts from elsewhere; grey and the page's own colour only, so
that it reads on light and on dark ones.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final

from attrs import evolve, frozen

from pylightnix_fn.html.drawing import Node, drawing
from pylightnix_fn.html.markup import Markup, element, escaped
from pylightnix_fn.quantity import duration_text, size_text

MOST_NODES: Final = 60  # that a drawing shows
MOST_EDGES: Final = 200
MOST_ROWS: Final = 60  # of a table
SHOWN_CHARACTERS: Final = 200  # of a file's content
_DIGITS: Final = 6  # of a reference, where several derivations have one name

_CELL: Final = "text-align:left;vertical-align:top;padding:2px 14px 2px 0"
_RULED: Final = f"{_CELL};border-bottom:1px solid rgba(128,128,128,.35)"
_FAINT: Final = "opacity:.65"
_WIDE: Final = "overflow-x:auto;max-width:100%"


@frozen
class Output:
    """A row for an output: its field and path, its bytes and what is in it where that is known."""

    field: str
    path: str
    size: int | None = None
    content: str = ""


@frozen
class Facts:
    """What a realization cost, where it lies, and the references and names that it was built from.

    ``started`` is in UTC, ``size`` in bytes.
    """

    started: datetime
    seconds: float
    size: int
    folder: str
    needs: tuple[tuple[str, str], ...] = ()


def reference_html(text: str, name: str) -> Markup:
    """A reference as it is copied, its name marked.

    >>> reference_html("dref:00-a", "a")
    '<code><span style="opacity:.65">dref:00-</span><b>a</b></code>'
    """
    digits = text.removesuffix(name)
    return element("code", element("span", escaped(digits), style=_FAINT), _bold(name))


def closure_html(nodes: Sequence[Node]) -> Markup:
    """A graph, dependencies on the left, targets marked; a table of names where it is too large.

    The label of a node is its name, its title begins with its reference.
    """
    targets = sum(node.is_target for node in nodes)
    edges = sum(len(node.needs) for node in nodes)
    size = f"{_counted(len(nodes), 'derivation')}, {_counted(targets, 'target')}"
    heading = element("div", _bold("Closure"), escaped(f" of {size}"))
    drawable = len(nodes) <= MOST_NODES and edges <= MOST_EDGES
    shown = drawing(_told_apart(nodes)) if drawable else _names(nodes)
    return element("div", heading, element("div", shown, style=f"{_WIDE};padding:4px 0"))


def realization_html(reference: str, name: str, facts: Facts, outputs: Sequence[Output]) -> Markup:
    """A reference, what is known of the realization, and a table of its outputs."""
    needs = [reference_html(*each) for each in facts.needs]
    values = {
        "built": escaped(f"{facts.started:%Y-%m-%d %H:%M:%S} UTC"),
        "in": escaped(duration_text(facts.seconds)),
        "size": escaped(size_text(facts.size)),
        "folder": element("code", escaped(facts.folder)),
        "from": _below_each_other(needs),
    }
    rows = [
        element("tr", _cell(element("span", escaped(label), style=_FAINT)), _cell(value))
        for label, value in values.items()
        if value
    ]
    heading = element("div", _bold("Realization"), escaped(" "), reference_html(reference, name))
    parts = [heading, _table(rows)]
    if outputs:
        parts.append(_table([_header("output", "path", "size", "content"), *map(_row, outputs)]))
    return element("div", *parts, style=_WIDE)


def _told_apart(nodes: Sequence[Node]) -> list[Node]:
    counts = Counter(node.label for node in nodes)
    return [
        evolve(node, label=f"{node.label[:20]} {node.digest[:_DIGITS]}")
        if counts[node.label] > 1
        else node
        for node in nodes
    ]


def _names(nodes: Sequence[Node]) -> Markup:
    counts = Counter(node.label for node in nodes)
    targets = Counter(node.label for node in nodes if node.is_target)
    rows = [
        element("tr", *(_cell(escaped(text)) for text in (name, str(count), _some(targets[name]))))
        for name, count in counts.most_common(MOST_ROWS)
    ]
    rest = _rest("tr", len(counts) - MOST_ROWS)
    return _table([_header("name", "derivations", "targets"), *rows, *rest])


def _below_each_other(parts: Sequence[Markup]) -> Markup:
    lines = [element("div", part) for part in parts[:MOST_ROWS]]
    return Markup("".join([*lines, *_rest("div", len(parts) - MOST_ROWS)]))


def _row(output: Output) -> Markup:
    size = "" if output.size is None else size_text(output.size)
    content = element("span", escaped(output.content), style="white-space:pre-wrap")
    texts = (escaped(output.field), element("code", escaped(output.path)), escaped(size))
    return element("tr", *map(_cell, texts), _cell(content))


def _rest(tag: str, more: int) -> list[Markup]:
    if more <= 0:
        return []
    text = escaped(f"and {more} more")
    return [element(tag, element("td", text, style=_CELL) if tag == "tr" else text)]


def _table(rows: Iterable[Markup]) -> Markup:
    return element("table", element("tbody", *rows), style="border-collapse:collapse;margin:4px 0")


def _header(*texts: str) -> Markup:
    return element("tr", *(element("th", escaped(each), style=_RULED) for each in texts))


def _cell(content: Markup) -> Markup:
    return element("td", content, style=_CELL)


def _bold(text: str) -> Markup:
    return element("b", escaped(text))


def _counted(count: int, word: str) -> str:
    return f"{count} {word}" if count == 1 else f"{count} {word}s"


def _some(count: int) -> str:
    return str(count) if count else ""
