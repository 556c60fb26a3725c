"""What must hold of every matcher, as properties that a broken matcher fails."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from math import inf

from attrs import evolve
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from pylightnix_fn.matcher.candidate import (
    AnyMatcher,
    Candidate,
    Choose,
    ManyMatcher,
    Matcher,
    Need,
    Use,
    candidate,
)
from pylightnix_fn.refs import RRef

Candidates = tuple[Candidate, ...]

FEW = ("0", "0.5", "0.5 ", "1", "-1", "inf", "-inf")
NONE = ("nan", "", "none", "0.5.1")

quick = settings(
    max_examples=100, derandomize=True, database=None, deadline=None, report_multiple_bugs=False
)


texts = st.fixed_dictionaries(
    {}, optional={file: st.sampled_from((*FEW, *NONE)) for file in ("score", "cost")}
)
values = st.tuples(st.integers(0, 4), st.integers(0, 3), texts)


def several() -> st.SearchStrategy[Candidates]:
    """Candidates of one derivation, in any order; many have equal numbers, times and sizes."""
    return st.dictionaries(st.sampled_from("abcdefgh"), values, max_size=8).map(
        lambda drawn: tuple(
            evolve(candidate(name, started, size=size), texts=texts)
            for name, (started, size, texts) in drawn.items()
        )
    )


def chosen(matcher: AnyMatcher, candidates: Candidates) -> tuple[RRef[object], ...]:
    """What a matcher uses; nothing where it is not satisfied."""
    verdict = matcher.choose(candidates)
    return verdict.rrefs if isinstance(verdict, Use) else ()


def of_user(choose: Choose, *reads: str) -> Matcher:
    """A matcher that a user may have written."""
    return Matcher(frozenset(reads), choose)


def draws_from_given(*matchers: AnyMatcher) -> None:
    """What is used was given, each once, and is one where one is wanted."""

    @quick
    @given(several())
    def law(candidates: Candidates) -> None:
        there = {each.rref for each in candidates}
        for matcher in matchers:
            verdict = matcher.choose(candidates)
            if isinstance(verdict, Use):
                assert there >= set(verdict.rrefs), matcher.label
                assert len(set(verdict.rrefs)) == len(verdict.rrefs), matcher.label
                assert isinstance(matcher, ManyMatcher) or len(verdict.rrefs) == 1, matcher.label
            if isinstance(verdict, Need):
                assert verdict.n >= 1, matcher.label

    law()


def ignores_order(*matchers: AnyMatcher) -> None:
    """The order in which the candidates are given makes no difference."""

    @quick
    @given(several().flatmap(lambda drawn: st.tuples(st.just(drawn), st.permutations(drawn))))
    def law(pair: tuple[Candidates, list[Candidate]]) -> None:
        candidates, shuffled = pair
        for matcher in matchers:
            assert matcher.choose(candidates) == matcher.choose(tuple(shuffled)), matcher.label

    law()


def reads_what_it_declares(*matchers: AnyMatcher) -> None:
    """Texts that a matcher does not declare make no difference: a store does not load them."""

    @quick
    @given(several())
    def law(candidates: Candidates) -> None:
        for matcher in matchers:
            shown = tuple(
                evolve(each, texts={k: v for k, v in each.texts.items() if k in matcher.reads})
                for each in candidates
            )
            assert matcher.choose(candidates) == matcher.choose(shown), matcher.label

    law()


def never_uses_what_has_no_number(*matchers: AnyMatcher) -> None:
    """What holds no number in the file 'score', or NaN, is not used."""

    @quick
    @given(several())
    def law(candidates: Candidates) -> None:
        for matcher in matchers:
            rrefs = chosen(matcher, candidates)
            used = [each.texts.get("score") for each in candidates if each.rref in rrefs]
            assert [] == [text for text in used if text in (None, *NONE)], matcher.label

    law()


def ignores_what_is_worse(*matchers: AnyMatcher) -> None:
    """A satisfied matcher chooses the same when a candidate is added that none would want."""

    @quick
    @given(several(), st.integers(0, 5), st.integers(0, 8))
    def law(candidates: Candidates, started: int, place: int) -> None:
        scores = [x for each in candidates if (x := each.number("score")) is not None]
        costs = [x for each in candidates if (x := each.number("cost")) is not None]
        assume(-inf not in scores and inf not in costs)  # nothing is worse than these
        low, high = min([0.0, *scores]) - 1, max([0.0, *costs]) + 1
        worse = candidate("worse", started, score=str(low), cost=str(high))
        grown = (*candidates[:place], worse, *candidates[place:])
        for matcher in matchers:
            before = chosen(matcher, candidates)
            assert not before or before == chosen(matcher, grown), matcher.label

    law()


def is_a_value(make: Callable[[], AnyMatcher]) -> None:
    """Made twice it is equal, and so is a copy from a pickle."""
    matcher = make()
    copy: object = pickle.loads(pickle.dumps(matcher))
    assert matcher == make()
    assert hash(matcher) == hash(make())
    assert matcher == copy
