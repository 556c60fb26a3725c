"""Matchers made of matchers keep their kind, and lambdas inside see `Candidate`s."""

from typing import assert_type

from pylightnix_fn import (
    Candidate,
    ManyMatcher,
    Matcher,
    all_of,
    at_least,
    best,
    candidate,
    either,
    exact,
    first_of,
    latest,
    order_by,
    take,
    where,
)


def accurate(each: Candidate) -> bool:
    accuracy = each.number("accuracy.txt")
    assert_type(accuracy, float | None)
    return accuracy is not None and accuracy > 0.5


assert_type(where(accurate, latest(), reads="accuracy.txt"), Matcher)
assert_type(where(accurate, all_of(), reads=["accuracy.txt"]), ManyMatcher)
assert_type(where(lambda each: each.size < 100, latest()), Matcher)
assert_type(order_by(lambda each: each.size, all_of()), ManyMatcher)
assert_type(order_by(lambda each: each.number("a.txt"), all_of(), reads="a.txt"), ManyMatcher)
assert_type(order_by(lambda each: each.started, latest(3)), ManyMatcher)
assert_type(take(2, at_least(3)), ManyMatcher)
assert_type(first_of(exact(candidate("a").rref), latest()), Matcher)
assert_type(first_of(latest(2), all_of()), ManyMatcher)
assert_type(either(latest(), best("a.txt"), all_of()), ManyMatcher)
assert_type(take(1, order_by(lambda each: each.size, where(accurate, all_of()))), ManyMatcher)
