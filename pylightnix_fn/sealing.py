"""Sealing: what a realizer wrote becomes an immutable tree.

Every entry is looked at without following links, what a store cannot keep is refused, and contents
are hashed as they are streamed, after the files were made read-only. No error of the file system
is passed over: a tree that could not be read as a whole is no tree.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path, PurePosixPath
from typing import Final

from pylightnix_fn.canonical import why_no_scalar
from pylightnix_fn.errors.build import ReservedFile, UnsupportedFile
from pylightnix_fn.outputs import is_reserved, why_no_file_name
from pylightnix_fn.tree import Entry, Tree

MAX_DEPTH: Final = 64
EPOCH: Final = 1  # the modification time of all that lies in a store

_KINDS: Final = (
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISFIFO, "a named pipe"),
    (stat.S_ISBLK, "a block device"),
    (stat.S_ISCHR, "a character device"),
)


def seal(folder: Path, name: str) -> Tree:
    """Make a folder read-only, but for its top, and give its tree.

    Errors: `ReservedFile`, `UnsupportedFile`; the folder stays for a look.
    """
    if folder.is_symlink() or not folder.is_dir():
        raise UnsupportedFile(name, ".", "it is not a folder any more", str(folder))
    if still_open := next(_written_to(folder), None):
        why = "it is still open for writing in this process"
        raise UnsupportedFile(name, _shown(still_open), why, str(folder))
    entries: list[Entry] = []
    stack = [PurePosixPath()]
    while stack:
        below = stack.pop()
        for path, status in _listed(folder, below):
            try:
                entries.append(_entry(folder, path, status))
            except (OSError, ValueError) as error:
                shown, why = _shown(str(path)), _shown(str(error))
                raise UnsupportedFile(name, shown, why, str(folder)) from error
            if stat.S_ISDIR(status.st_mode):
                stack.append(path)
    for entry in entries:
        if "/" not in entry.path and is_reserved(entry.path):
            raise ReservedFile(name, entry.path, str(folder))
    return Tree(entries)


def _written_to(folder: Path) -> Iterator[str]:
    """The files below a folder that this process could still change, where the system tells."""
    with suppress(FileNotFoundError):  # not on Linux
        for descriptor in os.listdir("/proc/self/fd"):
            with suppress(FileNotFoundError):  # that of the listing itself
                path = os.readlink(f"/proc/self/fd/{descriptor}")
                if path.startswith(f"{folder}/") and _is_writable(int(descriptor)):
                    yield path.removeprefix(f"{folder}/")


def _is_writable(descriptor: int) -> bool:
    return fcntl.fcntl(descriptor, fcntl.F_GETFL) & os.O_ACCMODE != os.O_RDONLY


def _listed(folder: Path, below: PurePosixPath) -> list[tuple[PurePosixPath, os.stat_result]]:
    # The whole list at once: files that are replaced meanwhile would turn up twice.
    with os.scandir(folder / below) as entries:
        return [(below / entry.name, entry.stat(follow_symlinks=False)) for entry in entries]


def _entry(folder: Path, path: PurePosixPath, status: os.stat_result) -> Entry:
    if why := why_no_file_name(path.name):
        raise ValueError(why)
    if len(path.parts) > MAX_DEPTH:
        raise ValueError(f"it lies deeper than {MAX_DEPTH} folders")
    here = folder / path
    if stat.S_ISLNK(status.st_mode):
        return Entry(str(path), "symlink", content=_inside(path, os.readlink(here)))
    if stat.S_ISDIR(status.st_mode):
        here.chmod(0o755)  # 0o555 at the end: renaming a folder needs the right to write it
        return Entry(str(path), "directory")
    if stat.S_ISREG(status.st_mode):
        if status.st_nlink > 1:
            _unlink_others(here)
        return _file(here, path)
    kind = next((kind for is_kind, kind in _KINDS if is_kind(status.st_mode)), "unknown")
    raise ValueError(f"it is {kind}")


def _file(here: Path, path: PurePosixPath) -> Entry:
    descriptor = os.open(here, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    with open(descriptor, "rb", buffering=0) as stream:
        executable = bool(os.fstat(descriptor).st_mode & 0o111)
        os.fchmod(descriptor, 0o555 if executable else 0o444)
        os.utime(descriptor, (EPOCH, EPOCH))
        before = os.fstat(descriptor)
        content = hashlib.file_digest(stream, "sha256").hexdigest()
        after = os.fstat(descriptor)
    if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
        raise ValueError("it was still being written")
    return Entry(str(path), "file", after.st_size, executable, content)


def _unlink_others(here: Path) -> None:
    """Give a file a copy of its own: whoever holds another link could change it later."""
    descriptor, copy = tempfile.mkstemp(dir=here.parent)
    os.close(descriptor)
    shutil.copy(here, copy)
    os.replace(copy, here)


def _inside(path: PurePosixPath, target: str) -> str:
    if why_no_scalar(target):
        raise ValueError("it is a link to a name that is not UTF-8")
    if target.startswith("/"):
        raise ValueError(f"it is a link to an absolute path: {target}")
    parts = PurePosixPath(target).parts
    up = next((i for i, part in enumerate(parts) if part != ".."), len(parts))
    if up >= len(path.parts):
        raise ValueError(f"it is a link that leads out of the result: {target}")
    if ".." in parts[up:]:  # the name before it may be a link itself, and lead anywhere
        raise ValueError(f"it is a link that goes up after it went down: {target}")
    return target


def _shown(name: str) -> str:
    """A name without what a terminal would take for an order."""
    return "".join(each if each.isprintable() else repr(each)[1:-1] for each in name)


def close_folders(folder: Path, tree: Tree) -> None:
    """Make the folders below the top read-only."""
    for entry in tree.entries:
        if entry.kind == "directory":
            os.utime(folder / entry.path, (EPOCH, EPOCH))
            (folder / entry.path).chmod(0o555)


def delete(folder: Path) -> None:
    """Delete a folder with all that is in it, read-only or not."""
    stack = [folder]
    while stack:
        here = stack.pop()
        here.chmod(0o755)
        with os.scandir(here) as entries:
            stack.extend(Path(each.path) for each in entries if each.is_dir(follow_symlinks=False))
    shutil.rmtree(folder)
