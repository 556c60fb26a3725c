"""Workers use a store all at once: what was promised to stay stays, as readers of all of it see.

They would notice if it were not so: each line of the protocol is left out once.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

import pytest
from attrs import define
from nursery import Mutant, worked
from ports import WatchedFs
from scenarios import Counter, put, registered
from test_sigkill_loop import assert_nothing_stays, assert_sound

from pylightnix_fn import DiskStore, gc, instantiate, latest, named_roots, realize, remove_root
from pylightnix_fn.errors.store import StillNeeded

R = TypeVar("R")

SECONDS = 15
PATIENCE = 30  # seconds within which a mutant must be noticed
ELSEWHERE = ("unshare", "--uts", "--pid", "--fork")


def test_workers_find_what_they_were_promised(
    tmp_path: Path, scale: int, record_property: Callable[[str, object], None]
) -> None:
    outcome = worked(tmp_path / "store", SECONDS * scale)
    record_property("counts", f"stress: {outcome}")
    assert [] == list(outcome.failures)
    assert outcome.counts["read"] > SECONDS
    assert_sound(tmp_path / "store")
    assert_nothing_stays(tmp_path / "store")


@pytest.mark.skipif(
    os.geteuid() != 0 or shutil.which(ELSEWHERE[0]) is None, reason="needs root and unshare"
)
def test_workers_of_two_hosts_find_what_they_were_promised(
    tmp_path: Path, scale: int, record_property: Callable[[str, object], None]
) -> None:
    root, seconds = tmp_path / "store", SECONDS * scale / 2
    with ThreadPoolExecutor(2) as threads:
        here = threads.submit(worked, root, seconds, kills=True, name="here")
        there = threads.submit(worked, root, seconds, kills=True, name="there", inside=ELSEWHERE)
    for outcome in (here.result(), there.result()):
        record_property("counts", f"stress on one of two hosts: {outcome}")
        assert [] == list(outcome.failures)
    assert_sound(root)
    assert_nothing_stays(root)


@pytest.mark.parametrize(
    "mutant", ["pins outside the gate", "publishes outside the gate", "sees no writers"]
)
def test_workers_notice_a_store_that(
    mutant: Mutant, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    outcome = worked(tmp_path / "store", PATIENCE, mutant=mutant)
    record_property("counts", f"a store that {mutant}, noticed after {outcome}")
    assert outcome.failures


# One race at a time


@define(eq=False)
class Meanwhile(WatchedFs):
    """The disk; when a file of this name is about to be opened, something else happens first."""

    name: str = ""
    happens: Callable[[], object] | None = None
    opening: str = ""

    def open(
        self, path: Path | str, flags: int, mode: int = 0o600, *, at: int | None = None
    ) -> int:
        if Path(path).name == self.name and self.happens is not None:
            happens, self.happens = self.happens, None
            happens()
        return super().open(path, flags, mode, at=at)
