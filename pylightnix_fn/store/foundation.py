"""The folders and the format that a store stands on: found, made, or refused.

Nobody but its owner, or the administrator, may be able to put another thing in the place of what
lies in a store.
"""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

from pylightnix_fn.canonical import canonical
from pylightnix_fn.errors.store import (
    DamagedObject,
    StagingElsewhere,
    StoreIncomplete,
    StoreIsFile,
    StoreMissing,
    StoreOfOthers,
    UnknownFormat,
)
from pylightnix_fn.files import make_folders, opened, sync_names, write_file
from pylightnix_fn.filesystem import FOLDER
from pylightnix_fn.locks import locked
from pylightnix_fn.store.backing import REFUSED, Backing
from pylightnix_fn.store.layout import Layout
from pylightnix_fn.store.records import read_mapping

FORMAT: Final = 1
RESERVE: Final = 2**20  # bytes; in a folder of the trash, an object takes some 80 of them
_TEXT: Final = canonical({"format": FORMAT, "locks": "flock"})


def prepare(backing: Backing, create: bool, trust: bool) -> None:
    """Check the folders of a store; make what is not there, if we are to.

    Errors: `StoreIsFile`, `StoreMissing`, `StoreIncomplete`, `StoreNotWritable`, `StoreOfOthers`,
    `UnknownFormat`.
    """
    layout = backing.layout
    _check_format(backing)
    if not os.path.isdir(layout.objects):
        if os.path.lexists(layout.format):
            raise StoreIncomplete(str(layout.root), layout.objects.name)
        _check_free(layout)
        if not create:
            with suppress(FileNotFoundError):
                os.lstat(layout.objects)  # `PermissionError` where we may not even look
            raise StoreMissing(str(layout.root))
    if not trust:
        _check_owners(layout)
    if create or os.access(layout.root, os.W_OK):
        _complete(backing)


def check_staging(layout: Layout) -> None:
    """Raise `StagingElsewhere` if a rename cannot lead from staging to the objects."""
    if _device(layout.staging) != _device(layout.objects):
        raise StagingElsewhere(str(layout.root), str(layout.staging))


def _device(path: Path) -> int:
    """The file system of a path, or of the nearest folder above that exists."""
    while not path.exists():
        path = path.parent
    return path.stat().st_dev


def _check_free(layout: Layout) -> None:
    for path in (layout.objects, layout.staging):
        there = next(each for each in (path, *path.parents) if os.path.lexists(each))
        if not os.path.isdir(there):
            raise StoreIsFile(str(there))


def _check_owners(layout: Layout) -> None:
    """Refuse a store in whose place another user could put something else."""
    folders = (layout.root, *layout.folders)
    # In staging every process has a folder of its own, closed to others: those may stand beside it.
    ours = {Path(os.path.realpath(folder)) for folder in folders if folder != layout.staging}
    for path in dict.fromkeys(step for folder in folders for step in _steps(folder)):
        with suppress(FileNotFoundError):
            status = os.lstat(path)
            if status.st_uid not in (os.geteuid(), 0):
                raise StoreOfOthers(str(path), f"it belongs to user {status.st_uid}")
            is_open = status.st_mode & stat.S_IWOTH and not stat.S_ISLNK(status.st_mode)
            # Where the sticky bit is set, others may add something, and replace nothing.
            if is_open and (path in ours or not status.st_mode & stat.S_ISVTX):
                raise StoreOfOthers(str(path), "everybody may write to it")


def _steps(folder: Path) -> Iterator[Path]:
    """What a path leads through, as it is spelled and where it leads."""
    for path in (folder, Path(os.path.realpath(folder))):
        yield from reversed(path.parents)
        yield path


def _check_format(backing: Backing) -> None:
    layout = backing.layout
    if not os.path.lexists(layout.format):
        return
    try:
        found = read_mapping(backing.fs, layout.format, "the store")
    except DamagedObject as error:
        raise UnknownFormat(str(layout.root), error.why, str(FORMAT)) from error
    if canonical(found) != _TEXT:
        raise UnknownFormat(str(layout.root), json.dumps(found), str(FORMAT))


def _complete(backing: Backing) -> None:
    """Make what is missing, if we may; the format comes last, so all is there where it is."""
    layout = backing.layout
    try:
        for folder in layout.folders:
            make_folders(backing.fs, folder)
        if not os.path.lexists(layout.format):
            make_reserve(backing)
            with locked(backing.fs, layout.gate, shared=True):
                _publish_format(backing)
    except OSError as error:
        if error.errno not in REFUSED or not os.path.lexists(layout.format):
            raise


def _publish_format(backing: Backing) -> None:
    fs, layout = backing.fs, backing.layout
    new = layout.locks / f"format-{os.urandom(8).hex()}"
    write_file(fs, new, _TEXT.encode(), sync=True)
    with opened(fs, layout.root, FOLDER) as root:
        if backing.durability != "off":  # or else nobody counts on what was made before it
            fs.syncfs(root)
        fs.rename(new, layout.format)
        sync_names(fs, root)


def make_reserve(backing: Backing) -> None:
    """Keep a little room, which collecting garbage gives back where there is none left."""
    try:
        room = os.statvfs(backing.layout.root)
        size = min(RESERVE, room.f_bavail * room.f_frsize // 16)
        write_file(backing.fs, backing.layout.reserve, bytes(size))
    except FileExistsError:
        return
    except OSError:  # no room even for that, so none of it is to be taken
        with suppress(OSError):
            backing.fs.unlink(backing.layout.reserve)
