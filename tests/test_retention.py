"""Retention: what each policy keeps, what needs it, and in which order the rest goes."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Mapping
from datetime import timedelta

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st
from inventories import (
    DAY,
    MAKERS,
    Mixed,
    Rule,
    Three,
    closure,
    damaged,
    derivation,
    expected,
    ignores_order,
    inventories,
    inventory,
    keep_equally,
    keeps_no_less,
    kept,
    needs,
    needs_no_more_than_its_scope,
    objects,
    policies,
    quick,
    reads_what_it_declares,
    realization,
    removed,
    size_of,
    sound,
    stays_closed,
)

from pylightnix_fn.errors.plan import BadParameter, MalformedName
from pylightnix_fn.matcher.candidate import AnyMatcher, Use
from pylightnix_fn.matcher.choice import best, latest, worst
from pylightnix_fn.refs import RRef
from pylightnix_fn.retention.choice import (
    keep_best,
    keep_latest,
    keep_named,
    keep_roots,
    newer_than,
    within,
)
from pylightnix_fn.retention.collection import Kept, gc_plan, plan_of
from pylightnix_fn.retention.graph import Graph, graph_of
from pylightnix_fn.retention.inventory import Inventory, StoredRealization
from pylightnix_fn.retention.policy import Policy
from pylightnix_fn.retention.scope import EVERYTHING, NOTHING, Scope
from pylightnix_fn.retention.table import WIDTH, brief, table

DATA = derivation("data")
MODEL = derivation("model", DATA.dref)
DIGITS = realization(DATA, "digits", age=9, size=100)
OLD = realization(MODEL, "old", DIGITS.rref, age=3, score="0.9", size=10)
NEW = realization(MODEL, "new", DIGITS.rref, age=1, score="0.7", size=10)
STORE = inventory(DATA, MODEL, DIGITS, OLD, NEW)
KEEP_ALL = newer_than(timedelta.max)


def rooted(inventory: Inventory, *those: StoredRealization) -> Inventory:
    return evolve(inventory, roots={each.rref: "root 'best'" for each in those})


def chosen(policy: Policy, *realizations: StoredRealization) -> list[StoredRealization]:
    """Which of these realizations of one derivation a policy keeps."""
    answer = policy.keep(inventory(*realizations))
    return [each for each in realizations if each.rref in answer]


def mixed(one: Policy, other: Policy, rule: Rule) -> Policy:
    return Policy((), Mixed(one, other, rule))


# Plans.


@given(inventories, policies)
@quick
def test_plan_keeps_the_roots_and_what_the_policy_wants_and_all_that_these_need(
    held: Inventory, policy: Policy
) -> None:
    assert closure(held, {*held.roots, *policy.keep(held)}) == kept(policy, held)


@given(inventories, policies)
@quick
def test_plan_keeps_or_removes_each_object_once(held: Inventory, policy: Policy) -> None:
    plan = gc_plan(policy, held)
    listed = [*(each.reference for each in plan.kept), *(each.reference for each in plan.removals)]
    assert sorted(map(str, objects(held))) == sorted(map(str, listed))


@given(inventories, policies)
@quick
def test_plan_never_removes_a_root(held: Inventory, policy: Policy) -> None:
    assert set() == removed(policy, held) & held.roots.keys()


@given(inventories, policies)
@quick
def test_plan_removes_nothing_that_a_kept_object_refers_to(held: Inventory, policy: Policy) -> None:
    needed = needs(held)
    referred = {each for one in kept(policy, held) for each in needed[one]}
    assert set() == referred & removed(policy, held)


def test_graph_puts_referrers_first() -> None:
    stays_closed(Graph.referrers_first)


def test_law_of_order_of_removal_catches_dependencies_first() -> None:
    def turned(graph: Graph, texts: list[str]) -> list[str]:
        return graph.referrers_first(texts)[::-1]

    with pytest.raises(AssertionError):
        stays_closed(turned, expected)


def test_plan_ignores_the_order_of_the_inventory() -> None:
    ignores_order(*(make() for make in MAKERS.values()))


def test_law_of_the_order_of_the_inventory_catches_a_policy_that_keeps_what_comes_first() -> None:
    def first(inventory: Inventory) -> Mapping[RRef[object], str]:
        return {each.rref: "first" for each in inventory.realizations[:1]}

    with pytest.raises(AssertionError):
        ignores_order(Policy(frozenset(), first), search=expected)


def test_graph_orders_what_each_needs_in_every_process_alike() -> None:
    many = [derivation("data", key=str(number)).dref for number in range(50)]
    needed = graph_of(inventory(derivation("model", *many))).needs.values()
    assert [tuple(sorted(each.text for each in many))] == list(needed)


def test_plan_of_a_long_chain_ends() -> None:
    stored = [realization(DATA, "0")]
    for number in range(1, 3000):
        stored.append(realization(DATA, str(number), stored[-1].rref))
    held = inventory(*stored)
    assert 3000 == len(gc_plan(keep_roots, held).removals)
    graph = graph_of(held)
    assert stored[-1].rref.text == graph.referrers_first(graph.objects)[0]


@given(damaged())
@quick
def test_plan_of_a_damaged_store_removes_all_where_nothing_is_kept(held: Inventory) -> None:
    assert objects(held) == removed(keep_roots, evolve(held, roots={}))


def test_plan_keeps_a_root_in_a_circle_with_all_of_it() -> None:
    one, other = derivation("one"), derivation("other")
    looped = evolve(one, references=[other.dref]), evolve(other, references=[one.dref])
    held = evolve(inventory(*looped), roots={one.dref: "root 'one'"})
    assert set() == removed(keep_roots, held)


def test_plan_keeps_the_derivation_of_a_root_that_is_not_there() -> None:
    held = rooted(inventory(DATA, MODEL), DIGITS)
    assert {DATA.dref} == kept(keep_roots, held)


def test_plan_keeps_a_derivation_of_which_a_kept_realization_saw_no_results() -> None:
    alone = realization(MODEL, "alone")
    assert {DATA.dref, MODEL.dref, alone.rref} == kept(
        keep_latest(1), inventory(DATA, MODEL, alone)
    )


def test_plan_of_a_root_that_is_a_derivation_keeps_none_of_its_realizations() -> None:
    held = evolve(STORE, roots={MODEL.dref: "in use by process 4242"})
    assert {DATA.dref, MODEL.dref} == kept(keep_roots, held)


def test_plan_ignores_what_a_policy_keeps_that_is_not_there() -> None:
    policy = Policy(frozenset(), lambda _: {DIGITS.rref: "dear to me"})
    assert set() == kept(policy, inventory(DATA))


def test_plan_says_why_each_object_stays() -> None:
    plan = gc_plan(keep_latest(1), rooted(STORE, OLD))
    first = min(OLD.rref.text, NEW.rref.text)
    assert {
        Kept(DATA.dref, f"needed by {first}"),
        Kept(DIGITS.rref, "keep_latest(1): 1 of 1"),
        Kept(MODEL.dref, f"needed by {first}"),
        Kept(OLD.rref, "root 'best'"),
        Kept(NEW.rref, "keep_latest(1): 1 of 2"),
    } == set(plan.kept)


def test_plan_says_all_reasons_for_a_root_that_the_policy_keeps_too() -> None:
    plan = gc_plan(keep_latest(1), rooted(STORE, NEW))
    assert ["root 'best'; keep_latest(1): 1 of 2"] == [
        each.why for each in plan.kept if each.reference == NEW.rref
    ]


def test_plan_says_why_each_object_goes() -> None:
    plan = gc_plan(keep_roots, inventory(DATA, DIGITS))
    assert [
        "nothing that stays needs it",
        "not kept by keep_roots; nothing that stays needs it",
    ] == [each.why for each in plan.removals]


def test_plan_counts_what_the_removals_free() -> None:
    assert OLD.size == gc_plan(keep_latest(1), STORE).size


def test_plan_counts_how_long_the_removed_was_built() -> None:
    two = realization(DATA, "a", seconds=90), realization(DATA, "b", seconds=0.5)
    assert 90.5 == gc_plan(keep_roots, inventory(DATA, *two)).seconds


def test_plan_counts_no_time_where_the_clock_was_set_back() -> None:
    assert 0 == gc_plan(keep_roots, inventory(realization(DATA, "a", seconds=-5))).seconds


def test_plan_counts_nothing_before_somebody_looked() -> None:
    graph = graph_of(STORE)
    plan = plan_of(keep_latest(1), STORE, [*graph.objects.values()], graph.needed)
    assert (None, None) == (plan.size, plan.seconds)
    assert str(plan).endswith(
        """
