"""What a session keeps: a registry of derivations, and the store that was chosen.

The process has one of each; `using` puts others in their place for a block. Each thread and each
task of asyncio has its own blocks, for they are held in context variables: a task begins with those
of the task that made it, a thread with the process's.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from pathlib import Path
from threading import RLock
from typing import Final, TypeAlias

from attrs import Factory, define, field

from pylightnix_fn.errors.store import NoStoreChosen
from pylightnix_fn.manager import Manager
from pylightnix_fn.store.disk import DiskStore

ROOT_VARIABLE: Final = "PYLIGHTNIX_ROOT"
STORAGE_VARIABLE: Final = "PYLIGHTNIX_STORAGE"
STAGING_VARIABLE: Final = "PYLIGHTNIX_TMP"
DEFAULT_ROOT: Final = "~/_pylightnix"

Place: TypeAlias = "Path | str"


@define(eq=False)
class Registry:
    """The derivations that were made in place: the one thing of the library that changes.

    Threads may share one; stages take turns on it.
    """

    manager: Manager = Factory(Manager)
    lock: RLock = field(factory=RLock, init=False, repr=False)


@define(eq=False)
class Session(Registry):
    """The registry of the process, and its store, where one was chosen."""

    store: DiskStore | None = None


_session: Final = Session()
_registry: Final[ContextVar[Registry | None]] = ContextVar("pylightnix_fn.registry", default=None)
_store: Final[ContextVar[DiskStore | None]] = ContextVar("pylightnix_fn.store", default=None)


@contextmanager
def using(
    store: DiskStore | Place | None = None, *, registry: Registry | None = None
) -> Iterator[None]:
    """In this block, work on another store, and keep derivations in another registry.

    What is left out stays as it is around the block. ``with using("a"), using("b")`` works on b.
    """
    with _in_place_of(store if isinstance(store, DiskStore | None) else DiskStore.open(store)):
        before = None if registry is None else _registry.set(registry)
        try:
            yield
        finally:
            if before is not None:
                _registry.reset(before)


@contextmanager
def _in_place_of(store: DiskStore | None) -> Iterator[None]:
    before = None if store is None else _store.set(store)
    try:
        yield
    finally:
        if before is not None:
            _store.reset(before)


def current_storage(store: DiskStore | Place) -> AbstractContextManager[None]:
    """In this block, work on another store."""
    return using(store)


def current_registry(registry: Registry) -> AbstractContextManager[None]:
    """In this block, keep derivations in another registry."""
    return using(registry=registry)


def registry_here() -> Registry:
    """The registry that derivations are kept in here."""
    return _registry.get() or _session


def current_manager() -> Manager:
    """The manager that holds all that `instantiate_inplace` made here."""
    return registry_here().manager


def current_store() -> DiskStore:
    """The store that is worked on here; `NoStoreChosen` before `store_initialize` or `using`."""
    store = _store.get() or _session.store
    if store is None:
        raise NoStoreChosen("store_initialize")
    return store


def store_initialize(custom_store: Place | None = None, custom_tmp: Place | None = None) -> None:
    """Choose the store that the other functions here work on, and make it where there is none.

    The default is the folder that the variable PYLIGHTNIX_STORAGE or PYLIGHTNIX_ROOT names, or
    ``~/_pylightnix``; builds are staged inside, or where PYLIGHTNIX_TMP says. Within `using`, the
    choice is that block's.
    """
    root = _root(custom_store)
    if not root.exists():
        print(f"Initializing non-existing {root}")
    store = fsinit(root, custom_tmp)
    if _store.get() is None:
        _session.store = store
    else:
        _store.set(store)


def fsinit(root: Place | None = None, tmp: Place | None = None) -> DiskStore:
    """Open a store as `store_initialize` does, in silence, and without choosing it."""
    staging = tmp or os.environ.get(STAGING_VARIABLE) or None
    return DiskStore.open(_root(root), staging=staging)


def _root(root: Place | None) -> Path:
    named = (os.environ.get(name) for name in (STORAGE_VARIABLE, ROOT_VARIABLE))
    return Path(root or next(filter(None, named), DEFAULT_ROOT)).expanduser()
