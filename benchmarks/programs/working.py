"""Stages on workers: ``working ours|bare <kind> <folder> <stages>``.

The bare executors are given the same functions and are asked for the same number of results.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager
from hashlib import pbkdf2_hmac
from importlib import import_module
from multiprocessing import get_context
from typing import Final

from attrs import frozen

from benchmarks.programs.figures import telling
from pylightnix_fn import (
    Build,
    Closure,
    DaskWorkers,
    DiskStore,
    DRef,
    Folder,
    Manager,
    MemoryStore,
    Realization,
    derive,
    instantiate,
    realize,
)

SLEEPERS: Final = 16
NAP: Final = 0.1
SECONDS: Final = 0.5  # of one core, on whatever machine
ROUNDS: Final = 10_000  # of a hash that lets other threads run: some milliseconds
WORKERS: Final = os.cpu_count() or 1


@frozen
class Work:
    """One stage of many alike."""

    kind: str
    number: int


def worked(kind: str) -> None:
    """One piece of work."""
    if kind == "sleep":
        time.sleep(NAP)
    elif kind != "nothing":
        end = time.thread_time() + SECONDS
        while time.thread_time() < end:
            pbkdf2_hmac("sha256", b"password", b"salt", ROUNDS)


def work(b: Build[Work, Folder]) -> None:
    """The same as a stage."""
    worked(b.config.kind)


@frozen
class All:
    """What needs every stage, so that there is one target."""

    inputs: list[DRef[Folder]]


def nothing(b: Build[All, Folder]) -> None:
    """The end of all."""


def stages(m: Manager, kind: str, count: int) -> tuple[Manager, DRef[Folder]]:
    """So many stages that need nothing, and one that needs them."""
    made: list[DRef[Folder]] = []
    for number in range(count):
        m, dref = derive(m, Work(kind, number), Folder(), work)
        made.append(dref)
    return derive(m, All(made), Folder(), nothing)


@contextmanager
def executor_for(kind: str) -> Iterator[Executor]:
    """The executor of a kind of work, its workers already there."""
    if kind == "processes":
        with ProcessPoolExecutor(WORKERS, get_context("spawn")) as processes:
            list(processes.map(abs, range(4 * WORKERS)))
            yield processes
    else:
        with ThreadPoolExecutor(SLEEPERS if kind == "sleep" else WORKERS) as threads:
            yield threads


def on_dask(who: str, folder: str, count: int) -> None:
    """The work on a cluster of this machine's cores."""
    distributed = import_module("distributed")

    with (
        distributed.LocalCluster(WORKERS, threads_per_worker=1, dashboard_address=None) as cluster,
        distributed.Client(cluster) as client,
    ):
        if who == "ours":
            store = DiskStore.open(f"{folder}/store", durability="off")
            closure = instantiate(stages, "dask", count)
            warm = instantiate(stages, "nothing", WORKERS)
            realize(warm, store, executor=DaskWorkers(client))
            with telling("work"):
                realize(closure, store, executor=DaskWorkers(client))
        else:
            client.gather(client.map(abs, range(4 * WORKERS)))
            with telling("work"):
                client.gather(client.map(worked, ["dask"] * count, pure=False))


def on_executor(who: str, kind: str, folder: str, count: int) -> None:
    """The work on an executor of `concurrent.futures`."""
    with executor_for(kind) as executor:
        act: Callable[[], object]
        if who == "ours":
            closure = instantiate(stages, kind, count)
            act = lambda: realized(closure, kind, folder, executor)  # noqa: E731
        else:
            act = lambda: list(executor.map(worked, [kind] * count))  # noqa: E731
        with telling("work"):
            act()


def realized(
    closure: Closure[Realization[Folder]], kind: str, folder: str, executor: Executor
) -> None:
    """The stages, in a store in memory where workers can see it."""
    if kind == "processes":
        realize(closure, DiskStore.open(f"{folder}/store", durability="off"), executor=executor)
    else:
        realize(closure, MemoryStore(), executor=executor)


def main(who: str, kind: str, folder: str, count: str) -> None:
    if kind == "dask":
        on_dask(who, folder, int(count))
    else:
        on_executor(who, kind, folder, int(count))


if __name__ == "__main__":
    main(*sys.argv[1:])
