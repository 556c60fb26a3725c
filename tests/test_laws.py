"""Checks of laws: what keeps a law passes, what breaks it is named."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import count
from operator import attrgetter

import numpy as np
import pytest
import sweep as sweep_example
from attrs import frozen
from trials import Note, Trial, writing

from pylightnix_fn import (
    Build,
    Candidate,
    Codec,
    DRef,
    Folder,
    Manager,
    ManyMatcher,
    Matcher,
    Need,
    Never,
    Use,
    Verdict,
    all_of,
    at_least,
    best,
    best_of,
    candidate,
    check_codec,
    check_matcher,
    check_stage,
    csv,
    derive,
    json_of,
    latest,
    npy,
    number,
    only,
    pure,
    redefine,
    retry,
    step,
    text,
    value,
)
from pylightnix_fn.errors.plan import LawBroken
from pylightnix_fn.matcher.candidate import AnyMatcher

CANDIDATES = tuple(
    candidate(name, size=size, started=started, a_txt=words)
    for name, size, started, words in [
        ("a", 1, 3.0, "0.5"),
        ("b", 2, 2.0, "0.7"),
        ("c", 3, 1.0, ""),
        ("d", 1, 3.0, "0.7"),
        ("e", 5, 9.0, "none"),
    ]
)

Choice = Callable[[tuple[Candidate, ...]], Verdict]


@frozen
class Number:
    """The config of a stage."""

    number: int = 1


def smallest(found: tuple[Candidate, ...]) -> Verdict:
    chosen = min(found, key=lambda each: (each.size, each.rref.text), default=None)
    return Use((chosen.rref,)) if chosen else Need(1, "there is none")


def first_given(found: tuple[Candidate, ...]) -> Verdict:
    return Use((found[0].rref,)) if found else Need(1, "there is none")


def size_alone(found: tuple[Candidate, ...]) -> Verdict:
    """Two of the candidates have one size: which of them it is depends on their order."""
    chosen = min(found, key=attrgetter("size"), default=None)
    return Use((chosen.rref,)) if chosen else Need(1, "there is none")


def stranger(found: tuple[Candidate, ...]) -> Verdict:
    return Use((candidate("stranger").rref,))


def twice(found: tuple[Candidate, ...]) -> Verdict:
    return Use((found[0].rref, found[0].rref))


def two(found: tuple[Candidate, ...]) -> Verdict:
    return Use(tuple(sorted((each.rref for each in found), key=str)[:2]))


def none_needed(found: tuple[Candidate, ...]) -> Verdict:
    return Need(0, "nothing")


def no_verdict(found: tuple[Candidate, ...]) -> Verdict:
    return None  # type: ignore[return-value]  # as a matcher without types would


def changing() -> Choice:
    numbers = count(1)
    return lambda found: Need(next(numbers), "ever more")


# Matchers.


@pytest.mark.parametrize(
    "matcher",
    [
        latest(),
        latest(2),
        best("a.txt"),
        best_of(7, "a.txt"),
        only(),
        all_of(),
        at_least(9),
        Matcher(frozenset(), smallest),
        ManyMatcher(frozenset(), two),
        Matcher(frozenset(), lambda found: Never("on principle")),
    ],
    ids=lambda matcher: matcher.label,
)
@pytest.mark.parametrize("given", [(), CANDIDATES[:1], CANDIDATES[:3], CANDIDATES], ids=len)
def test_matcher_that_keeps_the_laws_passes(
    matcher: AnyMatcher, given: tuple[Candidate, ...]
) -> None:
    check_matcher(matcher, given)


@pytest.mark.parametrize(
    ("choose", "law"),
    [
        (first_given, "the order of candidates does not count"),
        (size_alone, "the order of candidates does not count"),
        (stranger, "what is used was given"),
        (twice, "each is used once"),
        (two, "a matcher for one uses one"),
        (none_needed, "a need is for 1 or more"),
        (no_verdict, "a verdict is Use, Need or Never"),
        (changing(), "equal candidates, equal verdict"),
    ],
)
def test_matcher_that_breaks_a_law_is_named(choose: Choice, law: str) -> None:
    matcher = Matcher(frozenset(), choose, "mine")
    with pytest.raises(LawBroken) as caught:
        check_matcher(matcher, CANDIDATES)
    assert ("mine", law) == (caught.value.subject, caught.value.law)


def test_message_of_a_broken_law() -> None:
    expected = (
        "mine does not keep a law\n\n"
        "  law       a need is for 1 or more\n"
        "  shown by  Need(n=0, why='nothing')\n\n"
        "Mend it: pipelines rely on this law."
    )
    with pytest.raises(LawBroken) as caught:
        check_matcher(Matcher(frozenset(), none_needed, "mine"), ())
    assert expected == str(caught.value)


# Codecs.


def test_codec_that_keeps_the_laws_passes() -> None:
    check_codec(number, [0.1, 1e300, -math.inf])
    check_codec(text, ["", "ü\r\n"])
    check_codec(csv, [[], [{"a": "1"}]])
    check_codec(json_of(Number), [Number(), Number(3)])


def test_values_are_compared_as_one_likes() -> None:
    check_codec(npy(np.float64), [np.zeros(3)], np.array_equal)
    check_codec(number, [math.nan], lambda one, other: repr(one) == repr(other))


rounded: Codec[float] = Codec("rounded", lambda x: f"{x:.3f}".encode(), float)
padded: Codec[str] = Codec("padded", str.encode, lambda data: data.decode().strip())
numbers = count()
counted: Codec[str] = Codec(
    "counted", lambda x: f"{next(numbers)} {x}".encode(), lambda data: data.decode()[2:]
)
lenient: Codec[float] = Codec("lenient", lambda x: b"%r" % x, lambda data: int(float(data)))


@pytest.mark.parametrize(
    ("check", "law"),
    [
        (lambda: check_codec(rounded, [0.5, 1 / 3]), "decode(encode(value)) == value"),
        (lambda: check_codec(padded, ["a "]), "decode(encode(value)) == value"),
        (lambda: check_codec(number, [math.nan]), "decode(encode(value)) == value"),
        (lambda: check_codec(counted, ["a"]), "equal values, equal bytes"),
        (lambda: check_codec(lenient, [1.0]), "equal values, equal bytes"),
    ],
)
def test_codec_that_breaks_a_law_is_named(check: Callable[[], None], law: str) -> None:
    with pytest.raises(LawBroken) as caught:
        check()
    assert law == caught.value.law


# Stages.


def plain(m: Manager) -> tuple[Manager, DRef[Note]]:
    return derive(m, Trial(), Note(), retry(3)(writing("a")), best("note.txt"), code=None)


def with_local_functions(m: Manager) -> tuple[Manager, DRef[Folder]]:
    def local(b: Build[Number, Folder]) -> None:
        """Made anew in every call of the stage."""

    matcher = Matcher(frozenset(), lambda found: smallest(found), "local")
    return derive(m, Number(), Folder(), local, matcher, code=None)


def redefining(m: Manager) -> tuple[Manager, DRef[Note]]:
    m, x = plain(m)
    return redefine(m, x, matcher=latest())


@pytest.mark.parametrize(
    "stage", [plain, with_local_functions, redefining, sweep_example.sweep, lambda m: (m, 3)]
)
def test_stage_that_keeps_the_laws_passes(
    stage: Callable[[Manager], tuple[Manager, object]],
) -> None:
    check_stage(stage)
    check_stage(stage, plain(Manager())[0])


def test_stage_that_replaces_a_derivation_passes() -> None:
    check_stage(step(with_local_functions), with_local_functions(Manager())[0])


def counting() -> Callable[[Manager], tuple[Manager, DRef[Folder]]]:
    numbers = count()

    def counted_stage(m: Manager) -> tuple[Manager, DRef[Folder]]:
        number = Number(next(numbers))
        return derive(m, number, Folder(), lambda b: None, code=None)

    return counted_stage


def hiding() -> Callable[[Manager], tuple[Manager, int]]:
    make = counting()
    return lambda m: (make(m)[0], 1)


def forgetful(m: Manager) -> tuple[Manager, DRef[Note]]:
    return plain(Manager())


def test_stage_whose_result_changes_is_named() -> None:
    with pytest.raises(LawBroken) as caught:
        check_stage(counting())
    assert ("counted_stage", "equal managers, equal results") == (
        caught.value.subject,
        caught.value.law,
    )


def test_stage_whose_manager_changes_is_named() -> None:
    with pytest.raises(LawBroken, match="dref:") as caught:
        check_stage(hiding())
    assert "equal managers, equal managers after it" == caught.value.law


def test_stage_that_forgets_is_named() -> None:
    m, lost = derive(Manager(), Number(7), value(number), pure(lambda inputs: 1.0), code=None)
    with pytest.raises(LawBroken, match=lost.text) as caught:
        check_stage(forgetful, m)
    assert "the manager only grows" == caught.value.law
