"""Builds by hand, one after the other: pause before them, go on, or cancel.

`paused` holds one build; here it is kept what the session was after, and where else to pause.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Final, TypeVar, overload
from weakref import WeakKeyDictionary

from attrs import frozen

from pylightnix_fn.closure import Closure
from pylightnix_fn.driver import realize
from pylightnix_fn.errors.build import PauseEnded
from pylightnix_fn.errors.inplace import NothingPaused
from pylightnix_fn.errors.plan import BadParameter
from pylightnix_fn.inplace.realizing import closure_here
from pylightnix_fn.inplace.session import Registry, current_store, registry_here
from pylightnix_fn.pausing import Paused, paused
from pylightnix_fn.realization import Realization
from pylightnix_fn.realizer import Build
from pylightnix_fn.refs import DRef, Many, RRef
from pylightnix_fn.store_protocol import Store
from pylightnix_fn.tree import Folder

C = TypeVar("C")
T = TypeVar("T")


@frozen(eq=False)
class _Way:
    """The way to a target: the build that is paused, and where to pause after it."""

    closure: Closure[object]
    store: Store
    left: tuple[DRef[object], ...]
    build: Build[object, object]
    commit: Callable[[], RRef[object]]
    cancel: Callable[[], None]


_ways: Final[WeakKeyDictionary[Registry, _Way]] = WeakKeyDictionary()


@overload
def repl_realize(
    target: DRef[T] | Many[T], *, force_interrupt: Iterable[DRef[object]] | None = None
) -> Paused[object, object]: ...
@overload
def repl_realize(target: DRef[T] | Many[T], config: type[C]) -> Paused[C, T]: ...
def repl_realize(
    target: DRef[T] | Many[T],
    config: type[C] | None = None,
    *,
    force_interrupt: Iterable[DRef[object]] | None = None,
) -> Paused[object, object] | Paused[C, T]:
    """Realize what a target needs, and stop before its build, or before those that are named.

    Gives the build, to write to its ``path`` and ``out``; then `repl_continue`, or `repl_cancel`.
    The class of the target's config gives it types. What was paused before is cancelled.
    """
    repl_cancel(quietly=True)
    closure, store = closure_here(target, "repl_realize"), current_store()
    if config is not None:
        build = paused(closure, store, target, config)
        _keep(closure, store, (), build)
        return build
    return _pause(closure, store, _stops(closure, force_interrupt))


def repl_build(config: type[C]) -> Build[C, Folder]:
    """The build that is paused; the class of its config, `Config` for a dict, gives it types."""
    build = _way("repl_build").build
    if not isinstance(build.config, config):
        expected = f"the class of the config of '{build.name}'"
        raise BadParameter("repl_build", "config", config.__qualname__, expected)
    return Build(build.config, DRef(build.dref.text, Folder()), build.site)


def repl_continue() -> RRef[object] | None:
    """Make a realization of what was written, and go on to the target, or to the next pause.

    Gives the target's realization, `None` at a pause; of several, the one that was written. Where
    the build is refused, `MissingOutput` for one, it is still paused.
    """
    way = _way("repl_continue")
    written = way.commit()
    del _ways[registry_here()]
    if way.left:
        _pause(way.closure, way.store, way.left)
        return None
    chosen = realize(way.closure, way.store)
    return chosen.rref if isinstance(chosen, Realization) else written


def repl_cancel(*, quietly: bool = False) -> None:
    """Delete what was written to the paused build, and go nowhere; `NothingPaused` if none is."""
    way = _ways.pop(registry_here(), None)
    if way is None and not quietly:
        raise NothingPaused("repl_cancel")
    if way is not None:
        with suppress(PauseEnded):  # its user ended it
            way.cancel()


def _way(function: str) -> _Way:
    if registry_here() not in _ways:
        raise NothingPaused(function)
    return _ways[registry_here()]


def _stops(
    closure: Closure[object], wanted: Iterable[DRef[object]] | None
) -> tuple[DRef[object], ...]:
    """Where to pause, in the order of building."""
    if wanted is None:
        return closure.targets
    drefs = set(wanted)
    for dref in drefs - closure.derivations.keys():
        expected = "derivations that the target needs"
        raise BadParameter("repl_realize", "force_interrupt", dref.text, expected)
    if not drefs:
        raise BadParameter("repl_realize", "force_interrupt", "none", "1 or more")
    return tuple(dref for dref in closure.derivations if dref in drefs)


def _pause(
    closure: Closure[object], store: Store, stops: tuple[DRef[object], ...]
) -> Paused[object, object]:
    build = paused(closure, store, stops[0])
    _keep(closure, store, stops[1:], build)
    return build


def _keep(
    closure: Closure[object], store: Store, left: tuple[DRef[object], ...], build: Paused[C, T]
) -> None:
    seen = Build[object, object](build.config, build.dref, build.site)
    _ways[registry_here()] = _Way(closure, store, left, seen, build.commit, build.cancel)
