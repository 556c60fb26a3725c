"""A clock that is wrong, stands still or jumps costs nobody anything (4.11).

The programs run under libfaketime; the clock of the tests themselves is right.
"""

from __future__ import annotations

import glob
import os
import random
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import clocked
import pytest
from scenarios import put, registered

from pylightnix_fn import DiskStore, Hit, explain
from pylightnix_fn.filesystem import Disk, Where
from pylightnix_fn.store.census import objects_of
from pylightnix_fn.store.inspection import damage_of
from pylightnix_fn.store.liveness import live_processes
from pylightnix_fn.store.machine import Machine

LIBRARIES = [
    found
    for place in ("/usr/lib", "/usr/lib64", "/usr/lib/*", "/usr/local/lib")
    for found in glob.glob(f"{place}/faketime/libfaketimeMT.so.1")
]
NOW, LONG_AGO, FAR_OFF = "+0", "@2001-01-01 00:00:00", "@2100-01-01 00:00:00"
BEGIN, END = "@1970-01-03 00:00:00", "@2038-01-19 03:14:07"
CLOCKS = [
    *((NOW, LONG_AGO), (LONG_AGO, NOW), (NOW, FAR_OFF), (FAR_OFF, NOW)),
    *((LONG_AGO, FAR_OFF), (FAR_OFF, LONG_AGO), (BEGIN, END), (END, BEGIN)),
]
STILL = ("2001-01-01 00:00:00", "2100-01-01 00:00:00")
HOUR = 3600
YEAR = 365 * 24 * HOUR

Record = Callable[[str, object], None]

needs_faketime = pytest.mark.skipif(not LIBRARIES, reason="this machine has no libfaketime")


