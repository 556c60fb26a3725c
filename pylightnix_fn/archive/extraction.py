"""Members of an archive, put into a folder and nowhere else.

Everything is made relative to descriptors of folders that were opened without following links,
files only where nothing was (``O_EXCL``), links after all else: no member writes through another.
Of modes only the executable bit counts; owners, times and attributes stay behind.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import takewhile
from pathlib import Path
from types import TracebackType
from typing import BinaryIO

from pylightnix_fn.archive.budget import Budget
from pylightnix_fn.archive.member import (
    Components,
    File,
    Folder,
    HardLink,
    Member,
    Refusal,
    Symlink,
    check_symlink,
    components,
)
from pylightnix_fn.archive.names import Names, Use
from pylightnix_fn.archive.stream import CHUNK

_ROOT = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
_FOLDER = _ROOT | os.O_NOFOLLOW
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_OLD = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC
_TAKEN = (errno.EEXIST, errno.ENOTDIR, errno.ELOOP)


class Extraction:
    """One archive on its way into ``folder``, which is made if it is missing."""

    def __init__(self, folder: Path, budget: Budget) -> None:
        folder.mkdir(exist_ok=True)
        self._tree = _Tree(folder)
        self._budget = budget
        self._names = Names(budget)
        self._symlinks: list[tuple[Components, Symlink]] = []

    def __enter__(self) -> Extraction:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        self._tree.close()

    def add(self, member: Member) -> None:
        """Check a member and put it into the folder; a symbolic link waits for `finish`."""
        path = components(member.name)
        self._budget.enter(member.name)
        if path == () and isinstance(member, Folder):
            return
        if path == ():
            raise Refusal("it has no name", member.name)
        with _refused(member.name):
            self._put(path, member)

    def finish(self) -> None:
        """Make the symbolic links."""
        for path, link in self._symlinks:
            with _refused(link.name):
                os.symlink(link.target, path[-1], dir_fd=self._tree.open(path[:-1]))

    def _put(self, path: Components, member: Member) -> None:
        match member:
            case Folder(name):
                self._names.claim(path, Use.FOLDER, name)
                self._tree.open(path)
            case File(name):
                self._names.claim(path, Use.FILE, name)
                self._write(path, member)
            case Symlink(name):
                self._names.claim(path, Use.LINK, name)
                check_symlink(member, path)
                self._budget.remember(member.target, name)
                self._symlinks.append((path, member))
            case HardLink():
                self._copy(path, member)

    def _write(self, path: Components, file: File) -> None:
        self._budget.spend(file.size, file.name)
        missing = file.size
        with self._tree.create(path, executable=file.executable) as out:
            for chunk in file.content:
                missing -= len(chunk)
                out.write(chunk)
        if missing != 0:
            raise Refusal("it is shorter than the archive says", file.name, damaged=True)

    def _copy(self, path: Components, link: HardLink) -> None:
        source = None
        with suppress(Refusal):
            source = components(link.target)
        if source is None or not self._names.is_file(source):
            raise Refusal(f"it is a hard link to {link.target!r}, no earlier file", link.name)
        with self._tree.read(source) as original:
            status = os.fstat(original.fileno())
            content = iter(lambda: original.read(CHUNK), b"")
            self._put(path, File(link.name, status.st_size, bool(status.st_mode & 0o100), content))


class _Tree:
    """The folder, and the path of open folders that the last member lay in."""

    def __init__(self, root: Path) -> None:
        self._root = os.open(root, _ROOT)
        self._opened: list[tuple[str, int]] = []

    def close(self) -> None:
        self._leave(0)
        os.close(self._root)

    def open(self, path: Components) -> int:
        """The descriptor of a folder, made if it is missing; good until the next call."""
        pairs = zip(path, self._opened, strict=False)
        shared = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1][0], pairs))
        self._leave(shared)
        for name in path[shared:]:
            self._enter(name)
        return self._current()

    def create(self, path: Components, *, executable: bool) -> BinaryIO:
        mode = 0o777 if executable else 0o666  # the umask takes its part
        return open(os.open(path[-1], _NEW, mode, dir_fd=self.open(path[:-1])), "wb")

    def read(self, path: Components) -> BinaryIO:
        return open(os.open(path[-1], _OLD, dir_fd=self.open(path[:-1])), "rb")

    def _current(self) -> int:
        return self._opened[-1][1] if self._opened else self._root

    def _enter(self, name: str) -> None:
        with suppress(FileExistsError):
            os.mkdir(name, dir_fd=self._current())
        self._opened.append((name, os.open(name, _FOLDER, dir_fd=self._current())))

    def _leave(self, depth: int) -> None:
        while len(self._opened) > depth:
            os.close(self._opened.pop()[1])


@contextmanager
def _refused(member: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno not in _TAKEN:
            raise
        raise Refusal("something in the folder already has its name", member) from None
