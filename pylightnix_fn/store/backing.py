"""What a store on a disk stands on: its paths, its file system, how durable it is, who writes.

Every module of the store takes this one value, and turns the errors of the file system into those
of the store by way of `guarded`.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, Literal, TypeAlias

from attrs import Factory, field, frozen

from pylightnix_fn.errors.message import PylightnixError
from pylightnix_fn.errors.store import StoreFailed, StoreFull, StoreNotReadable, StoreNotWritable
from pylightnix_fn.filesystem import DISK, FileSystem
from pylightnix_fn.store.layout import Layout
from pylightnix_fn.store.machine import Machine, this_machine
from pylightnix_fn.store.recollection import Recollection
from pylightnix_fn.store.rounds import Rounds
from pylightnix_fn.store.writer import Desk, Writer

Durability: TypeAlias = Literal["batch", "full", "off"]

REFUSED: Final = (errno.EACCES, errno.EPERM, errno.EROFS)
FULL: Final = (errno.ENOSPC, errno.EDQUOT)


@frozen
class Backing:
    """Paths, file system, durability and machine; the desk holds what this process uses.

    ``durability`` says what survives a power cut: everything acknowledged, by one ``syncfs`` for
    each commit (``"batch"``) or by an ``fsync`` for each file (``"full"``); or whatever the system
    had written by then, looked through before it is used again (``"off"``).
    """

    layout: Layout
    durability: Durability = "batch"
    fs: FileSystem = field(default=DISK, repr=False)
    machine: Machine = field(factory=this_machine, repr=False)
    desk: Desk = field(default=Factory(Desk), eq=False, repr=False)
    recollection: Recollection = field(default=Factory(Recollection), eq=False, repr=False)
    marks: set[Path] = field(factory=set, eq=False, repr=False)  # those known to be there
    rounds: Rounds = field(default=Factory(Rounds), eq=False, repr=False)

    @property
    def writer(self) -> Writer:
        """What this process writes to the store with; made where there is none yet."""
        return self.desk.writer(self.fs, self.layout)

    @property
    def syncs_files(self) -> bool:
        """Whether each file is synced on its own."""
        return self.durability == "full"


@contextmanager
def guarded(layout: Layout) -> Iterator[None]:
    """Raise the errors of the file system as those of the store."""
    try:
        yield
    except PylightnixError:
        raise
    except OSError as error:
        if error.errno in REFUSED and _is_unreadable(error):
            raise StoreNotReadable(str(layout.root), str(error)) from error
        if error.errno in REFUSED:
            raise StoreNotWritable(str(layout.root), str(error)) from error
        if error.errno in FULL:
            raise StoreFull(str(layout.root), str(error)) from error
        raise StoreFailed(str(layout.root), str(error)) from error


def _is_unreadable(error: OSError) -> bool:
    """Whether what was refused cannot even be looked at."""
    if not isinstance(path := error.filename, str) or not os.path.isabs(path):
        return False  # or in a folder that is open, so nobody can tell
    if not os.access(os.path.dirname(path), os.X_OK, effective_ids=True):
        return True
    return os.path.lexists(path) and not os.access(path, os.R_OK, effective_ids=True)
