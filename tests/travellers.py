"""A program of a user: everything in it lies in `__main__`, and is built in other processes."""

from __future__ import annotations

import sys
from concurrent.futures import Executor, ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import loky
from attrs import frozen
from dags import Journal, closure_over, sleeping, wide

from pylightnix_fn import (
    Artifact,
    Build,
    DiskStore,
    DRef,
    Manager,
    artifact,
    derive,
    instantiate,
    number,
    realize,
)

FACTOR = 3.0


@frozen
class Total:
    value: Artifact[float] = artifact("value.txt", number)


@frozen
class Sum:
    number: int
    inputs: list[DRef[Total]]


def add(b: Build[Sum, Total]) -> None:
    """Uses a global of this module, and its classes."""
    below = sum(b.deref(each).value.read() for each in b.config.inputs)
    b.out.value.write(b.config.number * FACTOR + below)


def total(m: Manager) -> tuple[Manager, DRef[Total]]:
    made: list[DRef[Total]] = []
    for each in range(4):
        m, dref = derive(m, Sum(each, []), Total(), add, code=None, name=f"sum-{each}")
        made.append(dref)
    return derive(m, Sum(9, made), Total(), lambda b: add(b), code=None, name="total")


def executor_of(name: str) -> Executor:
    if name == "loky":
        return loky.ProcessPoolExecutor(2)
    return ProcessPoolExecutor(2, get_context(name))


def main(name: str, folder: Path) -> None:
    store = DiskStore.open(folder, durability="off")
    if name == "shared":
        work = sleeping(Journal(folder / "journal.txt"), 0.05)
        print([str(each.rref) for each in realize(closure_over(wide(6), work), store, jobs=2)])
    elif name == "jobs":
        print(realize(instantiate(total), store, jobs=2).out.value.read())
    else:
        executor = executor_of(name)
        print(realize(instantiate(total), store, executor=executor).out.value.read())
        executor.shutdown()


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
