"""HTML forms: well-formed, escaped, and laid out so that they can be read."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from itertools import combinations, pairwise
from pathlib import Path
from typing import Final
from xml.etree import ElementTree

import numpy as np
import pytest
from attrs import evolve, frozen
from dags import Shape, chain, grown, shapes
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from pylightnix_fn import (
    Artifact,
    Build,
    Closure,
    Codec,
    DRef,
    Manager,
    MemoryStore,
    Realization,
    artifact,
    derive,
    instantiate,
    npy,
    number,
    realize,
    text,
)
from pylightnix_fn.html.drawing import LONGEST_LABEL, Node, drawing
from pylightnix_fn.html.forms import (
    MOST_NODES,
    SHOWN_CHARACTERS,
    Facts,
    Output,
    closure_html,
    realization_html,
    reference_html,
)
from pylightnix_fn.html.layout import MOST_PLACES, layout
from pylightnix_fn.html.markup import element, escaped
from pylightnix_fn.showcase import MOST_READ, excerpt
from pylightnix_fn.tree import Folder

HEX: Final = "731c5ac602752760c8e48fbffcf8c3b8"
EVIL: Final = "<script>alert('1')</script>&\"\x1b[2J\udcff"


def parsed(html: str) -> ElementTree.Element:
    """The tree of a document, which must be well-formed XML and possible UTF-8."""
    return ElementTree.fromstring(html.encode())


def words(html: str) -> str:
    """What a reader reads."""
    return " ".join(" ".join(parsed(html).itertext()).split())


def tags(html: str, tag: str) -> list[ElementTree.Element]:
    return [each for each in parsed(html).iter() if each.tag.rpartition("}")[2] == tag]


def node(name: str, *needs: int, is_target: bool = False) -> Node:
    return Node(name, HEX, f"dref:{HEX}-{name}", needs, is_target)


# Markup


@given(st.text())
def test_escaped_text_is_no_markup(words: str) -> None:
    assert [] == list(parsed(element("p", escaped(words))))


@given(st.text(st.characters(categories=["L", "N", "P", "S"])))
def test_escaped_text_is_read_as_it_was(words: str) -> None:
    assert words == "".join(parsed(element("p", escaped(words))).itertext())


@given(st.text())
def test_attribute_holds_any_text(words: str) -> None:
    assert ["title"] == list(parsed(element("p", title=words)).attrib)


# Layouts


@given(shapes(12))
def test_layout_has_a_node_right_of_all_that_it_needs(shape: Shape) -> None:
    columns = layout(shape).columns
    assert all(columns[each] < columns[node] for node, needs in enumerate(shape) for each in needs)


@given(shapes(12))
def test_layout_keeps_the_places_of_a_column_a_row_apart(shape: Shape) -> None:
    made = layout(shape)
    places = zip(made.columns, made.rows, strict=True)
    assert all(
        abs(one[1] - other[1]) > 0.99
        for one, other in combinations(places, 2)
        if one[0] == other[0]
    )


@given(shapes(12))
def test_layout_leads_each_edge_through_all_columns_between(shape: Shape) -> None:
    made = layout(shape)
    steps = [made.columns[b] - made.columns[a] for way in made.ways for a, b in pairwise(way)]
    assert {1} >= set(steps)


@given(shapes(12))
def test_layout_has_a_way_for_each_edge(shape: Shape) -> None:
    edges = {(each, node) for node, needs in enumerate(shape) for each in needs}
    ways = [(way[0], way[-1]) for way in layout(shape).ways]
    assert (edges, len(edges)) == (set(ways), len(ways))


def test_layout_leads_the_longest_edges_straight_where_there_are_many() -> None:
    needs = [[], [0], *([0, number - 1] for number in range(2, 200))]
    made = layout(needs)
    lengths = {way[-1]: len(way) for way in made.ways if way[0] == 0}
    assert (3, 2) == (lengths[2], lengths[199])
    assert MOST_PLACES >= len(made.columns) - made.nodes


def test_layout_of_a_chain_is_one_row() -> None:
    assert {0.0} == set(layout(chain(20)).rows)


def test_layout_has_no_crossing_where_none_is_needed() -> None:
    rows = layout([[], [], [1], [0]]).rows
    assert (rows[0] < rows[1]) == (rows[3] < rows[2])


def test_layout_of_nothing_is_empty() -> None:
    assert 0.0 == layout([]).height


# Drawings


def test_drawing_has_a_box_and_a_name_for_each_node() -> None:
    svg = drawing([node("data"), node("model", 0)])
    assert (2, ["data", "model"]) == (len(tags(svg, "rect")), [t.text for t in tags(svg, "text")])


def test_drawing_has_a_line_for_each_need() -> None:
    assert 3 == len(tags(drawing([node("a"), node("b", 0), node("c", 0, 1)]), "path"))


def test_drawing_marks_targets() -> None:
    svg = drawing([node("data"), node("model", 0, is_target=True)])
    assert ["normal", "bold"] == [each.get("font-weight") for each in tags(svg, "text")]


def test_drawing_shows_the_whole_reference_to_who_points_at_a_box() -> None:
    assert f"dref:{HEX}-data" == tags(drawing([node("data")]), "title")[0].text


def test_drawing_cuts_long_names() -> None:
    label = tags(drawing([node("n" * 222)]), "text")[0].text
    assert "n" * (LONGEST_LABEL - 1) + "…" == label


@given(shapes(9))
def test_drawing_keeps_its_boxes_inside(shape: Shape) -> None:
    svg = parsed(drawing([node(f"n{i}", *sorted(set(needs))) for i, needs in enumerate(shape)]))
    right, bottom = float(svg.get("width", 0)), float(svg.get("height", 0))
    for each in svg.iter("{http://www.w3.org/2000/svg}rect"):
        x, y, width, height = (float(each.get(name, -1)) for name in ("x", "y", "width", "height"))
        assert x >= 0 <= y
        assert (x + width <= right, y + height <= bottom) == (True, True)


# Closures


def closure(shape: Shape) -> Closure[object]:
    return instantiate(grown, shape)


def shown(value: Closure[object] | Realization[object] | DRef[object]) -> str:
    return value._repr_html_()


def test_closure_is_a_drawing_under_its_numbers() -> None:
    html = shown(closure(((), (0,), (0, 1))))
    assert "Closure of 3 derivations, 3 targets" == words(html)[:35]
    assert 3 == len(tags(html, "rect"))


def test_closure_tells_apart_what_has_one_name() -> None:
    made = closure(((), (0,)))
    labels = [each.text for each in tags(shown(made), "text")]
    assert [f"node {each.dref.digest[:6]}" for each in made] == labels


def test_closure_gives_plain_names_where_they_differ() -> None:
    html = closure_html([node("data"), node("model", 0)])
    assert ["data", "model"] == [each.text for each in tags(html, "text")]


def test_large_closure_is_a_table_of_names() -> None:
    html = closure_html([node("a", is_target=True), *(node("b") for _ in range(MOST_NODES))])
    assert ([], "name derivations targets b 60 a 1 1") == (tags(html, "svg"), words(html)[-35:])


def test_closure_of_the_largest_drawing_is_drawn() -> None:
    assert 1 == len(tags(shown(closure(tuple(() for _ in range(MOST_NODES)))), "svg"))


def test_closure_with_many_edges_is_a_table() -> None:
    assert [] == tags(shown(closure(tuple(tuple(range(i)) for i in range(30)))), "svg")


def test_table_of_many_names_says_how_many_there_are_besides() -> None:
    assert "and 40 more" == words(closure_html([node(f"n{i}") for i in range(100)]))[-11:]


def test_empty_closure_is_well_formed() -> None:
    assert "Closure of 0 derivations, 0 targets" == words(closure_html([]))


# References


def test_reference_to_a_derivation_marks_its_name() -> None:
    html = shown(DRef(f"dref:{HEX}-mnist", Folder()))
    assert (f"dref:{HEX}- mnist", "mnist") == (words(html), tags(html, "b")[0].text)


def test_reference_to_a_realization_is_shown_whole(model: Realization[Model]) -> None:
    html = model.rref._repr_html_()
    assert model.rref.text == words(html).replace(" ", "")


# Realizations


@frozen
class Train:
    data: DRef[Folder]


@frozen
class Model:
    weights: Path = Path("weights.h5")
    accuracy: Artifact[float] = artifact("accuracy.txt", number)
    note: Artifact[str] = artifact("notes/a.txt", text)
    history: Artifact[NDArray[np.float64]] = artifact("history.npy", npy(np.float64))


def fit(b: Build[Train, Model]) -> None:
    b.out.weights.write_bytes(b"w")
    b.out.accuracy.write(0.9853)
    b.out.note.write("<b>good</b>")
    b.out.history.write(np.zeros(100))


def trained(m: Manager) -> tuple[Manager, DRef[Model]]:
    m, (data,) = grown(m, ((),))
    return derive(m, Train(data), Model(), fit, code=None)


@pytest.fixture(scope="module")
def kept() -> MemoryStore:
    return MemoryStore()  # its folders are there as long as it is


@pytest.fixture(scope="module")
def model(kept: MemoryStore) -> Realization[Model]:
    return realize(instantiate(trained), kept)


def rows(html: str) -> list[list[str]]:
    return [
        [" ".join("".join(cell.itertext()).split()) for cell in row] for row in tags(html, "tr")
    ]


def test_realization_shows_its_outputs(model: Realization[Model]) -> None:
    expected = [
        ["output", "path", "size", "content"],
        ["weights", "weights.h5", "", ""],
        ["accuracy", "accuracy.txt", "6 B", "0.9853"],
        ["note", "notes/a.txt", "11 B", "<b>good</b>"],
        ["history", "history.npy", "928 B", ""],
    ]
    assert expected == rows(shown(model))[-5:]


def test_realization_shows_what_is_known_of_it(model: Realization[Model]) -> None:
    facts = dict(row for row in rows(shown(model)) if len(row) == 2)
    (data,) = (rref for rrefs in model.context.values() for rref in rrefs)
    assert (str(model.path), data.text, "946 B") == (facts["folder"], facts["from"], facts["size"])
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC", facts["built"])


def test_realization_of_a_plain_folder_has_no_table_of_outputs() -> None:
    (made,) = realize(instantiate(grown, ((),)), MemoryStore())
    assert "output" not in words(shown(made))


def test_realization_that_is_gone_is_shown_all_the_same(model: Realization[Model]) -> None:
    gone = evolve(model.out.note, path=model.path / "nothing")
    html = shown(evolve(model, out=Model(note=gone)))
    assert ["note", "nothing", "", "cannot be read: FileNotFoundError"] == rows(html)[-2]


def refuse(data: bytes) -> str:
    raise AssertionError("a display runs no codec")


def test_realization_is_shown_without_its_codecs(model: Realization[Model]) -> None:
    quiet = evolve(model.out.note, codec=Codec("odd", str.encode, refuse))
    html = shown(evolve(model, out=Model(note=quiet)))
    assert "<b>good</b>" == rows(html)[-2][-1]


def test_large_realization_is_read_for_numbers_only(model: Realization[Model]) -> None:
    html = shown(evolve(model, size=MOST_READ + 1))
    assert ["", "0.9853", "", ""] == [row[-1] for row in rows(html)[-4:]]


def test_realization_with_unbound_outputs_is_shown(model: Realization[Model]) -> None:
    html = shown(evolve(model, out=Model()))
    assert "cannot be read: UnboundArtifact" == rows(html)[-1][-1]


def test_realization_form_escapes_all_that_it_is_given() -> None:
    facts = Facts(datetime(2026, 1, 1, tzinfo=UTC), 1.0, 1, EVIL, ((EVIL, EVIL),))
    html = realization_html(EVIL, EVIL, facts, [Output(EVIL, EVIL, 1, EVIL)])
    assert ([], 6) == (tags(html, "script"), words(html).count("<script>"))


def test_reference_form_escapes_its_text() -> None:
    assert [] == tags(reference_html(EVIL, ""), "script")


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", ""),
        (b"a\nb\n", "a\nb"),
        (b"\xff", ""),
        (b"a\x00b", ""),
        (b"x" * 201, "x" * SHOWN_CHARACTERS + " ..."),
    ],
)
def test_excerpt_is_the_beginning_of_a_text(data: bytes, expected: str) -> None:
    assert expected == excerpt(data)


@pytest.mark.parametrize("word", ["<script", "http://fonts", "@import", "<link", "url("])
def test_forms_need_nothing_from_elsewhere(word: str, model: Realization[Model]) -> None:
    assert word not in shown(model) + shown(closure(((), (0,))))