remove 1 of 5
  rref:cba06b57…-model  not kept by keep_latest(1); nothing that stays needs it"""
    )


def test_plan_asks_what_those_need_that_stay_and_no_others() -> None:
    asked, graph = list[str](), graph_of(STORE)

    def needed(text: str) -> tuple[str, ...]:
        asked.append(text)
        return graph.needed(text)

    plan = plan_of(keep_latest(1), STORE, [*graph.objects.values()], needed)
    assert sorted(each.reference.text for each in plan.kept) == sorted(asked)


@pytest.mark.parametrize(
    ("expected", "policy", "held"),
    [
        (True, keep_roots, STORE),
        (False, keep_roots, rooted(STORE, DIGITS)),
        (False, keep_latest(1), STORE),
        (False, keep_roots, inventory()),
    ],
)
def test_plan_keeps_nothing_where_all_that_is_there_goes(
    expected: bool, policy: Policy, held: Inventory
) -> None:
    assert expected == gc_plan(policy, held).keeps_nothing


def test_plan_is_a_value() -> None:
    plan = gc_plan(keep_latest(1), STORE)
    copy: object = pickle.loads(pickle.dumps(plan))
    assert (plan, hash(plan)) == (copy, hash(copy))


# The table.


def test_plan_as_a_table() -> None:
    store = rooted(inventory(DATA, MODEL, DIGITS, OLD, NEW, derivation("unused")), OLD)
    assert str(gc_plan(keep_roots, store)) == (
        """\
