"""A manager and a store for notebooks, held in the one mutable cell of the library.

Everything here is one line over the functional form: `instantiate_inplace` threads the manager that
is kept here, `realize_inplace` realizes into the store that is kept here.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Concatenate, Final, ParamSpec, TypeVar, overload

from attrs import Factory, define, evolve

from pylightnix_fn.closure import instantiate
from pylightnix_fn.driver import realize
from pylightnix_fn.errors.build import DecodeFailed
from pylightnix_fn.errors.plan import MalformedStage, UnknownTarget
from pylightnix_fn.errors.store import NoStoreChosen, NoSuchFile
from pylightnix_fn.manager import Manager
from pylightnix_fn.outputs import CONTEXT_FILE, is_reserved, reason
from pylightnix_fn.realizer import name_of
from pylightnix_fn.refs import DRef, Many, RRef
from pylightnix_fn.store.disk import DiskStore
from pylightnix_fn.store.layout import TIME_FILE

__all__ = [
    "catref",
    "current_manager",
    "current_store",
    "instantiate_inplace",
    "lsref",
    "realize_inplace",
    "rmref",
    "store_initialize",
]

P = ParamSpec("P")
A = TypeVar("A")
T = TypeVar("T")

ROOT_VARIABLE: Final = "PYLIGHTNIX_ROOT"
DEFAULT_ROOT: Final = "~/_pylightnix"


@define
class _Session:
    manager: Manager = Factory(Manager)
    store: DiskStore | None = None


_session: Final = _Session()


def store_initialize(
    custom_store: Path | str | None = None, custom_tmp: Path | str | None = None
) -> None:
    """Choose the store that the other functions here work on, and make it where there is none.

    The default is the folder that the variable PYLIGHTNIX_ROOT names, or ``~/_pylightnix``.
    """
    root = Path(custom_store or os.environ.get(ROOT_VARIABLE) or DEFAULT_ROOT).expanduser()
    if not root.exists():
        print(f"Initializing non-existing {root}")
    _session.store = DiskStore.open(root, staging=custom_tmp)


def current_store() -> DiskStore:
    """The store that `store_initialize` chose; `NoStoreChosen` before that."""
    if _session.store is None:
        raise NoStoreChosen("store_initialize")
    return _session.store


def current_manager() -> Manager:
    """The manager that holds all that `instantiate_inplace` made."""
    return _session.manager


def instantiate_inplace(
    stage: Callable[Concatenate[Manager, P], tuple[Manager, A]], *args: P.args, **kwargs: P.kwargs
) -> A:
    """Run a stage on the manager kept here, keep what it returns, and give what it made."""
    returned = stage(_session.manager, *args, **kwargs)
    _check(returned, name_of(stage))
    manager, made = returned
    for note in manager.notes:
        print(note)
    _session.manager = evolve(manager, notes=())
    return made


@overload
def realize_inplace(
    target: DRef[T], force_rebuild: Iterable[DRef[object] | Many[object]] = ()
) -> RRef[T]: ...
@overload
def realize_inplace(
    target: Many[T], force_rebuild: Iterable[DRef[object] | Many[object]] = ()
) -> tuple[RRef[T], ...]: ...
def realize_inplace(
    target: DRef[T] | Many[T], force_rebuild: Iterable[DRef[object] | Many[object]] = ()
) -> RRef[T] | tuple[RRef[T], ...]:
    """Realize a reference into the store kept here.

    ``force_rebuild`` names derivations to build once more, whatever their matchers say.
    """
    dref = target.dref if isinstance(target, Many) else target
    if dref not in _session.manager:
        raise UnknownTarget("realize_inplace", dref.text)
    if isinstance(target, Many):
        chosen = realize(instantiate(_kept, target), current_store(), rebuild=force_rebuild)
        return tuple(each.rref for each in chosen)
    return realize(instantiate(_kept, target), current_store(), rebuild=force_rebuild).rref


def _check(returned: object, stage: str) -> None:
    match returned:
        case (Manager(), _):
            return
        case _:
            raise MalformedStage(stage, type(returned).__name__, "(Manager, DRef)")


def _kept(_: Manager, made: A) -> tuple[Manager, A]:
    return _session.manager, made


def lsref(reference: DRef[object] | RRef[object]) -> list[str]:
    """The names in an object's folder, without what is the store's own business alone."""
    path = _path(reference)
    names = sorted(each.name for each in path.iterdir())
    if isinstance(reference, DRef):
        return names
    return [CONTEXT_FILE, TIME_FILE, *(name for name in names if not is_reserved(name))]


def catref(reference: RRef[object], names: Iterable[str]) -> list[str]:
    """The lines of a text artifact, by the parts of its path inside the realization.

    Errors: `NoSuchFile`, and `DecodeFailed` for what is no text.
    """
    parts, root = [names] if isinstance(names, str) else list(names), _path(reference)
    path = root.joinpath(*parts)
    outside = any(part in ("", "..") or "/" in part for part in parts)
    if outside or not path.is_file():
        raise NoSuchFile(reference.text, "/".join(parts), ", ".join(lsref(reference)))
    try:
        return path.read_text(encoding="utf-8").splitlines()
    except UnicodeDecodeError as error:
        raise DecodeFailed(str(path), "text", reason(error)) from error


def rmref(reference: DRef[object] | RRef[object]) -> None:
    """Remove an object from the store; `StillNeeded` while others refer to it."""
    current_store().remove(reference)


def _path(reference: DRef[object] | RRef[object]) -> Path:
    store = current_store()
    if isinstance(reference, RRef):
        return store.folder(reference)
    store.config(reference)
    return store.layout.derivation(reference)
