"""Graphs as pictures, diagrams and pages: complete, well-formed, escaped, self-contained."""

from __future__ import annotations

import re
import shutil
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from typing import Final
from xml.etree import ElementTree

import pytest
from attrs import evolve
from dags import Shape, chain, closure_over, nothing, shapes
from graphs import ref, result, small
from hypothesis import given

from pylightnix_fn.errors.graph import GraphvizFailed
from pylightnix_fn.graph.appearance import SCRIPT, STYLE
from pylightnix_fn.graph.diagrams import dot, mermaid
from pylightnix_fn.graph.graphviz import svg_by_graphviz
from pylightnix_fn.graph.node import LOOKS, Node
from pylightnix_fn.graph.page import graph_page
from pylightnix_fn.graph.planned import planned_graph
from pylightnix_fn.graph.value import Graph, graph_of
from pylightnix_fn.graph.vector import graph_svg
from pylightnix_fn.tree import Entry

EVIL: Final = "</script><script>alert('1')</script>&amp;\"\\\x1b[2J\u202e --> n0 ]]> {{x}} `#35;"
CONFIG: Final = '{"name":"</pre><script>alert(1)</script>"}'


def evil() -> Graph:
    """Everything that may be any text is."""
    entry = Entry(EVIL, "symlink", content=EVIL)
    made = evolve(result("x", 1, 1, entry), folder=EVIL, unlisted=7)
    node = Node(ref("x"), "damaged", (ref("y"),), EVIL, CONFIG, EVIL, EVIL, (made,))
    return graph_of([node, Node(ref("y"), "hit")], [ref("x")])


def shaped(shape: Shape) -> Graph:
    return planned_graph(closure_over(shape, nothing))


def tree(text: str) -> ElementTree.Element:
    """A document, which must be well-formed XML and possible UTF-8."""
    return ElementTree.fromstring(text.removeprefix("<!DOCTYPE html>\n").encode())


def tags(text: str, tag: str) -> list[ElementTree.Element]:
    return [each for each in tree(text).iter() if each.tag.rpartition("}")[2] == tag]


def words(element: ElementTree.Element) -> str:
    return " ".join(" ".join(element.itertext()).split())


def section(text: str, name: str) -> str:
    return next(words(each) for each in tags(text, "section") if words(each).startswith(name))


# Pages


@given(shapes())
def test_page_has_a_box_and_a_section_for_each_node(shape: Shape) -> None:
    graph = shaped(shape)
    text = graph_page(graph)
    boxes = [each.get("href") for each in tags(text, "a") if each.find(".//{*}rect") is not None]
    sections = [f"#{each.get('id')}" for each in tags(text, "section")]
    assert (len(graph.nodes), boxes) == (len(boxes), sections)


@given(shapes())
def test_page_has_a_line_for_each_edge(shape: Shape) -> None:
    graph = shaped(shape)
    lines = {
        (each.get("data-from"), each.get("data-to")) for each in tags(graph_page(graph), "path")
    }
    edges = {(f"#n{need}", f"#n{n}") for n, needs in enumerate(graph.needs) for need in needs}
    assert edges == lines


def test_page_tells_all_that_is_known_of_a_node() -> None:
    entries = Entry("a.txt", "file", 1200), Entry("b", "directory"), Entry("c", "symlink", 0)
    made = evolve(result("data", 1200, 2, *entries), unlisted=7)
    node = Node(ref("data"), "hit", (), "why it is", '{"x":[1]}', "fetch", "latest()", (made,))
    expected = (
        f"data ✓ hit: in the store why it is {ref('data')} Artifacts {made.rref} "
        "2026-01-02 03:04:05 UTC, 1.2 kB in 2.0 s /store/x a.txt 1.2 kB b/ c -> and 7 more "
        'realizer fetch matcher latest() size 1.2 kB built in 2.0 s Config { "x": [ 1 ] }'
    )
    assert expected == section(graph_page(graph_of([node], [])), "data")


def test_page_of_a_huge_config_says_how_much_is_left_out() -> None:
    node = Node(ref("data"), "hit", config='{"x":"' + 30_000 * "y" + '"}')
    assert 20_000 < len(section(graph_page(graph_of([node], [])), "data")) < 20_300
    assert "and 10013 characters more" in section(graph_page(graph_of([node], [])), "data")


def test_page_leads_to_what_is_needed_and_to_what_needs_it() -> None:
    text = graph_page(small())
    assert "needs data needed by report" in section(text, "model")


def test_page_has_a_legend_of_the_states_that_there_are() -> None:
    legend = [words(each) for each in tags(graph_page(small()), "li")]
    expected = [
        "✓ hit (1) in the store",
        "+ miss (1) to be built",
        "✗ failed (1) to be built; its latest build failed",
    ]
    assert expected == legend


def test_page_shows_states_in_their_colours() -> None:
    strokes = {each.get("stroke") for each in tags(graph_page(small()), "rect")}
    assert {LOOKS[state].colour for state in ("hit", "miss", "failed")} == strokes


@pytest.mark.parametrize("draw", [graph_page, graph_svg])
def test_picture_holds_no_script_and_no_element_out_of_its_texts(draw: object) -> None:
    text = graph_page(evil(), EVIL) if draw is graph_page else graph_svg(evil())
    assert [SCRIPT] * (draw is graph_page) == [each.text for each in tags(text, "script")]


def test_page_shows_hostile_texts_as_they_are() -> None:
    assert "</script><script>alert('1')</script>&amp;\"\\\\x1b[2J" in section(
        graph_page(evil()), "x"
    )


