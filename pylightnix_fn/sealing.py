"""Sealing: what a realizer wrote becomes an immutable tree.

Nobody writes to it any more, its files are taken in, and its folders are closed from the bottom up.
"""

from __future__ import annotations

import errno
import fcntl
import os
import stat
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path, PurePosixPath

from pylightnix_fn.errors.build import ReservedFile, UnsupportedFile
from pylightnix_fn.files import opened, opened_below, sync_names
from pylightnix_fn.filesystem import DISK, FOLDER, FileSystem
from pylightnix_fn.intake import EPOCH, shown_name, taking_in
from pylightnix_fn.outputs import is_reserved
from pylightnix_fn.tree import Tree


def seal(folder: Path, name: str, fs: FileSystem = DISK, *, sync: bool = False) -> Tree:
    """Make a folder read-only, but for its top, and give its tree.

    ``sync`` waits until the disk has each file. Errors: `ReservedFile`, `UnsupportedFile`; the
    folder stays for a look.
    """
    with _opened_top(fs, folder, name) as top:
        if still_open := next(_written_to(top), None):
            why = "it is still open for writing in this process"
            raise UnsupportedFile(name, shown_name(still_open), why, str(folder))
        with (
            taking_in(fs, name, folder, sync) as taken,
            closing(taken.jobs(top)) as jobs,
        ):
            taken.crew.do(jobs)
    for entry in taken.entries:
        if "/" not in entry.path and is_reserved(entry.path):
            raise ReservedFile(name, entry.path, str(folder))
    return Tree(taken.entries)


def seal_file(path: Path, name: str, fs: FileSystem = DISK, *, sync: bool = False) -> str:
    """Make a file read-only that lies beside a folder, and give its sha256.

    Errors: `UnsupportedFile`.
    """
    with (
        taking_in(fs, name, path.parent, sync, plain=True) as taken,
        taken.refusing(path.name),
        opened(fs, path.parent, FOLDER) as here,
    ):
        is_file = stat.S_ISREG(fs.lstat(path.name, at=here).st_mode)
        for job in taken.file(here, path.name, path.name) if is_file else ():
            job()
        if not is_file or taken.entries[0].executable:
            raise ValueError("it is no plain file")
    return taken.entries[0].content


@contextmanager
def _opened_top(fs: FileSystem, folder: Path, name: str) -> Iterator[int]:
    try:
        top = fs.open(folder, FOLDER)
    except OSError as error:
        if error.errno not in (errno.ENOENT, errno.ENOTDIR, errno.ELOOP):
            raise
        why = "it is not a folder any more"
        raise UnsupportedFile(name, ".", why, str(folder)) from error
    try:
        yield top
    finally:
        fs.close(top)


def _written_to(top: int) -> Iterator[str]:
    """The files below a folder that this process could still change, where the system tells."""
    with suppress(FileNotFoundError):  # not on Linux
        place = os.readlink(f"/proc/self/fd/{top}")
        for descriptor in os.listdir("/proc/self/fd"):
            if _is_writable(int(descriptor)):
                with suppress(FileNotFoundError):  # closed meanwhile
                    path = os.readlink(f"/proc/self/fd/{descriptor}")
                    if path.startswith(f"{place}/"):
                        yield path.removeprefix(f"{place}/")


def _is_writable(descriptor: int) -> bool:
    try:
        return fcntl.fcntl(descriptor, fcntl.F_GETFL) & os.O_ACCMODE != os.O_RDONLY
    except OSError:  # closed meanwhile, as that of the listing itself
        return False


def close_folders(folder: Path, tree: Tree, fs: FileSystem = DISK, *, sync: bool = False) -> None:
    """Make the folders below the top read-only, from the bottom up."""
    if not sync and all(entry.kind != "directory" for entry in tree.entries):
        return
    with opened(fs, folder, FOLDER) as top:
        for entry in reversed(tree.entries):
            if entry.kind == "directory":
                with opened_below(fs, top, PurePosixPath(entry.path), ours=True) as here:
                    fs.strip(here)
                    fs.futime(here, EPOCH)
                    fs.fchmod(here, 0o555)
                    if sync:
                        sync_names(fs, here)
        if sync:
            sync_names(fs, top)
