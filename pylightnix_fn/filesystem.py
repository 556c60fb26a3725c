"""The port through which everything that lasts is read and written.

A store does each of its calls through one value of `FileSystem`, so that a test can let any of them
fail, stop or be recorded. The names and meanings are those of the system calls; paths may be
relative to an open folder, ``at``, and no call follows a link in the last part of a path.
"""

from __future__ import annotations

import errno
import fcntl
import os
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Final, Protocol, TypeAlias

Where: TypeAlias = Path | str

FOLDER: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
READ: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
CREATE: Final = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


class FileSystem(Protocol):
    """The calls that a store makes; every one may raise `OSError`."""

    def open(self, path: Where, flags: int, mode: int = 0o600, *, at: int | None = None) -> int: ...

    def close(self, descriptor: int) -> None: ...

    def read(self, descriptor: int, size: int) -> bytes: ...

    def pread(self, descriptor: int, size: int, offset: int) -> bytes: ...

    def write(self, descriptor: int, data: bytes) -> int: ...

    def truncate(self, descriptor: int, size: int) -> None: ...

    def fsync(self, descriptor: int) -> None: ...

    def syncfs(self, descriptor: int) -> None: ...

    def fstat(self, descriptor: int) -> os.stat_result: ...

    def lstat(self, path: Where, *, at: int | None = None) -> os.stat_result: ...

    def listdir(self, folder: Where | int) -> list[str]: ...

    def scandir(self, folder: int) -> list[os.DirEntry[str]]:
        """What lies in an open folder; its kinds are known for as long as that is open."""

    def mkdir(self, path: Where, mode: int = 0o777, *, at: int | None = None) -> None: ...

    def rename(
        self, old: Where, new: Where, *, at: int | None = None, to: int | None = None
    ) -> None: ...

    def unlink(self, path: Where, *, at: int | None = None) -> None: ...

    def rmdir(self, path: Where, *, at: int | None = None) -> None: ...

    def link(self, old: Where, new: Where) -> None: ...

    def clone(self, source: int, target: int) -> None:
        """Let an empty file share the blocks of another, where the file system can."""

    def symlink(self, target: Where, path: Where) -> None: ...

    def readlink(self, path: Where, *, at: int | None = None) -> str: ...

    def fchmod(self, descriptor: int, mode: int) -> None: ...

    def futime(self, descriptor: int, seconds: int) -> None:
        """Set the times of access and modification."""

    def strip(self, descriptor: int) -> None:
        """Remove extended attributes, access lists among them."""

    def flock(self, descriptor: int, operation: int) -> None: ...


class Disk:
    """The file system of the machine."""

    def open(self, path: Where, flags: int, mode: int = 0o600, *, at: int | None = None) -> int:
        return os.open(path, flags, mode, dir_fd=at)

    def close(self, descriptor: int) -> None:
        os.close(descriptor)

    def read(self, descriptor: int, size: int) -> bytes:
        return os.read(descriptor, size)

    def pread(self, descriptor: int, size: int, offset: int) -> bytes:
        return os.pread(descriptor, size, offset)

    def write(self, descriptor: int, data: bytes) -> int:
        return os.write(descriptor, data)

    def truncate(self, descriptor: int, size: int) -> None:
        os.ftruncate(descriptor, size)

    def fsync(self, descriptor: int) -> None:
        os.fsync(descriptor)

    def syncfs(self, descriptor: int) -> None:
        _syncfs()(descriptor)

    def fstat(self, descriptor: int) -> os.stat_result:
        return os.fstat(descriptor)

    def lstat(self, path: Where, *, at: int | None = None) -> os.stat_result:
        return os.stat(path, dir_fd=at, follow_symlinks=False)

    def listdir(self, folder: Where | int) -> list[str]:
        return os.listdir(folder)

    def scandir(self, folder: int) -> list[os.DirEntry[str]]:
        with os.scandir(folder) as found:
            return list(found)

    def mkdir(self, path: Where, mode: int = 0o777, *, at: int | None = None) -> None:
        os.mkdir(path, mode, dir_fd=at)

    def rename(
        self, old: Where, new: Where, *, at: int | None = None, to: int | None = None
    ) -> None:
        os.rename(old, new, src_dir_fd=at, dst_dir_fd=to)

    def unlink(self, path: Where, *, at: int | None = None) -> None:
        os.unlink(path, dir_fd=at)

    def rmdir(self, path: Where, *, at: int | None = None) -> None:
        os.rmdir(path, dir_fd=at)

    def link(self, old: Where, new: Where) -> None:
        os.link(old, new, follow_symlinks=False)

    def clone(self, source: int, target: int) -> None:
        fcntl.ioctl(target, _FICLONE, source)

    def symlink(self, target: Where, path: Where) -> None:
        os.symlink(target, path)

    def readlink(self, path: Where, *, at: int | None = None) -> str:
        return os.readlink(path, dir_fd=at)

    def fchmod(self, descriptor: int, mode: int) -> None:
        os.fchmod(descriptor, mode)

    def futime(self, descriptor: int, seconds: int) -> None:
        os.utime(descriptor, (seconds, seconds))

    def strip(self, descriptor: int) -> None:
        try:
            for name in os.listxattr(descriptor):
                if name != "security.selinux":  # the system's own label, not to be had without
                    os.removexattr(descriptor, name)
        except OSError as error:
            if error.errno != errno.ENOTSUP:
                raise

    def flock(self, descriptor: int, operation: int) -> None:
        fcntl.flock(descriptor, operation)


DISK: Final[FileSystem] = Disk()

_FICLONE: Final = 0x40049409  # linux/fs.h


@cache
def _syncfs() -> Callable[[int], None]:
    """`syncfs` of the C library; `OSError` with ENOSYS where it has none."""
    import ctypes  # only for stores that are written to

    function = getattr(ctypes.CDLL(None, use_errno=True), "syncfs", None)

    def call(descriptor: int) -> None:
        if function is None:
            raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS))
        if function(descriptor) != 0:
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number))

    return call
