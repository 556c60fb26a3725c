"""Runs workers in one store, and kills them at random: a program, `python nursery.py ROOT`.

It forks them, so that a new one is there at once, and uses no store itself. What happened it prints
as JSON. A mutant is a store with one line of its protocol left out, which workers must notice.
"""

from __future__ import annotations

import faulthandler
import json
import os
import random
import signal
import subprocess
import sys
import time
import traceback
from argparse import ArgumentParser
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Final, Literal, TypeAlias

import pytest
from attrs import Factory, define, frozen
from worker import ALL_SORTS, COLLECTING, USING, Act, Tally, Worker

import pylightnix_fn
from pylightnix_fn import DiskStore
from pylightnix_fn.filesystem import FileSystem
from pylightnix_fn.locks import locked
from pylightnix_fn.retention.inventory import Reference
from pylightnix_fn.store.backing import Backing
from pylightnix_fn.store.liveness import in_use

Mutant: TypeAlias = Literal[
    "pins outside the gate", "publishes outside the gate", "sees no writers"
]

WORKERS: Final = 8
GRACE: Final = 20  # seconds within which a worker must have seen that it is over
FOUND_WRONG: Final = 3  # how a worker ends that found something wrong


@frozen
class Outcome:
    """What workers did, and what they found wrong."""

    counts: Mapping[str, int]
    failures: Sequence[str]
    seconds: float

    def __str__(self) -> str:
        counts = ", ".join(f"{name} {number}" for name, number in self.counts.items())
        return f"{self.seconds:.1f} s: {counts}"


def worked(
    root: Path,
    seconds: float,
    *,
    kills: bool = False,
    duel: bool = False,
    mutant: Mutant | None = None,
    name: str = "worker",
    inside: Sequence[str] = (),
) -> Outcome:
    """What happens when workers use a store for so long, or until one finds something wrong.

    ``inside`` is a command that the nursery is an argument of.
    """
    program = [*inside, sys.executable, "-W", "error", __file__, str(root), "--name", name]
    options = [*["--kills"] * kills, *["--duel"] * duel, *(["--mutant", mutant] if mutant else [])]
    package = Path(pylightnix_fn.__path__[0]).parent
    done = subprocess.run(
        [*program, "--seconds", str(seconds), *options],
        env={**os.environ, "PYTHONPATH": str(package)},
        stdout=subprocess.PIPE,
        text=True,
        timeout=seconds + 3 * GRACE,
        check=True,
    )
    found = json.loads(done.stdout)
    return Outcome(found["counts"], found["failures"], found["seconds"])


