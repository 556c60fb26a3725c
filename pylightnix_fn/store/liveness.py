"""Which processes use a store, what they rely on, and what those that are gone left behind.

To be asked with the gate held alone: then nobody begins to rely on anything meanwhile.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from attrs import frozen

from pylightnix_fn.files import delete, exists, is_folder, names_in, read_file
from pylightnix_fn.filesystem import FileSystem
from pylightnix_fn.locks import Lock, acquired
from pylightnix_fn.retention.inventory import Reference
from pylightnix_fn.store.backing import Backing
from pylightnix_fn.store.layout import reference_of
from pylightnix_fn.store_protocol import Staging

MAX_NOTES: Final = 2**30  # bytes


@frozen
class Process:
    """A live process that uses a store: who it is, and what it relies on."""

    writer: str
    who: str
    uses: tuple[Reference, ...]


def live_processes(backing: Backing) -> tuple[Process, ...]:
    """The processes that use a store."""
    return tuple(
        _process(backing, name)
        for name in names_in(backing.fs, backing.layout.writers)
        if not _is_gone(backing, name)
    )


def is_live(backing: Backing, writer: str) -> bool:
    """Whether the process lives that stages under this name, as far as we may know."""
    if not exists(backing.fs, backing.layout.writers / writer):
        return False
    try:
        return not _is_gone(backing, writer)
    except PermissionError:  # another user's
        return True


def in_use(backing: Backing, *, but: str = "") -> dict[Reference, str]:
    """What live processes rely on, and who they are; ``but`` names a writer to leave out."""
    return {
        reference: f"in use by {process.who}"
        for process in live_processes(backing)
        if process.writer != but
        for reference in process.uses
    }


def clear_after_dead(backing: Backing) -> None:
    """Take away what processes left that are gone: notes, locks, builds that nobody goes on with.

    What a failed build wrote stays.
    """
    fs, layout = backing.fs, backing.layout
    for name in names_in(fs, layout.writers):
        with _lock_of_dead(backing, layout.writers / name) as dead:
            if dead:
                _clear_staging(backing, layout.staging / name)
                _unlink(fs, layout.writers / name)
    for name in names_in(fs, layout.locks):
        path = layout.locks / name
        if path != layout.gate:
            with _lock_of_dead(backing, path) as dead:
                if dead:
                    _unlink(fs, path)
    if layout.staging.is_relative_to(layout.root):  # elsewhere, others keep their things, too
        for name in names_in(fs, layout.staging):
            if not exists(fs, layout.writers / name):
                _clear_staging(backing, layout.staging / name)


def _clear_staging(backing: Backing, place: Path) -> None:
    fs = backing.fs
    if not is_folder(fs, place):
        _unlink(fs, place)
        return
    for name in names_in(fs, place):
        home = Staging(place / name / "out")
        if not is_folder(fs, home.home):
            _unlink(fs, home.home)
        elif not exists(fs, home.error):
            delete(fs, home.home)
    with suppress(OSError):  # a failed build lies there
        fs.rmdir(place)


def _unlink(fs: FileSystem, path: Path) -> None:
    with suppress(FileNotFoundError):  # its process has just ended, and has taken it away
        fs.unlink(path)


def _is_gone(backing: Backing, name: str) -> bool:
    with _lock_of_dead(backing, backing.layout.writers / name) as dead:
        return dead


@contextmanager
def _lock_of_dead(backing: Backing, path: Path) -> Iterator[bool]:
    """Whether nobody holds a lock; if so, it is held meanwhile, or its file is gone."""
    lock: Lock | None = None
    try:
        lock = acquired(backing.fs, path, wait=False, create=False)
        is_dead = lock is not None
    except FileNotFoundError:
        is_dead = True
    try:
        yield is_dead
    finally:
        if lock is not None:
            lock.release()


def _process(backing: Backing, name: str) -> Process:
    notes = read_file(backing.fs, backing.layout.writers / name, MAX_NOTES) or b""
    who, *lines = notes.decode(errors="replace").split("\n")
    references = (reference_of(line) for line in lines)
    return Process(name, who, tuple(each for each in references if each is not None))
