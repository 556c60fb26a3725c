"""Stages and realizations in place: the manager is threaded, and the store chosen, behind them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Concatenate, Final, ParamSpec, TypeAlias, TypeVar, overload

from attrs import evolve

from pylightnix_fn.closure import Closure, instantiate
from pylightnix_fn.driver import realize
from pylightnix_fn.errors.plan import MalformedStage, UnknownTarget
from pylightnix_fn.inplace.session import current_manager, current_store, registry_here
from pylightnix_fn.manager import Manager
from pylightnix_fn.realization import Realization
from pylightnix_fn.realizer import Arguments, name_of
from pylightnix_fn.refs import DRef, Many, RRef

P = ParamSpec("P")
A = TypeVar("A")
T = TypeVar("T")

K = TypeVar("K", bound="Derived")

Derived: TypeAlias = DRef[object] | Many[object]

_NAME: Final = "realize_inplace"


def instantiate_inplace(
    stage: Callable[Concatenate[Manager, P], tuple[Manager, A]], *args: P.args, **kwargs: P.kwargs
) -> A:
    """Run a stage on the manager kept here, keep what it returns, and give what it made."""
    registry = registry_here()
    with registry.lock:
        returned = stage(registry.manager, *args, **kwargs)
        _check(returned, name_of(stage))
        manager, made = returned
        registry.manager = evolve(manager, notes=())
    for note in manager.notes:
        print(note)
    return made


@overload
def realize_inplace(
    target: DRef[T],
    force_rebuild: Iterable[Derived] = (),
    *,
    assert_realized: Iterable[Derived] | bool = False,
    realize_args: Mapping[K, Arguments] | None = None,
) -> RRef[T]: ...
@overload
def realize_inplace(
    target: Many[T],
    force_rebuild: Iterable[Derived] = (),
    *,
    assert_realized: Iterable[Derived] | bool = False,
    realize_args: Mapping[K, Arguments] | None = None,
) -> tuple[RRef[T], ...]: ...
def realize_inplace(
    target: DRef[T] | Many[T],
    force_rebuild: Iterable[Derived] = (),
    *,
    assert_realized: Iterable[Derived] | bool = False,
    realize_args: Mapping[K, Arguments] | None = None,
) -> RRef[T] | tuple[RRef[T], ...]:
    """Realize a reference into the store kept here.

    ``force_rebuild`` names derivations to build once more, whatever their matchers say, and
    ``assert_realized`` those that must be there; ``realize_args`` are for this run alone.
    """
    wishes = (force_rebuild, assert_realized, realize_args)
    if isinstance(target, Many):
        return tuple(each.rref for each in _realized(closure_here(target, _NAME), *wishes))
    return _realized(closure_here(target, _NAME), *wishes).rref


def _realized(
    closure: Closure[A],
    rebuild: Iterable[Derived],
    asserted: Iterable[Derived] | bool,
    arguments: Mapping[K, Arguments] | None,
) -> A:
    store = current_store()
    return realize(closure, store, rebuild=rebuild, assert_realized=asserted, arguments=arguments)


@overload
def evaluate(
    stage: Callable[Concatenate[Manager, P], tuple[Manager, DRef[T]]],
    *args: P.args,
    **kwargs: P.kwargs,
) -> RRef[T]: ...
@overload
def evaluate(
    stage: Callable[Concatenate[Manager, P], tuple[Manager, Many[T]]],
    *args: P.args,
    **kwargs: P.kwargs,
) -> tuple[RRef[T], ...]: ...
def evaluate(
    stage: Callable[Concatenate[Manager, P], tuple[Manager, DRef[T] | Many[T]]],
    *args: P.args,
    **kwargs: P.kwargs,
) -> RRef[T] | tuple[RRef[T], ...]:
    """Instantiate a stage and realize what it made, in one step."""
    target = instantiate_inplace(stage, *args, **kwargs)
    return realize_inplace(target)


@overload
def closure_here(target: DRef[T], function: str) -> Closure[Realization[T]]: ...
@overload
def closure_here(target: Many[T], function: str) -> Closure[tuple[Realization[T], ...]]: ...
@overload
def closure_here(target: DRef[T] | Many[T], function: str) -> Closure[object]: ...
def closure_here(
    target: DRef[T] | Many[T], function: str
) -> Closure[Realization[T]] | Closure[tuple[Realization[T], ...]]:
    """The closure of what was made here before; `UnknownTarget` if it was not."""
    manager = current_manager()
    dref = target.dref if isinstance(target, Many) else target
    if dref not in manager:
        raise UnknownTarget(function, dref.text)

    def made(_: Manager) -> tuple[Manager, DRef[T]]:
        return manager, dref

    def all_made(_: Manager) -> tuple[Manager, Many[T]]:
        return manager, Many(dref)

    return instantiate(all_made) if isinstance(target, Many) else instantiate(made)


def _check(returned: object, stage: str) -> None:
    match returned:
        case (Manager(), _):
            return
        case _:
            raise MalformedStage(stage, type(returned).__name__, "(Manager, DRef)")
