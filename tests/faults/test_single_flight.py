"""Whoever wants the same thing at the same time: one builds, the others wait and take it."""

from __future__ import annotations

import multiprocessing
import os
import secrets
import signal
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import pytest
from attrs import Factory, define, frozen
from children import child, ended, forked, in_child
from scenarios import put, registered

from pylightnix_fn import (
    Build,
    DiskStore,
    DRef,
    Event,
    Folder,
    Manager,
    Realizer,
    Started,
    Waiting,
    derive,
    instantiate,
    realize,
)
from pylightnix_fn.canonical import digest
from pylightnix_fn.store.records import context_text

PROCESSES = 8
ROUNDS = 2000
THREAD_ROUNDS = 200
ROUNDS_IN_A_STORE = 100
AT_ONCE = 5.0  # seconds on a machine that is busy


@frozen
class Round:
    """The config of what is built in one round."""

    number: int


@define(eq=False)
class Crowd:
    """Those who realize the same things round by round, and what each of them was told."""

    root: Path
    waits: list[str] = Factory(list)
    drawn: list[str] = Factory(list)

    def build(self, b: Build[Round, Folder]) -> None:
        """Another result each time: who has the same one has that of the same build."""
        note(self.root.with_name("builds"), f"{b.config.number}")
        (b.path / "token").write_text(secrets.token_hex(8), encoding="utf-8")

    def draw(self, store: DiskStore, number: int) -> None:
        closure = instantiate(stage, number, self.build)
        self.drawn.append(realize(closure, store, observe=self.see).rref.text)

    def see(self, event: Event) -> None:
        if isinstance(event, Waiting):
            self.waits.append(event.who)

    def rounds(self, number: int, wait: Callable[[], object]) -> None:
        """Take part in so many rounds, in one new store after another."""
        for first in range(0, number, ROUNDS_IN_A_STORE):
            store = DiskStore.open(self.root / str(first), durability="off")
            for each in range(first, min(number, first + ROUNDS_IN_A_STORE)):
                wait()
                self.draw(store, each)
            store.close()
        note(self.root.with_name("waits"), *self.waits)
        note(self.root.with_name("drawn"), " ".join(self.drawn))


def stage(m: Manager, number: int, build: Realizer[Round, Folder]) -> tuple[Manager, DRef[Folder]]:
    return derive(m, Round(number), Folder(), build, name="round", code=None)


def note(path: Path, *lines: str) -> None:
    """Add lines to a file, each as a whole."""
    with path.open("a", encoding="utf-8") as file:
        file.write("".join(f"{line}\n" for line in lines))


