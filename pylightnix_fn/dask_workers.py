"""A pool on a Dask cluster, whose workers see the store's file system and commit themselves.

Dask decides where a build runs, runs it again where a worker is lost, and shows it on its dashboard
under the derivation's name. The locks of the store hold across workers as across processes.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final, TypeAlias

from attrs import define, field, frozen

from pylightnix_fn.asking import Task
from pylightnix_fn.errors.build import TooFewResources, WorkerLost
from pylightnix_fn.observer import Observer
from pylightnix_fn.parcel import parcel_of, settle_parcel
from pylightnix_fn.plan import RRefs
from pylightnix_fn.pools import Pool
from pylightnix_fn.relay import Address, listening

if TYPE_CHECKING:
    from distributed import Client
    from distributed import Future as DaskFuture

_Outcome: TypeAlias = RRefs | Exception

LOCAL: Final = ("inproc://", "tcp://127.", "tls://127.", "tcp://localhost", "tcp://[::1]")


@frozen
class DaskWorkers:
    """The workers of a cluster: ``realize(closure, store, executor=DaskWorkers(client))``.

    A worker that is lost costs what it was building, which Dask has another build, as often as its
    ``distributed.scheduler.allowed-failures`` says; then the error is `WorkerLost`. Tokens of
    derivations are Dask's resources where workers have them: ``--resources "gpu=1"``. Builds get
    the cores and the memory of the workers that there are at the beginning; of a cluster that grows
    later, say what it will have: ``realize(..., capacity={"cores": 64, "memory": 2**38})``.
    """

    client: Client

    @contextmanager
    def opened(self, observe: Observer) -> Iterator[Pool]:
        """A pool for one realization."""
        with listening(observe, self._host()) as address:
            free, tokens = _resources(self.client)
            pool = _DaskPool(self.client, address, free, tokens)
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


class _Promise(Future[_Outcome]):
    """The outcome of a task on the cluster, which cannot be known to run, or not to."""

    def __init__(self, withdraw: Callable[[], None]) -> None:
        super().__init__()
        self.set_running_or_notify_cancel()
        self._withdraw = withdraw

    def cancel(self) -> bool:
        """Have the task taken back, unless it has begun; the outcome says whether it was."""
        self._withdraw()
        return False


@define
class _DaskPool:
    client: Client
    address: Address
    free: Mapping[str, float]
    tokens: Mapping[str, float]
    slots: int | None = None  # Dask has a queue of its own
    _sent: dict[str, DaskFuture[_Outcome]] = field(factory=dict)
    _is_closed: bool = False

    def submit(self, task: Task) -> Future[_Outcome]:
        wanted, name = self._wanted(task), task.derivation.name
        key = f"{name}-{task.dref.digest[:8]}-{os.urandom(4).hex()}"
        there = self.client.submit(
            settle_parcel,
            parcel_of(task),
            self.address,
            key=key,
            resources=wanted,
            pure=False,
        )
        self._sent[key] = there
        promise = _Promise(self._withdraw)
        lost = WorkerLost(name, task.derivation.realizer, 1)
        there.add_done_callback(lambda done: promise.set_result(_outcome(done, lost)))
        return promise

    def _wanted(self, task: Task) -> dict[str, float]:
        """What Dask shares out of what a build asks for; no worker would ever have too much."""
        amounts, name = task.derivation.resources.amounts(), task.derivation.name
        wanted = {each: amounts[each] for each in self.tokens if amounts.get(each)}
        for token, amount in wanted.items():
            if amount > self.tokens[token]:
                raise TooFewResources(name, token, amount, self.tokens[token])
        return wanted

    def mended(self) -> bool:
        return False  # Dask has tried already

    def stop(self) -> None:
        """Take everything back; what runs on a worker cannot be ended from here."""
        self._is_closed = True
        self.client.cancel(list(self._sent.values()))

    def _withdraw(self) -> None:
        """Take back, once, what has not begun; what has, comes to its end."""
        if not self._is_closed:
            self._is_closed = True
            begun = {key for calls in self.client.call_stack().values() for key in calls}
            waiting = [there for key, there in self._sent.items() if key not in begun]
            self.client.cancel([each for each in waiting if not each.done()])


def _outcome(done: DaskFuture[_Outcome], lost: WorkerLost) -> _Outcome:
    """What came of a task; the error where Dask has given it up, with all that it says of it."""
    if done.cancelled():
        return lost
    try:
        return done.result()
    except Exception as error:
        from distributed import KilledWorker

        if not isinstance(error, KilledWorker):
            return error
        lost.add_note(str(error))
        return lost


def _resources(client: Client) -> tuple[dict[str, float], dict[str, float]]:
    """What all workers have together; and of what Dask shares out, the most that one has."""
    workers = client.scheduler_info(n_workers=-1)["workers"].values()
    free: dict[str, float] = {"cores": 0, "memory": 0} if workers else {}  # they will come
    most: dict[str, float] = {}
    for worker in workers:
        free["cores"] += worker["nthreads"]
        free["memory"] += worker["memory_limit"] or float("inf")
        for name, amount in worker["resources"].items():
            free[name] = free.get(name, 0) + amount
            most[name] = max(most.get(name, 0), amount)
    return free, most
