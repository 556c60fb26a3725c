"""Hashing files: the pieces of a large one are left to whoever is free.

Reading and hashing let other threads run meanwhile, so large files are hashed as fast as all cores
can. A file is read through one descriptor, wherever that stands, in little memory for each thread.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import closing
from functools import partial
from hashlib import sha256
from threading import Lock
from typing import Final

from attrs import Factory, define

from pylightnix_fn.crew import Crew, Job
from pylightnix_fn.filesystem import FileSystem
from pylightnix_fn.tree import PIECE, of_pieces

BUFFER: Final = 2**18  # bytes that a thread reads at once; there are as many threads as cores

Done = Callable[[str, int], None]
"""Told the fingerprint of a file, and how many bytes were read."""


def _go_on() -> None:
    """Nothing is in the way of reading on."""


def fingerprint_of(
    fs: FileSystem, descriptor: int, size: int, *, plain: bool = False
) -> tuple[str, int]:
    """The fingerprint of an open file of this size, and how many bytes were read.

    ``plain`` if it is the sha256 of the whole, however large. More bytes than ``size`` tell that
    it grew; they may not be all.
    """
    if plain or size <= PIECE:
        return whole(fs, descriptor, size)
    crew, found = Crew(), list[tuple[str, int]]()
    with closing(hashed(fs, descriptor, size, crew, lambda *each: found.append(each))) as jobs:
        crew.do(jobs)
    return found[0]


def whole(
    fs: FileSystem, descriptor: int, size: int, heed: Callable[[], None] = _go_on
) -> tuple[str, int]:
    """The sha256 of an open file of this size, and how many bytes were read."""
    if size < BUFFER and len(data := fs.pread(descriptor, size + 1, 0)) == size:
        return sha256(data).hexdigest(), size  # there was room for more: this is the end
    digest, found = _read(fs, descriptor, range(size), heed, is_last=True)
    return digest.hex(), found


def hashed(
    fs: FileSystem, descriptor: int, size: int, crew: Crew, done: Done, *, plain: bool = False
) -> Generator[Job, None, None]:
    """What is to be done for the fingerprint of an open file; the last to end tells it.

    ``plain`` if that is the sha256 of the whole, however large.
    """
    if plain or size <= PIECE:
        yield lambda: done(*whole(fs, descriptor, size, crew.heed))
        return
    pieces = _Pieces(len(range(0, size, PIECE)), done)
    for start in range(0, size, PIECE):
        piece = range(start, min(start + PIECE, size))
        yield partial(_add, pieces, fs, descriptor, piece, piece.stop == size, crew.heed)


@define(eq=False)
class _Pieces:
    """The pieces of a file that are hashed so far, by where they begin."""

    count: int
    done: Done
    digests: dict[int, bytes] = Factory(dict)
    size: int = 0
    lock: Lock = Factory(Lock)


def _add(
    pieces: _Pieces,
    fs: FileSystem,
    descriptor: int,
    piece: range,
    is_last: bool,
    heed: Callable[[], None],
) -> None:
    digest, size = _read(fs, descriptor, piece, heed, is_last=is_last)
    with pieces.lock:
        pieces.digests[piece.start] = digest
        pieces.size += size
        is_complete = len(pieces.digests) == pieces.count
    if is_complete:
        in_order = (pieces.digests[start] for start in sorted(pieces.digests))
        pieces.done(of_pieces(in_order), pieces.size)


def _read(
    fs: FileSystem, descriptor: int, place: range, heed: Callable[[], None], *, is_last: bool
) -> tuple[bytes, int]:
    """The sha256 of a place, and how many bytes that were; the last has one more if it grew."""
    found, at, end = sha256(), place.start, place.stop + is_last
    while at < end:
        asked = min(BUFFER, end - at)
        data = fs.pread(descriptor, asked, at)
        found.update(data)
        at += len(data)
        heed()
        if not data or (is_last and at == place.stop and len(data) < asked):
            break  # there was room for more: this is the end
    return found.digest(), at - place.start


class Fingerprint:
    """The fingerprint of bytes that come one after the other; ``pieces`` if it is over pieces."""

    def __init__(self, *, pieces: bool) -> None:
        self._pieces, self._digests = pieces, list[bytes]()
        self._last, self._size = sha256(), 0

    def update(self, data: bytes) -> None:
        """Take the next bytes."""
        while self._pieces and self._size + len(data) > PIECE:
            room = PIECE - self._size
            self._last.update(data[:room])
            self._digests.append(self._last.digest())
            self._last, self._size, data = sha256(), 0, data[room:]
        self._last.update(data)
        self._size += len(data)

    @property
    def text(self) -> str:
        """The fingerprint of what came so far."""
        if not self._digests:
            return self._last.hexdigest()
        return of_pieces([*self._digests, self._last.digest()])
