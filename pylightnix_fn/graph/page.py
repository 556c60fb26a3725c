"""A graph as one HTML page that needs nothing else: a picture, a legend, all that is known."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Final

from attrs import frozen

from pylightnix_fn.graph.appearance import POLICY, SCRIPT, STYLE
from pylightnix_fn.graph.node import LOOKS, Node, Result, State, labels
from pylightnix_fn.graph.sketch import sketch
from pylightnix_fn.graph.value import Graph
from pylightnix_fn.html.markup import Markup, element, escaped, void
from pylightnix_fn.quantity import duration_text, size_text
from pylightnix_fn.tree import Entry

_LONGEST_LABEL: Final = 60  # characters
_LONGEST_CONFIG: Final = 20_000
_ZOOMS: Final = (("+", "larger"), ("-", "smaller"), ("0", "full size"), ("f", "fit"))
_HINT: Final = (
    "Point at a box, or reach it with Tab, for its config; click it, or press Enter, for its "
    "artifacts. Arrows go along the lines; + and - zoom, as does the wheel with Ctrl; f fits."
)


def graph_page(graph: Graph, title: str = "Graph") -> str:
    """The content of an HTML file: boxes in colours of states, for light and for dark.

    It loads nothing, and may be opened from anywhere. Pointing at a box shows its config, a click
    its artifacts; all of it can be reached with the keyboard.
    """
    links = [_link(number) for number in range(len(graph.nodes))]
    picture = sketch(graph.nodes, graph.needs, frozenset(graph.targets), links).svg()
    head = element(
        "head",
        void("meta", charset="utf-8"),
        void("meta", name="viewport", content="width=device-width, initial-scale=1"),
        void("meta", http_equiv="Content-Security-Policy", content=POLICY),
        element("title", escaped(title)),
        element("style", STYLE),
    )
    body = element(
        "body",
        _header(graph, title),
        element("main", picture, id="view", aria_label="graph"),
        element("aside", *_details(graph), element("p", escaped(_HINT), class_="hint")),
        element("div", id="card", aria_hidden="true"),
        element("script", SCRIPT),
    )
    return f"<!DOCTYPE html>\n{element('html', head, body, lang='en')}\n"


def _link(number: int) -> str:
    return f"#n{number}"


def _header(graph: Graph, title: str) -> Markup:
    buttons = (
        element("button", escaped(label), type="button", data_key=key, title=f"key {key}")
        for key, label in _ZOOMS
    )
    legend = (
        element(
            "li",
            _swatch(state),
            escaped(f"{state} ({count}) "),
            element("span", escaped(LOOKS[state].meaning), class_="faint"),
        )
        for state, count in graph.counts.items()
    )
    return element(
        "header",
        element("div", *buttons, class_="tools"),
        element("h1", escaped(title)),
        element("span", escaped(graph.summary), class_="faint"),
        element("ul", *legend, class_="legend", aria_label="legend"),
    )


def _swatch(state: State) -> Markup:
    look = LOOKS[state]
    kind = "swatch dashed" if look.is_dashed else "swatch"
    style = f"color:{look.colour};background:{look.colour}29"
    return element("span", escaped(look.mark), class_=kind, style=style, aria_hidden="true")


@frozen
class _Names:
    """Links to nodes, by their numbers."""

    names: tuple[str, ...]

    def links(self, numbers: Iterable[int], kind: str) -> Markup:
        items = (
            element("div", element("a", escaped(self.names[number]), href=_link(number)))
            for number in numbers
        )
        return element("dd", *items, class_=kind)


def _details(graph: Graph) -> list[Markup]:
    links, needs = _Names(labels(graph.nodes, _LONGEST_LABEL)), graph.needs
    users: list[list[int]] = [[] for _ in needs]
    for number, those in enumerate(needs):
        for need in those:
            users[need].append(number)
    return [
        _detail(number, node, links, needs[number], users[number])
        for number, node in enumerate(graph.nodes)
    ]


def _detail(
    number: int, node: Node, links: _Names, needs: Sequence[int], users: Sequence[int]
) -> Markup:
    size, time = node.cost
    known = {
        "realizer": node.realizer,
        "matcher": node.matcher,
        "size": size,
        "built in": time,
    }
    rows = [part for label, text in known.items() if text for part in _row(label, text)]
    if needs:
        rows += [element("dt", escaped("needs")), links.links(needs, "needs")]
    if users:
        rows += [element("dt", escaped("needed by")), links.links(users, "users")]
    return element(
        "section",
        element("h2", escaped(links.names[number])),
        element("div", _swatch(node.state), escaped(_told(node.state)), class_="state"),
        *((element("p", escaped(node.why), class_="state"),) if node.why else ()),
        element("code", escaped(node.reference.text)),
        *(_result(each) for each in node.results),
        element("dl", *rows),
        *_config(node),
        id=f"n{number}",
        tabindex=-1,
    )


def _row(label: str, text: str) -> tuple[Markup, Markup]:
    return element("dt", escaped(label)), element("dd", escaped(text))


def _told(state: State) -> str:
    return f"{state}: {LOOKS[state].meaning}"


def _config(node: Node) -> tuple[Markup, ...]:
    if not node.config:
        return ()
    text = json.dumps(json.loads(node.config), indent=2, ensure_ascii=False, sort_keys=True)
    if len(text) > _LONGEST_CONFIG:
        text = f"{text[:_LONGEST_CONFIG]}\nand {len(text) - _LONGEST_CONFIG} characters more"
    config = element("pre", escaped(text), class_="config")
    return element("h3", escaped("Config")), config


def _result(result: Result) -> Markup:
    cost = f"{size_text(result.size)} in {duration_text(result.seconds)}"
    lines = [
        element("code", escaped(result.rref.text)),
        element("div", escaped(f"{result.started:%Y-%m-%d %H:%M:%S} UTC, {cost}")),
        element("div", element("code", escaped(result.folder))),
    ]
    rows = [_artifact(each) for each in result.artifacts]
    if result.unlisted:
        more = element("td", escaped(f"and {result.unlisted} more"), colspan=2)
        rows.append(element("tr", more))
    listed = element("table", element("tbody", *rows)) if rows else element("p", escaped("none"))
    return element("div", element("h3", escaped("Artifacts")), *lines, listed, class_="result")


def _artifact(entry: Entry) -> Markup:
    endings = {"directory": "/", "symlink": f" -> {entry.content}", "file": ""}
    size = size_text(entry.size) if entry.kind == "file" else ""
    return element(
        "tr",
        element("td", escaped(f"{entry.path}{endings[entry.kind]}")),
        element("td", escaped(size), class_="number"),
    )