class _Elements(HTMLParser):
    """The elements that a browser's parser sees."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append(tag)


@pytest.mark.parametrize("graph", [evil(), small(), Graph()])
def test_page_is_read_alike_as_html_and_as_xml(graph: Graph) -> None:
    text, parser = graph_page(graph, EVIL), _Elements()
    parser.feed(text)
    assert parser.seen == [each.tag.rpartition("}")[2].lower() for each in tree(text).iter()]


@pytest.mark.parametrize("pattern", [r"\bsrc=", r"https?://(?!www\.w3\.org/2000/svg)", r"url\("])
def test_page_needs_nothing_from_elsewhere(pattern: str) -> None:
    assert [] == re.findall(pattern, graph_page(small()))


@pytest.mark.parametrize("word", ["@import", "fetch(", "innerHTML", "eval(", "XMLHttpRequest"])
def test_page_does_not_load_and_makes_no_markup_of_texts(word: str) -> None:
    assert word not in STYLE + SCRIPT


def test_page_forbids_itself_to_load_anything() -> None:
    policy = next(each for each in tags(graph_page(small()), "meta") if each.get("http-equiv"))
    assert "default-src 'none'" in str(policy.get("content"))


def test_page_leads_only_into_itself() -> None:
    text = graph_page(small())
    targets = {f"#{each.get('id')}" for each in tree(text).iter() if each.get("id")}
    assert set() == {each.get("href") for each in tags(text, "a")} - targets


def test_equal_graphs_are_equal_pages() -> None:
    assert graph_page(small()) == graph_page(small())


# SVG


def test_svg_has_a_box_for_each_node_and_a_legend() -> None:
    texts = [words(each) for each in tags(graph_svg(small()), "text")]
    expected = ["✓ data", "✗ model", "+ report", "✓ hit: in the store (1)"]
    assert (expected, 6) == (texts[:4], len(texts))


def test_svg_shows_the_config_to_who_points_at_a_box() -> None:
    assert CONFIG in [words(each) for each in tags(graph_svg(evil()), "title")][1]


def test_svg_keeps_its_legend_inside() -> None:
    root = tree(graph_svg(small()))
    height = float(root.get("height", 0))
    assert all(float(each.get("y", 0)) < height for each in tags(graph_svg(small()), "text"))


def test_svg_places_the_boxes_of_a_wide_picture_exactly() -> None:
    rects = tags(graph_svg(shaped(chain(1000))), "rect")
    steps = {round(float(b.get("x", 0)) - float(a.get("x", 0)), 1) for a, b in pairwise(rects)}
    assert 4 >= len(steps)


def test_notebook_shows_the_picture() -> None:
    assert 3 == len(tags(small()._repr_html_(), "rect"))


# Diagrams


def test_mermaid_has_nodes_edges_and_states() -> None:
    expected = """\
flowchart LR
  n0["#10003; data<br/>1.2 MB, 3 min 20 s"]:::hit
  n1["#10007; model"]:::failed
  n2["+ report"]:::miss
  n0 --> n1
  n1 --> n2
  n0 --> n2
  classDef hit fill:#2b955822,stroke:#2b9558
  classDef miss fill:#3b82f622,stroke:#3b82f6,stroke-dasharray:5 3
  classDef failed fill:#d6454522,stroke:#d64545,stroke-dasharray:5 3
  style n2 stroke-width:3px
"""
    assert expected == mermaid(small())


def test_dot_has_nodes_and_edges() -> None:
    lines = dot(small()).splitlines()
    assert ["  n0 -> n1;", "  n1 -> n2;", "  n0 -> n2;", "}"] == lines[-4:]


def test_dot_keeps_a_line_for_each_node_whatever_its_texts() -> None:
    lines = dot(evil()).splitlines()
    assert 2 == len([line for line in lines if re.match(r"  n\d \[.*\];$", line)])


# Graphviz


@pytest.mark.skipif(shutil.which("dot") is None, reason="Graphviz is not installed")
def test_graphviz_draws_every_node_and_edge() -> None:
    drawn = svg_by_graphviz(evil())
    assert drawn is not None
    kinds = [each.get("class") for each in tags(drawn, "g")]
    assert (2, 1) == (kinds.count("node"), kinds.count("edge"))


@pytest.mark.skipif(shutil.which("dot") is None, reason="Graphviz is not installed")
def test_graphviz_shows_hostile_texts_as_they_are() -> None:
    drawn = svg_by_graphviz(evil())
    assert drawn is not None
    titles = [each.get("{http://www.w3.org/1999/xlink}title", "") for each in tags(drawn, "a")]
    assert any("</script><script>alert('1')</script>&amp;\"\\" in each for each in titles)


def test_graphviz_that_is_not_installed_draws_nothing() -> None:
    assert svg_by_graphviz(small(), program="no-such-program") is None


def script(folder: Path, text: str) -> str:
    path = folder / "dot"
    path.write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
    path.chmod(0o755)
    return str(path)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("cat >/dev/null; echo 'Error: odd' >&2; exit 1", "Error: odd"),
        ("cat >/dev/null; exit 3", "it ended with status 3"),
        ("exec sleep 5", "it took more than 0.3 seconds"),
    ],
)
def test_graphviz_that_fails_is_told(tmp_path: Path, text: str, why: str) -> None:
    program = script(tmp_path, text)
    with pytest.raises(GraphvizFailed) as caught:
        svg_by_graphviz(small(), program=program, timeout=0.3)
    assert (program, 3, why) == (caught.value.program, caught.value.nodes, caught.value.why)