@define
class Nursery:
    """Keeps workers running, each with a row in the tally."""

    root: Path
    name: str
    mutant: Mutant | None
    duel: bool = False
    chance: random.Random = Factory(random.Random)
    tally: Tally = Factory(lambda: Tally(WORKERS))
    rows: dict[int, int] = Factory(dict)
    kills: int = 0
    failures: list[str] = Factory(list)

    @property
    def notes(self) -> Path:
        """Where workers write what they found wrong."""
        return self.root.with_name(f"{self.root.name}-{self.name}")

    def acts(self, row: int) -> Mapping[Act, int]:
        """What a worker does: all sorts of things, or its part in a duel of a few acts."""
        if not self.duel:
            return ALL_SORTS
        return COLLECTING if row < WORKERS // 2 else USING

    def start(self, row: int) -> None:
        seed = self.chance.random()
        process = os.fork()
        if process == 0:
            self._work(row, seed)
        self.rows[process] = row

    def _work(self, row: int, seed: float) -> None:
        status = FOUND_WRONG
        stack = (self.notes / f"{os.getpid()}.stack").open("w")
        faulthandler.register(signal.SIGUSR1, stack, all_threads=True)
        try:
            with pytest.MonkeyPatch.context() as patch:
                mutate(patch, self.mutant)
                store = DiskStore.open(self.root, durability="off")
                name = f"{self.name}{row}"
                chance, acts = random.Random(seed), self.acts(row)
                Worker(store, name, row, self.tally, chance, acts).run()
                store.close()
            status = 0
        except BaseException:
            (self.notes / str(os.getpid())).write_text(traceback.format_exc(), encoding="utf-8")
        finally:
            os._exit(status)

    def kill_one(self) -> None:
        process = self.chance.choice(sorted(self.rows))
        os.kill(process, signal.SIGKILL)
        self.reap(process)
        self.kills += 1

    def reap(self, process: int, *, wait: bool = True) -> bool:
        """Whether a process has ended."""
        done, status = os.waitpid(process, 0 if wait else os.WNOHANG)
        if done == 0:
            return False
        code = os.waitstatus_to_exitcode(status)
        if code not in (0, -signal.SIGKILL):
            note = self.notes / str(process)
            self.failures.append(note.read_text(encoding="utf-8") if note.exists() else str(code))
        del self.rows[process]
        return True

    def stack(self, process: int) -> str:
        """Where a worker hangs."""
        os.kill(process, signal.SIGUSR1)
        time.sleep(0.5)
        return f"it hangs:\n{(self.notes / f'{process}.stack').read_text(encoding='utf-8')}"

    def run(self, seconds: float, *, kills: bool) -> None:
        self.notes.mkdir(exist_ok=True)
        until = time.monotonic() + seconds
        now = due = time.monotonic()
        while now < until and not self.failures:
            for row in set(range(WORKERS)) - set(self.rows.values()):
                self.start(row)
            due = max(now, due) + self.chance.uniform(0.02, 0.04)
            time.sleep(max(0.0, due - time.monotonic()))
            for process in tuple(self.rows):
                self.reap(process, wait=False)
            if kills and self.rows:
                self.kill_one()
            now = time.monotonic()
        self.end(kills=kills)

    def end(self, *, kills: bool) -> None:
        """Kill the last ones, too; or else see that each of them comes to an end."""
        self.tally.end()
        until = time.monotonic() + GRACE
        while self.rows and not kills and time.monotonic() < until:
            time.sleep(0.01)
            for process in tuple(self.rows):
                self.reap(process, wait=False)
        if self.rows and not kills:
            self.failures.extend(self.stack(process) for process in self.rows)
        while self.rows:
            self.kill_one()


def mutate(patch: pytest.MonkeyPatch, mutant: Mutant | None) -> None:
    """Leave one line of the protocol out; all the others must stand a collector that dawdles."""
    patch.setattr("pylightnix_fn.upkeep.planning.in_use", _in_use_slowly)
    if mutant == "pins outside the gate":
        patch.setattr("pylightnix_fn.store.disk.locked", _ungated)
    elif mutant == "publishes outside the gate":
        patch.setattr("pylightnix_fn.store.publication.locked", _ungated)
    elif mutant == "sees no writers":
        patch.setattr("pylightnix_fn.upkeep.planning.in_use", _nobody)


def _ungated(fs: FileSystem, path: Path, *, shared: bool = False) -> AbstractContextManager[None]:
    return nullcontext() if shared else locked(fs, path)


def _in_use_slowly(backing: Backing) -> dict[Reference, str]:
    found = in_use(backing)
    time.sleep(0.06)
    return found


def _nobody(backing: Backing) -> dict[Reference, str]:
    return {}


def main() -> None:
    parser = ArgumentParser()
    parser.add_argument("root", type=Path)
    parser.add_argument("--seconds", type=float)
    parser.add_argument("--name", default="worker")
    parser.add_argument("--kills", action="store_true")
    parser.add_argument("--duel", action="store_true")
    parser.add_argument("--mutant")
    given = parser.parse_args()
    nursery = Nursery(given.root, given.name, given.mutant, given.duel)
    began = time.monotonic()
    nursery.run(given.seconds, kills=given.kills)
    counts = {**nursery.tally.totals(), "kills": nursery.kills}
    seconds = time.monotonic() - began
    print(json.dumps({"counts": counts, "failures": nursery.failures, "seconds": seconds}))


if __name__ == "__main__":
    main()