@contextmanager
def started(clock: str | Path, *order: object) -> Iterator[subprocess.Popen[str]]:
    """A program whose clock is this one, or the one that a file says."""
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(sys.path),
        "LD_PRELOAD": LIBRARIES[0],
        "DONT_FAKE_MONOTONIC": "1",  # clocks that only go forward do so here, too
        "NO_FAKE_STAT": "1",
    }
    if isinstance(clock, Path):
        environment |= {"FAKETIME_TIMESTAMP_FILE": str(clock), "FAKETIME_NO_CACHE": "1"}
    else:
        environment["FAKETIME"] = clock
    with subprocess.Popen(
        [sys.executable, clocked.__file__, *map(str, order)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=environment,
    ) as process:
        yield process


def told(process: subprocess.Popen[str]) -> list[str]:
    """The words of the next line that a program prints."""
    assert process.stdout is not None  # a pipe
    return process.stdout.readline().split()


def ran(clock: str, *order: object) -> list[str]:
    """What a program printed that has ended well."""
    with started(clock, *order) as process:
        words = told(process)
    assert (0, True) == (process.returncode, bool(words))
    return words


def chosen(store: DiskStore) -> tuple[str, str]:
    """What `latest` chooses, and what it must choose: started last, the larger of equals."""
    (hit,) = explain(clocked.closure(), store).steps
    assert isinstance(hit, Hit)
    (rref,) = hit.rrefs
    records = [store.record(each) for each in store.rrefs(rref.dref)]
    expected = max(records, key=lambda each: (each.facts.started, each.rref.text))
    return expected.rref.text, rref.text


def damaged(store: DiskStore) -> list[str]:
    """Everything in a store that is not whole."""
    return [
        str(damage)
        for reference in objects_of(store.backing)
        for damage in damage_of(store.fs, store.layout, reference)
    ]


@needs_faketime
@pytest.mark.parametrize(("before", "after"), CLOCKS)
def test_clock_that_was_set_costs_no_build(tmp_path: Path, before: str, after: str) -> None:
    first, again = (ran(clock, "build", tmp_path / "store") for clock in (before, after))
    assert first[2] == again[2]
    ran(after, "rebuild", tmp_path / "store")
    ran(before, "rebuild", tmp_path / "store")
    store = DiskStore.open(tmp_path / "store")
    assert 3 == sum(len(store.rrefs(dref)) for dref in store.drefs())
    expected, actual = chosen(store)
    assert expected == actual
    assert [] == damaged(store)


@needs_faketime
@pytest.mark.parametrize(("before", "after"), CLOCKS)
def test_clock_of_another_process_ends_nobody(tmp_path: Path, before: str, after: str) -> None:
    with started(before, "hold", tmp_path / "store") as holder:
        (held,) = told(holder)
        assert ["1", "True"] == ran(after, "look", tmp_path / "store", held)
        assert holder.stdin is not None  # a pipe
        holder.stdin.write("\n")
        holder.stdin.flush()
        assert ["b.txt", "c.txt"] == told(holder)
    assert 0 == holder.returncode


@needs_faketime
@pytest.mark.parametrize("clock", STILL)
def test_clock_that_stands_still_gives_ties_by_reference(tmp_path: Path, clock: str) -> None:
    for _ in range(4):
        ran(clock, "rebuild", tmp_path / "store")
    store = DiskStore.open(tmp_path / "store")
    (dref,) = store.drefs()
    rrefs = store.rrefs(dref)
    assert 4 == len(rrefs)
    assert 1 == len({store.record(each).facts.started for each in rrefs})
    assert (str(max(rrefs, key=str)),) * 2 == chosen(store)


@needs_faketime
@pytest.mark.parametrize("seed", [1, 2])
def test_clock_that_jumps_stops_no_writer(
    tmp_path: Path, seed: int, scale: int, record_property: Record
) -> None:
    jumps, began = 0, time.monotonic()
    for turn in range(scale):
        jumps += _jumping(tmp_path / f"store-{turn}", random.Random(seed * 1000 + turn))
    record_property(
        "counts",
        f"clock, seed {seed}: {jumps} jumps of up to an hour in {time.monotonic() - began:.0f} s",
    )
    assert jumps


def _jumping(root: Path, chance: random.Random) -> int:
    """Let two processes build while their clock jumps; how often it did."""
    clock, jumps = root.with_suffix(".clock"), 0
    clock.write_text("+0\n", encoding="utf-8")
    orders = [("write", root, chance.getrandbits(16)) for _ in range(2)]
    with started(clock, *orders[0]) as one, started(clock, *orders[1]) as other:
        while one.poll() is None or other.poll() is None:
            beside = clock.with_suffix(".new")
            beside.write_text(f"{chance.randint(-HOUR, HOUR):+d}\n", encoding="utf-8")
            beside.rename(clock)
            jumps += 1
            time.sleep(0.01)
        assert ["done"] == told(one) == told(other)
    store = DiskStore.open(root)
    expected, actual = chosen(store)
    assert expected == actual
    assert [] == damaged(store)
    assert () == live_processes(store.backing)
    return jumps


class Misdated(Disk):
    """A disk on which one path was changed at another time than it says."""

    def __init__(self, path: Path, changed: float) -> None:
        self.path, self.changed = path, changed

    def lstat(self, path: Where, *, at: int | None = None) -> os.stat_result:
        found = super().lstat(path, at=at)
        return os.stat_result((*found[:9], int(self.changed))) if path == self.path else found


@pytest.mark.parametrize("misdated", ["the mark is of the future", "the object is of the past"])
def test_clock_that_was_wrong_before_a_power_cut_hides_nothing_torn(
    tmp_path: Path, misdated: str
) -> None:
    boots = Machine("host", "1"), Machine("host", "2")
    store = DiskStore.open(tmp_path / "store", durability="off", machine=boots[0])
    rref = put(store, registered(store), {"a.txt": "data"})
    store.close()
    torn = store.folder(rref) / "a.txt"
    torn.chmod(0o644)
    torn.write_text("")
    if misdated == "the mark is of the future":
        (mark,) = store.layout.unsynced.iterdir()
        fs = Misdated(mark, time.time() + 10 * YEAR)
    else:
        fs = Misdated(store.folder(rref), time.time() - 10 * YEAR)
    again = DiskStore.open(store.root, machine=boots[1], fs=fs)
    assert () == again.rrefs(rref.dref)
