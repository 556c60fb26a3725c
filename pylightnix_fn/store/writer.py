"""What tells others that this process uses a store, and what of it.

A writer is a file in ``temproots`` that its process keeps locked for as long as it lives, and in
which it notes each object that it relies on. Who can lock the file knows that the process is gone.
"""

from __future__ import annotations

import atexit
import os
import threading
import weakref
from collections import deque
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Final

from attrs import Factory, define, field

from pylightnix_fn.files import delete, write_all
from pylightnix_fn.filesystem import FileSystem
from pylightnix_fn.locks import Lock, acquired, locked
from pylightnix_fn.refs import HASH_LENGTH
from pylightnix_fn.store.layout import Layout
from pylightnix_fn.store.machine import this_process

MOST_IDLE: Final = 128  # writers of stores that nobody holds any more; each takes a descriptor


@define(eq=False)
class Writer:
    """The file of one process, and what is noted in it.

    ``spare`` is an emptied folder of a build, if there is one: to delete and make them takes long.
    """

    fs: FileSystem
    layout: Layout
    name: str
    lock: Lock
    process: int = field(factory=os.getpid)
    noted: set[str] = Factory(set)
    torn: bool = False
    staging: Path = field(init=False)
    spare: Path = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.staging = self.layout.staging / self.name
        self.spare = self.staging / "spare"

    def note(self, references: list[str]) -> None:
        """Note that this process relies on these from now on; the gate must be held."""
        if new := [each for each in references if each not in self.noted]:
            lines = "".join(f"{each}\n" for each in new)
            text = f"\n{lines}" if self.torn else lines
            self.torn = True  # until all of it stands there
            write_all(self.fs, self.lock.descriptor, text.encode())
            self.torn = False
            self.noted.update(new)

    def end(self) -> None:
        """Take the file away, and the folder unless a failed build lies there."""
        _alive.discard(self)
        if self.lock.is_held and self.process == os.getpid():
            for folder in (self.spare, self.staging):
                with suppress(OSError):
                    self.fs.rmdir(folder)
            with suppress(OSError):
                self.fs.unlink(self.layout.writers / self.name)
        with suppress(OSError):
            self.lock.release()


_alive: Final[set[Writer]] = set()
_idle: Final[deque[Writer]] = deque()
_making: Final = threading.Lock()
os.register_at_fork(
    before=_making.acquire, after_in_parent=_making.release, after_in_child=_making.release
)


def _end_all() -> None:
    for writer in tuple(_alive):
        writer.end()


atexit.register(_end_all)


@define(eq=False)
class Desk:
    """Where a store keeps the writer that it has in this process, if it has one yet."""

    _writer: Writer | None = None

    @property
    def name(self) -> str:
        """What the writer of this process is called; empty while there is none."""
        writer = self._writer
        return writer.name if writer is not None and writer.lock.is_held else ""

    def writer(self, fs: FileSystem, layout: Layout) -> Writer:
        """The writer of this process; made where there is none, as in a forked child."""
        writer = self._writer
        if writer is None or not writer.lock.is_held:
            with _making:
                writer = self._writer  # another thread may have been faster
                if writer is None or not writer.lock.is_held:
                    writer = self._writer = _made(fs, layout)
                    _alive.add(writer)
                    # What was handed out may outlive the store value, so its writer does, too.
                    weakref.finalize(self, _set_aside, writer).atexit = False
        return writer

    def forget(self, references: Iterable[str]) -> None:
        """Let it not be taken for granted any more that these are there, with what lies in them."""
        if self._writer is not None:
            gone, noted = {each[5:] for each in references}, self._writer.noted
            noted.difference_update(
                {each for each in noted if {each[5:], each[6 + HASH_LENGTH :]} & gone}
            )

    def __reduce__(self) -> tuple[type[Desk], tuple[()]]:
        return Desk, ()  # in another process it is empty

    def close(self) -> None:
        """End the writer, if there is one."""
        if self._writer is not None:
            self._writer.end()
            self._writer = None


def _set_aside(writer: Writer) -> None:
    _idle.append(writer)
    while len(_idle) > MOST_IDLE:
        _idle.popleft().end()


def _made(fs: FileSystem, layout: Layout) -> Writer:
    name = f"{os.getpid()}-{os.urandom(8).hex()}"
    lock: Lock | None = None
    try:
        with locked(fs, layout.gate, shared=True):  # so that nobody sees it before it is locked
            lock = acquired(fs, layout.writers / name)
        writer = Writer(fs, layout, name, lock)
        write_all(fs, lock.descriptor, f"{this_process()}\n".encode())
        fs.mkdir(writer.staging, 0o700)
    except BaseException:
        if lock is not None:
            with suppress(OSError):
                fs.unlink(layout.writers / name)
            lock.release()
        raise
    return writer


def new_staging(writer: Writer, name: str) -> Path:
    """A new, empty folder of a writer."""
    home = f"{writer.staging}/{name[:64]}-{os.urandom(4).hex()}"
    try:
        writer.fs.rename(writer.spare, home)
    except FileNotFoundError:
        _make_home(writer, home)
    return Path(home)


def _make_home(writer: Writer, home: str) -> None:
    fs = writer.fs
    try:
        fs.mkdir(home, 0o700)
    except FileNotFoundError:  # somebody tidied up what they should not
        fs.mkdir(writer.staging, 0o700)
        fs.mkdir(home, 0o700)


def end_staging(writer: Writer, home: Path) -> None:
    """Take away a staging folder; one that is empty serves again."""
    if writer.fs.listdir(home):
        delete(writer.fs, home)
    else:
        writer.fs.rename(home, writer.spare)  # what bears that name is empty, and goes
