"""Steps, and how they are put together."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import Protocol, TypeVar

import pytest
from attrs import frozen
from dags import Node, node, nothing
from hypothesis import given, settings
from hypothesis import strategies as st

from pylightnix_fn.closure import instantiate
from pylightnix_fn.composition import Step, both, mapped, redefine, sequence, step
from pylightnix_fn.errors.plan import BadParameter
from pylightnix_fn.manager import Manager, derive
from pylightnix_fn.matcher.choice import all_of, best, latest
from pylightnix_fn.realizer import Build, Recipe, name_of
from pylightnix_fn.refs import DRef, Many
from pylightnix_fn.tree import Folder

A = TypeVar("A")
B = TypeVar("B")

Result = object

quick = settings(
    max_examples=100, derandomize=True, database=None, deadline=None, report_multiple_bugs=False
)


class Both(Protocol):
    """What puts two steps together."""

    def __call__(self, first: Step[A], second: Step[B], /) -> Step[tuple[A, B]]:
        """Both steps."""


class Sequence(Protocol):
    """What puts many steps together."""

    def __call__(self, steps: Iterable[Step[A]], /) -> Step[tuple[A, ...]]:
        """All steps."""


def size(m: Manager) -> tuple[Manager, Result]:
    """A step that only looks at the manager, so that it sees what was threaded."""
    return m, len(m)


def node_by_size(m: Manager) -> tuple[Manager, Result]:
    """A step whose result depends on the manager that it is given."""
    return node(m, len(m))


def fixed(number: int) -> Step[Result]:
    def fixed_node(m: Manager) -> tuple[Manager, Result]:
        return node(m, number)

    return fixed_node


def skip(m: Manager) -> tuple[Manager, None]:
    """The step that does nothing."""
    return m, None


steps = st.one_of(st.sampled_from([size, node_by_size]), st.integers(0, 3).map(fixed))
several = st.lists(steps, max_size=6)


def threaded_by_hand(those: Iterable[Step[Result]], m: Manager) -> tuple[Manager, list[Result]]:
    made = []
    for each in those:
        m, result = each(m)
        made.append(result)
    return m, made


# Laws of `both`, and ways to break them.


def both_is_threading(pair: Both) -> None:
    @quick
    @given(steps, steps)
    def law(first: Step[Result], second: Step[Result]) -> None:
        m, made = threaded_by_hand((first, second), Manager())
        assert (m, tuple(made)) == pair(first, second)(Manager())

    law()


def both_associates(pair: Both) -> None:
    @quick
    @given(steps, steps, steps)
    def law(a: Step[Result], b: Step[Result], c: Step[Result]) -> None:
        left, ((x, y), z) = pair(pair(a, b), c)(Manager())
        right, (p, (q, r)) = pair(a, pair(b, c))(Manager())
        assert (left, (x, y, z)) == (right, (p, q, r))

    law()


def both_has_an_identity(pair: Both) -> None:
    @quick
    @given(steps)
    def law(one: Step[Result]) -> None:
        m, made = one(Manager())
        assert (m, (None, made)) == pair(skip, one)(Manager())
        assert (m, (made, None)) == pair(one, skip)(Manager())

    law()


def stale_both(first: Step[A], second: Step[B]) -> Step[tuple[A, B]]:
    def steps_apart(m: Manager) -> tuple[Manager, tuple[A, B]]:
        after, a = first(m)
        _, b = second(m)
        return after, (a, b)

    return steps_apart


def swapped_both(first: Step[A], second: Step[B]) -> Step[tuple[A, B]]:
    def steps_swapped(m: Manager) -> tuple[Manager, tuple[A, B]]:
        m, b = second(m)
        m, a = first(m)
        return m, (a, b)

    return steps_swapped


def forgetful_both(first: Step[A], second: Step[B]) -> Step[tuple[A, B]]:
    def steps_forgotten(m: Manager) -> tuple[Manager, tuple[A, B]]:
        after, a = first(m)
        _, b = second(after)
        return m, (a, b)

    return steps_forgotten


def counting_both(first: Step[A], second: Step[B]) -> Step[tuple[A, B]]:
    """Leaves a mark of its own, so that nesting matters."""

    def steps_counted(m: Manager) -> tuple[Manager, tuple[A, B]]:
        m, a = first(m)
        m, b = second(m)
        return node(m, 100 + len(m))[0], (a, b)

    return steps_counted


def test_both_is_threading_by_hand() -> None:
    both_is_threading(both)


def test_both_associates() -> None:
    both_associates(both)


def test_both_has_an_identity() -> None:
    both_has_an_identity(both)


@pytest.mark.parametrize(
    ("law", "broken"),
    [
        (both_is_threading, stale_both),
        (both_is_threading, swapped_both),
        (both_is_threading, forgetful_both),
        (both_associates, counting_both),
        (both_has_an_identity, forgetful_both),
        (both_has_an_identity, stale_both),
        (both_has_an_identity, counting_both),
    ],
)
def test_law_of_both_catches(law: Callable[[Both], None], broken: Both) -> None:
    with pytest.raises(AssertionError):
        law(broken)


# Laws of `sequence`, and ways to break them.


def sequence_is_threading(all_steps: Sequence) -> None:
    @quick
    @given(several)
    def law(those: list[Step[Result]]) -> None:
        m, made = threaded_by_hand(those, Manager())
        assert (m, tuple(made)) == all_steps(those)(Manager())

    law()


def sequence_may_be_cut(all_steps: Sequence) -> None:
    @quick
    @given(several, several)
    def law(one: list[Step[Result]], two: list[Step[Result]]) -> None:
        m, (a, b) = both(all_steps(one), all_steps(two))(Manager())
        assert (m, (*a, *b)) == all_steps([*one, *two])(Manager())

    law()


def reversed_sequence(steps: Iterable[Step[A]]) -> Step[tuple[A, ...]]:
    return sequence(reversed(list(steps)))


def stale_sequence(steps: Iterable[Step[A]]) -> Step[tuple[A, ...]]:
    those = list(steps)

    def steps_apart(m: Manager) -> tuple[Manager, tuple[A, ...]]:
        results = [each(m) for each in those]
        return (results[-1][0] if results else m), tuple(made for _, made in results)

    return steps_apart


def test_sequence_is_threading_by_hand() -> None:
    sequence_is_threading(sequence)


def test_sequence_may_be_cut_anywhere() -> None:
    sequence_may_be_cut(sequence)


@pytest.mark.parametrize("law", [sequence_is_threading, sequence_may_be_cut])
@pytest.mark.parametrize("broken", [reversed_sequence, stale_sequence])
def test_law_of_sequences_catches(law: Callable[[Sequence], None], broken: Sequence) -> None:
    with pytest.raises(AssertionError):
        law(broken)


def test_sequence_of_none_changes_nothing() -> None:
    m, _ = node(Manager(), 1)
    nobody: list[Step[Result]] = []
    assert (m, ()) == sequence(nobody)(m)


@given(steps)
@quick
def test_sequence_of_one_is_that_one(one: Step[Result]) -> None:
    m, made = one(Manager())
    assert (m, (made,)) == sequence([one])(Manager())


def test_sequence_of_a_generator_can_be_run_again() -> None:
    twice = sequence(step(node, number) for number in range(3))
    assert twice(Manager()) == twice(Manager())
    assert 3 == len(twice(Manager())[0])


def test_sequence_of_twenty_thousand_steps_does_not_overflow() -> None:
    m, made = sequence(step(node, number) for number in range(20_000))(Manager())
    assert (20_000, 20_000) == (len(m), len(made))


# step, mapped


def test_step_passes_on_all_arguments() -> None:
    def stage(m: Manager, /, *items: int, **named: int) -> tuple[Manager, Result]:
        return m, (items, named)

    assert (Manager(), ((1, 2), {"x": 3})) == step(stage, 1, 2, x=3)(Manager())


def test_step_keeps_the_name_of_its_stage() -> None:
    named = step(node, 3)
    assert ("node", "node", node.__doc__) == (named.__name__, name_of(named), named.__doc__)


def test_step_takes_what_has_no_name() -> None:
    assert node(Manager(), 3) == step(partial(node, number=3))(Manager())


@given(st.lists(st.integers(0, 5)))
@quick
def test_mapped_is_a_sequence_of_steps(items: list[int]) -> None:
    expected = sequence([step(node, item) for item in items])(Manager())
    assert expected == mapped(node, items)(Manager())


def test_mapped_of_a_generator_can_be_run_again() -> None:
    twice = mapped(node, (number for number in range(3)))
    assert twice(Manager()) == twice(Manager())


def test_mapped_of_twenty_thousand_items_does_not_overflow() -> None:
    m, _ = mapped(node, range(20_000))(Manager())
    assert 20_000 == len(m)


@given(several)
@quick
def test_stage_of_equal_steps_gives_equal_closures(those: list[Step[Result]]) -> None:
    def stage(m: Manager) -> tuple[Manager, DRef[Folder]]:
        m, _ = sequence(those)(m)
        return node(m, 7)

    assert instantiate(stage) == instantiate(stage)


# redefine


@frozen
class Other:
    number: int


def otherwise(b: Build[Node, Folder]) -> None:
    """Another realizer for the same config."""


def for_other(b: Build[Other, Folder]) -> None:
    """A realizer for another config."""


def test_redefine_changes_the_matcher_and_nothing_else() -> None:
    before, dref = node(Manager(), 1)
    after, same = redefine(before, dref, matcher=best("accuracy.txt"))
    assert dref == same
    assert best("accuracy.txt") == after.derivations[dref].matcher
    assert before == redefine(after, dref, matcher=latest())[0]


def test_redefine_gives_many_for_a_matcher_of_many_and_one_for_one() -> None:
    m, dref = node(Manager(), 1)
    m, many = redefine(m, dref, matcher=all_of())
    assert Many(dref) == many
    assert dref == redefine(m, many, matcher=latest())[1]


def test_redefine_is_not_noted_as_overwriting() -> None:
    m, dref = node(Manager(), 1)
    assert () == redefine(m, dref, matcher=all_of())[0].notes


def test_redefine_changes_the_realizer() -> None:
    m, dref = node(Manager(), 1)
    m, same = redefine(m, dref, config=Node, realizer=otherwise)
    recipe = m.derivations[dref].recipe
    assert dref == same
    assert Recipe(Node(1), dref, otherwise, otherwise) == recipe
    assert "otherwise" == m.derivations[dref].realizer


def test_redefine_refuses_a_realizer_for_another_config() -> None:
    m, dref = node(Manager(), 1)
    with pytest.raises(BadParameter) as caught:
        redefine(m, dref, config=Other, realizer=for_other)
    expected = ("redefine", "config", "Other", "the class of the config of 'node'")
    assert expected == caught.value.args


def test_redefine_refuses_to_change_nothing() -> None:
    m, dref = node(Manager(), 1)
    untyped: list[object] = [redefine]
    change = untyped[0]
    assert callable(change)
    for change_given in ({}, {"config": Node}, {"realizer": otherwise}):
        with pytest.raises(BadParameter) as caught:
            change(m, dref, **change_given)
        expected = ("redefine", "matcher", "None", "either a matcher, or a config with a realizer")
        assert expected == caught.value.args


def test_redefine_refuses_what_the_manager_does_not_know() -> None:
    _, dref = node(Manager(), 1)
    with pytest.raises(BadParameter) as caught:
        redefine(Manager(), dref, matcher=latest())
    assert ("redefine", "reference", dref.text) == caught.value.args[:3]


def test_redefine_leaves_those_who_depend_on_it() -> None:
    m, one = node(Manager(), 1)
    m, two = node(m, 2, [one])
    after, _ = redefine(m, one, matcher=all_of())
    assert m.derivations[two] == after.derivations[two]


def test_derive_after_redefine_is_noted() -> None:
    m, dref = node(Manager(), 1)
    m, _ = redefine(m, dref, matcher=all_of())
    m, _ = derive(m, Node(1), Folder(), nothing, code=None)
    assert [dref] == [note.dref for note in m.notes]
