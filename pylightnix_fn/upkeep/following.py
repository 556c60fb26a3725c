"""Builds under way: where they write, and what they print meanwhile."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from pylightnix_fn.errors.store import NotRunning
from pylightnix_fn.files import is_folder, names_in
from pylightnix_fn.refs import DRef
from pylightnix_fn.remains import RECORD
from pylightnix_fn.store.backing import guarded
from pylightnix_fn.store.disk import DiskStore
from pylightnix_fn.store.liveness import is_live

LOG: Final = "log.txt"
PAUSE: Final = 0.1  # seconds between two looks


def under_way(store: DiskStore, dref: DRef[object]) -> tuple[Path, ...]:
    """The places of the builds of a derivation that a live process goes on with."""
    fs, staging = store.fs, store.layout.staging
    with guarded(store.layout):
        return tuple(
            home
            for writer in names_in(fs, staging)
            if is_folder(fs, staging / writer) and is_live(store.backing, writer)
            for name in names_in(fs, staging / writer)
            if name.startswith(dref.digest)
            and not (home := staging / writer / name).joinpath(RECORD).exists()
        )


def follow(store: DiskStore, dref: DRef[object]) -> Iterator[str]:
    """What a build of a derivation that is under way has printed, and prints until it has ended.

    Nothing comes of a build that is not `logged`. `NotRunning` where there is none.
    """
    places = under_way(store, dref)
    if not places:
        raise NotRunning(dref.text, str(store.root))
    home = places[0]
    log, failed = home / LOG, home / RECORD
    while not log.exists():
        if failed.exists() or not home.exists() or not _goes_on(store, home):
            return
        time.sleep(PAUSE)
    with log.open(errors="replace") as stream:
        while True:
            has_ended = failed.exists() or not log.exists() or not _goes_on(store, home)
            yield from stream  # what is left of it, where it has ended
            if has_ended:
                return
            time.sleep(PAUSE)


def _goes_on(store: DiskStore, home: Path) -> bool:
    return is_live(store.backing, home.parent.name)
