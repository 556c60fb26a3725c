"""Closures: targets with every derivation they need, in an order that can be run.

`instantiate` runs stages from an empty manager and checks what they return. Nothing is read or
written: two calls with equal arguments give equal closures.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Mapping
from typing import Concatenate, Generic, ParamSpec, TypeVar, overload

from attrs import field, frozen

from pylightnix_fn.errors.plan import MalformedStage, UnknownTarget
from pylightnix_fn.manager import Derivation, Manager, Overwritten
from pylightnix_fn.realization import Chosen, Realization
from pylightnix_fn.realizer import name_of
from pylightnix_fn.refs import DRef, Many

P = ParamSpec("P")
A = TypeVar("A")
B = TypeVar("B")
C = TypeVar("C")
R_co = TypeVar("R_co", covariant=True)


@frozen
class Closure(Generic[R_co]):
    """A plan that passed all checks; ``R`` is the shape of what `realize` gives for it.

    Law: each derivation stands after all that it depends on, and each serves a target.
    """

    derivations: Mapping[DRef[object], Derivation] = field(hash=False)
    targets: tuple[DRef[object], ...]
    shape: Callable[[Chosen], R_co] = field(hash=False)  # its target may be a list
    notes: tuple[Overwritten, ...] = ()

    def __iter__(self) -> Iterator[Derivation]:
        return iter(self.derivations.values())

    def __len__(self) -> int:
        return len(self.derivations)

    def _repr_html_(self) -> str:
        from pylightnix_fn.html.drawing import Node  # for notebooks
        from pylightnix_fn.html.forms import closure_html

        position = {dref: number for number, dref in enumerate(self.derivations)}
        nodes = [
            Node(
                each.name,
                each.dref.digest,
                f"{each.dref}\n{each.realizer}, {each.matcher.label}",
                tuple(position[need] for need in each.dependencies),
                each.dref in self.targets,
            )
            for each in self
        ]
        return closure_html(nodes)


@frozen
class _Shape:
    """Picks the realizations that stand where the references of a target stood."""

    target: object

    def __call__(self, chosen: Chosen) -> object:
        return _picked(self.target, chosen)


def _picked(target: object, chosen: Chosen) -> object:
    match target:
        case DRef():
            return chosen.one(target)
        case Many():
            return chosen.many(target)
        case tuple():
            return tuple(_picked(item, chosen) for item in target)
        case list():
            return [_picked(item, chosen) for item in target]
        case dict():
            return {key: _picked(item, chosen) for key, item in target.items()}
        case _:
            return target


@overload
def instantiate(
    stage: Callable[Concatenate[Manager, P], tuple[Manager, DRef[A]]],
    *args: P.args,
    **kwargs: P.kwargs,
) -> Closure[Realization[A]]: ...
@overload
def instantiate(
    stage: Callable[Concatenate[Manager, P], tuple[Manager, Many[A]]],
    *args: P.args,
    **kwargs: P.kwargs,
) -> Closure[tuple[Realization[A], ...]]: ...
@overload
def instantiate(
    stage: Callable[Concatenate[Manager, P], tuple[Manager, tuple[DRef[A], DRef[B]]]],
    *args: P.args,
    **kwargs: P.kwargs,
) -> Closure[tuple[Realization[A], Realization[B]]]: ...
@overload
def instantiate(
    stage: Callable[Concatenate[Manager, P], tuple[Manager, tuple[DRef[A], Many[B]]]],
    *args: P.args,
    **kwargs: P.kwargs,
) -> Closure[tuple[Realization[A], tuple[Realization[B], ...]]]: ...
@overload
def instantiate(
    stage: Callable[Concatenate[Manager, P], tuple[Manager, tuple[Many[A], DRef[B]]]],
    *args: P.args,
    **kwargs: P.kwargs,
) -> Closure[tuple[tuple[Realization[A], ...], Realization[B]]]: ...
@overload
def instantiate(
    stage: Callable[Concatenate[Manager, P], tuple[Manager, tuple[DRef[A], DRef[B], DRef[C]]]],
    *args: P.args,
    **kwargs: P.kwargs,
) -> Closure[tuple[Realization[A], Realization[B], Realization[C]]]: ...
@overload
def instantiate(
    stage: Callable[Concatenate[Manager, P], tuple[Manager, tuple[DRef[A], ...]]],
    *args: P.args,
    **kwargs: P.kwargs,
) -> Closure[tuple[Realization[A], ...]]: ...
@overload
def instantiate(
    stage: Callable[Concatenate[Manager, P], tuple[Manager, tuple[Many[A], ...]]],
    *args: P.args,
    **kwargs: P.kwargs,
) -> Closure[tuple[tuple[Realization[A], ...], ...]]: ...
@overload
def instantiate(
    stage: Callable[Concatenate[Manager, P], tuple[Manager, list[DRef[A]]]],
    *args: P.args,
    **kwargs: P.kwargs,
) -> Closure[list[Realization[A]]]: ...
@overload
def instantiate(
    stage: Callable[Concatenate[Manager, P], tuple[Manager, dict[str, DRef[A]]]],
    *args: P.args,
    **kwargs: P.kwargs,
) -> Closure[dict[str, Realization[A]]]: ...
@overload
def instantiate(
    stage: Callable[Concatenate[Manager, P], tuple[Manager, list[Many[A]]]],
    *args: P.args,
    **kwargs: P.kwargs,
) -> Closure[list[tuple[Realization[A], ...]]]: ...
@overload
def instantiate(
    stage: Callable[Concatenate[Manager, P], tuple[Manager, dict[str, Many[A]]]],
    *args: P.args,
    **kwargs: P.kwargs,
) -> Closure[dict[str, tuple[Realization[A], ...]]]: ...
@overload
def instantiate(
    stage: Callable[Concatenate[Manager, P], tuple[Manager, list[dict[str, DRef[A]]]]],
    *args: P.args,
    **kwargs: P.kwargs,
) -> Closure[list[dict[str, Realization[A]]]]: ...
@overload
def instantiate(
    stage: Callable[Concatenate[Manager, P], tuple[Manager, dict[str, list[DRef[A]]]]],
    *args: P.args,
    **kwargs: P.kwargs,
) -> Closure[dict[str, list[Realization[A]]]]: ...
@overload
def instantiate(
    stage: Callable[Concatenate[Manager, P], tuple[Manager, dict[str, dict[str, DRef[A]]]]],
    *args: P.args,
    **kwargs: P.kwargs,
) -> Closure[dict[str, dict[str, Realization[A]]]]: ...
def instantiate(
    stage: Callable[Concatenate[Manager, P], tuple[Manager, object]],
    *args: P.args,
    **kwargs: P.kwargs,
) -> Closure[object]:
    """The closure of what a stage makes: one reference, or a tuple, list or dict of them.

    Errors: `MalformedStage`, `UnknownTarget`, and all that the stage itself raises.
    """
    returned: object = stage(Manager(), *args, **kwargs)
    match returned:
        case (Manager() as m, target):
            return closure_of(m, target, name_of(stage))
        case _:
            raise MalformedStage(name_of(stage), _kind(returned), "(Manager, DRef)")


def closure_of(m: Manager, target: object, stage: str) -> Closure[object]:
    """The closure of targets that a manager knows."""
    targets = tuple(_references(target, stage))
    for reference in targets:
        if reference not in m:
            raise UnknownTarget(stage, reference.text)
    kept = copy.deepcopy(target)  # a list or dict of the stage's may change later
    return Closure(ordered(m, targets), targets, _Shape(kept), m.notes)


def _references(target: object, stage: str) -> Iterator[DRef[object]]:
    match target:
        case DRef():
            yield target
        case Many(dref):
            yield dref
        case tuple() | list():
            for item in target:
                yield from _references(item, stage)
        case dict():
            for item in target.values():
                yield from _references(item, stage)
        case _:
            raise MalformedStage(
                stage, _kind(target), "references, or tuples, lists, dicts of them"
            )


def ordered(m: Manager, targets: tuple[DRef[object], ...]) -> dict[DRef[object], Derivation]:
    """The derivations that targets need, dependencies first; as deep as a chain may be."""
    done: dict[DRef[object], Derivation] = {}
    stack = [(target, False) for target in reversed(targets)]
    while stack:
        dref, expanded = stack.pop()
        if dref in done:
            continue
        derivation = m.derivations[dref]
        if expanded:
            done[dref] = derivation
        else:
            stack.append((dref, True))
            stack.extend((each, False) for each in reversed(derivation.dependencies))
    return done


def _kind(value: object) -> str:
    if isinstance(value, tuple):
        return f"({', '.join(type(item).__name__ for item in value)})"
    return type(value).__name__
