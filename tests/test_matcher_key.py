"""Matchers by a key."""

from __future__ import annotations

from itertools import permutations

import pytest
from matcher_laws import draws_from_given, ignores_order, is_a_value, reads_what_it_declares

from pylightnix_fn import Candidate, ManyMatcher, Matcher, Need, Never, Use, candidate, order_by
from pylightnix_fn.errors.plan import BadParameter
from pylightnix_fn.matcher.choice import all_of
from pylightnix_fn.matcher.key import match, texthash

SMALL, LARGE, EQUAL = candidate("a", size=1), candidate("b", size=2), candidate("c", size=2)
THREE = (SMALL, LARGE, EQUAL)


def size(each: Candidate) -> float:
    return each.size


def accuracy(each: Candidate) -> float | None:
    return each.number("accuracy.txt")


def score(each: Candidate) -> float | None:
    return each.number("score")


ALL = (match(size), match(size, 2), match(score, reads="score"), match(texthash, 2))


def test_choice_is_drawn_from_what_was_given() -> None:
    draws_from_given(*ALL)


def test_choice_ignores_order() -> None:
    ignores_order(*ALL)


def test_choice_reads_what_is_declared() -> None:
    reads_what_it_declares(*ALL)


def test_matcher_is_a_value() -> None:
    is_a_value(lambda: match(score, 2, reads="score"))


def test_largest_key_wins() -> None:
    assert Use((LARGE.rref,)) == match(size).choose((SMALL, LARGE))


def test_several_are_chosen_largest_first() -> None:
    assert Use((LARGE.rref, SMALL.rref)) == match(size, 2).choose((SMALL, LARGE))


def test_choice_does_not_depend_on_the_order() -> None:
    assert 1 == len({str(match(size, 2).choose(each)) for each in permutations(THREE)})


@pytest.mark.parametrize(("n", "there"), [(None, ()), (2, (SMALL,))])
def test_more_are_needed_where_there_are_too_few(
    n: int | None, there: tuple[Candidate, ...]
) -> None:
    verdict = (match(size) if n is None else match(size, n)).choose(there)
    assert isinstance(verdict, Need)
    assert 1 == verdict.n


@pytest.mark.parametrize("text", ["nan", "good", ""])
def test_what_has_no_key_never_wins(text: str) -> None:
    bad, good = candidate("a", accuracy_txt=text), candidate("b", accuracy_txt="-1")
    by_accuracy = match(accuracy, reads="accuracy.txt")
    assert Use((good.rref,)) == by_accuracy.choose((bad, good))
    assert isinstance(by_accuracy.choose((bad,)), Never)


def test_nan_as_a_key_never_wins() -> None:
    def inverse(each: Candidate) -> float:
        return float("nan") if each.size == 1 else float(-each.size)

    assert Use((LARGE.rref,)) == match(inverse).choose((SMALL, LARGE))


def test_kind_says_how_many() -> None:
    assert isinstance(match(size), Matcher)
    assert isinstance(match(size, 1), ManyMatcher)


def test_label_names_the_key() -> None:
    assert ("match(size)", "match(size, 2)") == (match(size).label, match(size, 2).label)


def test_files_that_the_key_reads_are_kept() -> None:
    assert frozenset({"accuracy.txt"}) == match(accuracy, reads="accuracy.txt").reads


def test_equal_parts_make_equal_matchers() -> None:
    assert match(size, 2) == match(size, 2)
    assert match(size, 2) != match(accuracy, 2)


def test_none_cannot_be_wanted() -> None:
    with pytest.raises(BadParameter, match="match"):
        match(size, 0)


def test_hash_is_a_key() -> None:
    verdict = order_by(texthash, all_of()).choose(THREE)
    assert Use(tuple(sorted((each.rref for each in THREE), key=lambda rref: rref.text))) == verdict
    assert Use((max(THREE, key=texthash).rref,)) == match(texthash).choose(THREE)
