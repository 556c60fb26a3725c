"""A file system that remembers what was done to it, so that a power cut can be played through.

Files and folders are numbered in the order in which they came; the first is the folder that all of
it happens in. Times are not remembered, and of what is only looked at nothing is.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Final, Literal, TypeAlias, TypeVar

from attrs import define, field, frozen
from ports import WatchedFs

from pylightnix_fn.filesystem import DISK, Where

R = TypeVar("R")

TOP: Final = 0  # the number of the folder that everything happens in

Kind: TypeAlias = Literal["file", "folder", "link"]


@frozen
class Made:
    """Something new, without a name as yet; a link is made with the place that it leads to."""

    number: int
    kind: Kind
    mode: int
    leads: str = ""


@frozen
class Named:
    """Names that came, led elsewhere or went (`None`) in one step: folder, name, what it is of."""

    names: tuple[tuple[int, str, int | None], ...]


@frozen
class Written:
    """Bytes of a file."""

    number: int
    offset: int
    data: bytes


@frozen
class Cut:
    """A file got this size."""

    number: int
    size: int


@frozen
class Closed:
    """The mode of a file or a folder."""

    number: int
    mode: int


@frozen
class Synced:
    """A file, or the names in a folder, are on the disk; everything where there is no number."""

    number: int | None


@frozen
class Acknowledged:
    """Somebody was told that this is there now."""

    text: str


Event: TypeAlias = Made | Named | Written | Cut | Closed | Synced | Acknowledged


@define
class RecordFs(WatchedFs):
    """The disk, and all that is done to it below one folder."""

    top: Path
    events: list[Event] = field(factory=list)
    numbers: dict[int, int] = field(factory=dict)

    def __attrs_post_init__(self) -> None:
        self.numbers[os.stat(self.top).st_ino] = TOP

    def acknowledge(self, text: str) -> None:
        """Somebody is told that this is there now."""
        self.events.append(Acknowledged(text))

    def open(self, path: Where, flags: int, mode: int = 0o600, *, at: int | None = None) -> int:
        is_new = bool(flags & os.O_CREAT) and not _is_there(path, at)
        descriptor = DISK.open(path, flags, mode, at=at)
        if is_new:
            self._made(path, at, "file")
        return descriptor

    def mkdir(self, path: Where, mode: int = 0o777, *, at: int | None = None) -> None:
        DISK.mkdir(path, mode, at=at)
        self._made(path, at, "folder")

    def symlink(self, target: Where, path: Where) -> None:
        DISK.symlink(target, path)
        self._made(path, None, "link", str(target))

    def write(self, descriptor: int, data: bytes) -> int:
        written = DISK.write(descriptor, data)
        offset = os.lseek(descriptor, 0, os.SEEK_CUR) - written
        self.events.append(Written(self._open(descriptor), offset, data[:written]))
        return written

    def truncate(self, descriptor: int, size: int) -> None:
        DISK.truncate(descriptor, size)
        self.events.append(Cut(self._open(descriptor), size))

    def fchmod(self, descriptor: int, mode: int) -> None:
        DISK.fchmod(descriptor, mode)
        self.events.append(Closed(self._open(descriptor), mode))

    def fsync(self, descriptor: int) -> None:
        DISK.fsync(descriptor)
        self.events.append(Synced(self._open(descriptor)))

    def syncfs(self, descriptor: int) -> None:
        DISK.syncfs(descriptor)
        self.events.append(Synced(None))

    def rename(
        self, old: Where, new: Where, *, at: int | None = None, to: int | None = None
    ) -> None:
        number = self.numbers[DISK.lstat(old, at=at).st_ino]
        source, target = self._slot(old, at), self._slot(new, to)
        DISK.rename(old, new, at=at, to=to)
        self.events.append(Named(((*source, None), (*target, number))))

    def link(self, old: Where, new: Where) -> None:
        DISK.link(old, new)
        self.events.append(Named(((*self._slot(new, None), self._at(old)),)))

    def unlink(self, path: Where, *, at: int | None = None) -> None:
        self._removed(path, at, lambda: DISK.unlink(path, at=at))

    def rmdir(self, path: Where, *, at: int | None = None) -> None:
        self._removed(path, at, lambda: DISK.rmdir(path, at=at))

    def _made(self, path: Where, at: int | None, kind: Kind, leads: str = "") -> None:
        status = DISK.lstat(path, at=at)
        number = self.numbers[status.st_ino] = len(self.events) + 1
        mode = stat.S_IMODE(status.st_mode)
        self.events.append(Made(number, kind, mode, leads))
        self.events.append(Named(((*self._slot(path, at), number),)))

    def _removed(self, path: Where, at: int | None, act: Callable[[], None]) -> None:
        slot = self._slot(path, at)
        act()
        self.events.append(Named(((*slot, None),)))

    def _slot(self, path: Where, at: int | None) -> tuple[int, str]:
        """The folder and the name that a path stands for."""
        folder = self._at(Path(path).parent) if at is None else self._open(at)
        return folder, Path(path).name

    def _at(self, path: Where) -> int:
        return self.numbers[os.lstat(path).st_ino]

    def _open(self, descriptor: int) -> int:
        return self.numbers[os.fstat(descriptor).st_ino]


def _is_there(path: Where, at: int | None) -> bool:
    try:
        DISK.lstat(path, at=at)
    except FileNotFoundError:
        return False
    return True
