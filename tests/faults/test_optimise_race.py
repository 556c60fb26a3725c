"""Sharing equal files beside processes that commit, read and collect, while it is killed again.

Every file is named for what it holds, so that a reader can tell without the store's help.
"""

from __future__ import annotations

import ctypes
import os
import random
import shutil
import signal
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from mmap import mmap
from multiprocessing import get_context
from multiprocessing.context import SpawnContext
from pathlib import Path
from typing import Final

import pytest
from attrs import evolve, frozen
from scenarios import NOBODY, put, registered, unprivileged
from soundness import litter

from pylightnix_fn import DiskStore, Folder, RRef, gc, keep_latest
from pylightnix_fn.errors.store import MissingObject
from pylightnix_fn.store.census import objects_of
from pylightnix_fn.store.inspection import damage_of
from pylightnix_fn.upkeep.space import du, optimise
from pylightnix_fn.upkeep.undoing import empty_trash

SECONDS: Final = 6.0
NAMES: Final = 12  # contents that there are
DERIVATIONS: Final = 6
LEAST: Final = 1000  # bytes of a file that is shared
SHARED: Final = 2**16  # files that one process shares at most before it is killed
KILLED: Final = -signal.SIGKILL

Job = Callable[[DiskStore, random.Random], int]


def content(name: str) -> bytes:
    """What a file of this name holds."""
    return sha256(name.encode()).digest() * 60


def commit(store: DiskStore, chance: random.Random) -> int:
    """A result with files that others have, too; now and then an equal result."""
    dref = registered(store, "thing", number=chance.randrange(DERIVATIONS))
    chosen = chance.sample(range(NAMES), 3)

    def write(folder: Path) -> None:
        (folder / "in" / "deep").mkdir(parents=True)
        for below, number in zip(("", "in", "in/deep"), chosen, strict=True):
            (folder / below / f"{number}").write_bytes(content(str(number)))

    try:
        put(store, dref, write, started=time.time())
    except MissingObject:
        return 0  # the derivation was collected since
    if chance.random() < 0.3:
        store.close()  # so that it may be collected
    return 1


def read(store: DiskStore, chance: random.Random) -> int:
    """Files of a result that was promised to stay, and once more by what was opened before."""
    rref = _any(store, chance)
    if rref is None or not store.pin([rref]):
        return 0
    files = [each for each in store.folder(rref).glob("**/[0-9]*") if each.is_file()]
    assert 3 == len(files), files
    with chance.choice(files).open("rb") as kept:
        for _ in range(3):
            for file in files:
                assert content(file.name) == file.read_bytes(), file
        assert content(Path(kept.name).name) == kept.read(), kept.name
    damage = damage_of(store.fs, store.layout, rref)
    assert all(each.is_harmless for each in damage), damage
    if chance.random() < 0.1:
        store.close()
    return len(files)


def _any(store: DiskStore, chance: random.Random) -> RRef[Folder] | None:
    drefs = store.drefs()
    found = store.rrefs(chance.choice(drefs)) if drefs else ()
    return chance.choice(found) if found else None


def collect(store: DiskStore, chance: random.Random) -> int:
    time.sleep(0.02)
    plan = gc(store, keep_latest(2), delete=True, everything=True)
    du(store)
    empty_trash(store)
    return len(plan.removals)


def share(store: DiskStore, chance: random.Random) -> int:
    """Share in a process that is killed after a few files, or a second."""
    shared, enough = mmap(-1, SHARED), chance.randrange(8)
    child = os.fork()
    if child == 0:
        _share_for_ever(store.root, shared)
    end = time.monotonic() + chance.random()
    while time.monotonic() < end and not shared[enough]:
        time.sleep(0.0005)
    os.kill(child, signal.SIGKILL)
    ended = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    assert KILLED == ended, ended
    return shared[:].count(1)


def share_undisturbed(store: DiskStore, chance: random.Random) -> int:
    return optimise(store, least=LEAST).files


def _share_for_ever(root: Path, shared: mmap) -> None:
    try:
        store = DiskStore.open(root)
        while True:
            optimise(store, least=LEAST, observe=lambda _: shared.write_byte(1))
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(1)


JOBS: Final[dict[str, Job]] = {
    each.__name__: each for each in (commit, read, collect, share, share_undisturbed)
}


@frozen
class Done:
    """How often a job was done, what it counted, and what went wrong."""

    job: str
    times: int = 0
    counted: int = 0
    wrong: str = ""

    def __str__(self) -> str:
        return f"{self.job} {self.counted} ({self.times} times)"


def work(job: str, root: str, seed: int, seconds: float, user: int) -> Done:
    """Do one job again and again."""
    ctypes.CDLL(None)  # later, the interpreter may be closed to the user
    chance, done, end = random.Random(seed), Done(job), time.monotonic() + seconds
    with _as(user):
        store = DiskStore.open(root)
        try:
            while time.monotonic() < end:
                counted = done.counted + JOBS[job](store, chance)
                done = evolve(done, times=done.times + 1, counted=counted)
        except BaseException:
            return evolve(done, wrong=traceback.format_exc())
        finally:
            store.close()
    return done


@contextmanager
def _as(user: int) -> Iterator[None]:
    if user == os.geteuid():
        yield
        return
    with unprivileged():
        yield


@pytest.fixture
def root() -> Iterator[Path]:
    """A store of an ordinary user: rights mean nothing to root."""
    home = Path(tempfile.mkdtemp())
    if os.geteuid() == 0:
        os.chown(home, NOBODY, NOBODY)
    yield home / "store"
    shutil.rmtree(home)


@pytest.mark.parametrize("sharing", ["share", "share_undisturbed"])
def test_no_file_is_ever_wrong(
    root: Path, scale: int, sharing: str, record_property: Callable[[str, object], None]
) -> None:
    jobs = ["commit", "commit", "read", "read", "collect", sharing]
    context: SpawnContext = get_context("spawn")
    user = NOBODY if os.geteuid() == 0 else os.geteuid()
    with unprivileged():
        DiskStore.open(root).close()
    with context.Pool(len(jobs)) as pool:
        found = pool.starmap(
            work, [(job, str(root), n, SECONDS * scale, user) for n, job in enumerate(jobs)]
        )
    assert [] == [each.wrong for each in found if each.wrong]
    text = ", ".join(map(str, found))
    record_property("counts", f"sharing beside others, {SECONDS * scale:.0f} s: {text}")
    assert all(each.counted for each in found), text
    with unprivileged():
        _check_end(root)


def _check_end(root: Path) -> None:
    store = DiskStore.open(root)
    optimise(store, least=LEAST)
    inodes = {each.stat().st_ino for each in store.layout.objects.glob("*/*/**/[0-9]*")}
    assert len(inodes) <= NAMES
    for reference in objects_of(store.backing):
        damage = damage_of(store.fs, store.layout, reference)
        assert all(each.is_harmless for each in damage), damage
    store.close()
    assert [] == litter(root)