def noted(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").splitlines() if path.exists() else []


def test_processes_build_the_same_thing_once(
    tmp_path: Path, scale: int, record_property: Callable[[str, object], None]
) -> None:
    rounds, root = ROUNDS * scale, tmp_path / "store"
    barrier = multiprocessing.get_context("fork").Barrier(PROCESSES)
    began = time.monotonic()
    children = [
        forked(lambda: Crowd(root).rounds(rounds, lambda: barrier.wait(60)))
        for _ in range(PROCESSES)
    ]
    assert [0] * PROCESSES == [ended(each) for each in children]
    seconds, waits = time.monotonic() - began, noted(tmp_path / "waits")
    record_property(
        "counts",
        f"single flight: {PROCESSES} processes, {rounds} rounds, {seconds:.1f} s, "
        f"{len(noted(tmp_path / 'builds'))} builds, {len(waits)} waits",
    )
    assert [str(each) for each in range(rounds)] == noted(tmp_path / "builds")
    drawn = noted(tmp_path / "drawn")
    assert (PROCESSES, 1) == (len(drawn), len(set(drawn)))
    known = {f"process {each}" for each in children} | {"another process"}
    assert waits
    assert {" ".join(each.split()[:2]) for each in waits} <= known


def test_threads_build_the_same_thing_once(
    tmp_path: Path, scale: int, record_property: Callable[[str, object], None]
) -> None:
    rounds, root = THREAD_ROUNDS * scale, tmp_path / "store"
    store, crowd = DiskStore.open(root, durability="off"), Crowd(root)
    barrier = threading.Barrier(PROCESSES)

    def take_part(_: int) -> None:
        for number in range(rounds):
            barrier.wait(60)
            crowd.draw(store, number)

    with ThreadPoolExecutor(PROCESSES) as threads:
        list(threads.map(take_part, range(PROCESSES)))
    record_property("counts", f"single flight: {PROCESSES} threads, {rounds} rounds")
    assert [str(each) for each in range(rounds)] == noted(tmp_path / "builds")
    assert (rounds * PROCESSES, rounds) == (len(crowd.drawn), len(set(crowd.drawn)))


def test_builder_that_is_killed_is_followed_at_once(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    root = tmp_path / "store"
    store = DiskStore.open(root, durability="off")
    times: list[float] = []
    with child(lambda: _stuck(root)) as process, ThreadPoolExecutor(3) as threads:
        _until(lambda: ["begun"] == noted(tmp_path / "begun"))
        crowd = Crowd(root)

        def follow(_: int) -> str:
            def see(event: Event) -> None:
                crowd.see(event)
                if isinstance(event, Started):
                    times.append(time.monotonic())

            return realize(instantiate(stage, 1, crowd.build), store, observe=see).rref.text

        following = threads.map(follow, range(3))
        _until(lambda: 3 == len(crowd.waits))
        assert times == []
        os.kill(process, signal.SIGKILL)
        killed = time.monotonic()
        assert 1 == len(set(following))
    (took,) = (each - killed for each in times)
    record_property("counts", f"single flight: killed builder followed in {took * 1000:.0f} ms")
    assert took < AT_ONCE
    assert ["1"] == noted(tmp_path / "builds")
    assert all(each.startswith(f"process {process} on ") for each in crowd.waits)


def _stuck(root: Path) -> object:
    """Begins a build that does not end."""

    def build(b: Build[Round, Folder]) -> None:
        note(root.with_name("begun"), "begun")
        time.sleep(1000)

    store = DiskStore.open(root, durability="off")
    thread = threading.Thread(
        target=lambda: realize(instantiate(stage, 1, build), store), daemon=True
    )
    thread.start()
    return thread


def _until(holds: Callable[[], bool]) -> None:
    for _ in range(2000):
        if holds():
            return
        time.sleep(0.01)
    pytest.fail("it does not come")


def test_different_derivations_do_not_wait_for_each_other(tmp_path: Path) -> None:
    def meet(number: int) -> None:
        def build(b: Build[Round, Folder]) -> None:
            note(tmp_path / f"here{number}", "here")
            _until(lambda: bool(noted(tmp_path / f"here{1 - number}")))

        realize(instantiate(stage, number, build), DiskStore.open(tmp_path / "store"))

    children = [forked(partial(meet, number)) for number in range(2)]
    assert [0, 0] == [ended(each) for each in children]


def test_different_contexts_do_not_wait_for_each_other(tmp_path: Path) -> None:
    store, waits = DiskStore.open(tmp_path / "store", durability="off"), list[str]()
    below = registered(store, "below")
    above = registered(store, "above", below=below)
    one, other = (put(store, below, {"n": str(number)}) for number in range(2))
    with (
        store.building(above, {below: (one,)}, waits.append),
        store.building(above, {below: (other,)}, waits.append),
    ):
        assert [] == waits


def test_builder_says_who_it_is(tmp_path: Path) -> None:
    store = DiskStore.open(tmp_path / "store", durability="off")
    dref = registered(store)

    def told() -> None:
        def waiting(who: str) -> None:
            note(tmp_path / "who", who)
            os._exit(0)

        with store.building(dref, {}, waiting):
            pass

    with store.building(dref, {}, lambda who: None):
        assert 0 == in_child(told)
    (who,) = noted(tmp_path / "who")
    assert who.startswith(f"process {os.getpid()} on ")


def test_builder_says_nothing_of_one_that_was_killed(tmp_path: Path) -> None:
    store = DiskStore.open(tmp_path / "store", durability="off")
    dref = registered(store)
    path = store.layout.lock(dref, digest(context_text({})))
    path.write_text("process 1 on another machine\n" * 9)
    path.chmod(0o600)
    with store.building(dref, {}, lambda who: None):
        (line,) = path.read_text().splitlines()
        assert line.startswith(f"process {os.getpid()} on ")


def test_build_leaves_no_lock(tmp_path: Path) -> None:
    store = DiskStore.open(tmp_path / "store", durability="off")
    Crowd(store.root).draw(store, 1)
    assert ["gate"] == os.listdir(store.layout.locks)


def test_lock_that_somebody_took_away_harms_no_build(tmp_path: Path) -> None:
    store = DiskStore.open(tmp_path / "store", durability="off")
    dref = registered(store)
    with store.building(dref, {}, lambda who: None):
        for path in store.layout.locks.iterdir():
            path.unlink()
    assert (put(store, dref, {"a.txt": "data"}),) == store.rrefs(dref)
