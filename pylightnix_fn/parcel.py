"""A task on its way to another process: realizer, config and references, and never an artifact.

Functions that cannot be imported there, closures and lambdas among them, travel as their code.
"""

from __future__ import annotations

import pickle
from functools import lru_cache
from typing import TYPE_CHECKING, TypeAlias

from attrs import frozen

from pylightnix_fn.asking import Task
from pylightnix_fn.errors.build import CannotTravel
from pylightnix_fn.errors.store import StoreNotShared
from pylightnix_fn.manager import Derivation
from pylightnix_fn.outputs import reason
from pylightnix_fn.plan import Budget, RRefs
from pylightnix_fn.realizer import Arguments, Context
from pylightnix_fn.settling import settle
from pylightnix_fn.store_protocol import Store
from pylightnix_fn.travelling import that_travels

if TYPE_CHECKING:
    from pylightnix_fn.relay import Address

_Rest: TypeAlias = tuple[Derivation, Context, Budget, bool, float | None, Arguments]


@frozen
class Parcel:
    """A task as bytes; those of the store apart, as they are the same for all tasks."""

    store: bytes
    rest: bytes


def parcel_of(task: Task) -> Parcel:
    """A task as bytes. Errors: `StoreNotShared`, `CannotTravel`."""
    import cloudpickle  # for those who need it

    try:
        store = pickle.dumps(task.store)
    except Exception as error:
        raise StoreNotShared(type(task.store).__name__) from error
    derivation = task.derivation
    rest: _Rest = (
        derivation,
        task.context,
        task.budget,
        task.rebuild,
        task.before,
        task.arguments,
    )
    try:
        return Parcel(store, cloudpickle.dumps(rest))
    except Exception as error:
        raise CannotTravel(derivation.name, derivation.realizer, reason(error)) from error


def settle_parcel(parcel: Parcel, address: Address) -> RRefs | Exception:
    """Settle what a parcel holds, in the process that it came to; an error is given, not raised.

    What is raised is pickled by the executor, which may lose it.
    """
    from pylightnix_fn.relay import telling

    try:
        task = Task(_store(parcel.store), *_opened(parcel.rest))
        with telling(address) as observe:
            return settle(task, observe)
    except Exception as error:
        return that_travels(error)


def _opened(data: bytes) -> _Rest:
    rest: _Rest = pickle.loads(data)
    return rest


@lru_cache(maxsize=8)
def _store(data: bytes) -> Store:
    store: Store = pickle.loads(data)
    return store
