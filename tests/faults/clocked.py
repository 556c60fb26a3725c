"""Programs that use a store while their clock is wrong: `python clocked.py WHAT ROOT ...`.

Each prints what it found, as words in a line.
"""

from __future__ import annotations

import os
import random
import sys
import time
from pathlib import Path

from scenarios import Counter, Part, files, put, registered

from pylightnix_fn import Build, Closure, DiskStore, Folder, Realization, instantiate, realize
from pylightnix_fn.errors.store import StillNeeded
from pylightnix_fn.locks import locked
from pylightnix_fn.refs import rref_from
from pylightnix_fn.store.liveness import clear_after_dead, live_processes
from pylightnix_fn.upkeep.collection import gc

BUILDS = 10  # of each writer


def closure() -> Closure[Realization[Folder]]:
    """One stage, of which every build gives another result."""
    return instantiate(Counter(_differ).stage, "one")


def _differ(b: Build[Part, Folder], n: int) -> None:
    (b.path / "random.bin").write_bytes(os.urandom(8))


def build(root: Path, *, rebuild: bool) -> None:
    """Realize; tell when, by this clock, and what was chosen."""
    store, began = DiskStore.open(root), time.time()
    made = realize(closure(), store, rebuild=rebuild)
    print(began, time.time(), made.rref, flush=True)


def hold(root: Path) -> None:
    """Build half of something, wait to be told, and build the rest."""
    store = DiskStore.open(root)
    made = put(store, registered(store, "held"), {"a.txt": "data"})
    staging = store.stage(made.dref)
    files({"b.txt": "half"})(staging.folder)
    print(made, flush=True)
    sys.stdin.readline()
    files({"c.txt": "rest"})(staging.folder)
    print(*sorted(os.listdir(staging.folder)), flush=True)


def look(root: Path, held: str) -> None:
    """Clear after dead processes, collect, try to remove what is held; tell who lives."""
    store = DiskStore.open(root)
    with locked(store.fs, store.layout.gate):
        clear_after_dead(store.backing)
        alive = len(live_processes(store.backing))
    gc(store, delete=True, everything=True)
    try:
        store.remove(rref_from(held))
        refused = False
    except StillNeeded:
        refused = True
    print(alive, refused, flush=True)


def write(root: Path, seed: int) -> None:
    """Build again and again, and ask what is the latest."""
    store, chance = DiskStore.open(root), random.Random(seed)
    for number in range(BUILDS):
        realize(closure(), store, rebuild=chance.random() < 0.5)
        put(store, registered(store, "equal"), {"a.txt": str(number % 2)}, started=time.time())
    print("done", flush=True)


if __name__ == "__main__":
    what, where, *rest = sys.argv[1:]
    if what in ("build", "rebuild"):
        build(Path(where), rebuild=what == "rebuild")
    elif what == "hold":
        hold(Path(where))
    elif what == "look":
        look(Path(where), rest[0])
    else:
        write(Path(where), int(rest[0]))
