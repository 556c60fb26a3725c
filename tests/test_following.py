"""Looking on while a build prints."""

from __future__ import annotations

import time
from pathlib import Path
from threading import Event, Thread

import pytest
from attrs import frozen
from children import child
from scenarios import registered

from pylightnix_fn import (
    Build,
    Closure,
    DiskStore,
    DRef,
    Folder,
    Manager,
    Realization,
    derive,
    instantiate,
    logged,
    realize,
)
from pylightnix_fn.errors import NotRunning, RealizerFailed
from pylightnix_fn.upkeep.following import follow, under_way


@frozen
class Talk:
    words: int
    fails: bool = False


def closure_of(talk: Talk, begun: Event, goes_on: Event) -> Closure[Realization[Folder]]:
    """A build that prints, waits for somebody, and prints again."""

    def work(b: Build[Talk, Folder]) -> None:
        print("hello")
        begun.set()
        assert goes_on.wait(20)
        print("bye " * b.config.words)
        if b.config.fails:
            raise ValueError("no")

    def stage(m: Manager) -> tuple[Manager, DRef[Folder]]:
        return derive(m, talk, Folder(), logged(work), name="talk", code=None)

    return instantiate(stage)


def looked_on(store: DiskStore, talk: Talk) -> tuple[list[str], DRef[object]]:
    """What was followed of a build, from the middle of it to its end."""
    begun, goes_on = Event(), Event()
    closure = closure_of(talk, begun, goes_on)
    (dref,) = closure.targets

    def build() -> None:
        try:
            realize(closure, store)
        except RealizerFailed:
            assert talk.fails

    thread = Thread(target=build)
    thread.start()
    try:
        assert begun.wait(20)
        lines = follow(store, dref)
        seen = [next(lines)]
        goes_on.set()
        seen.extend(lines)
    finally:
        goes_on.set()
        thread.join()
    return seen, dref


def test_following_gives_what_is_printed_until_the_build_has_ended(tmp_path: Path) -> None:
    seen, _ = looked_on(DiskStore.open(tmp_path), Talk(2))
    assert "hello\nbye bye \n" == "".join(seen)


def test_following_ends_with_a_build_that_fails(tmp_path: Path) -> None:
    seen, _ = looked_on(DiskStore.open(tmp_path), Talk(1, fails=True))
    assert "hello\nbye \n" == "".join(seen)


@pytest.mark.parametrize("fails", [False, True])
def test_nothing_is_under_way_when_a_build_has_ended(tmp_path: Path, fails: bool) -> None:
    store = DiskStore.open(tmp_path)
    _, dref = looked_on(store, Talk(1, fails))
    assert () == under_way(store, dref)
    with pytest.raises(NotRunning):
        next(follow(store, dref))


def test_a_build_of_another_configuration_is_not_followed(tmp_path: Path) -> None:
    store, begun, goes_on = DiskStore.open(tmp_path), Event(), Event()
    (other,) = closure_of(Talk(7), begun, goes_on).targets
    thread = Thread(target=realize, args=(closure_of(Talk(8), begun, goes_on), store))
    thread.start()
    try:
        assert begun.wait(20)
        assert () == under_way(store, other)
    finally:
        goes_on.set()
        thread.join()


def test_nothing_is_under_way_when_its_process_was_killed(tmp_path: Path) -> None:
    store = DiskStore.open(tmp_path)
    dref = registered(store, "talk")
    with child(lambda: store.stage(dref)):
        assert 1 == len(under_way(store, dref))
    assert () == under_way(store, dref)


def test_following_ends_with_a_process_that_was_killed(tmp_path: Path) -> None:
    store = DiskStore.open(tmp_path)
    dref = registered(store, "talk")

    def begin() -> None:
        store.stage(dref).log.write_text("hello\n")

    with child(begin):
        lines = follow(store, dref)
        assert "hello\n" == next(lines)
    assert [] == list(lines)


def test_what_is_printed_is_seen_at_once(tmp_path: Path) -> None:
    store, begun, goes_on = DiskStore.open(tmp_path), Event(), Event()
    closure = closure_of(Talk(1), begun, goes_on)
    thread = Thread(target=realize, args=(closure, store))
    thread.start()
    try:
        assert begun.wait(20)
        asked = time.monotonic()
        assert "hello\n" == next(follow(store, closure.targets[0]))
        assert time.monotonic() - asked < 5
    finally:
        goes_on.set()
        thread.join()
