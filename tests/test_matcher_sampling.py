"""Matchers that sample, the Pareto front, and Student's distribution."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from math import inf, isfinite, nan, sqrt, tan
from statistics import NormalDist, fmean

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st
from matcher_laws import (
    Candidates,
    chosen,
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
from pylightnix_fn.matcher.choice import best, need_of, use_of
from pylightnix_fn.matcher.front import pareto
from pylightnix_fn.matcher.sampling import best_of, stop_when_no_gain, until_confident
from pylightnix_fn.matcher.student import confidence, quantile

MAKERS: dict[str, Callable[[], AnyMatcher]] = {
    "best_of": lambda: best_of(2, "score"),
    "until_confident": lambda: until_confident("score", 0.5, 0.8, at_most=6, at_least=2),
    "until_confident wide": lambda: until_confident("score", 50.0, at_most=4),
    "stop_when_no_gain": lambda: stop_when_no_gain("score", 2),
    "pareto": lambda: pareto("score"),
    "pareto of two": lambda: pareto("score", "cost", at_least=2),
    "pareto with lower": lambda: pareto("score", lower="cost"),
}


def samples(*scores: float | str) -> Candidates:
    """Candidates with these scores, started one after the other."""
    return tuple(
        candidate(str(place), place, score=str(score)) for place, score in enumerate(scores)
    )


def point(name: str, score: object, cost: object) -> Candidate:
    return candidate(name, score=str(score), cost=str(cost))


def rrefs(candidates: Iterable[Candidate]) -> Use:
    return use_of(sorted(candidates, key=lambda each: each.rref.text))


# Laws, and for each a matcher that breaks it.


def test_sampler_draws_from_what_was_given() -> None:
    draws_from_given(*(make() for make in MAKERS.values()))


def test_sampler_ignores_order() -> None:
    ignores_order(*(make() for make in MAKERS.values()))


def test_law_of_order_catches_samples_that_are_taken_as_given() -> None:
    def first_drop(candidates: Candidates) -> Verdict:
        scores = [each.number("score") or 0.0 for each in candidates]
        drops = [i for i in range(1, len(scores)) if scores[i] < scores[i - 1]]
        return Use((candidates[drops[0] - 1].rref,)) if drops else Need(1, "none")

    with pytest.raises(AssertionError):
        ignores_order(of_user(first_drop, "score"))


def test_sampler_reads_what_it_declares() -> None:
    reads_what_it_declares(*(make() for make in MAKERS.values()))


def test_law_of_reading_catches_a_front_that_declares_one_file() -> None:
    with pytest.raises(AssertionError):
        reads_what_it_declares(evolve(pareto("score", lower="cost"), reads=frozenset({"score"})))


def test_sampler_never_uses_what_has_no_number() -> None:
    never_uses_what_has_no_number(*(make() for make in MAKERS.values()))


def test_law_of_numbers_catches_a_front_that_keeps_what_it_cannot_compare() -> None:
    def front(candidates: Candidates) -> Verdict:
        numbers = [each.number("score") for each in candidates]
        highest = max((x for x in numbers if x is not None), default=0.0)
        return use_of([c for c, x in zip(candidates, numbers, strict=True) if x in (None, highest)])

    with pytest.raises(AssertionError):
        never_uses_what_has_no_number(ManyMatcher(frozenset({"score"}), front))


def test_sampler_ignores_what_is_worse() -> None:
    ignores_what_is_worse(
        best_of(2, "score"),
        stop_when_no_gain("score", 1),
        pareto("score"),
        pareto("score", lower="cost"),
        pareto(lower=["cost"]),
    )


@pytest.mark.parametrize(
    "broken",
    [pareto("score", "cost"), until_confident("score", 0.5, at_most=3)],
    ids=["a front that likes high costs", "all samples"],
)
def test_law_of_the_worse_catches(broken: AnyMatcher) -> None:
    with pytest.raises(AssertionError):
        ignores_what_is_worse(broken)


@pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS)
def test_sampler_is_a_value(make: Callable[[], AnyMatcher]) -> None:
    is_a_value(make)


def sampled(matcher: AnyMatcher, scores: Iterable[float | str], most: int) -> tuple[int, Verdict]:
    """How many samples a matcher takes of endless scores, and what it says in the end."""
    supply, taken = iter(scores), list[float | str]()
    verdict = matcher.choose(())
    while isinstance(verdict, Need) and len(taken) < most:
        taken.extend(next(supply) for _ in range(verdict.n))
        verdict = matcher.choose(samples(*taken))
    return len(taken), verdict


def ends_within(matcher: AnyMatcher, most: int) -> None:
    """Whatever is sampled, a matcher is content, or gives up, after so many samples."""
    score = st.one_of(st.floats(), st.just("none"), st.integers(0, 3).map(float))

    @quick
    @given(st.lists(score, min_size=2 * most, max_size=2 * most))
    def law(scores: list[float | str]) -> None:
        taken, verdict = sampled(matcher, scores, most)
        assert taken <= most
        assert not isinstance(verdict, Need)

    law()


@pytest.mark.parametrize(
    ("matcher", "most"),
    [
        (best_of(5, "score"), 5),
        (until_confident("score", 0.01, at_most=12), 12),
        (until_confident("score", 1e-300, 0.999, at_most=9, at_least=9), 9),
        (pareto("score", at_least=4), 4),
    ],
)
def test_sampler_ends_within_its_number(matcher: AnyMatcher, most: int) -> None:
    ends_within(matcher, most)


def test_law_of_ending_catches_a_matcher_that_waits_for_numbers() -> None:
    def patient(candidates: Candidates) -> Verdict:
        numbered = [each for each in candidates if each.number("score") is not None]
        return need_of(3, len(numbered)) if len(numbered) < 3 else use_of(numbered)

    with pytest.raises(AssertionError):
        ends_within(ManyMatcher(frozenset({"score"}), patient), 3)


# best_of


def test_best_of_needs_its_samples_first() -> None:
    assert Need(2, "3 wanted, 1 there") == best_of(3, "score").choose(samples(9))


def test_best_of_uses_the_best_of_its_samples() -> None:
    low, high, failed = samples(1, 2, "nan")
    assert Use((high.rref,)) == best_of(3, "score").choose((low, high, failed))


def test_best_of_uses_the_best_of_more_samples_than_asked_for() -> None:
    those = samples(1, 2, 3, 4)
    assert Use((those[3].rref,)) == best_of(2, "score").choose(those)


def test_best_of_refuses_where_no_sample_holds_a_number() -> None:
    expected = Never("0 of 2 realizations hold a number in 'score', 1 wanted")
    assert expected == best_of(2, "score").choose(samples("nan", "x"))


# until_confident


def test_until_confident_needs_some_samples_first() -> None:
    matcher = until_confident("score", 0.1, at_least=4)
    assert Need(4, "4 numbers wanted, 0 there") == matcher.choose(())
    assert Need(3, "4 numbers wanted, 1 there") == matcher.choose(samples(1, "nan", "inf"))


def test_until_confident_is_content_when_the_interval_is_narrow() -> None:
    # s = 1 and n = 3, so the half width is 4.303 / sqrt(3) = 2.484.
    those = samples(1, 2, 3)
    assert rrefs(those) == until_confident("score", 2.485).choose(those)


def test_until_confident_asks_for_more_when_the_interval_is_wide() -> None:
    expected = Need(1, "mean known to +-2.48 at level 0.95, +-2.4 wanted")
    assert expected == until_confident("score", 2.4).choose(samples(1, 2, 3))


def test_until_confident_asks_for_as_many_as_would_do() -> None:
    # s = 1: t * s / sqrt(n) is 1.59 with 4 samples and 1.24 with 5.
    verdict = until_confident("score", 1.25).choose(samples(1, 2, 3))
    assert Need(2, "mean known to +-2.48 at level 0.95, +-1.25 wanted") == verdict


def test_until_confident_at_most_doubles_its_samples() -> None:
    verdict = until_confident("score", 1e-9, at_most=1000).choose(samples(1, 2, 3, 4))
    assert isinstance(verdict, Need)
    assert verdict.n == 4


def test_until_confident_never_asks_beyond_at_most() -> None:
    verdict = until_confident("score", 1e-9, at_most=5).choose(samples(1, 2, 3, 4))
    assert isinstance(verdict, Need)
    assert verdict.n == 1


def test_until_confident_uses_what_there_is_at_most() -> None:
    those = samples(1, 200, 3)
    assert rrefs(those) == until_confident("score", 1e-9, at_most=3).choose(those)


def test_until_confident_counts_samples_without_a_number_and_does_not_use_them() -> None:
    one, nothing, other = samples(1, "nan", 200)
    matcher = until_confident("score", 1e-9, at_most=3)
    assert rrefs((one, other)) == matcher.choose((one, nothing, other))


@pytest.mark.parametrize("infinite", ["inf", "-inf"])
def test_until_confident_leaves_infinite_numbers_out_of_the_mean(infinite: str) -> None:
    those = samples(1, 1, 1, infinite)
    assert rrefs(those[:3]) == until_confident("score", 0.1).choose(those)


def test_until_confident_refuses_where_no_sample_holds_a_number() -> None:
    expected = Never("0 of 3 realizations hold a number in 'score', 1 wanted")
    verdict = until_confident("score", 0.1, at_most=3).choose(samples("nan", "inf", ""))
    assert expected == verdict


def test_until_confident_is_content_with_equal_numbers() -> None:
    those = samples(0.1, 0.1, 0.1)
    assert rrefs(those) == until_confident("score", 1e-300).choose(those)


def test_until_confident_survives_the_largest_numbers() -> None:
    verdict = until_confident("score", 1.0).choose(samples(1.7e308, -1.7e308, 1.7e308))
    assert isinstance(verdict, Need)
    assert verdict.n == 3


@pytest.mark.parametrize("level", [0.8, 0.95, 0.99])
def test_until_confident_interval_holds_the_mean_as_often_as_it_says(level: float) -> None:
    """With a fixed number of samples, so that nothing is stopped early."""
    n, trials, held = 5, 1500, 0
    normal = NormalDist().samples(n * trials, seed=7)
    for trial in range(trials):
        values = normal[n * trial : n * trial + n]
        matcher = until_confident("score", abs(fmean(values)), level, at_most=n + 1, at_least=n)
        held += isinstance(matcher.choose(samples(*values)), Use)  # is |mean - 0| >= half width?
    assert abs((1 - level) - held / trials) < 4 * sqrt(level * (1 - level) / trials)


# stop_when_no_gain


def test_stop_when_no_gain_needs_its_patience_first() -> None:
    expected = Need(3, "3 samples in a row without a gain wanted, 0 there")
    assert expected == stop_when_no_gain("score", 3).choose(())


def test_stop_when_no_gain_goes_on_after_a_gain() -> None:
    expected = Need(2, "2 samples in a row without a gain wanted, 0 there")
    assert expected == stop_when_no_gain("score", 2).choose(samples(1, 0, 2))


def test_stop_when_no_gain_asks_for_what_is_left_of_its_patience() -> None:
    expected = Need(1, "3 samples in a row without a gain wanted, 2 there")
    assert expected == stop_when_no_gain("score", 3).choose(samples(1, 2, 2, "nan"))


def test_stop_when_no_gain_uses_the_best() -> None:
    those = samples(1, 3, 2, 3)
    expected = best("score").choose(those)
    assert expected == stop_when_no_gain("score", 2).choose(those)


def test_stop_when_no_gain_goes_by_the_start_not_by_the_order_given() -> None:
    one, two, three = samples(1, 2, 3)
    assert isinstance(stop_when_no_gain("score", 2).choose((three, two, one)), Need)


def test_stop_when_no_gain_does_not_go_on_once_it_stopped() -> None:
    those = samples(1, 0, 0, 5)
    assert Use((those[3].rref,)) == stop_when_no_gain("score", 2).choose(those)


def test_stop_when_no_gain_knows_no_gain_over_infinity() -> None:
    those = samples("inf", "inf", 7)
    assert Use((min(those[:2], key=lambda each: each.rref.text).rref,)) == stop_when_no_gain(
        "score", 2
    ).choose(those)


def test_stop_when_no_gain_refuses_where_no_sample_holds_a_number() -> None:
    expected = Never("0 of 2 realizations hold a number in 'score', 1 wanted")
    assert expected == stop_when_no_gain("score", 2).choose(samples("nan", ""))


@given(st.lists(st.integers(0, 3), max_size=8), st.integers(1, 3))
@quick
def test_stop_when_no_gain_takes_no_more_than_it_must(scores: list[int], patience: int) -> None:
    """Asking for one at a time would take as many samples."""
    endless = [*map(float, scores), *[0.0] * (2 * patience)]
    best_at, stop = 0, None
    for place, score in enumerate(endless):
        best_at = place if score > max(endless[:place], default=-inf) else best_at
        if place - best_at == patience:
            stop = place + 1
            break
    taken, verdict = sampled(stop_when_no_gain("score", patience), endless, 99)
    assert stop == taken
    assert isinstance(verdict, Use)


# pareto


def test_pareto_uses_what_no_other_beats() -> None:
    good, slim, poor = point("a", 0.9, 80), point("b", 0.8, 5), point("c", 0.7, 50)
    assert rrefs((good, slim)) == pareto("score", lower="cost").choose((poor, slim, good))


def test_pareto_of_one_file_uses_the_largest() -> None:
    those = samples(1, 3, 2)
    assert Use((those[1].rref,)) == pareto("score").choose(those)


def test_pareto_uses_all_of_equals() -> None:
    those = (point("a", 1, 1), point("b", 1, 1), point("c", 1, 2))
    assert rrefs(those[:2]) == pareto("score", lower="cost").choose(those)


@pytest.mark.parametrize("text", ["nan", "", "many"])
def test_pareto_leaves_out_what_lacks_a_number_in_any_file(text: str) -> None:
    whole, part = point("a", 0, 9), point("b", 9, text)
    assert Use((whole.rref,)) == pareto("score", lower="cost").choose((whole, part))


def test_pareto_compares_infinite_numbers() -> None:
    those = (point("a", inf, inf), point("b", 0, -inf), point("c", -inf, 0), point("d", inf, 1))
    assert rrefs((those[1], those[3])) == pareto("score", lower="cost").choose(those)


def test_pareto_refuses_where_nothing_can_be_compared() -> None:
    expected = Never("0 of 1 realizations hold a number in 'score', 'cost', 1 wanted")
    assert expected == pareto("score", lower="cost").choose(samples(1))


def test_pareto_needs_as_many_as_wanted() -> None:
    assert Need(1, "1 wanted, 0 there") == pareto("score").choose(())
    assert Need(3, "4 wanted, 1 there") == pareto("score", at_least=4).choose(samples(1))


@given(several())
@quick
def test_pareto_is_what_comparing_all_pairs_gives(candidates: Candidates) -> None:
    scores = {each: (each.number("score"), each.number("cost")) for each in candidates}
    whole = {each: (s, c) for each, (s, c) in scores.items() if s is not None and c is not None}
    beaten = [
        each
        for each, (s, c) in whole.items()
        if any(s2 >= s and c2 <= c and (s2, c2) != (s, c) for s2, c2 in whole.values())
    ]
    expected = {each.rref for each in whole if each not in beaten}
    assert expected == set(chosen(pareto("score", lower="cost"), candidates))


# Parameters, kinds, labels.

Refused = tuple[str, str, str, str]


@pytest.mark.parametrize(
    ("expected", "make"),
    [
        (("best_of", "n", "0", "1 or more"), lambda: best_of(0, "f")),
        (
            ("until_confident", "half_width", "0", "more than 0"),
            lambda: until_confident("f", 0),
        ),
        (
            ("until_confident", "half_width", "nan", "more than 0"),
            lambda: until_confident("f", nan),
        ),
        (
            ("until_confident", "level", "0", "between 0 and 1"),
            lambda: until_confident("f", 1, 0),
        ),
        (
            ("until_confident", "level", "1.0", "between 0 and 1"),
            lambda: until_confident("f", 1, 1.0),
        ),
        (
            ("until_confident", "level", "95", "between 0 and 1"),
            lambda: until_confident("f", 1, 95),
        ),
        (
            ("until_confident", "at_least", "1", "2 or more"),
            lambda: until_confident("f", 1, at_least=1),
        ),
        (
            ("until_confident", "at_most", "3", "4 or more"),
            lambda: until_confident("f", 1, at_most=3, at_least=4),
        ),
        (("stop_when_no_gain", "patience", "0", "1 or more"), lambda: stop_when_no_gain("f", 0)),
        (("pareto", "files", "none", "1 or more"), lambda: pareto()),
        (
            ("pareto", "lower", "'f'", "a file that is not among 'files'"),
            lambda: pareto("f", lower="f"),
        ),
        (("pareto", "at_least", "0", "1 or more"), lambda: pareto("f", at_least=0)),
        (("quantile", "level", "1", "between 0 and 1"), lambda: quantile(1, 3)),
        (("quantile", "df", "0", "1 or more"), lambda: quantile(0.5, 0)),
    ],
)
def test_sampler_refuses(expected: Refused, make: Callable[[], object]) -> None:
    with pytest.raises(BadParameter) as caught:
        make()
    assert expected == caught.value.args


@pytest.mark.parametrize(
    ("matcher", "kind", "label"),
    [
        (best_of(5, "a"), Matcher, "best_of(5, 'a')"),
        (
            until_confident("a", 0.01),
            ManyMatcher,
            "until_confident('a', 0.01, 0.95, at_most=30, at_least=3)",
        ),
        (stop_when_no_gain("a", 3), Matcher, "stop_when_no_gain('a', 3)"),
        (pareto("a", "b"), ManyMatcher, "pareto('a', 'b')"),
        (pareto("a", lower="b"), ManyMatcher, "pareto('a', lower=['b'])"),
        (pareto(lower=("b",), at_least=2), ManyMatcher, "pareto(lower=['b'], at_least=2)"),
    ],
)
def test_sampler_kind_and_label(matcher: AnyMatcher, kind: type, label: str) -> None:
    assert (kind, label) == (type(matcher), matcher.label)


# Student's distribution.

LEVELS = (0.8, 0.9, 0.95, 0.98, 0.99, 0.998, 0.999)

# Percentage points as printed in tables of the distribution, for example in E. S. Pearson,
# H. O. Hartley, Biometrika Tables for Statisticians, vol. 1, table 12.
PRINTED = {
    1: (3.078, 6.314, 12.706, 31.821, 63.657, 318.309, 636.619),
    2: (1.886, 2.920, 4.303, 6.965, 9.925, 22.327, 31.599),
    3: (1.638, 2.353, 3.182, 4.541, 5.841, 10.215, 12.924),
    4: (1.533, 2.132, 2.776, 3.747, 4.604, 7.173, 8.610),
    5: (1.476, 2.015, 2.571, 3.365, 4.032, 5.893, 6.869),
    6: (1.440, 1.943, 2.447, 3.143, 3.707, 5.208, 5.959),
    7: (1.415, 1.895, 2.365, 2.998, 3.499, 4.785, 5.408),
    8: (1.397, 1.860, 2.306, 2.896, 3.355, 4.501, 5.041),
    9: (1.383, 1.833, 2.262, 2.821, 3.250, 4.297, 4.781),
    10: (1.372, 1.812, 2.228, 2.764, 3.169, 4.144, 4.587),
    15: (1.341, 1.753, 2.131, 2.602, 2.947, 3.733, 4.073),
    20: (1.325, 1.725, 2.086, 2.528, 2.845, 3.552, 3.850),
    25: (1.316, 1.708, 2.060, 2.485, 2.787, 3.450, 3.725),
    30: (1.310, 1.697, 2.042, 2.457, 2.750, 3.385, 3.646),
    40: (1.303, 1.684, 2.021, 2.423, 2.704, 3.307, 3.551),
    60: (1.296, 1.671, 2.000, 2.390, 2.660, 3.232, 3.460),
    120: (1.289, 1.658, 1.980, 2.358, 2.617, 3.160, 3.373),
}


@pytest.mark.parametrize("df", PRINTED)
def test_quantile_is_what_tables_print(df: int) -> None:
    assert PRINTED[df] == tuple(round(quantile(level, df), 3) for level in LEVELS)


@given(st.floats(1e-6, 1 - 1e-6))
@quick
def test_quantile_of_one_degree_is_that_of_cauchy(level: float) -> None:
    assert tan(level * 3.141592653589793 / 2) == pytest.approx(quantile(level, 1), rel=1e-9)


@given(st.floats(1e-6, 1 - 1e-6))
@quick
def test_quantile_of_two_degrees_has_a_closed_form(level: float) -> None:
    expected = level * sqrt(2 / ((1 - level) * (1 + level)))
    assert expected == pytest.approx(quantile(level, 2), rel=1e-9)


@pytest.mark.parametrize("level", LEVELS)
def test_quantile_of_many_degrees_is_nearly_the_normal_one(level: float) -> None:
    z = NormalDist().inv_cdf((1 + level) / 2)
    correction = (z**3 + z) / 4 + (5 * z**5 + 16 * z**3 + 3 * z) / 96 / 5000
    assert z + correction / 5000 == pytest.approx(quantile(level, 5000), rel=1e-9)


@given(st.floats(0, 1, exclude_min=True, exclude_max=True), st.integers(1, 300))
@quick
def test_quantile_and_confidence_undo_each_other(level: float, df: int) -> None:
    assert level == pytest.approx(confidence(quantile(level, df), df), rel=1e-9)


@given(st.floats(0.001, 0.999), st.integers(1, 200))
@quick
def test_quantile_falls_with_more_degrees(level: float, df: int) -> None:
    assert quantile(level, df) > quantile(level, df + 1) > 0


@pytest.mark.parametrize("df", [1, 2, 3, 50])
def test_confidence_runs_from_zero_to_one(df: int) -> None:
    assert (0.0, 1.0) == (confidence(0.0, df), confidence(inf, df))
    assert isfinite(quantile(0.999999999, df))
