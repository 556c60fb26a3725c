"""The same sweep four ways: one after the other, in threads, in processes, on a Dask cluster.

A hundred small models are not worth a night. Eight of a second each are worth a second core, and
that is one word: ``realize(closure, store, jobs=2)``. Nothing else changes. Realizers stay the
functions they are, and may be closures, or lie in this file: they travel as their code. What they
read and write does not travel at all, for every worker sees the store and takes it from there.

What runs when is decided by what each stage needs. A fit begins as soon as its points lie in the
store, not when a wave of stages is over; where earlier builds tell how long each takes, the longest
way to the end goes first. A stage may say what it takes of the machine,
``derive(..., resources=Resources(cores=4, tokens={"gpu": 1}))``, and then no two of them share the
GPU, in processes as on a cluster.

Where a build runs is not part of its name. So the references below are equal, whoever made what
they refer to, and a pipeline that was begun on a laptop goes on upon a cluster that sees the same
folder. A worker that dies costs what it was building; Ctrl-C ends all of them, and the next run
goes on from there.

    python examples/parallel.py [FOLDER]

The cluster is one of two processes on this machine. On real ones, start ``dask scheduler`` on one
and ``dask worker tcp://HOST:8786`` on the others, and give the client that address.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Final, TypeAlias

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

from pylightnix_fn import (
    Closure,
    DaskWorkers,
    DiskStore,
    DRef,
    Inputs,
    Manager,
    Realization,
    Value,
    derive,
    grid,
    instantiate,
    npz_of,
    number,
    pure,
    realize,
    select,
    value,
)

Floats: TypeAlias = NDArray[np.float64]
Sweep: TypeAlias = Closure[Realization[Value[float]]]
Way: TypeAlias = Callable[[Sweep, DiskStore], Realization[Value[float]]]

RESAMPLES: Final = 200


@frozen(eq=False)
class Points:
    """Points of a noisy curve, ``x`` and ``y`` of shape ``(n,)``."""

    x: Floats
    y: Floats


@frozen
class Draw:
    """How points are drawn."""

    count: int = 3000
    noise: float = 0.3
    seed: int = 1


@frozen
class Fit:
    """A polynomial that is fitted again and again to points drawn from those given."""

    points: DRef[Value[Points]]
    degree: int = 1


def drawn(inputs: Inputs[Draw]) -> Points:
    config = inputs.config
    generator = np.random.default_rng(config.seed)
    x = np.sort(generator.uniform(-1, 1, config.count))
    return Points(x, np.sin(4 * x) + generator.normal(0, config.noise, config.count))


def error(inputs: Inputs[Fit]) -> float:
    """The mean error of a fit on what the bootstrap left out; the same wherever it is computed."""
    config, points = inputs.config, inputs.value(inputs.config.points)
    generator = np.random.default_rng(config.degree)
    powers = np.vander(points.x, config.degree + 1)
    errors: list[float] = []
    for _ in range(RESAMPLES):
        chosen = generator.integers(0, len(points.x), len(points.x))
        out = np.setdiff1d(np.arange(len(points.x)), chosen)
        gram = powers[chosen].T @ powers[chosen] + 1e-6 * np.eye(config.degree + 1)
        coefficients = np.linalg.solve(gram, powers[chosen].T @ points.y[chosen])
        errors.append(float(np.sqrt(np.mean((powers[out] @ coefficients - points.y[out]) ** 2))))
    return round(float(np.mean(errors)), 6)


def sweep(m: Manager) -> tuple[Manager, DRef[Value[float]]]:
    m, points = derive(m, Draw(), value(npz_of(Points)), pure(drawn))
    errors: list[DRef[Value[float]]] = []
    for config in grid(Fit(points), degree=(1, 3, 5, 7, 9, 11, 13, 15)):
        m, fitted = derive(m, config, value(number, "error.txt"), pure(error))
        errors.append(fitted)
    return select(m, errors, lambda outputs: outputs.value, lowest=True)


def in_order(closure: Sweep, store: DiskStore) -> Realization[Value[float]]:
    return realize(closure, store)


def in_threads(closure: Sweep, store: DiskStore) -> Realization[Value[float]]:
    with ThreadPoolExecutor(2) as executor:
        return realize(closure, store, executor=executor)


def in_processes(closure: Sweep, store: DiskStore) -> Realization[Value[float]]:
    return realize(closure, store, jobs=2)


def on_a_cluster(closure: Sweep, store: DiskStore) -> Realization[Value[float]]:
    from distributed import Client, LocalCluster  # takes longer to import than the rest together

    with (
        LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster,
        Client(cluster) as client,
    ):
        return realize(closure, store, executor=DaskWorkers(client))


WAYS: Final[dict[str, Way]] = {
    "one after the other": in_order,
    "threads": in_threads,
    "jobs=2": in_processes,
    "a Dask cluster": on_a_cluster,
}


@contextmanager
def folder_of(arguments: list[str]) -> Iterator[Path]:
    """The folder that was given, or one that goes with the program."""
    if arguments:
        yield Path(arguments[0])
        return
    with tempfile.TemporaryDirectory(prefix="parallel-") as folder:
        yield Path(folder)


def main() -> None:
    closure, winners = instantiate(sweep), list[Realization[Value[float]]]()
    with folder_of(sys.argv[1:]) as folder:
        for name, way in WAYS.items():
            store = DiskStore.open(folder / name.replace(" ", "-"))
            begin = time.monotonic()
            winner = way(closure, store)
            print(f"{name:20} {time.monotonic() - begin:6.2f} s   {winner.rref}")
            winners.append(winner)
        print(f"lowest error {winners[0].out.value.read():.4f}")
    agree = len({winner.rref for winner in winners}) == 1
    print("all references agree" if agree else "the references differ")


if __name__ == "__main__":
    main()
