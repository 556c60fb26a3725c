"""Plans: what is ready, what was settled on, and what a matcher's verdict leads to."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterator, Mapping
from typing import TypeVar

import pytest
from attrs import evolve
from dags import Shape, chain, grown, node, shapes
from hypothesis import given, settings
from hypothesis import strategies as st

from pylightnix_fn.canonical import digest
from pylightnix_fn.closure import Closure, instantiate
from pylightnix_fn.errors.build import MatcherFailed, RefusedByMatcher, UnsatisfiedMatcher
from pylightnix_fn.errors.plan import BadParameter, MalformedVerdict
from pylightnix_fn.manager import Derivation
from pylightnix_fn.matcher.candidate import (
    AnyMatcher,
    Candidate,
    ManyMatcher,
    Matcher,
    Need,
    Use,
    Verdict,
    candidate,
)
from pylightnix_fn.matcher.choice import all_of, at_least, latest, only
from pylightnix_fn.plan import (
    Budget,
    BuildMore,
    Plan,
    RRefs,
    Settle,
    Spent,
    next_round,
    plan_of,
)
from pylightnix_fn.realizer import Context
from pylightnix_fn.refs import DRef, rref

K = TypeVar("K")
V = TypeVar("V")
D = DRef[object]
Pick = Callable[[Plan], D | None]

A, B, C = candidate("a"), candidate("b"), candidate("c")
quick = settings(
    max_examples=100, derandomize=True, database=None, deadline=None, report_multiple_bugs=False
)


def realized(dref: D, context: Context) -> RRefs:
    """What a build of a derivation in a context would give."""
    text = repr(sorted((str(each), list(map(str, rrefs))) for each, rrefs in context.items()))
    return (rref(digest(text), dref),)


def driven(plan: Plan, pick: Pick) -> tuple[Plan, dict[D, Context]]:
    """A plan after all that can be built was, and what each build saw."""
    contexts: dict[D, Context] = {}
    while (dref := pick(plan)) is not None:
        contexts[dref] = plan.context(dref)
        plan = plan.advance(dref, realized(dref, contexts[dref]))
    return plan, contexts


def first_ready(plan: Plan) -> D | None:
    return next(iter(plan.ready()), None)


def any_ready(data: st.DataObject) -> Pick:
    def pick(plan: Plan) -> D | None:
        return data.draw(st.sampled_from(ready)) if (ready := plan.ready()) else None

    return pick


def any_unsettled(data: st.DataObject) -> Pick:
    """What a driver would do that does not ask what is ready."""

    def pick(plan: Plan) -> D | None:
        left = [dref for dref in plan.graph.derivations if dref not in plan.settled]
        return data.draw(st.sampled_from(left)) if left else None

    return pick


def order_does_not_matter(picker: Callable[[st.DataObject], Pick]) -> None:
    """Whatever is picked first, all is built, from the same inputs."""

    @quick
    @given(shapes(), st.data())
    def law(shape: Shape, data: st.DataObject) -> None:
        plan = plan_of(instantiate(grown, shape))
        assert driven(plan, first_ready) == driven(plan, picker(data))

    law()


def test_every_order_that_respects_ready_gives_the_same() -> None:
    order_does_not_matter(any_ready)


def test_law_of_orders_catches_a_driver_that_ignores_ready() -> None:
    with pytest.raises(KeyError):
        order_does_not_matter(any_unsettled)


def test_law_of_orders_catches_a_driver_that_stops_early() -> None:
    def last_or_nothing(data: st.DataObject) -> Pick:
        return lambda plan: plan.ready()[-1] if len(plan.ready()) > 1 else None

    with pytest.raises(AssertionError):
        order_does_not_matter(last_or_nothing)


@given(shapes(), st.data())
@quick
def test_ready_is_what_has_all_its_dependencies_settled(shape: Shape, data: st.DataObject) -> None:
    plan = plan_of(instantiate(grown, shape))
    while True:
        expected = tuple(
            dref
            for dref, derivation in plan.graph.derivations.items()
            if dref not in plan.settled
            and all(each in plan.settled for each in derivation.dependencies)
        )
        assert expected == plan.ready()
        assert plan.done() == (len(plan.settled) == len(plan.graph.derivations))
        if not expected:
            break
        dref = data.draw(st.sampled_from(expected))
        plan = plan.advance(dref, realized(dref, plan.context(dref)))
    assert plan.done()


@given(shapes())
@quick
def test_context_holds_what_direct_dependencies_were_settled_on(shape: Shape) -> None:
    plan, contexts = driven(plan_of(instantiate(grown, shape)), first_ready)
    for dref, derivation in plan.graph.derivations.items():
        assert {each: plan.settled[each] for each in derivation.dependencies} == contexts[dref]


def test_advance_leaves_the_plan_it_was_asked_of() -> None:
    before = plan_of(instantiate(node, 1))
    (dref,) = before.ready()
    after = before.advance(dref, realized(dref, {}))
    assert (False, True) == (before.done(), after.done())
    assert ((dref,), ()) == (before.ready(), after.ready())


def test_plan_can_be_pickled() -> None:
    plan, _ = driven(plan_of(instantiate(grown, ((), (0,), (0, 1)))), first_ready)
    assert plan == pickle.loads(pickle.dumps(plan))


def test_plan_that_was_pickled_goes_on() -> None:
    """Be it that what was looked out for first came first, and another dependency still lacks."""
    plan = plan_of(instantiate(grown, ((), (), (0, 1))))
    first, second = plan.ready()
    plan = plan.advance(second, realized(second, {}))
    plan = pickle.loads(pickle.dumps(plan))
    assert () == plan.freed_by(second)
    plan = plan.advance(first, realized(first, {}))
    assert plan.ready() == plan.freed_by(first) != ()


# Failures.


def failing(plan: Plan, pick: Pick, broken: Mapping[D, Exception]) -> Plan:
    """A plan after all that can be built was, but for what is broken."""
    while (dref := pick(plan)) is not None:
        if dref in broken:
            plan = plan.fail(dref, broken[dref])
        else:
            plan = plan.advance(dref, realized(dref, plan.context(dref)))
    return plan


@st.composite
def broken_closures(draw: st.DrawFn) -> tuple[Closure[object], dict[D, Exception]]:
    closure = instantiate(grown, draw(shapes()))
    drefs = list(closure.derivations)
    broken = draw(st.lists(st.sampled_from(drefs), unique=True, max_size=3))
    return closure, {dref: ValueError(str(dref)) for dref in broken}


@given(broken_closures(), st.data())
@quick
def test_every_order_of_failures_gives_the_same(
    drawn: tuple[Closure[object], dict[D, Exception]], data: st.DataObject
) -> None:
    closure, broken = drawn
    expected = failing(plan_of(closure), first_ready, broken)
    assert expected == failing(plan_of(closure), any_ready(data), broken)


@given(broken_closures())
@quick
def test_failure_skips_all_that_needs_it_and_nothing_else(
    drawn: tuple[Closure[object], dict[D, Exception]],
) -> None:
    closure, broken = drawn
    plan = failing(plan_of(closure), first_ready, broken)
    tainted: set[D] = set()
    for derivation in closure:
        if tainted.union(broken) & set(derivation.dependencies):
            tainted.add(derivation.dref)
    assert tainted == set(plan.skipped)
    assert set(broken) - tainted == set(plan.failed)
    assert set(closure.derivations) - tainted - set(broken) == set(plan.settled)


@given(broken_closures())
@quick
def test_skipped_names_a_failure_that_it_needs(
    drawn: tuple[Closure[object], dict[D, Exception]],
) -> None:
    closure, broken = drawn
    plan = failing(plan_of(closure), first_ready, broken)
    for dref, cause in plan.skipped.items():
        assert cause in plan.failed
        assert cause in ancestors(closure, dref)


def ancestors(closure: Closure[object], dref: D) -> set[D]:
    direct = closure.derivations[dref].dependencies
    return set(direct).union(*(ancestors(closure, each) for each in direct))


def test_failed_plan_is_never_done() -> None:
    plan = plan_of(instantiate(node, 1))
    (dref,) = plan.ready()
    failed = plan.fail(dref, ValueError())
    assert ((), False) == (failed.ready(), failed.done())


def test_failure_of_a_long_chain_does_not_overflow() -> None:
    plan = plan_of(instantiate(grown, chain(5_000)))
    assert 4_999 == len(plan.fail(plan.ready()[0], ValueError()).skipped)


# Cost, counted.


class Counted(Mapping[K, V]):
    """A mapping that counts how often it is asked."""

    def __init__(self, inner: Mapping[K, V]) -> None:
        self.inner, self.asked = inner, 0

    def __getitem__(self, key: K) -> V:
        self.asked += 1
        return self.inner[key]

    def __iter__(self) -> Iterator[K]:
        self.asked += len(self.inner)
        return iter(self.inner)

    def __len__(self) -> int:
        return len(self.inner)


def questions(shape: Shape) -> int:
    """How often a driver's plan asks its graph."""
    plan = plan_of(instantiate(grown, shape))
    position, dependents = Counted(plan.graph.position), Counted(plan.graph.dependents)
    derivations = Counted(plan.graph.derivations)
    graph = evolve(plan.graph, position=position, dependents=dependents, derivations=derivations)
    plan = evolve(plan, graph=graph)
    while ready := plan.ready():
        for dref in ready:
            plan = plan.advance(dref, realized(dref, plan.context(dref)))
    assert plan.done()
    return position.asked + dependents.asked + derivations.asked


