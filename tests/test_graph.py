"""Graphs as values and as text: order, states, trees in characters, plain data."""

from __future__ import annotations

import re
from typing import Final

import pytest
from attrs import evolve
from dags import DIAMOND, Shape, chain, closure_over, grown, nothing, shapes, wide
from graphs import ref, result, small
from hypothesis import given
from hypothesis import strategies as st

from pylightnix_fn import DRef, Folder, RRef, instantiate
from pylightnix_fn.canonical import canonical
from pylightnix_fn.graph.lines import NARROWEST, Row, tree_lines
from pylightnix_fn.graph.node import LOOKS, Node, State, labels
from pylightnix_fn.graph.planned import planned_graph
from pylightnix_fn.graph.value import Graph, graph_of
from pylightnix_fn.tree import Entry


def shaped(shape: Shape) -> Graph:
    return planned_graph(closure_over(shape, nothing))


# Graphs


@given(shapes())
def test_graph_has_a_node_after_all_that_it_needs(shape: Shape) -> None:
    graph = planned_graph(instantiate(grown, shape))
    backwards = graph_of(reversed(graph.nodes), graph.targets)
    assert all(need < number for number, needs in enumerate(backwards.needs) for need in needs)


@given(shapes())
def test_graph_of_nodes_in_another_order_has_the_same_edges(shape: Shape) -> None:
    graph = planned_graph(instantiate(grown, shape))
    assert set(graph.edges) == set(graph_of(reversed(graph.nodes), graph.targets).edges)


def test_graph_of_a_plan_has_a_node_for_each_derivation() -> None:
    closure = closure_over(DIAMOND, nothing)
    expected = [(each.dref, "planned", each.config.text) for each in closure]
    found = [(node.reference, node.state, node.config) for node in planned_graph(closure).nodes]
    assert (expected, closure.targets) == (found, planned_graph(closure).targets)


def test_graph_of_a_deep_plan_is_made_without_recursion() -> None:
    assert 2000 == len(planned_graph(instantiate(grown, chain(2000))).nodes)


def test_graph_has_what_is_needed_and_not_there_as_missing() -> None:
    graph = graph_of([Node(ref("a"), "hit", (ref("b"),))], [ref("a")])
    assert ["missing", "hit"] == [node.state for node in graph.nodes]


def test_graph_breaks_a_circle_and_calls_its_end_damaged() -> None:
    one = Node(ref("one"), "hit", (ref("other"),))
    other = Node(ref("other"), "hit", (ref("one"),))
    graph = graph_of([one, other], [ref("one")])
    assert [("other", "damaged"), ("one", "hit")] == [(n.name, n.state) for n in graph.nodes]


def test_graph_leaves_out_a_need_of_itself() -> None:
    graph = graph_of([Node(ref("one"), "hit", (ref("one"),))], [ref("one")])
    assert ((), "damaged") == (graph.edges, graph.nodes[0].state)


def test_graph_has_a_repeated_need_once() -> None:
    graph = graph_of([Node(ref("a"), "hit", (ref("b"), ref("b"))), Node(ref("b"), "hit")], [])
    assert (1, "hit") == (len(graph.edges), graph.nodes[1].state)


def test_graph_counts_its_states() -> None:
    assert {"hit": 1, "miss": 1, "failed": 1} == small().counts


def test_empty_graph_is_text_and_data() -> None:
    assert ("0 nodes", {"targets": [], "nodes": [], "edges": []}) == (str(Graph()), Graph().json())


# Plain data


def test_node_as_data_holds_all_that_is_known() -> None:
    entry = Entry("a.txt", "file", 3)
    node = Node(ref("a"), "hit", (ref("b"),), "w", '{"x":1}', "f", "g", (result("a", 3, 2, entry),))
    expected = {
        "reference": ref("a").text,
        "name": "a",
        "state": "hit",
        "why": "w",
        "needs": [ref("b").text],
        "config": {"x": 1},
        "realizer": "f",
        "matcher": "g",
        "size": 3,
        "seconds": 2,
        "results": [
            {
                "reference": f"rref:{'b' * 32}-{'a' * 32}-a",
                "started": "2026-01-02T03:04:05+00:00",
                "seconds": 2,
                "size": 3,
                "folder": "/store/x",
                "artifacts": [entry.json()],
                "unlisted": 0,
            }
        ],
    }
    assert expected == node.json()


def test_graph_as_data_holds_its_edges() -> None:
    a, b = ref("a"), ref("b")
    graph = graph_of([Node(b, "hit", (a,)), Node(a, "hit")], [b])
    assert f'"edges":[["{a}","{b}"]]' in canonical(graph.json())


@given(shapes())
def test_equal_plans_are_equal_data(shape: Shape) -> None:
    one, other = (canonical(shaped(shape).json()) for _ in range(2))
    assert one == other


# Text

SMALL: Final = """\
3 nodes: 1 hit, 1 miss, 1 failed; 1.2 MB, built in 3 min 20 s

report                                                miss
├─ model                                              failed
│  └─ data                                            hit     1.2 MB  3 min 20 s
└─ data (above)

model failed: ValueError: no mean"""


