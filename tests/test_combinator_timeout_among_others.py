"""`timeout` among other combinators, and what it is given."""

from __future__ import annotations

import math
import random
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from trials import Note, Trial, Trying, built, doing, trial, writing

from pylightnix_fn import (
    Build,
    DiskStore,
    MemoryStore,
    Store,
    realize,
    retry,
    samples,
    seeded,
    timeout,
)
from pylightnix_fn.errors.build import RealizerFailed, TimedOut
from pylightnix_fn.errors.plan import BadParameter

LIMIT = 0.5
SLACK = 4.0  # seconds that a busy machine may need to end a process


def asleep(folder: Path) -> None:
    time.sleep(60)


PROGRAM = """
import os
from trials import built, writing
from pylightnix_fn import MemoryStore, timeout

store = MemoryStore()
built(timeout(30)(writing("first")), store)  # whatever is opened once only
before = sorted(os.listdir("/proc/self/fd"))
built(timeout(30)(writing("second")), store, rebuild=True)
assert before == sorted(os.listdir("/proc/self/fd"))
try:
    os.waitpid(-1, os.WNOHANG)
except ChildProcessError:
    print("no child is left")
"""


def test_timeout_leaves_neither_processes_nor_open_files() -> None:
    # In a program of its own: other tests may leave files to the garbage collector.
    command = [sys.executable, "-c", PROGRAM]
    ended = subprocess.run(
        command, cwd=Path(__file__).parent, capture_output=True, text=True, check=False
    )
    assert ("", "no child is left\n") == (ended.stderr, ended.stdout)


def numbers(b: Build[Trial, Note]) -> None:
    b.out.text.write(f"{random.random()} {np.random.random()}")


@pytest.mark.parametrize(
    "realizer", [seeded(timeout(30)(numbers)), timeout(30)(seeded(numbers))], ids=["around", "in"]
)
def test_timeout_does_not_change_what_is_seeded(realizer: Trying) -> None:
    plain, confined = MemoryStore(), MemoryStore()
    expected = built(seeded(numbers), plain).out.text.read()
    assert expected == built(realizer, confined).out.text.read()


def test_timeout_does_not_repeat_what_is_drawn_by_chance(store: Store) -> None:
    closure = trial(timeout(30)(numbers))
    drawn = [realize(closure, store, rebuild=True).out.text.read().split() for _ in range(3)]
    assert 6 == len({number for numbers in drawn for number in numbers})


def test_attempts_under_a_timeout_draw_other_numbers(tmp_path: Path) -> None:
    def fail(b: Build[Trial, Note]) -> None:
        with (tmp_path / "drawn").open("a", encoding="utf-8") as stream:
            stream.write(f"{random.random()} {np.random.random()} ")
        raise ValueError

    with pytest.raises(RealizerFailed):
        built(seeded(retry(3)(timeout(30)(fail))), MemoryStore())
    drawn = (tmp_path / "drawn").read_text(encoding="utf-8").split()
    assert (6, 6) == (len(drawn), len(set(drawn)))


def test_samples_made_under_a_timeout_are_kept(store: Store) -> None:
    made = built(timeout(30)(samples(3)(seeded(numbers))), store)
    assert 3 == len(store.rrefs(made.dref))
    assert {0, 1, 2} == {store.record(rref).facts.sample for rref in store.rrefs(made.dref)}


# What it is given.


@pytest.mark.parametrize("seconds", [math.inf, 1e300, 100.0 * 86400])
def test_timeout_may_be_as_long_as_one_likes(seconds: float) -> None:
    store = MemoryStore()
    assert "a" == built(timeout(seconds)(writing("a")), store).out.text.read()


@pytest.mark.parametrize("seconds", [0, -1, math.nan])
def test_timeout_without_time_is_refused(seconds: float) -> None:
    with pytest.raises(BadParameter, match="more than 0"):
        timeout(seconds)


def test_error_says_how_long_the_limit_was() -> None:
    expected = (
        "realizer of 'trial' did not end in time\n\n"
        "  realizer  timeout(0.1)(do)\n  limit     0.1 s\n\n"
        "Give it more time, or less to do; what was written is kept."
    )
    with pytest.raises(TimedOut) as caught:
        built(timeout(0.1)(doing(asleep)), MemoryStore())
    assert expected == str(caught.value)


def test_what_was_written_before_the_limit_is_left(tmp_path: Path) -> None:
    def hang(folder: Path) -> None:
        (folder / "half").touch()
        time.sleep(60)

    store = DiskStore.open(tmp_path / "store")
    with pytest.raises(TimedOut):
        built(timeout(LIMIT)(doing(hang)), store)
    assert ["half"] == [path.name for path in store.root.glob("tmp/*/*/out/*")]