def wide(size: int) -> Shape:
    """One node that all others but one depend on, and one that depends on all."""
    return ((), *(((0,),) * (size - 2)), tuple(range(1, size - 1)))


@pytest.mark.parametrize("shape", [chain, wide])
def test_driving_a_plan_costs_as_much_per_node_however_many_there_are(
    shape: Callable[[int], Shape],
) -> None:
    few, many = questions(shape(100)), questions(shape(1000))
    assert 9.5 * few <= many <= 10.5 * few


def test_law_of_cost_catches_a_driver_that_looks_at_all() -> None:
    def quadratic(size: int) -> int:
        plan = plan_of(instantiate(grown, chain(size)))
        looked_at = 0
        while not plan.done():
            looked_at += len(plan.graph.derivations)
            (dref,) = plan.ready()
            plan = plan.advance(dref, realized(dref, plan.context(dref)))
        return looked_at

    assert quadratic(200) > 10.5 * quadratic(20)


def test_plan_of_twenty_thousand_in_a_chain_is_driven_to_its_end() -> None:
    plan, _ = driven(plan_of(instantiate(grown, chain(20_000))), first_ready)
    assert plan.done()


# Rounds: what a verdict leads to.


def of(matcher: AnyMatcher) -> Derivation:
    """A derivation with a matcher."""
    (derivation,) = instantiate(node, 1)
    return evolve(derivation, matcher=matcher)