def test_graph_as_text_is_a_tree_and_what_is_wrong() -> None:
    assert SMALL == str(small())


@given(shapes(12), st.integers(0, 120))
def test_text_is_no_wider_than_was_asked_for(shape: Shape, width: int) -> None:
    lines = shaped(shape).text(width).splitlines()
    assert max(width, NARROWEST) >= max(map(len, lines))


def test_text_of_the_longest_names_is_no_wider_than_a_terminal() -> None:
    nodes = [Node(ref("n" * 222, digits), "damaged", (), "w" * 300) for digits in "abc"]
    assert 80 >= max(map(len, str(graph_of(nodes, [])).splitlines()))


def rows(shape: Shape) -> list[Row]:
    return [Row(f"n{number}.", tuple(needs), "x") for number, needs in enumerate(shape)]


@pytest.mark.parametrize("shape", [chain(60), wide(20), DIAMOND, (*chain(40), *((39,),) * 3)])
def test_tree_has_one_line_for_each_node(shape: Shape) -> None:
    full = [line for line in tree_lines(rows(shape), 60) if line.endswith("x")]
    assert sorted(row.label for row in rows(shape)) == sorted(re.findall(r"n\d+\.", "".join(full)))


@given(shapes(12), st.integers(0, 60))
def test_tree_has_a_line_for_each_edge_and_top_and_what_goes_on_below(
    shape: Shape, width: int
) -> None:
    lines = tree_lines(rows(shape), width)
    edges = sum(len(set(needs)) for needs in shape)
    inner = [line for line in lines if re.match("[│├└ ]", line)]
    full = [line for line in lines if line.endswith("x")]
    assert (edges, len(shape)) == (len(inner), len(full))


def test_tree_too_deep_for_its_width_goes_on_below() -> None:
    lines = tree_lines(rows(chain(40)), 60)
    put_off = [line.split()[-2] for line in lines if line.endswith("(below)")]
    assert put_off == [line.split()[0] for line in lines[1:] if line.startswith("n")]
    assert put_off


def test_tree_that_goes_on_below_never_begins_with_what_stands_above() -> None:
    shape = tuple(tuple(range(max(0, number - 2), number)) for number in range(60))
    tops = [line for line in tree_lines(rows(shape), 60) if line.startswith("n")]
    assert len(tops) > 1
    assert all(line.endswith("x") for line in tops)


def test_tree_of_nothing_is_empty() -> None:
    assert [] == tree_lines([], 80)


# Labels


def test_labels_are_names_where_these_differ() -> None:
    nodes = [Node(ref("one"), "hit"), Node(ref("other"), "hit")]
    assert ("one", "other") == labels(nodes, 20)


def test_labels_tell_apart_what_has_one_name() -> None:
    nodes = [Node(ref("same", digits), "hit") for digits in "ab"]
    assert ("same aaaaaa", "same bbbbbb") == labels(nodes, 20)


def test_labels_of_long_names_keep_their_digits() -> None:
    nodes = [Node(ref("n" * 100, digits), "hit") for digits in "ab"]
    assert (f"{'n' * 12}… aaaaaa", f"{'n' * 12}… bbbbbb") == labels(nodes, 20)


def test_labels_tell_apart_equal_results_of_two_derivations() -> None:
    texts = [f"rref:{'c' * 32}-{digits * 32}-same" for digits in "ab"]
    nodes = [Node(RRef(text, Folder()), "hit") for text in texts]
    assert ("same cccccc-aaaaaa", "same cccccc-bbbbbb") == labels(nodes, 20)


def test_labels_are_whole_references_where_nothing_shorter_would_do() -> None:
    texts = [f"dref:{'a' * 30}0{digit}-same" for digit in "12"]
    assert tuple(texts) == labels([Node(DRef(text, None), "hit") for text in texts], 20)


# States


def luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("state", LOOKS)
@pytest.mark.parametrize("ground", ["#ffffff", "#0d1117"])
def test_colour_of_a_state_stands_out_on_light_and_dark(state: State, ground: str) -> None:
    dark, light = sorted((luminance(LOOKS[state].colour), luminance(ground)))
    assert (light + 0.05) / (dark + 0.05) >= 3  # WCAG 2.1, 1.4.11


@pytest.mark.parametrize("aspect", ["mark", "colour", "meaning"])
def test_states_differ_in_each_aspect(aspect: str) -> None:
    assert len(LOOKS) == len({getattr(look, aspect) for look in LOOKS.values()})


def test_node_without_results_costs_nothing_that_is_known() -> None:
    assert (None, None, ("", "")) == ((n := Node(ref("a"), "miss")).size, n.seconds, n.cost)


def test_node_with_several_results_costs_all_of_them() -> None:
    node = evolve(small().nodes[0], results=(result("data", 1, 1), result("data", 2, 3)))
    assert (3, 4) == (node.size, node.seconds)
