"""Group commits: how many rounds serve how many threads, and what a failure means."""

from __future__ import annotations

import pickle
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event, Thread

import pytest
from scenarios import put, registered

from pylightnix_fn import DiskStore
from pylightnix_fn.filesystem import Disk
from pylightnix_fn.store.rounds import Rounds


def test_one_alone_has_a_round_of_its_own() -> None:
    rounds, calls = Rounds(), list[int]()
    for _ in range(3):
        rounds.wait(lambda: calls.append(1))
    assert [1, 1, 1] == calls


def test_those_who_come_meanwhile_share_the_next_round() -> None:
    rounds, calls = Rounds(), list[str]()
    begun, goes_on = Event(), Event()

    def slow() -> None:
        calls.append("slow")
        begun.set()
        assert goes_on.wait(20)

    first = Thread(target=rounds.wait, args=(slow,))
    first.start()
    assert begun.wait(20)
    others = [Thread(target=rounds.wait, args=(lambda: calls.append("next"),)) for _ in range(8)]
    for each in others:
        each.start()
    time.sleep(0.1)  # so that all of them wait
    assert ["slow"] == calls
    goes_on.set()
    for each in (first, *others):
        each.join(20)
    assert ["slow", "next"] == calls


def test_nobody_returns_before_a_round_that_began_after_him() -> None:
    rounds, written, synced = Rounds(), set[int](), set[int]()

    def sync() -> None:
        seen = set(written)
        time.sleep(0.001)
        synced.update(seen)

    def work(number: int) -> bool:
        written.add(number)
        rounds.wait(sync)
        return number in synced

    with ThreadPoolExecutor(16) as threads:
        assert all(threads.map(work, range(500)))


def test_a_failure_counts_for_all_who_wait() -> None:
    rounds = Rounds()
    begun, goes_on = Event(), Event()
    errors: list[OSError] = []

    def fail() -> None:
        begun.set()
        assert goes_on.wait(20)
        raise OSError("the disk is gone")

    def wait() -> None:
        try:
            rounds.wait(fail)
        except OSError as error:
            errors.append(error)

    threads = [Thread(target=wait)]
    threads[0].start()
    assert begun.wait(20)
    threads += [Thread(target=wait) for _ in range(3)]
    for each in threads[1:]:
        each.start()
    time.sleep(0.1)
    goes_on.set()
    for each in threads:
        each.join(20)
    assert 4 == len(errors)


def test_who_comes_after_a_failure_tries_anew() -> None:
    rounds = Rounds()

    def fail() -> None:
        raise OSError("once")

    with pytest.raises(OSError, match="once"):
        rounds.wait(fail)
    rounds.wait(lambda: None)


def test_a_round_that_was_interrupted_serves_nobody() -> None:
    rounds, calls = Rounds(), list[str]()
    begun, goes_on = Event(), Event()

    def interrupted() -> None:
        begun.set()
        assert goes_on.wait(20)
        raise KeyboardInterrupt

    def first() -> None:
        with pytest.raises(KeyboardInterrupt):
            rounds.wait(interrupted)

    threads = [Thread(target=first)]
    threads[0].start()
    assert begun.wait(20)
    threads += [Thread(target=rounds.wait, args=(lambda: calls.append("own"),)) for _ in range(2)]
    for each in threads[1:]:
        each.start()
    goes_on.set()
    for each in threads:
        each.join(20)
    assert calls


def test_rounds_do_not_travel() -> None:
    assert isinstance(pickle.loads(pickle.dumps(Rounds())), Rounds)


class Slow(Disk):
    """A disk that counts how often it was waited for, and takes its time."""

    def __init__(self) -> None:
        self.syncs = 0

    def syncfs(self, descriptor: int) -> None:
        self.syncs += 1
        time.sleep(0.05)


def test_commits_of_threads_share_their_waits(tmp_path: Path) -> None:
    disk = Slow()
    store = DiskStore.open(tmp_path, fs=disk)
    drefs = [registered(store, f"part-{number}") for number in range(16)]
    disk.syncs = 0
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda dref: put(store, dref, {"a": "1"}), drefs))
    assert disk.syncs < 12
