"""A pool on a Dask cluster, whose workers see the store's file system and commit themselves.

Dask decides where a build runs, runs it again where a worker is lost, and shows it on its dashboard
under the derivation's name. The locks of the store hold across workers as across processes.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping
from concurrent.futures import CancelledError, Future
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final, TypeAlias

from attrs import field, frozen

from pylightnix_fn.events import Observer
from pylightnix_fn.parcel import parcel_of, settle_parcel
from pylightnix_fn.plan import RRefs
from pylightnix_fn.pools import Pool
from pylightnix_fn.relay import Address, listening
from pylightnix_fn.settling import Task

if TYPE_CHECKING:
    from distributed import Client
    from distributed import Future as DaskFuture

_Promise: TypeAlias = Future[RRefs | Exception]

LOCAL: Final = ("inproc://", "tcp://127.", "tls://127.", "tcp://localhost", "tcp://[::1]")


@frozen
class DaskWorkers:
    """The workers of a cluster: ``realize(closure, store, executor=DaskWorkers(client))``.

    A worker that is lost costs what it was building, which is built again up to ``retries`` times.
    Tokens of derivations are Dask's resources where workers have them: ``--resources "gpu=1"``.
    """

    client: Client
    retries: int = 3

    @contextmanager
    def opened(self, observe: Observer) -> Iterator[Pool]:
        """A pool for one realization."""
        with listening(observe, self._host()) as address:
            free, tokens = _resources(self.client)
            pool = _DaskPool(self.client, self.retries, address, free, tokens)
            try:
                yield pool
            finally:
                pool.stop()

    def _host(self) -> str | None:
        """How workers on other machines find this one; `None` where there are none."""
        place = self.client.scheduler.address
        if place.startswith(LOCAL):
            return None
        from distributed.utils import get_ip

        host, _, _ = place.partition("://")[2].rpartition(":")
        return get_ip(host)


@frozen
class _DaskPool:
    client: Client
    retries: int
    address: Address
    free: Mapping[str, float]
    tokens: frozenset[str]
    slots: int | None = None  # Dask has a queue of its own
    _running: dict[_Promise, DaskFuture[RRefs | Exception]] = field(factory=dict)

    def submit(self, task: Task) -> _Promise:
        wanted = task.derivation.resources.amounts()
        there = self.client.submit(
            settle_parcel,
            parcel_of(task),
            self.address,
            key=f"{task.derivation.name}-{task.dref.digest[:8]}-{secrets.token_hex(4)}",
            retries=self.retries,
            resources={name: wanted[name] for name in self.tokens if wanted.get(name)},
            pure=False,
        )
        promise = _Promise()
        self._running[promise] = there
        there.add_done_callback(lambda done: _hand_over(done, promise))
        return promise

    def mended(self) -> bool:
        return False  # Dask has tried already

    def stop(self) -> None:
        """Take back what has not begun; what has, comes to its end on its worker."""
        self.client.cancel(list(self._running.values()))


def _hand_over(done: DaskFuture[RRefs | Exception], promise: _Promise) -> None:
    if done.cancelled():
        promise.set_exception(CancelledError())
        return
    try:
        promise.set_result(done.result())
    except Exception as error:
        promise.set_exception(error)


def _resources(client: Client) -> tuple[dict[str, float], frozenset[str]]:
    """What all workers have together, and which of it Dask itself shares out."""
    free: dict[str, float] = {"cores": 0, "memory": 0}
    tokens: set[str] = set()
    for worker in client.scheduler_info()["workers"].values():
        free["cores"] += worker["nthreads"]
        free["memory"] += worker["memory_limit"] or float("inf")
        for name, amount in worker["resources"].items():
            tokens.add(name)
            free[name] = free.get(name, 0) + amount
    return free, frozenset(tokens)
