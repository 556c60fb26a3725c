"""Stages and steps, and how they are put together.

A step takes a manager and returns the next one with what it made; a stage is a step that makes a
reference. Threading the manager by hand, ``m, x = stage(m)``, is the way to write one; these
combinators serve bulk work. They are loops, so a thousand steps do not overflow the stack.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import update_wrapper
from typing import Concatenate, ParamSpec, TypeAlias, TypeVar

from pylightnix_fn.manager import Manager
from pylightnix_fn.refs import DRef

A = TypeVar("A")
B = TypeVar("B")
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