def saying(verdict: Verdict) -> Matcher:
    return Matcher(frozenset(), lambda _: verdict)


def asked(
    matcher: AnyMatcher,
    *candidates: Candidate,
    spent: Spent = Spent(),  # noqa: B008, a frozen value
    budget: Budget = Budget(),
) -> Settle | BuildMore:
    return next_round(of(matcher), candidates, spent, budget)


def test_use_settles() -> None:
    assert Settle((A.rref,)) == asked(only(), A)


def test_use_of_none_settles_for_many() -> None:
    assert Settle(()) == asked(all_of())


def test_need_builds() -> None:
    assert BuildMore(3, "3 wanted, 0 there") == asked(at_least(3))


def test_need_is_cut_to_what_the_budget_leaves() -> None:
    round_ = asked(at_least(9), spent=Spent(builds=3), budget=Budget(builds=5))
    assert BuildMore(2, "9 wanted, 0 there") == round_


def test_spent_budget_does_not_matter_to_a_satisfied_matcher() -> None:
    spent = Spent(builds=100, seconds=1e9, repeats=100)
    assert Settle((A.rref,)) == asked(only(), A, spent=spent)


@pytest.mark.parametrize(
    ("limit", "spent"),
    [
        ("5 builds", Spent(builds=5)),
        ("2 builds in a row gave a result that was there before", Spent(builds=4, repeats=2)),
        ("60.0 seconds", Spent(builds=4, seconds=60.0)),
    ],
)
def test_need_beyond_the_budget_is_refused(limit: str, spent: Spent) -> None:
    with pytest.raises(UnsatisfiedMatcher) as caught:
        asked(at_least(9), spent=spent, budget=Budget(builds=5, seconds=60.0, repeats=2))
    expected = ("node", "at_least(9)", "9 wanted, 0 there", spent.builds, limit)
    assert expected == caught.value.args


