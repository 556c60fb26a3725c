"""Tasks as bytes: what is in them, what is not, what comes back."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from pathlib import Path
from threading import Condition, Lock
from threading import Event as Flag
from typing import Final

import pytest
from attrs import evolve, frozen
from dags import Node, Work, chain, closure_over, nothing

from pylightnix_fn import (
    Artifact,
    Budget,
    Build,
    DiskStore,
    DRef,
    Event,
    Folder,
    Manager,
    MemoryStore,
    artifact,
    derive,
    instantiate,
    realize,
    text,
)
from pylightnix_fn.asking import Task
from pylightnix_fn.errors.build import CannotTravel, RealizerFailed
from pylightnix_fn.errors.store import MissingObject, StoreNotShared
from pylightnix_fn.parcel import Parcel, parcel_of, settle_parcel
from pylightnix_fn.relay import Address, listening
from pylightnix_fn.store_protocol import Store

MEGABYTE: Final = 2**20
NOWHERE: Final = Address("/nobody/listens/here", b"")


@pytest.fixture
def disk(tmp_path: Path) -> DiskStore:
    return DiskStore.open(tmp_path / "store", durability="off")


def task_of(work: Work, store: Store) -> Task:
    """The only task of a closure of one node."""
    (derivation,) = closure_over(chain(1), work)
    store.register({derivation.dref: derivation.config})
    return Task(store, derivation, {}, Budget())


def length(parcel: Parcel) -> int:
    return len(pickle.dumps(parcel))


@frozen
class Large:
    """Outputs of 16 megabytes."""

    text: Artifact[str] = artifact("large.txt", text)


@frozen
class Over:
    large: DRef[Large]


def test_artifacts_do_not_travel(disk: DiskStore) -> None:
    def fill(b: Build[Node, Large]) -> None:
        b.out.text.write("x" * 16 * MEGABYTE)

    def measure(b: Build[Over, Folder]) -> None:
        size = len(b.deref(b.config.large).text.read())
        (b.path / "size.txt").write_text(str(size), encoding="utf-8")

    def stage(m: Manager) -> tuple[Manager, DRef[Folder]]:
        m, large = derive(m, Node(0), Large(), fill, code=None)
        return derive(m, Over(large), Folder(), measure, code=None)

    closure = instantiate(stage)
    made = realize(closure, disk, jobs=2)
    assert str(16 * MEGABYTE) == (made.out / "size.txt").read_text("utf-8")
    task = Task(disk, closure.derivations[made.dref], made.context, Budget())
    assert length(parcel_of(task)) < 8 * 1024


def test_parcel_of_an_importable_realizer_is_small(disk: DiskStore) -> None:
    assert length(parcel_of(task_of(nothing, disk))) < 4 * 1024


def test_parcel_does_not_grow_with_what_the_store_holds(disk: DiskStore) -> None:
    before = length(parcel_of(task_of(nothing, disk)))
    realize(closure_over(chain(20), nothing), disk)
    assert before == length(parcel_of(task_of(nothing, disk)))


def test_store_is_the_same_bytes_in_all_parcels(disk: DiskStore) -> None:
    def other(b: Build[Node, Folder]) -> None:
        """Another realizer."""

    assert parcel_of(task_of(nothing, disk)).store == parcel_of(task_of(other, disk)).store


def captured(number: int) -> Work:
    def write(b: Build[Node, Folder]) -> None:
        (b.path / "number.txt").write_text(str(number), encoding="utf-8")

    return write


class Bound:
    """Realizers may be methods."""

    def write(self, b: Build[Node, Folder]) -> None:
        (b.path / "number.txt").write_text("9", encoding="utf-8")


@pytest.mark.parametrize(
    ("work", "expected"),
    [
        (captured(7), "7"),
        (lambda b: captured(8)(b), "8"),
        (Bound().write, "9"),
    ],
    ids=["closure", "lambda", "method"],
)
def test_what_was_sent_is_built(work: Work, expected: str, disk: DiskStore) -> None:
    outcome = settle_parcel(parcel_of(task_of(work, disk)), NOWHERE)
    assert isinstance(outcome, tuple)
    (rref,) = outcome
    assert expected == (disk.folder(rref) / "number.txt").read_text("utf-8")


def test_all_of_a_task_arrives(disk: DiskStore) -> None:
    heard: list[Event] = []
    task = evolve(task_of(nothing, disk), rebuild=True, before=3.5, budget=Budget(builds=7))
    with listening(heard.append) as address:
        settle_parcel(parcel_of(task), address)
    assert 3.5 == getattr(heard[0], "before", None)
    assert "a rebuild was asked for" == getattr(heard[0], "why", None)


def test_error_is_given_and_not_raised(disk: DiskStore) -> None:
    def fail(b: Build[Node, Folder]) -> None:
        raise ArithmeticError("no")

    outcome = settle_parcel(parcel_of(task_of(fail, disk)), NOWHERE)
    assert isinstance(outcome, RealizerFailed)
    assert "ArithmeticError: no" in "".join(outcome.__notes__)


def test_error_of_the_library_keeps_its_class(disk: DiskStore) -> None:
    task = task_of(nothing, disk)
    disk.remove(task.dref)
    outcome = settle_parcel(parcel_of(task), NOWHERE)
    assert isinstance(outcome, MissingObject)
    assert type(outcome) is type(pickle.loads(pickle.dumps(outcome)))


def test_parcel_that_cannot_be_opened_is_an_error(disk: DiskStore) -> None:
    parcel = evolve(parcel_of(task_of(nothing, disk)), rest=b"cnowhere\nnothing\n.")
    assert isinstance(settle_parcel(parcel, NOWHERE), ModuleNotFoundError)


def holding(thing: object) -> Work:
    def work(b: Build[Node, Folder]) -> None:
        print(thing)

    return work


@pytest.mark.parametrize("make", [Lock, Condition, Flag])
def test_what_cannot_be_copied_cannot_travel(make: Callable[[], object], disk: DiskStore) -> None:
    with pytest.raises(CannotTravel, match="cannot be sent to another process"):
        parcel_of(task_of(holding(make()), disk))


def test_store_in_memory_is_not_shared() -> None:
    with pytest.raises(StoreNotShared, match="MemoryStore"):
        parcel_of(task_of(nothing, MemoryStore()))
