"""Locks that threads and processes share; the kernel takes them from a process that was killed.

A lock is a descriptor of its own with `flock`, closed to let go. A forked child would share it and
keep it when its parent is gone, so children close what they inherit, unless the parent forks them
to be part of its own work, and sees to their end.
"""

from __future__ import annotations

import errno
import fcntl
import os
import stat
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from pathlib import Path
from typing import Final, Literal, overload

from attrs import define

from pylightnix_fn.files import solely_named
from pylightnix_fn.filesystem import FileSystem


@define(eq=False)
class Lock:
    """A lock that this process may hold; its file had so many bytes when it was taken."""

    fs: FileSystem
    descriptor: int
    size: int = 0

    @property
    def is_held(self) -> bool:
        """Whether it was not let go, here or because this is a forked child."""
        return self in _held

    def release(self) -> None:
        """Let go, if it is held."""
        if self in _held:
            _held.discard(self)
            self.fs.close(self.descriptor)


_held: Final[set[Lock]] = set()
_part_of_us: Final = ContextVar("part_of_us", default=False)
_opening: Final = threading.Lock()  # no fork between the opening of a lock and its entry in `_held`

_OPEN: Final = os.O_RDWR | os.O_APPEND | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


@contextmanager
def children_keep_locks() -> Iterator[None]:
    """Let processes that are forked meanwhile share the locks held, as part of this one's work."""
    token = _part_of_us.set(True)
    try:
        yield
    finally:
        _part_of_us.reset(token)


def _in_child() -> None:
    _opening.release()
    if not _part_of_us.get():
        for lock in _held:
            with suppress(OSError):
                os.close(lock.descriptor)
        _held.clear()


os.register_at_fork(
    before=_opening.acquire, after_in_parent=_opening.release, after_in_child=_in_child
)


@overload
def acquired(
    fs: FileSystem, path: Path, *, shared: bool = ..., wait: Literal[True] = ..., create: bool = ...
) -> Lock: ...
@overload
def acquired(
    fs: FileSystem, path: Path, *, shared: bool = ..., wait: bool, create: bool = ...
) -> Lock | None: ...
def acquired(
    fs: FileSystem, path: Path, *, shared: bool = False, wait: bool = True, create: bool = True
) -> Lock | None:
    """The lock at this path; `None` where it is held and we are not to wait.

    Without ``create``, `FileNotFoundError` where there is no such file.
    A file that was removed, or replaced, while we waited is not what others lock: another try.
    """
    operation = fcntl.LOCK_SH if shared else fcntl.LOCK_EX
    flags = _OPEN | os.O_CREAT if create else _OPEN
    while True:
        with _opening:
            lock = Lock(fs, fs.open(path, flags, 0o600))
            _held.add(lock)
        try:
            ours = _checked(fs, lock.descriptor, path)
            if not _flock(fs, lock.descriptor, operation if wait else operation | fcntl.LOCK_NB):
                lock.release()
                return None
            if there := solely_named(fs, path, ours):
                lock.size = there.st_size
                return lock
            lock.release()
        except BaseException:
            lock.release()
            raise


@contextmanager
def locked(fs: FileSystem, path: Path, *, shared: bool = False) -> Iterator[None]:
    """Hold the lock at this path; wait while somebody else does."""
    lock = acquired(fs, path, shared=shared)
    try:
        yield
    finally:
        lock.release()


def _checked(fs: FileSystem, descriptor: int, path: Path) -> os.stat_result:
    """The status of a file that is to be locked; `PermissionError` if it is not ours."""
    status = fs.fstat(descriptor)
    if not stat.S_ISREG(status.st_mode) or status.st_uid not in (os.geteuid(), 0):
        raise PermissionError(errno.EPERM, "it is no file of ours", str(path))
    if status.st_nlink > 1:  # or else we would write to what bears another name, too
        raise PermissionError(errno.EPERM, "it is no file of ours", str(path))
    return status


def _flock(fs: FileSystem, descriptor: int, operation: int) -> bool:
    try:
        fs.flock(descriptor, operation)
    except BlockingIOError:
        return False
    return True
