"""File systems that fail on purpose, die at a call, or remember what was asked of them.

Each of them is the disk with every call going by way of `WatchedFs.passing`.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Final, TypeVar

from attrs import Factory, define, frozen

from pylightnix_fn.filesystem import DISK, Where

R = TypeVar("R")

DEAD: Final = 77  # how a process ends that a fault killed
MOST_CALLS: Final = 100_000  # of one operation; more are a loop without an end


@define
class WatchedFs:
    """The disk; what a subclass does about a call goes into `passing`."""

    def passing(self, name: str, act: Callable[[], R]) -> R:
        """Do a call of this name."""
        return act()

    def open(self, path: Where, flags: int, mode: int = 0o600, *, at: int | None = None) -> int:
        return self.passing("open", lambda: DISK.open(path, flags, mode, at=at))

    def close(self, descriptor: int) -> None:
        self.passing("close", lambda: DISK.close(descriptor))

    def read(self, descriptor: int, size: int) -> bytes:
        return self.passing("read", lambda: DISK.read(descriptor, size))

    def pread(self, descriptor: int, size: int, offset: int) -> bytes:
        return self.passing("pread", lambda: DISK.pread(descriptor, size, offset))

    def write(self, descriptor: int, data: bytes) -> int:
        return self.passing("write", lambda: DISK.write(descriptor, data))

    def truncate(self, descriptor: int, size: int) -> None:
        self.passing("truncate", lambda: DISK.truncate(descriptor, size))

    def fsync(self, descriptor: int) -> None:
        self.passing("fsync", lambda: DISK.fsync(descriptor))

    def syncfs(self, descriptor: int) -> None:
        self.passing("syncfs", lambda: DISK.syncfs(descriptor))

    def fstat(self, descriptor: int) -> os.stat_result:
        return self.passing("fstat", lambda: DISK.fstat(descriptor))

    def lstat(self, path: Where, *, at: int | None = None) -> os.stat_result:
        return self.passing("lstat", lambda: DISK.lstat(path, at=at))

    def listdir(self, folder: Where | int) -> list[str]:
        return self.passing("listdir", lambda: DISK.listdir(folder))

    def scandir(self, folder: int) -> list[os.DirEntry[str]]:
        return self.passing("scandir", lambda: DISK.scandir(folder))

    def mkdir(self, path: Where, mode: int = 0o777, *, at: int | None = None) -> None:
        self.passing("mkdir", lambda: DISK.mkdir(path, mode, at=at))

    def rename(
        self, old: Where, new: Where, *, at: int | None = None, to: int | None = None
    ) -> None:
        self.passing("rename", lambda: DISK.rename(old, new, at=at, to=to))

    def unlink(self, path: Where, *, at: int | None = None) -> None:
        self.passing("unlink", lambda: DISK.unlink(path, at=at))

    def rmdir(self, path: Where, *, at: int | None = None) -> None:
        self.passing("rmdir", lambda: DISK.rmdir(path, at=at))

    def link(self, old: Where, new: Where) -> None:
        self.passing("link", lambda: DISK.link(old, new))

    def clone(self, source: int, target: int) -> None:
        self.passing("clone", lambda: DISK.clone(source, target))

    def symlink(self, target: Where, path: Where) -> None:
        self.passing("symlink", lambda: DISK.symlink(target, path))

    def readlink(self, path: Where, *, at: int | None = None) -> str:
        return self.passing("readlink", lambda: DISK.readlink(path, at=at))

    def fchmod(self, descriptor: int, mode: int) -> None:
        self.passing("fchmod", lambda: DISK.fchmod(descriptor, mode))

    def futime(self, descriptor: int, seconds: int) -> None:
        self.passing("futime", lambda: DISK.futime(descriptor, seconds))

    def strip(self, descriptor: int) -> None:
        self.passing("strip", lambda: DISK.strip(descriptor))

    def flock(self, descriptor: int, operation: int) -> None:
        self.passing("flock", lambda: DISK.flock(descriptor, operation))


@frozen
class Fault:
    """What goes wrong at a call, counted from 0: an error, or the end of the process.

    ``lasts`` lets all calls from there on fail, too. ``halves`` lets a write do half of its work
    first; without an error and an end, it then says so as it should.
    """

    at: int
    error: int | None = None
    dies: bool = False
    lasts: bool = False
    halves: bool = False

    @property
    def fails(self) -> bool:
        """Whether more goes wrong than that a write is short."""
        return self.dies or self.error is not None

    def hits(self, number: int) -> bool:
        """Whether the call of this number goes wrong."""
        return number >= self.at if self.lasts else number == self.at


@define
class FaultFs(WatchedFs):
    """The disk with one fault, once it is armed; ``calls`` are the names of the calls since then.

    ``synced_again`` tells of a sync that was tried again after it had failed.
    """

    fault: Fault | None = None
    calls: list[str] = Factory(list)
    is_armed: bool = False
    failed_syncs: set[tuple[str, int]] = Factory(set)
    synced_again: bool = False

    def passing(self, name: str, act: Callable[[], R]) -> R:
        fault = self._struck(name)
        if fault is None or not fault.fails:
            return act()
        if name == "close":  # a failing close has closed all the same
            act()
        raise _failure(fault)

    def write(self, descriptor: int, data: bytes) -> int:
        fault = self._struck("write")
        if fault is None:
            return DISK.write(descriptor, data)
        if fault.halves:
            written = DISK.write(descriptor, data[: max(1, len(data) // 2)])
            if not fault.fails:
                return written
        raise _failure(fault)

    def fsync(self, descriptor: int) -> None:
        self._watching_sync("fsync", descriptor, super().fsync)

    def syncfs(self, descriptor: int) -> None:
        self._watching_sync("syncfs", descriptor, super().syncfs)

    def _watching_sync(self, name: str, descriptor: int, sync: Callable[[int], None]) -> None:
        what = (name, os.fstat(descriptor).st_ino)
        self.synced_again |= what in self.failed_syncs
        try:
            sync(descriptor)
        except OSError:
            self.failed_syncs.add(what)
            raise

    def _struck(self, name: str) -> Fault | None:
        """Count a call; the fault, if it goes wrong."""
        if not self.is_armed:
            return None
        number = len(self.calls)
        self.calls.append(name)
        assert number < MOST_CALLS, "an operation without an end"
        return self.fault if self.fault is not None and self.fault.hits(number) else None


def _failure(fault: Fault) -> OSError:
    """The error of a fault, unless the process ends here."""
    if fault.dies:
        os._exit(DEAD)
    assert fault.error is not None
    return OSError(fault.error, os.strerror(fault.error))