def test_never_is_refused() -> None:
    with pytest.raises(RefusedByMatcher) as caught:
        asked(only(), A, B)
    why = "there are 2 realizations, exactly one is wanted"
    assert ("node", "only()", why, 2) == caught.value.args


def test_use_of_what_was_not_given_is_refused() -> None:
    with pytest.raises(MalformedVerdict) as caught:
        asked(saying(Use((C.rref,))), A, B)
    why = "the matcher was not given these"
    assert ("node", "of the user", C.rref.text, why) == caught.value.args


@pytest.mark.parametrize("chosen", [(), (A.rref, B.rref)])
def test_use_of_none_or_several_is_refused_for_one(chosen: RRefs) -> None:
    with pytest.raises(MalformedVerdict) as caught:
        asked(saying(Use(chosen)), A, B)
    why = f"it chose {len(chosen)} where one is wanted; a `ManyMatcher` may choose several"
    assert ("node", "of the user", f"Use of {len(chosen)}", why) == caught.value.args


@pytest.mark.parametrize("n", [0, -1])
def test_need_of_none_is_refused(n: int) -> None:
    with pytest.raises(MalformedVerdict) as caught:
        asked(saying(Need(n, "?")), A)
    expected = (
        "node",
        "of the user",
        f"Need(n={n}, why='?')",
        "a need is for a whole number, 1 or more",
    )
    assert expected == caught.value.args


def test_what_is_no_verdict_is_refused() -> None:
    untyped: list[object] = [lambda _: None]
    choose = untyped[0]
    assert callable(choose)
    with pytest.raises(MalformedVerdict) as caught:
        asked(ManyMatcher(frozenset(), choose), A)
    assert ("node", "of the user", "None", "it is no verdict") == caught.value.args


def test_unsatisfied_matcher_says_what_to_do() -> None:
    with pytest.raises(UnsatisfiedMatcher) as caught:
        asked(latest(9), A, spent=Spent(builds=1), budget=Budget(builds=1))
    assert str(caught.value) == (
        "matcher of 'node' was not satisfied within its budget\n"
        "\n"
        "  matcher  latest(9)\n"
        "  wants    9 wanted, 1 there\n"
        "  built    1\n"
        "  limit    1 builds\n"
        "\n"
        "What was built is kept. Ask for less, or give a larger `budget=Budget(...)`."
    )


def test_budget_is_a_hundred_builds_and_three_repeats_unless_told() -> None:
    assert Budget(builds=100, seconds=float("inf"), repeats=3) == Budget()


def test_spent_counts_builds_and_repeats_in_a_row() -> None:
    spent = Spent(seconds=1.0).with_build(repeated=True).with_build(repeated=True)
    assert Spent(2, 1.0, 2) == spent
    assert Spent(3, 1.0, 0) == spent.with_build(repeated=False)


@pytest.mark.parametrize(
    ("expected", "make"),
    [
        (("Budget", "builds", "0", "1 or more"), lambda: Budget(builds=0)),
        (("Budget", "repeats", "0", "1 or more"), lambda: Budget(repeats=0)),
        (("Budget", "seconds", "0", "more than 0"), lambda: Budget(seconds=0)),
        (("Budget", "seconds", "nan", "more than 0"), lambda: Budget(seconds=float("nan"))),
    ],
)
def test_budget_refuses(expected: tuple[str, ...], make: Callable[[], object]) -> None:
    with pytest.raises(BadParameter) as caught:
        make()
    assert expected == caught.value.args


def test_matcher_that_raises_is_named() -> None:
    def choose(found: tuple[Candidate, ...]) -> Verdict:
        raise ZeroDivisionError("no mean of nothing")

    with pytest.raises(MatcherFailed, match="no mean of nothing") as caught:
        asked(Matcher(frozenset(), choose, "mine"))
    assert ("node", "mine") == caught.value.args[:2]
    assert isinstance(caught.value.__cause__, ZeroDivisionError)
