"""What a power cut must not take: barriers before an object gets its name.

With durability "off" there is none; then a mark says since when objects may be torn, and whoever
opens the store after the machine went down looks through them first.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from pylightnix_fn.files import exists, names_in, sync_folder, write_file
from pylightnix_fn.filesystem import Where
from pylightnix_fn.store.backing import REFUSED, Backing


def barrier(backing: Backing, folder: int) -> None:
    """Wait until the disk has everything that was written so far, together with other threads.

    The folder is any of the store that is open.
    Never to be tried again where it fails: the system may have dropped what it could not write.
    """
    if backing.durability == "batch":
        backing.rounds.wait(lambda: backing.fs.syncfs(folder))
    elif backing.durability == "off":
        _mark(backing)


def settle_names(backing: Backing, folders: Iterable[Where]) -> None:
    """Make the names in these folders last."""
    if backing.durability != "off":
        for folder in folders:
            sync_folder(backing.fs, folder)


def _mark(backing: Backing) -> None:
    """Leave a durable mark, once for each run of the machine."""
    layout, fs = backing.layout, backing.fs
    mark = layout.unsynced / _name(backing)
    if mark in backing.marks:
        return
    if not exists(fs, mark):
        with suppress(FileExistsError):
            fs.mkdir(layout.unsynced)
        with suppress(FileExistsError):
            write_file(fs, mark, f"{datetime.now(UTC).isoformat()}\n".encode(), sync=True)
        sync_folder(fs, layout.unsynced)
        sync_folder(fs, layout.root)
    backing.marks.add(mark)


def _name(backing: Backing) -> str:
    return f"{backing.machine.host}.{backing.machine.boot}"


def look_through(backing: Backing, check: Callable[[float], None]) -> None:
    """Check what may be torn, if the machine went down since it was written without a barrier.

    ``check`` is told the time, in seconds, since when that may be.
    """
    host = backing.machine.host
    marks = [
        backing.layout.unsynced / name
        for name in names_in(backing.fs, backing.layout.unsynced)
        if name.partition(".")[0] == host and name != _name(backing)
    ]
    if marks:
        since = min(backing.fs.lstat(mark).st_ctime for mark in marks)
        check(since if since <= time.time() else 0)  # or else the clock was wrong then
        for mark in marks:
            _forget(backing, mark)


def _forget(backing: Backing, mark: Path) -> None:
    try:
        backing.fs.unlink(mark)
    except FileNotFoundError:
        return  # another process did the same
    except OSError as error:
        if error.errno not in REFUSED:  # who can only read leaves the mark to who can write
            raise
