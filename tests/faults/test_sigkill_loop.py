"""Workers use a store and are killed all the time: nothing breaks, nothing stays behind."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from nursery import worked
from soundness import DAMAGED, dangling, litter, view

from pylightnix_fn import DiskStore, empty_trash, gc, named_roots, remove_root

SECONDS = 60


def test_killed_workers_break_nothing_and_leave_nothing_behind(
    tmp_path: Path, scale: int, record_property: Callable[[str, object], None]
) -> None:
    root = tmp_path / "store"
    outcome = worked(root, SECONDS * scale, kills=True)
    record_property("counts", f"SIGKILL loop: {outcome}")
    assert [] == list(outcome.failures)
    assert outcome.counts["kills"] > SECONDS  # or else this was no trial
    assert_sound(root)
    assert_nothing_stays(root)


def assert_sound(root: Path) -> None:
    """All that is there is whole, and leads to nothing that is not there."""
    now = view(root)
    assert [] == [text for text, state in now.items() if state.startswith(DAMAGED)]
    assert [] == list(dangling(root, now))


def assert_nothing_stays(root: Path) -> None:
    """What nobody needs goes, and takes with it all that the dead left."""
    store = DiskStore.open(root)
    gc(store, delete=True, everything=True)
    assert {each.text for each in named_roots(store).values()} <= view(root).keys()
    assert_sound(root)
    for name in named_roots(store):
        remove_root(store, name)
    gc(store, delete=True, everything=True)
    empty_trash(store)
    store.close()
    assert {} == view(root)
    assert [] == litter(root)
    assert [] == os.listdir(root / "trash")
