"""Matchers made of matchers."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest
from attrs import frozen
from hypothesis import given
from matcher_laws import (
    Candidates,
    chosen,
    draws_from_given,
    ignores_order,
    is_a_value,
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
    candidate,
)
from pylightnix_fn.matcher.choice import all_of, at_least, best, exact, latest, only, worst
from pylightnix_fn.matcher.combination import either, first_of, order_by, take, where

A, B, C = candidate("a", 1, size=1), candidate("b", 2, size=2), candidate("c", 3, size=3)


def is_small(each: Candidate) -> bool:
    return each.size < 2


def is_cheap(each: Candidate) -> bool:
    return (each.number("cost") or 0.0) < 1


def score(each: Candidate) -> float | None:
    return each.number("score")


def size(each: Candidate) -> int:
    return each.size


@frozen
class SmallerThan:
    """A predicate that is a value."""

    size: int

    def __call__(self, each: Candidate) -> bool:
        return each.size < self.size


class Anything:
    def __call__(self, each: Candidate) -> bool:
        return True


MAKERS: dict[str, Callable[[], AnyMatcher]] = {
    "where": lambda: where(is_small, best("score")),
    "where many": lambda: where(SmallerThan(2), best("score", 2)),
    "where reads": lambda: where(is_cheap, latest(), reads="cost"),
    "order_by": lambda: order_by(size, all_of()),
    "order_by reads": lambda: order_by(score, at_least(2), reads=["score"]),
    "take": lambda: take(2, order_by(score, all_of(), reads=["score"])),
    "first_of": lambda: first_of(only(), where(is_small, latest()), best("score")),
    "first_of many": lambda: first_of(latest(5), best("score", 2), worst("cost", 1)),
    "either": lambda: either(latest(), best("score", 2), only()),
    "nested": lambda: take(1, either(first_of(only(), latest()), where(is_small, all_of()))),
}


# Laws, and for each a combination that breaks it.


def test_combination_draws_from_what_was_given() -> None:
    draws_from_given(*(make() for make in MAKERS.values()))


def test_law_of_drawing_catches_a_union_that_repeats() -> None:
    def both(candidates: Candidates) -> Use:
        one, other = chosen(latest(), candidates), chosen(all_of(), candidates)
        return Use((*one, *other))

    with pytest.raises(AssertionError):
        draws_from_given(ManyMatcher(frozenset(), both))


def test_combination_ignores_order() -> None:
    ignores_order(*(make() for make in MAKERS.values()))


def test_law_of_order_catches_a_sort_that_leaves_ties_as_given() -> None:
    def by_size(candidates: Candidates) -> Use:
        return Use(tuple(each.rref for each in sorted(candidates, key=size)))

    with pytest.raises(AssertionError):
        ignores_order(ManyMatcher(frozenset(), by_size))


def test_combination_reads_what_it_declares() -> None:
    reads_what_it_declares(*(make() for make in MAKERS.values()))


@pytest.mark.parametrize(
    "broken", [where(is_cheap, latest()), order_by(score, all_of())], ids=["where", "order_by"]
)
def test_law_of_reading_catches_undeclared_files(broken: AnyMatcher) -> None:
    with pytest.raises(AssertionError):
        reads_what_it_declares(broken)


@pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS)
def test_combination_is_a_value(make: Callable[[], AnyMatcher]) -> None:
    is_a_value(make)


@given(several())
@quick
def test_where_uses_only_what_satisfies_the_predicate(candidates: Candidates) -> None:
    small = {each.rref for each in candidates if is_small(each)}
    for matcher in (where(is_small, all_of()), where(is_small, latest(2))):
        assert set(chosen(matcher, candidates)) <= small


@given(several())
@quick
def test_where_with_what_is_always_true_changes_nothing(candidates: Candidates) -> None:
    for plain in (latest(), best("score"), worst("cost")):
        assert chosen(plain, candidates) == chosen(where(Anything(), plain), candidates)


@given(several())
@quick
def test_first_of_one_is_that_one(candidates: Candidates) -> None:
    for plain in (latest(), best("score")):
        assert chosen(plain, candidates) == chosen(first_of(plain), candidates)


@given(several())
@quick
def test_first_of_may_be_nested(candidates: Candidates) -> None:
    a, b, c = only(), where(is_small, latest()), best("score")
    flat = chosen(first_of(a, b, c), candidates)
    assert flat == chosen(first_of(first_of(a, b), c), candidates)
    assert flat == chosen(first_of(a, first_of(b, c)), candidates)


@given(several())
@quick
def test_either_is_a_union(candidates: Candidates) -> None:
    parts: tuple[AnyMatcher, ...] = (latest(2), best("score"), only())
    expected = {rref for part in parts for rref in chosen(part, candidates)}
    assert expected == set(chosen(either(*parts), candidates))


@given(several())
@quick
def test_order_by_changes_only_the_order(candidates: Candidates) -> None:
    for plain in (all_of(), latest(2), best("score", 2)):
        assert set(chosen(plain, candidates)) == set(chosen(order_by(score, plain), candidates))


@given(several())
@quick
def test_order_by_sorts_numbers_first_and_ties_by_reference(candidates: Candidates) -> None:
    keys = {
        each.rref: (score(each) is None, score(each) or 0.0, each.rref.text) for each in candidates
    }
    expected = sorted(keys, key=keys.__getitem__)
    assert expected == list(chosen(order_by(score, all_of()), candidates))


# where


def test_where_asks_for_more_and_says_why() -> None:
    expected = Need(1, "1 wanted, 0 there; 0 of 2 satisfy is_small")
    assert expected == where(is_small, latest()).choose((B, C))


def test_where_says_why_it_refuses() -> None:
    expected = Never(
        f"not among the realizations of this context: {B.rref}; 1 of 2 satisfy is_small"
    )
    assert expected == where(is_small, exact(B.rref)).choose((A, B))


def test_where_takes_one_file_for_a_file() -> None:
    assert {"cost", "score"} == where(is_cheap, best("score"), reads="cost").reads


# order_by, take


def test_order_by_puts_what_has_no_key_last() -> None:
    low, high = candidate("low", score="1"), candidate("high", score="2")
    without = [candidate("x"), candidate("y", score="nan"), candidate("z", score="?")]
    last = sorted((each.rref for each in without), key=str)
    expected = Use((low.rref, high.rref, *last))
    assert expected == order_by(score, all_of()).choose((*without, high, low))


def test_order_by_puts_a_key_that_is_nan_last() -> None:
    keys = {A.rref: float("nan"), B.rref: 2.0, C.rref: 1.0}
    matcher = order_by(lambda each: keys[each.rref], all_of())
    assert Use((C.rref, B.rref, A.rref)) == matcher.choose((A, B, C))


def test_order_by_takes_keys_of_any_kind_that_has_an_order() -> None:
    by_time = order_by(lambda each: each.started, all_of())
    by_pair = order_by(lambda each: (each.size > 1, each.rref.text), all_of())
    by_text = order_by(lambda each: "x" if each == A else "a" + each.rref.text, all_of())
    assert Use((A.rref, B.rref, C.rref)) == by_time.choose((C, B, A))
    assert A.rref == chosen(by_pair, (C, B, A))[0]
    assert A.rref == chosen(by_text, (C, B, A))[-1]


def test_order_by_passes_on_what_is_no_choice() -> None:
    assert Need(1, "1 wanted, 0 there") == order_by(size, latest(1)).choose(())


def test_order_by_leaves_foreign_choices_to_the_plan() -> None:
    foreign = ManyMatcher(frozenset(), lambda _: Use((C.rref, A.rref)))
    assert Use((A.rref, C.rref)) == order_by(size, foreign).choose((A, B))


def test_take_uses_the_first_of_what_is_chosen() -> None:
    assert Use((C.rref, B.rref)) == take(2, latest(3)).choose((A, B, C))


def test_take_needs_what_is_missing() -> None:
    assert Need(2, "3 wanted, 1 there") == take(3, all_of()).choose((A,))


def test_take_passes_on_what_is_no_choice() -> None:
    no_number = best("score", 1).choose((A,))
    assert isinstance(no_number, Never)
    assert no_number == take(1, best("score", 1)).choose((A,))


# first_of, either


def test_first_of_uses_what_is_there_and_else_the_next() -> None:
    matcher = first_of(exact(A.rref), latest())
    assert Use((A.rref,)) == matcher.choose((A, B))
    assert Use((C.rref,)) == matcher.choose((B, C))


def test_first_of_builds_what_the_first_that_needs_asks_for() -> None:
    matcher = first_of(exact([A.rref]), at_least(3), at_least(2))
    assert Need(2, "3 wanted, 1 there") == matcher.choose((B,))


def test_first_of_prefers_a_later_choice_to_an_earlier_need() -> None:
    assert Use((A.rref,)) == first_of(latest(5), latest(1)).choose((A,))


def test_first_of_gives_all_reasons_where_all_refuse() -> None:
    expected = Never(
        "only(): there are 2 realizations, exactly one is wanted; "
        "best('score'): 0 of 2 realizations hold a number in 'score', 1 wanted"
    )
    assert expected == first_of(only(), best("score")).choose((A, B))


def test_either_has_the_choices_in_the_order_of_its_parts() -> None:
    expected = Use((C.rref, B.rref, A.rref))
    assert expected == either(latest(2), exact(A.rref), exact(B.rref)).choose((A, B, C))


def test_either_leaves_out_what_is_not_satisfied() -> None:
    assert Use((B.rref,)) == either(exact(A.rref), latest(3), latest()).choose((B,))


def test_either_needs_what_its_first_part_that_needs_asks_for() -> None:
    expected = Need(2, "2 wanted, 0 there")
    assert expected == either(exact(A.rref), latest(2), latest(3)).choose(())


def test_either_gives_all_reasons_where_all_refuse() -> None:
    expected = Never(
        f"exact({C.rref}): not among the realizations of this context: {C.rref}; "
        "only(): there are 2 realizations, exactly one is wanted"
    )
    assert expected == either(exact(C.rref), only()).choose((A, B))


@pytest.mark.parametrize(("function", "make"), [("first_of", first_of), ("either", either)])
def test_combination_of_none_is_refused(function: str, make: Callable[[], object]) -> None:
    with pytest.raises(BadParameter) as caught:
        make()
    assert (function, "matchers", "none", "1 or more") == caught.value.args


def test_take_of_none_is_refused() -> None:
    with pytest.raises(BadParameter) as caught:
        take(0, all_of())
    assert ("take", "n", "0", "1 or more") == caught.value.args


# Kinds, reads, labels.


@pytest.mark.parametrize(
    ("matcher", "kind"),
    [
        (where(is_small, latest()), Matcher),
        (where(is_small, latest(1)), ManyMatcher),
        (first_of(only(), latest()), Matcher),
        (first_of(all_of(), latest(2)), ManyMatcher),
        (either(latest(), only()), ManyMatcher),
    ],
)
def test_combination_keeps_the_kind(matcher: AnyMatcher, kind: type) -> None:
    assert kind is type(matcher)


def test_combination_reads_what_its_parts_read() -> None:
    parts = (best("a"), where(is_small, best("b")), of_user(latest().choose, "c"))
    assert {"a", "b", "c"} == first_of(*parts).reads
    assert {"a", "b", "c"} == either(*parts).reads
    assert {"a", "k"} == order_by(score, best("a", 2), reads=("k",)).reads
    assert {"a"} == take(1, best("a", 2)).reads


@pytest.mark.parametrize(
    ("matcher", "label"),
    [
        (where(is_small, best("accuracy.txt")), "where(is_small, best('accuracy.txt'))"),
        (where(SmallerThan(3), latest()), "where(SmallerThan(size=3), latest())"),
        (where(Anything(), latest()), "where(Anything, latest())"),
        (where(partial(is_small), latest()), "where(is_small, latest())"),
        (order_by(size, all_of()), "order_by(size, all_of())"),
        (take(2, order_by(size, all_of())), "take(2, order_by(size, all_of()))"),
        (first_of(exact(A.rref), latest()), f"first_of(exact({A.rref}), latest())"),
        (either(latest(), best("x", 2)), "either(latest(), best('x', 2))"),
    ],
)
def test_combination_label_is_how_it_was_made(matcher: AnyMatcher, label: str) -> None:
    assert label == matcher.label


def test_combinations_of_different_parts_differ() -> None:
    assert where(SmallerThan(3), latest()) != where(SmallerThan(4), latest())
    assert take(1, all_of()) != take(2, all_of())
    assert either(latest(), only()) != either(only(), latest())