keep 4 of 6
  dref:3a6eb079…-data   needed by rref:cba06b57…-model
  rref:cc6b6bad…-data   needed by rref:cba06b57…-model
  dref:9372c470…-model  needed by rref:cba06b57…-model
  rref:cba06b57…-model  root 'best'

remove 2 of 6: 11 B, built in 1 min
  rref:11507a0e…-model   10 B  1 min  not kept by keep_roots; nothing that stay…
  dref:febe1d74…-unused   1 B         nothing that stays needs it"""
    )


def test_table_of_a_plan_that_removes_nothing() -> None:
    assert "keep 0 of 0\n\nremove 0 of 0" == str(gc_plan(keep_roots, inventory()))


@given(inventories, policies)
@quick
def test_table_fits_a_terminal(held: Inventory, policy: Policy) -> None:
    assert max(map(len, str(gc_plan(policy, held)).splitlines())) <= WIDTH


def test_table_cuts_a_long_name() -> None:
    long = derivation("n" * 200)
    (line,) = table([(long.dref.text, "why")])
    assert f"  {brief(long.dref.text)[:29]}…  why" == line


def test_table_shows_a_text_of_several_lines_on_one() -> None:
    assert ["  a  b c"] == list(table([("a", "b\n  c")]))


def test_table_shortens_references_in_reasons() -> None:
    assert "needed by " + OLD.rref.text[:13] + "…-model" == brief(f"needed by {OLD.rref}")


# Policies.


def test_keep_roots_keeps_nothing_itself() -> None:
    assert {} == keep_roots.keep(rooted(STORE, OLD))


def test_keep_latest_keeps_those_started_last_of_each_derivation() -> None:
    assert {DIGITS.rref, NEW.rref} == keep_latest(1).keep(STORE).keys()


@given(sound(), st.integers(1, 3))
@quick
def test_keep_latest_keeps_so_many_of_each_derivation(held: Inventory, n: int) -> None:
    rrefs = keep_latest(n).keep(held).keys()
    for each in held.derivations:
        there = [x.rref for x in held.realizations if x.rref.dref == each.dref]
        assert min(n, len(there)) == len(rrefs & set(there))


@pytest.mark.parametrize(
    ("policy", "matcher"),
    [
        (keep_latest(1), latest()),
        (keep_latest(2), latest(2)),
        (keep_best(1, "score"), best("score")),
        (keep_best(2, "score"), best("score", 2)),
        (keep_best(1, "score", lowest=True), worst("score")),
    ],
    ids=lambda value: str(value.label),
)
def test_policy_keeps_what_the_matcher_of_the_same_meaning_chooses(
    policy: Policy, matcher: AnyMatcher
) -> None:
    @given(sound())
    @quick
    def law(held: Inventory) -> None:
        for each in held.derivations:
            those = [x for x in held.realizations if x.rref.dref == each.dref]
            verdict = matcher.choose(tuple(x.candidate for x in those))
            if isinstance(verdict, Use):
                assert set(verdict.rrefs) == policy.keep(inventory(*those)).keys()

    law()


def test_keep_best_keeps_those_with_the_largest_number_of_each_derivation() -> None:
    assert {OLD.rref: "keep_best(1, 'score'): 0.9"} == keep_best(1, "score").keep(STORE)


def test_keep_best_of_the_lowest_keeps_those_with_the_smallest_number() -> None:
    assert [NEW] == chosen(keep_best(1, "score", lowest=True), OLD, NEW)


@pytest.mark.parametrize("text", [None, "", "nan", "high"])
def test_keep_best_keeps_nothing_without_a_number(text: str | None) -> None:
    assert [] == chosen(keep_best(1, "score"), realization(DATA, "a", score=text))


def test_keep_best_keeps_nothing_without_its_file() -> None:
    assert [] == chosen(keep_best(1, "loss.txt"), OLD, NEW)


def test_newer_than_keeps_what_was_started_within_its_age() -> None:
    inside, outside = realization(DATA, "a", age=2), realization(DATA, "b", age=2.001)
    assert [inside] == chosen(newer_than(2 * DAY), inside, outside)


def test_newer_than_keeps_what_was_started_in_the_future() -> None:
    future = realization(DATA, "a", age=-1)
    assert [future] == chosen(newer_than(DAY), future)


def test_newer_than_says_how_old_each_is() -> None:
    young, future = realization(DATA, "a", age=1.5), realization(DATA, "b", age=-1)
    assert {
        young.rref: "newer_than(2 d): 1 d 12 h old",
        future.rref: "newer_than(2 d): started in the future",
    } == newer_than(2 * DAY).keep(inventory(young, future))


@pytest.mark.parametrize(
    ("expected", "limit"),
    [
        (set(), 0),
        (set(), 111),
        ({NEW.rref}, 112),
        ({NEW.rref}, 121),
        ({NEW.rref, OLD.rref, DIGITS.rref}, 122),
    ],
)
def test_within_counts_what_each_needs_once(expected: set[RRef[object]], limit: int) -> None:
    assert expected == within(limit).keep(STORE).keys()


def test_within_stops_at_the_first_that_does_not_fit() -> None:
    large, small = realization(DATA, "a", age=1, size=90), realization(DATA, "b", age=2)
    assert [] == chosen(within(50), large, small)


def test_within_counts_the_roots_first() -> None:
    held = rooted(STORE, OLD)
    assert [0, 3] == [len(within(limit).keep(held)) for limit in (121, 122)]


@given(inventories, st.integers(0, 40))
@quick
def test_within_keeps_to_its_limit_unless_the_roots_pass_it(held: Inventory, limit: int) -> None:
    by_roots = size_of(held, kept(keep_roots, held))
    assert size_of(held, kept(within(limit), held)) <= max(limit, by_roots)


@given(inventories, st.integers(0, 40))
@quick
def test_within_keeps_the_newest_until_one_does_not_fit(held: Inventory, limit: int) -> None:
    answer = within(limit).keep(held)
    newest = sorted(held.realizations, key=lambda each: (each.started, str(each.rref)))[::-1]
    rrefs = [each.rref for each in newest]
    assert rrefs[: len(answer)] == list(answer)
    if len(answer) < len(rrefs):
        more = closure(held, {*held.roots, *rrefs[: len(answer) + 1]})
        assert size_of(held, more) > limit


def test_keep_named_keeps_all_of_that_name() -> None:
    assert {OLD.rref, NEW.rref} == keep_named("model").keep(STORE).keys()


def test_keep_named_restricts_another_policy() -> None:
    assert {NEW.rref} == (keep_named("model") & keep_latest(1)).keep(STORE).keys()


@pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS)
def test_policy_is_a_value(make: Callable[[], Policy]) -> None:
    policy = make()
    copy: object = pickle.loads(pickle.dumps(policy))
    assert (policy, policy, hash(policy)) == (make(), copy, hash(make()))


def test_policy_reads_what_it_declares() -> None:
    reads_what_it_declares(*(make() for make in MAKERS.values()))


def test_policy_needs_no_more_than_its_scope() -> None:
    needs_no_more_than_its_scope(policies)


@pytest.mark.parametrize(
    "scope", [NOTHING, Scope("names"), Scope("records", frozenset({"data"}))], ids=str
)
def test_law_of_scopes_catches_one_that_is_too_narrow(scope: Scope) -> None:
    narrow = evolve(keep_latest(1), scope=scope)
    with pytest.raises(AssertionError):
        needs_no_more_than_its_scope(st.just(narrow), expected)


@pytest.mark.parametrize(
    ("expected", "policy"),
    [
        (NOTHING, keep_roots),
        (Scope("records"), keep_roots | keep_latest(1)),
        (Scope("records", frozenset({"data"})), keep_named("data") & keep_latest(1)),
        (Scope("records", frozenset({"data"})), keep_latest(1) & keep_named("data")),
        (Scope("names", frozenset({"a", "b"})), keep_named("a") | keep_named("b")),
        (NOTHING, keep_named("a") & keep_named("b")),
        (EVERYTHING, keep_named("data") & within(1)),
        (EVERYTHING, Policy((), lambda _: {})),
    ],
    ids=lambda value: getattr(value, "label", ""),
)
def test_scope_of_policies(expected: Scope, policy: Policy) -> None:
    assert expected == policy.scope


def test_law_of_reading_catches_undeclared_files() -> None:
    with pytest.raises(AssertionError):
        reads_what_it_declares(Policy(frozenset(), keep_best(1, "score").keep), search=expected)


def test_policy_of_the_user_may_read_one_file() -> None:
    assert frozenset({"score"}) == Policy("score", keep_roots.keep).reads


@pytest.mark.parametrize("function", ["keep_latest", "keep_best", "within"])
@pytest.mark.parametrize("value", [-1, True, 2.5, "2", None])
def test_policy_refuses_what_is_no_number_of_something(function: str, value: object) -> None:
    make: dict[str, Callable[[int], Policy]] = {
        "keep_latest": keep_latest,
        "keep_best": lambda n: keep_best(n, "score"),
        "within": within,
    }
    with pytest.raises(BadParameter) as caught:
        make[function](value)  # type: ignore[arg-type]  # what mypy refuses is refused at run time
    assert (function, repr(value)) == (caught.value.function, caught.value.value)


@pytest.mark.parametrize("make", [keep_latest, lambda n: keep_best(n, "score")])
def test_policy_refuses_to_keep_none(make: Callable[[int], Policy]) -> None:
    with pytest.raises(BadParameter) as caught:
        make(0)
    assert ("n", "0", "1 or more, a whole number") == caught.value.args[1:]


@pytest.mark.parametrize("file", ["", "/etc/passwd", "../score", "__log__.txt", 5])
def test_keep_best_refuses_what_is_no_relative_path(file: object) -> None:
    with pytest.raises(BadParameter) as caught:
        keep_best(1, file)  # type: ignore[arg-type]  # what mypy refuses is refused at run time
    assert ("keep_best", "file") == caught.value.args[:2]


@pytest.mark.parametrize("age", [timedelta(), -DAY, 5, True])
def test_newer_than_refuses_what_is_no_age(age: object) -> None:
    with pytest.raises(BadParameter) as caught:
        newer_than(age)  # type: ignore[arg-type]  # what mypy refuses is refused at run time
    assert ("newer_than", "age", repr(age)) == caught.value.args[:3]


def test_keep_named_refuses_what_is_no_name() -> None:
    with pytest.raises(MalformedName):
        keep_named("a/b")


# Policies of policies.


def test_either_and_both_commute() -> None:
    keep_equally(lambda a, b, c: (a | b, b | a), lambda a, b, c: (a & b, b & a))


def test_either_and_both_associate() -> None:
    keep_equally(
        lambda a, b, c: ((a | b) | c, a | (b | c)),
        lambda a, b, c: ((a & b) & c, a & (b & c)),
    )


def test_either_and_both_are_idempotent() -> None:
    keep_equally(lambda a, b, c: (a | a, a), lambda a, b, c: (a & a, a))


def test_either_and_both_distribute_over_each_other() -> None:
    keep_equally(
        lambda a, b, c: (a & (b | c), a & b | a & c),
        lambda a, b, c: (a | b & c, (a | b) & (a | c)),
    )


def test_either_and_both_absorb_each_other() -> None:
    keep_equally(lambda a, b, c: (a | a & b, a), lambda a, b, c: (a & (a | b), a))


def test_keep_roots_is_neutral_in_either_and_prevails_in_both() -> None:
    keep_equally(lambda a, b, c: (a | keep_roots, a), lambda a, b, c: (a & keep_roots, keep_roots))


def test_policy_that_keeps_all_is_neutral_in_both_and_prevails_in_either() -> None:
    keep_equally(lambda a, b, c: (a & KEEP_ALL, a), lambda a, b, c: (a | KEEP_ALL, KEEP_ALL))


@pytest.mark.parametrize(
    "broken",
    [
        lambda a, b, c: (a | b, a & b),
        lambda a, b, c: (mixed(a, a, set.symmetric_difference), a),
        lambda a, b, c: (mixed(a, b, set.difference), mixed(b, a, set.difference)),
    ],
    ids=["mixed up", "not idempotent", "not commutative"],
)
def test_law_of_keeping_equally_catches_what_breaks_it(broken: Three) -> None:
    with pytest.raises(AssertionError):
        keep_equally(broken, search=expected)


def test_either_removes_no_more_than_one_and_both_no_less() -> None:
    keeps_no_less(lambda a, b: (a, a | b), lambda a, b: (a & b, a))


def test_law_of_more_policy_catches_an_or_that_drops_what_both_keep() -> None:
    with pytest.raises(AssertionError):
        keeps_no_less(lambda a, b: (a, mixed(a, b, set.symmetric_difference)), search=expected)


def test_policy_with_a_larger_parameter_keeps_no_less() -> None:
    keeps_no_less(
        lambda a, b: (keep_latest(1), keep_latest(2)),
        lambda a, b: (keep_best(1, "score"), keep_best(2, "score")),
        lambda a, b: (newer_than(DAY), newer_than(2 * DAY)),
        lambda a, b: (within(9), within(10)),
        lambda a, b: (within(0), within(1000)),
    )


def test_either_says_all_reasons_once() -> None:
    policy = keep_latest(1) | keep_named("model") | keep_latest(1)
    assert "keep_latest(1): 1 of 2; keep_named('model')" == policy.keep(STORE)[NEW.rref]


def test_both_say_all_reasons() -> None:
    policy = keep_named("model") & keep_latest(1)
    assert {NEW.rref: "keep_named('model'); keep_latest(1): 1 of 2"} == policy.keep(STORE)


def test_combination_reads_what_its_parts_read() -> None:
    policy = keep_best(1, "a") & (keep_best(1, "b") | keep_roots)
    assert frozenset("ab") == policy.reads


@pytest.mark.parametrize(
    ("label", "policy"),
    [
        ("keep_roots | keep_latest(1) & within(5 B)", keep_roots | keep_latest(1) & within(5)),
        ("(keep_roots | keep_latest(1)) & within(5 B)", (keep_roots | keep_latest(1)) & within(5)),
        ("keep_best(1, 'loss', lowest=True)", keep_best(1, "loss", lowest=True)),
        ("newer_than(1 d 12 h)", newer_than(1.5 * DAY)),
        ("within(50 GB)", within(50 * 10**9)),
    ],
)
def test_policy_is_called_as_it_is_written(label: str, policy: Policy) -> None:
    assert label == policy.label
