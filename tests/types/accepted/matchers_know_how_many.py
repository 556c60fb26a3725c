"""A matcher for one is a `Matcher`, one for several a `ManyMatcher`, by what it was asked for."""

from typing import assert_type

from pylightnix_fn import (
    ManyMatcher,
    Matcher,
    all_of,
    at_least,
    best,
    best_of,
    candidate,
    exact,
    latest,
    match_all,
    match_best,
    match_exact,
    match_latest,
    match_only,
    match_some,
    only,
    pareto,
    stop_when_no_gain,
    until_confident,
    worst,
)

one, other = candidate("a").rref, candidate("b").rref

assert_type(latest(), Matcher)
assert_type(latest(2), ManyMatcher)
assert_type(latest(n=1), ManyMatcher)
assert_type(best("accuracy.txt"), Matcher)
assert_type(best("accuracy.txt", 2), ManyMatcher)
assert_type(worst("loss.txt"), Matcher)
assert_type(worst("loss.txt", n=2), ManyMatcher)
assert_type(only(), Matcher)
assert_type(all_of(), ManyMatcher)
assert_type(at_least(2), ManyMatcher)
assert_type(exact(one), Matcher)
assert_type(exact([one, other]), ManyMatcher)
assert_type(exact((one,)), ManyMatcher)
assert_type(best_of(3, "accuracy.txt"), Matcher)
assert_type(stop_when_no_gain("accuracy.txt", 3), Matcher)
assert_type(until_confident("accuracy.txt", 0.01, at_most=5), ManyMatcher)
assert_type(pareto("accuracy.txt", lower="size.txt"), ManyMatcher)

assert_type(match_latest(), Matcher)
assert_type(match_latest(2), ManyMatcher)
assert_type(match_best("accuracy.txt"), Matcher)
assert_type(match_only(), Matcher)
assert_type(match_all(), ManyMatcher)
assert_type(match_some(2), ManyMatcher)
assert_type(match_exact(one), Matcher)
assert_type(match_exact([one]), ManyMatcher)
