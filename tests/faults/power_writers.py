"""Programs that write to a store until they are killed, and tell what was acknowledged.

Run as a program, this forks a writer for each order that it reads, and ends them all at an empty
line.
"""

from __future__ import annotations

import os
import random
import signal
import sys
import time
from itertools import count
from pathlib import Path
from typing import Final

from scenarios import put, registered

from pylightnix_fn import DiskStore, DRef, RRef
from pylightnix_fn.filesystem import DISK, Disk
from pylightnix_fn.store.backing import Durability
from pylightnix_fn.store.machine import Machine
from pylightnix_fn.tree import Folder
from pylightnix_fn.upkeep.roots import add_root

EQUAL: Final = 3  # results that every writer makes again and again
_STAGES: Final = 5  # results of one derivation
_MODES: Final[dict[str, Durability]] = {"batch": "batch", "full": "full", "off": "off"}


class Unsynced(Disk):
    """A disk whose barriers do nothing."""

    def fsync(self, descriptor: int) -> None:
        pass

    def syncfs(self, descriptor: int) -> None:
        pass


def serve() -> None:
    """Fork a writer for each line that is read, and kill them all at an empty one."""
    children: list[int] = []
    for line in sys.stdin:
        if line.strip():
            child = os.fork()
            if child == 0:
                _work(*line.split())
            children.append(child)
        else:
            _end(children)
            _tell(".")
            children.clear()
    _end(children)


def _end(children: list[int]) -> None:
    for child in children:
        os.kill(child, signal.SIGKILL)
    for child in children:
        os.waitpid(child, 0)


def _work(kind: str, *order: str) -> None:
    try:
        _stranger(*order) if kind == "stranger" else _write(*order)
    except BaseException as error:
        if kind != "stranger":
            _tell(f"end {type(error).__name__}: {' '.join(str(error).split())}")
    finally:
        os._exit(0)


def _tell(line: str) -> None:
    os.write(1, f"{line}\n".encode())  # as a whole: it is short


def _acknowledge(what: object, started: float = 0) -> None:
    _tell(f"{what} {started} {time.monotonic_ns()}")


def _stranger(path: str) -> None:
    """Another program that syncs files of its own: the journal is written at any time."""
    with open(path, "wb", buffering=0) as stream:
        while True:
            stream.write(b"x")
            os.fsync(stream.fileno())
            time.sleep(0.01)


def _write(root: str, durability: str, boot: str, seed: str, broken: str) -> None:
    fs = Unsynced() if int(broken) else DISK
    machine = Machine("host", boot)
    store = DiskStore.open(root, durability=_MODES[durability], fs=fs, machine=machine)
    chance = random.Random(int(seed))
    common = registered(store, "common")
    _acknowledge(common)
    dref, last = common, _make_again(store, common, 0, int(boot))
    for number in count(1):
        if number % _STAGES == 1:
            before, dref = last, registered(store, "step", seed=seed, n=number, on=str(last.dref))
            context: dict[DRef[object], tuple[RRef[object], ...]] = {before.dref: (before,)}
            _acknowledge(dref)
        else:
            context = {}
        last = put(store, dref, lambda folder: _fill(folder, chance), context=context)
        _acknowledge(last)
        if number % _STAGES == 0:
            add_root(store, f"root-{seed}-{number}", last)
            _acknowledge(f"root-{seed}-{number}")
            _make_again(store, common, chance.randrange(EQUAL), int(boot) * 10**6 + number)


def _make_again(store: DiskStore, dref: DRef[object], which: int, started: float) -> RRef[Folder]:
    """Build one of a few equal results, of which the newest time counts."""
    rref = put(store, dref, {"which.txt": str(which), "in/more.txt": "x" * 9999}, started=started)
    _acknowledge(rref, started)
    return rref


def _fill(folder: Path, chance: random.Random) -> None:
    """Files of several sizes, some in folders, some executable, and a link."""
    for number in range(chance.randint(1, 6)):
        path = folder / "/".join(["in"] * chance.randrange(3)) / f"{number}.bin"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(chance.randbytes(chance.choice((0, 1, 100, 5000, 40_000))))
        path.chmod(chance.choice((0o644, 0o755)))
    (folder / "link").symlink_to("0.bin")
    (folder.parent / "log.txt").write_text("what was printed\n" * chance.randrange(3))


if __name__ == "__main__":
    serve()
