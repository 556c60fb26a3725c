"""Stages and steps, and how they are put together.

A step takes a manager and returns the next one with what it made; a stage is a step that makes a
reference. Threading the manager by hand, ``m, x = stage(m)``, is the way to write one; these
combinators serve bulk work. `sequence` and `mapped` are loops: no number of steps overflows the
stack; `both` is for two.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import update_wrapper
from typing import Concatenate, ParamSpec, TypeAlias, TypeVar, overload

from attrs import evolve

from pylightnix_fn.code import code_of
from pylightnix_fn.errors.message import shown
from pylightnix_fn.errors.plan import BadParameter
from pylightnix_fn.manager import Derivation, Manager, check_reads
from pylightnix_fn.matcher.candidate import AnyMatcher, ManyMatcher, Matcher
from pylightnix_fn.realizer import Realizer, Recipe, name_of
from pylightnix_fn.refs import DRef, Many

A = TypeVar("A")
B = TypeVar("B")
C = TypeVar("C")
T = TypeVar("T")
P = ParamSpec("P")

Step: TypeAlias = Callable[[Manager], tuple[Manager, A]]
Stage: TypeAlias = Step[DRef[A]]


def step(
    stage: Callable[Concatenate[Manager, P], tuple[Manager, A]], *args: P.args, **kwargs: P.kwargs
) -> Step[A]:
    """A stage with its arguments, so that only the manager is left; keeps the stage's name.

    >>> step(lambda m, x: (m, x), 3)(Manager())[1]
    3
    """

    def with_arguments(m: Manager) -> tuple[Manager, A]:
        return stage(m, *args, **kwargs)

    return update_wrapper(with_arguments, stage, assigned=("__name__", "__qualname__", "__doc__"))


def both(first: Step[A], second: Step[B]) -> Step[tuple[A, B]]:
    """Two steps, one after the other; what they make as a pair.

    >>> one, two = (lambda m: (m, 1)), (lambda m: (m, 2))
    >>> both(one, two)(Manager())[1]
    (1, 2)
    """

    def both_steps(m: Manager) -> tuple[Manager, tuple[A, B]]:
        m, a = first(m)
        m, b = second(m)
        return m, (a, b)

    return both_steps


def sequence(steps: Iterable[Step[A]]) -> Step[tuple[A, ...]]:
    """Any number of steps, one after the other; what they make as a tuple.

    >>> sequence(step(lambda m, x: (m, x), i) for i in range(3))(Manager())[1]
    (0, 1, 2)
    """
    those = tuple(steps)

    def all_steps(m: Manager) -> tuple[Manager, tuple[A, ...]]:
        made: list[A] = []
        for each in those:
            m, a = each(m)
            made.append(a)
        return m, tuple(made)

    return all_steps


def mapped(
    stage: Callable[[Manager, A], tuple[Manager, B]], items: Iterable[A]
) -> Step[tuple[B, ...]]:
    """A stage called with each item in turn; what it makes as a tuple.

    >>> mapped(lambda m, x: (m, x * x), (1, 2, 3))(Manager())[1]
    (1, 4, 9)
    """
    return sequence([step(stage, item) for item in items])


@overload
def redefine(
    m: Manager, reference: DRef[T] | Many[T], *, matcher: Matcher
) -> tuple[Manager, DRef[T]]: ...
@overload
def redefine(
    m: Manager, reference: DRef[T] | Many[T], *, matcher: ManyMatcher
) -> tuple[Manager, Many[T]]: ...
@overload
def redefine(
    m: Manager, reference: DRef[T], *, config: type[C], realizer: Realizer[C, T]
) -> tuple[Manager, DRef[T]]: ...
@overload
def redefine(
    m: Manager, reference: Many[T], *, config: type[C], realizer: Realizer[C, T]
) -> tuple[Manager, Many[T]]: ...
def redefine(
    m: Manager,
    reference: DRef[T] | Many[T],
    *,
    matcher: AnyMatcher | None = None,
    config: type[C] | None = None,
    realizer: Realizer[C, T] | None = None,
) -> tuple[Manager, DRef[T] | Many[T]]:
    """The same derivation with another matcher, or with another realizer for its class of config.

    The reference stays, so what was realized stays; only what is chosen, or built next, changes.
    """
    dref = reference.dref if isinstance(reference, Many) else reference
    if dref not in m:
        raise BadParameter("redefine", "reference", dref.text, "one that the manager knows")
    derivation = m.derivations[dref]
    if matcher is not None and realizer is None:
        check_reads(derivation.name, matcher, derivation.promises)
        m = m.replacing(evolve(derivation, matcher=matcher))
        return m, Many(dref) if isinstance(matcher, ManyMatcher) else dref
    if matcher is None and config is not None and realizer is not None:
        return m.replacing(_rewritten(derivation, dref, config, realizer)), reference
    expected = "either a matcher, or a config with a realizer"
    raise BadParameter("redefine", "matcher", shown(matcher), expected)


def _rewritten(
    derivation: Derivation, dref: DRef[T], config: type[C], realizer: Realizer[C, T]
) -> Derivation:
    recipe = derivation.recipe
    if not isinstance(recipe, Recipe) or not isinstance(recipe.config, config):
        expected = f"the class of the config of '{dref.name}'"
        raise BadParameter("redefine", "config", config.__qualname__, expected)
    return evolve(
        derivation,
        recipe=Recipe(recipe.config, dref, realizer, realizer),
        realizer=name_of(realizer),
        packages=code_of(realizer).packages,
    )
