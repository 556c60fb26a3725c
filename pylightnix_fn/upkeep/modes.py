"""Modes of what lies in a store: given back where they were changed."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable
from pathlib import PurePosixPath
from typing import Final

from pylightnix_fn.files import folder_at, is_folder, opened, opened_below
from pylightnix_fn.filesystem import FOLDER, READ, FileSystem
from pylightnix_fn.refs import DRef
from pylightnix_fn.retention.inventory import Reference
from pylightnix_fn.store.backing import Backing
from pylightnix_fn.store.inspection import Damage
from pylightnix_fn.store.layout import CONFIG_FILE
from pylightnix_fn.upkeep.examination import LISTABLE

_PLACE: Final = os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC


def restore_modes(backing: Backing, reference: Reference, damages: Iterable[Damage]) -> None:
    """Give the files of an object, whose contents are whole, the modes that they must have."""
    fs = backing.fs
    with opened(fs, backing.layout.located(reference), FOLDER) as top:
        for damage in damages:
            path = PurePosixPath(damage.file)
            with (
                opened_below(fs, top, path.parent) as here,
                opened(fs, path.name or ".", READ, at=here) as descriptor,
            ):
                fs.fchmod(descriptor, int(damage.expected, 8))


def open_up(backing: Backing, reference: Reference) -> None:
    """Give ourselves the right to read all of an object; what else its modes were is lost."""
    fs, layout = backing.fs, backing.layout
    with folder_at(fs, layout.located(reference)) as top:
        if isinstance(reference, DRef):
            _let_read(fs, CONFIG_FILE, top)
            return
        stack = [PurePosixPath()]
        while stack:
            below = stack.pop()
            with opened_below(fs, top, below, ours=True) as here:
                for name in fs.listdir(here):
                    status = fs.lstat(name, at=here)
                    if stat.S_ISDIR(status.st_mode):
                        stack.append(below / name)
                    elif stat.S_ISREG(status.st_mode) and not status.st_mode & stat.S_IRUSR:
                        _let_read(fs, name, here)


def open_up_folder(backing: Backing, dref: DRef[object]) -> bool:
    """Give ourselves the right to list the folder of a derivation; whether we lacked it."""
    path = backing.layout.derivation(dref)
    if not is_folder(backing.fs, path):
        return False
    if backing.fs.lstat(path).st_mode & LISTABLE == LISTABLE:
        return False
    with folder_at(backing.fs, path):
        return True


def _let_read(fs: FileSystem, name: str, here: int) -> None:
    """By way of the place, as what cannot be opened has no descriptor to change it by."""
    with opened(fs, name, _PLACE, at=here) as place:
        os.chmod(f"/proc/self/fd/{place}", stat.S_IRUSR)
