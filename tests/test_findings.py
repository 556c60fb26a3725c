"""What is found out about a store, as values: conditions, times, tables, who needs whom."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pylightnix_fn.canonical import Json, canonical, digest
from pylightnix_fn.comparison import ABSENT
from pylightnix_fn.errors.inquiry import (
    MOST_SHOWN,
    AmbiguousObject,
    MalformedCondition,
    MalformedMoment,
    UnknownColumn,
)
from pylightnix_fn.failure import Failure
from pylightnix_fn.findings import overview
from pylightnix_fn.findings.alteration import Array, ArrayChange, NumberChange, TextChange
from pylightnix_fn.findings.columns import columns, cut
from pylightnix_fn.findings.condition import Condition, Operator, number_of, part
from pylightnix_fn.findings.contrast import Difference
from pylightnix_fn.findings.detail import Artifacts
from pylightnix_fn.findings.moment import moment
from pylightnix_fn.findings.needs import Hold, reasons, relatives, reverse
from pylightnix_fn.findings.overview import Failures
from pylightnix_fn.findings.runs import Run, Runs
from pylightnix_fn.refs import RRef, dref_from, rref_from
from pylightnix_fn.retention.graph import Graph
from pylightnix_fn.retention.inventory import Reference
from pylightnix_fn.tree import Entry, Folder, Tree

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
PATHS = st.from_regex(r"[a-z./\[\]0-9_-]+", fullmatch=True)
OPERATORS: st.SearchStrategy[Operator] = st.sampled_from(get_args(Operator))
NUMBERS = st.integers(-(2**60), 2**60) | st.floats(allow_nan=False, allow_infinity=False)
NODES = [dref_from(f"dref:{digest(str(number))[:32]}-n{number}") for number in range(6)]
EDGES = st.sets(st.tuples(st.integers(0, 5), st.integers(0, 5)))


def test_condition_holds_an_operator_and_a_value() -> None:
    assert Condition("fields.x", "<=", "0.1 a") == Condition.parse("  fields.x  <=  0.1 a ")


def test_condition_takes_two_equal_signs_as_one() -> None:
    assert Condition("x", "=", "1") == Condition.parse("x==1")


def test_condition_takes_a_quoted_value_as_it_is() -> None:
    assert Condition("x", "=", " = ") == Condition.parse('x=" = "')


@given(PATHS, OPERATORS, st.text(st.characters(exclude_categories=["Cs"])))
def test_condition_comes_back_from_its_text(path: str, operator: Operator, value: str) -> None:
    condition = Condition(path, operator, value)
    assert condition == Condition.parse(str(condition))


@pytest.mark.parametrize(
    ("text", "position"),
    [("", 0), ("  ", 2), ("=1", 0), ("x", 1), ("a b=1", 2), ("x!1", 1), ("x=", 2), ('x="a', 2)],
)
def test_condition_that_cannot_be_read_says_where(text: str, position: int) -> None:
    with pytest.raises(MalformedCondition) as raised:
        Condition.parse(text)
    assert position == raised.value.position


def test_condition_with_a_path_that_no_text_spells_is_refused() -> None:
    with pytest.raises(MalformedCondition):
        Condition("a=b", "=", "1")


@given(NUMBERS, NUMBERS)
def test_condition_orders_numbers_as_they_are(found: float, wanted: float) -> None:
    expected = {"<": found < wanted, "=": found == wanted, ">": found > wanted}
    assert expected == {
        sign: Condition("x", sign, repr(wanted)).holds(found) for sign in ("<", "=", ">")
    }


@given(st.text() | st.booleans() | st.none() | NUMBERS, st.text())
def test_condition_is_met_or_its_opposite(found: Json, wanted: str) -> None:
    assert Condition("x", "=", wanted).holds(found) != Condition("x", "!=", wanted).holds(found)


@pytest.mark.parametrize("operator", get_args(Operator))
def test_condition_on_nothing_does_not_hold(operator: Operator) -> None:
    assert not Condition("x", operator, "1").holds(ABSENT)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("x=true", True),
        ("x=True", True),
        ("x=null", None),
        ("x=[1, 2]", [1, 2]),
        ("x=1", 1.0),
        ("x=1e3", 1000),
        ("x=0.50", "0.5\n"),
        ("x~ni", "mnist"),
        ("x~8", [8, 16]),
        ("x<b", "a"),
        ("x>=2026-01-01", "2026-11-22"),
    ],
)
def test_condition_holds_for(text: str, found: Json) -> None:
    assert Condition.parse(text).holds(found)


@pytest.mark.parametrize(
    ("text", "found"),
    [("x=1", True), ("x<1", True), ("x<5", "five"), ("x=[1", [1]), ("x<1", [0]), ("x>0", None)],
)
def test_condition_does_not_hold_for(text: str, found: Json) -> None:
    assert not Condition.parse(text).holds(found)


@pytest.mark.parametrize("text", ["nan", "1_000", "0x1", "", "1 2", "٣", "9" * 5000])
def test_text_that_spells_no_number_has_none(text: str) -> None:
    assert number_of(text) is None


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("name", "a"),
        ("fields.x", 1),
        ("x", 1),
        ("net.layers.1.width", 16),
        ("net.layers[1].width", 16),
        ("a.b", "dotted"),
        ("a.c", "below"),
        ("absent", ABSENT),
        ("net.layers.2", ABSENT),
        ("name.0", ABSENT),
        ("net.layers.-1", ABSENT),
    ],
)
def test_part_of_a_config_is_what_stands_at_its_path(path: str, expected: object) -> None:
    layers: Json = [{"width": 8}, {"width": 16}]
    fields: Json = {"x": 1, "net": {"layers": layers}, "a.b": "dotted", "a": {"c": "below"}}
    assert expected == part({"name": "a", "fields": fields}, path)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("90s", datetime(2026, 11, 22, 11, 58, 30, tzinfo=UTC)),
        ("1.5 h", datetime(2026, 11, 22, 10, 30, tzinfo=UTC)),
        ("1w", datetime(2026, 11, 15, 12, tzinfo=UTC)),
        ("2026-11-22T10:00:00+02:00", datetime(2026, 11, 22, 8, tzinfo=UTC)),
    ],
)
def test_moment_is_an_age_or_a_time(text: str, expected: datetime) -> None:
    assert expected == moment(text, NOON)


@pytest.mark.parametrize("text", ["", "2 months", "yesterday", "99999999w", "-1d"])
def test_moment_that_is_neither_is_refused(text: str) -> None:
    with pytest.raises(MalformedMoment):
        moment(text, NOON)


@given(st.lists(st.tuples(st.text(), st.text(), st.text())), st.integers(20, 120))
def test_table_is_as_wide_as_it_may_be(rows: list[tuple[str, ...]], width: int) -> None:
    lines = list(columns(("one", "two", "three"), rows, width))
    assert all(len(line) <= width and line.isprintable() for line in lines)


def test_table_names_the_columns_that_have_no_room() -> None:
    rows = [("a" * 20, "b" * 10, "c" * 10)]
    assert "no room for: three" == list(columns(("one", "two", "three"), rows, 40))[-1]


def test_line_that_a_terminal_would_obey_is_spelled_out() -> None:
    assert r"a\x1b[2Jb\r" == cut("a\x1b[2Jb\r")


def graph(edges: set[tuple[int, int]]) -> Graph:
    """Nodes by number, each needing those with a smaller one that an edge leads to."""
    objects: Mapping[str, Reference] = {node.text: node for node in NODES}
    needs = {
        node.text: tuple(sorted(NODES[to].text for of, to in edges if of == number and to < of))
        for number, node in enumerate(NODES)
    }
    return Graph(objects, needs, {})


@given(EDGES)
def test_reverse_of_the_reverse_is_the_graph(edges: set[tuple[int, int]]) -> None:
    assert graph(edges) == reverse(reverse(graph(edges)))


@given(EDGES)
def test_what_an_object_needs_is_what_it_is_needed_by_turned_round(
    edges: set[tuple[int, int]],
) -> None:
    whole = graph(edges)
    needs = {(a, b) for a in NODES for b in relatives(whole, a, "needs").all}
    needed = {(a, b) for b in NODES for a in relatives(whole, b, "is needed by").all}
    assert needs == needed


@given(EDGES)
def test_way_from_what_keeps_an_object_goes_by_what_needs_the_next(
    edges: set[tuple[int, int]],
) -> None:
    whole = graph(edges)
    for hold in reasons(whole, NODES[0], {"root": NODES[3:]}).holds:
        steps = zip(hold.way, hold.way[1:], strict=False)
        assert all(after.text in whole.needs[before.text] for before, after in steps)
        assert (True, NODES[0]) == (hold.way[0] in NODES[3:], hold.way[-1])


def test_object_is_kept_by_the_nearest_of_several() -> None:
    held = reasons(graph({(1, 0), (2, 1)}), NODES[0], {"root": [NODES[2], NODES[1]]})
    assert (Hold("root", (NODES[1], NODES[0])),) == held.holds


def test_object_that_nothing_keeps_is_garbage() -> None:
    assert reasons(graph(set()), NODES[0], {"root": [NODES[1]]}).is_garbage


def test_reasons_are_told_in_lines() -> None:
    text = str(reasons(graph({(1, 0)}), NODES[0], {"root 'a'": [NODES[1]]}))
    expected = [
        "dref:5feceb66…-n0 is kept",
        "root 'a'",
        "  dref:6b86b273…-n1",
        "    needs dref:5feceb66…-n0",
        "it is needed by",
        "  dref:6b86b273…-n1",
    ]
    assert expected == text.split("\n")


def realization(number: int) -> RRef[Folder]:
    return rref_from(f"rref:{digest(str(number))[:32]}-{'0' * 32}-model")


def run(number: int, accuracy: float | None, rate: float = 0.1) -> Run:
    numbers = {} if accuracy is None else {"accuracy.txt": accuracy}
    started = datetime.fromtimestamp(number, UTC)
    return Run(realization(number), started, 1.0, 10, {"rate": rate, "same": 1}, numbers)


THREE = Runs((run(0, 0.9), run(1, None, 0.2), run(2, 0.95)))


def test_runs_have_columns_for_numbers_and_for_fields_that_vary() -> None:
    assert ("accuracy.txt", "rate", "started", "seconds", "size") == THREE.columns


def test_runs_in_the_order_of_a_column_have_the_largest_first_and_nothing_last() -> None:
    ordered = THREE.sorted("accuracy.txt").runs
    assert [0.95, 0.9, ABSENT] == [each.value("accuracy.txt") for each in ordered]


def test_runs_in_ascending_order_have_the_smallest_first_and_nothing_last() -> None:
    ordered = THREE.sorted("accuracy.txt", ascending=True).runs
    assert [0.9, 0.95, ABSENT] == [each.value("accuracy.txt") for each in ordered]


@given(st.permutations([run(number, number % 3) for number in range(6)]))
def test_runs_are_in_one_order_whatever_they_were_given_in(shuffled: list[Run]) -> None:
    ordered = Runs(tuple(run(number, number % 3) for number in range(6))).sorted("accuracy.txt")
    assert ordered == Runs(tuple(shuffled)).sorted("accuracy.txt")


def test_best_run_is_the_first_by_the_number_that_was_asked_for() -> None:
    best = THREE.sorted("accuracy.txt").best
    assert best is not None
    assert realization(2) == best.rref


def test_runs_by_time_have_no_best() -> None:
    assert THREE.sorted("started").best is None


def test_runs_have_no_order_by_a_column_that_is_not_there() -> None:
    with pytest.raises(UnknownColumn):
        THREE.sorted("loss.txt")


def test_runs_may_be_in_the_order_of_a_field_that_does_not_vary() -> None:
    assert "same" == THREE.sorted("same").by


def test_runs_are_told_as_a_table() -> None:
    expected = [
        "3 realizations of model, * best",
        "realization  accuracy.txt  rate              started  seconds  size",
        "d4735e3a *           0.95   0.1  1970-01-01 00:00:02    1.0 s  10 B",
        "5feceb66              0.9   0.1  1970-01-01 00:00:00    1.0 s  10 B",
        "6b86b273                    0.2  1970-01-01 00:00:01    1.0 s  10 B",
    ]
    assert expected == str(THREE.sorted("accuracy.txt")).split("\n")


def test_runs_have_canonical_json_even_where_a_number_is_infinite() -> None:
    table = Runs((run(0, float("inf")),)).sorted("accuracy.txt")
    assert "inf" in canonical(table.json())


def test_number_change_knows_by_how_much() -> None:
    assert ["x 1 -> 3.5 (+2.5)"] == list(NumberChange("x", 1, 3.5).lines())


def test_array_change_tells_types_only_where_they_differ() -> None:
    old, new = Array("float32", (2, 3)), Array("float32", (2, 4))
    same = ArrayChange("w", "", old, old, 0.5)
    other = ArrayChange("w", "a", old, new, None)
    expected = ["w float32[2 3], differs by 0.5 at most", "w:a float32[2 3] -> float32[2 4]"]
    assert expected == [*same.lines(), *other.lines()]


def test_long_diff_is_told_in_part_and_given_in_full() -> None:
    diff = tuple(f"+{number}" for number in range(100))
    difference = Difference(realization(0), realization(1), artifacts=(TextChange("x", diff),))
    told, given_ = str(difference), json.loads(canonical(difference.json()))
    assert ("  and 80 lines more" in told, 100) == (True, len(given_["artifacts"][0]["diff"]))


def test_tree_of_artifacts_has_the_sizes_of_folders() -> None:
    entries = (
        Entry("a", "directory"),
        Entry("a/x", "file", 3, executable=True),
        Entry("a-b", "symlink", content="a/x"),
    )
    expected = ["rref:5feceb66…-model  3 B in 1 file", "3 B  a/", "3 B    x *", "0 B  a-b -> a/x"]
    assert expected == str(Artifacts(realization(0), Tree(entries))).split("\n")


def test_failures_are_told_up_to_some_of_the_last() -> None:
    each = Failure(NODES[0], {}, 0, NOON, NOON, "ValueError", "no\nmean", Path("/store/tmp/x"))
    told = str(Failures((each,) * (overview.MOST_SHOWN + 1))).split("\n")
    expected = [
        f"{overview.MOST_SHOWN + 1} failures",
        "and 1 before these",
        "",
        "2026-11-22 12:00:00  dref:5feceb66…-n0",
        "  ValueError: no mean",
        "  /store/tmp/x",
    ]
    assert expected == told[:6]


def test_error_of_an_ambiguous_text_lists_some_candidates_and_how_many_more() -> None:
    text = str(AmbiguousObject("a", tuple(str(number) for number in range(MOST_SHOWN + 5))))
    assert "and 5 more" in text
