"""Candidates, verdicts and the matchers that pipelines need most."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from matcher_laws import (
    FEW,
    Candidates,
    draws_from_given,
    ignores_order,
    ignores_what_is_worse,
    is_a_value,
    never_uses_what_has_no_number,
    of_user,
    quick,
    reads_what_it_declares,
    several,
)

from pylightnix_fn.errors.plan import BadParameter
from pylightnix_fn.matcher.candidate import (
    AnyMatcher,
    Candidate,
    ManyMatcher,
    Matcher,
    Need,
    Never,
    Use,
    Verdict,
    candidate,
)
from pylightnix_fn.matcher.choice import (
    all_of,
    at_least,
    best,
    exact,
    latest,
    only,
    ranking,
    worst,
)

A, B, C = candidate("a"), candidate("b"), candidate("c")

MAKERS: dict[str, Callable[[], AnyMatcher]] = {
    "latest": latest,
    "latest 2": lambda: latest(2),
    "best": lambda: best("score"),
    "best 2": lambda: best("score", 2),
    "worst": lambda: worst("score"),
    "worst 3": lambda: worst("score", 3),
    "only": only,
    "all_of": all_of,
    "at_least": lambda: at_least(2),
    "exact": lambda: exact(A.rref),
    "exact 2": lambda: exact([B.rref, A.rref]),
}


def by_rref(*candidates: Candidate) -> list[Candidate]:
    return sorted(candidates, key=lambda each: each.rref.text)


def first_given(candidates: Candidates) -> Verdict:
    return Use((candidates[0].rref,)) if candidates else Need(1, "none")


# Laws, and for each a matcher that breaks it.


def test_matcher_draws_from_what_was_given() -> None:
    draws_from_given(*(make() for make in MAKERS.values()))


@pytest.mark.parametrize(
    "broken",
    [
        of_user(lambda _: Use((C.rref,))),
        of_user(lambda those: Use(tuple(each.rref for each in those))),
        of_user(lambda those: Need(3 - len(those), "3")),
        ManyMatcher(frozenset(), lambda those: Use(tuple(each.rref for each in those) * 2)),
    ],
    ids=["foreign", "several for one", "need of none", "each twice"],
)
def test_law_of_drawing_catches(broken: AnyMatcher) -> None:
    with pytest.raises(AssertionError):
        draws_from_given(broken)


def test_matcher_ignores_order() -> None:
    ignores_order(*(make() for make in MAKERS.values()))


def test_law_of_order_catches_a_matcher_that_takes_the_first() -> None:
    with pytest.raises(AssertionError):
        ignores_order(of_user(first_given))


def test_law_of_order_catches_ties_that_are_not_broken() -> None:
    def largest(candidates: Candidates) -> Verdict:
        numbered = [(x, each) for each in candidates if (x := each.number("score")) is not None]
        if not numbered:
            return Need(1, "none")
        return Use((max(numbered, key=lambda pair: pair[0])[1].rref,))

    with pytest.raises(AssertionError):
        ignores_order(of_user(largest, "score"))


def test_matcher_reads_what_it_declares() -> None:
    reads_what_it_declares(*(make() for make in MAKERS.values()))


def test_law_of_reading_catches_a_matcher_that_declares_nothing() -> None:
    with pytest.raises(AssertionError):
        reads_what_it_declares(of_user(best("score").choose))


def test_best_and_worst_never_use_what_has_no_number() -> None:
    never_uses_what_has_no_number(best("score"), best("score", 2), worst("score"))


def test_law_of_numbers_catches_a_matcher_that_compares_nan() -> None:
    def largest(candidates: Candidates) -> Verdict:
        held = [each for each in candidates if each.texts.get("score") in (*FEW, "nan")]
        if not held:
            return Need(1, "none")
        return Use((max(held, key=lambda each: float(each.texts["score"] or "")).rref,))

    with pytest.raises(AssertionError):
        never_uses_what_has_no_number(of_user(largest, "score"))


def test_best_ignores_what_is_worse() -> None:
    ignores_what_is_worse(best("score"), best("score", 2))


@pytest.mark.parametrize("broken", [worst("score"), latest(), best("cost")])
def test_law_of_the_worse_catches(broken: AnyMatcher) -> None:
    with pytest.raises(AssertionError):
        ignores_what_is_worse(broken)


@pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS)
def test_matcher_is_a_value(make: Callable[[], AnyMatcher]) -> None:
    is_a_value(make)


def test_law_of_values_catches_a_matcher_with_a_new_function_each_time() -> None:
    def make() -> Matcher:
        return of_user(lambda those: first_given(those))

    with pytest.raises((AssertionError, AttributeError)):
        is_a_value(make)


# Candidates.


@pytest.mark.parametrize(
    ("text", "number"),
    [("0.5", 0.5), (" 3\n", 3.0), ("-1e3", -1000.0), ("inf", float("inf")), ("-0", 0.0)],
)
def test_candidate_number_reads(text: str, number: float) -> None:
    assert number == candidate("a", score=text).number("score")


@pytest.mark.parametrize("text", ["", "nan", "NaN", "0,5", "0.5 0.6", "[0.5]", "one"])
def test_candidate_number_is_none_for(text: str) -> None:
    assert candidate("a", score=text).number("score") is None


def test_candidate_number_is_none_without_the_file() -> None:
    assert candidate("a", score="1").number("other") is None


def test_candidate_number_is_none_for_a_file_that_is_no_text() -> None:
    started = candidate("a").started
    assert Candidate(A.rref, started, started, 0, {"score": None}).number("score") is None


def test_candidates_with_equal_artifacts_have_equal_references() -> None:
    assert candidate("a").rref == candidate("a", 7).rref
    assert candidate("a").rref != candidate("b").rref


# latest


def test_latest_uses_the_one_started_last() -> None:
    old, new = candidate("a", 1), candidate("b", 2)
    assert Use((new.rref,)) == latest().choose((new, old))


def test_latest_of_several_has_the_last_first() -> None:
    old, mid, new = (candidate(name, time) for time, name in enumerate("abc"))
    assert Use((new.rref, mid.rref)) == latest(2).choose((mid, old, new))


def test_latest_breaks_ties_by_reference() -> None:
    assert Use((by_rref(A, B, C)[-1].rref,)) == latest().choose((A, B, C))


def test_latest_needs_what_is_missing() -> None:
    assert Need(2, "3 wanted, 1 there") == latest(3).choose((A,))


def test_latest_needs_one_where_there_is_none() -> None:
    assert Need(1, "1 wanted, 0 there") == latest().choose(())


# best, worst


def test_best_uses_the_largest_number() -> None:
    low, high = candidate("a", score="9"), candidate("b", score="10")
    assert Use((high.rref,)) == best("score").choose((low, high))
    assert Use((low.rref,)) == worst("score").choose((low, high))


def test_best_of_several_has_the_best_first() -> None:
    low, mid, high = (candidate(n, score=n) for n in ("1", "2", "3"))
    assert Use((high.rref, mid.rref)) == best("score", 2).choose((mid, low, high))
    assert Use((low.rref, mid.rref)) == worst("score", 2).choose((mid, low, high))


@pytest.mark.parametrize("matcher", [best("score"), worst("score")])
def test_best_and_worst_break_ties_by_reference(matcher: Matcher) -> None:
    equal = [candidate(name, score="1") for name in "abc"]
    assert Use((by_rref(*equal)[0].rref,)) == matcher.choose(tuple(equal))


def test_best_takes_an_infinite_number_for_what_it_is() -> None:
    low, mid, high = (candidate(n, score=n) for n in ("-inf", "0", "inf"))
    assert Use((high.rref, mid.rref, low.rref)) == best("score", 3).choose((low, mid, high))


def test_best_refuses_where_nothing_holds_a_number() -> None:
    verdict = best("score").choose((candidate("a", score="nan"), B))
    assert Never("0 of 2 realizations hold a number in 'score', 1 wanted") == verdict


def test_best_of_several_refuses_where_too_few_hold_a_number() -> None:
    verdict = best("score", 2).choose((candidate("a", score="1"), B))
    assert Never("1 of 2 realizations hold a number in 'score', 2 wanted") == verdict


@given(several())
@quick
def test_ranking_holds_what_has_a_number_in_descending_order(candidates: Candidates) -> None:
    numbers = [each.number("score") for each in candidates]
    expected = sorted((x for x in numbers if x is not None), reverse=True)
    assert expected == [each.number("score") for each in ranking(candidates, "score")]


# only, all_of, at_least, exact


def test_only_uses_the_one_that_there_is() -> None:
    assert Use((A.rref,)) == only().choose((A,))


def test_only_needs_one_where_there_is_none() -> None:
    assert Need(1, "1 wanted, 0 there") == only().choose(())


def test_only_refuses_several() -> None:
    assert Never("there are 2 realizations, exactly one is wanted") == only().choose((A, B))


def test_all_of_is_satisfied_with_none() -> None:
    assert Use(()) == all_of().choose(())


def test_all_of_is_ordered_by_reference() -> None:
    assert Use(tuple(each.rref for each in by_rref(A, B, C))) == all_of().choose((C, A, B))


def test_at_least_needs_what_is_missing_and_then_uses_all() -> None:
    assert Need(1, "2 wanted, 1 there") == at_least(2).choose((A,))
    assert Use(tuple(each.rref for each in by_rref(A, B, C))) == at_least(2).choose((C, A, B))


def test_exact_keeps_the_order_that_was_asked_for() -> None:
    assert Use((B.rref, A.rref)) == exact([B.rref, A.rref]).choose((A, B, C))


def test_exact_refuses_what_is_not_there() -> None:
    expected = Never(f"not among the realizations of this context: {B.rref.text}")
    assert expected == exact([A.rref, B.rref]).choose((A, C))


def test_exact_of_repeated_references_uses_each_once() -> None:
    assert Use((B.rref, A.rref)) == exact([B.rref, A.rref, B.rref]).choose((A, B))


def test_exact_does_not_see_later_changes_of_a_list() -> None:
    rrefs = [A.rref]
    matcher = exact(rrefs)
    rrefs.append(B.rref)
    assert Use((A.rref,)) == matcher.choose((A, B))


# Kinds, labels, parameters.


@pytest.mark.parametrize(
    ("matcher", "label"),
    [
        (latest(), "latest()"),
        (latest(2), "latest(2)"),
        (best("score"), "best('score')"),
        (worst("score", 3), "worst('score', 3)"),
        (only(), "only()"),
        (all_of(), "all_of()"),
        (at_least(2), "at_least(2)"),
        (exact(A.rref), f"exact({A.rref})"),
        (exact([A.rref, B.rref]), f"exact([{A.rref}, {B.rref}])"),
    ],
)
def test_matcher_label_is_how_it_was_made(matcher: AnyMatcher, label: str) -> None:
    assert label == matcher.label


@pytest.mark.parametrize(
    ("matcher", "kind"),
    [
        (latest(), Matcher),
        (latest(1), ManyMatcher),
        (best("score"), Matcher),
        (best("score", 1), ManyMatcher),
        (worst("score"), Matcher),
        (worst("score", 1), ManyMatcher),
        (only(), Matcher),
        (all_of(), ManyMatcher),
        (at_least(1), ManyMatcher),
        (exact(A.rref), Matcher),
        (exact([A.rref]), ManyMatcher),
    ],
)
def test_matcher_kind_is_many_where_a_number_is_given(matcher: AnyMatcher, kind: type) -> None:
    assert kind is type(matcher)


@pytest.mark.parametrize(
    ("function", "make"),
    [
        ("latest", lambda: latest(0)),
        ("best", lambda: best("score", 0)),
        ("worst", lambda: worst("score", 0)),
        ("at_least", lambda: at_least(0)),
    ],
)
def test_matcher_refuses_a_number_below_one(function: str, make: Callable[[], object]) -> None:
    with pytest.raises(BadParameter) as caught:
        make()
    assert (function, "n", "0", "1 or more") == caught.value.args
