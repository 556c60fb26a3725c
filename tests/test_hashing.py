"""Fingerprints: by pieces or as a whole, from a file or from a stream, they are what is written."""

from __future__ import annotations

import errno
import os
import threading
import tracemalloc
from hashlib import sha256
from pathlib import Path
from random import Random
from threading import Barrier

import pytest

from pylightnix_fn.crew import cores
from pylightnix_fn.files import opened
from pylightnix_fn.filesystem import DISK, READ, Disk
from pylightnix_fn.hashing import BUFFER, Fingerprint, fingerprint_of
from pylightnix_fn.tree import PIECE, is_of_pieces

AROUND = [n * PIECE + more for n in (1, 2) for more in (-1, 0, 1)]
SIZES = [0, 1, BUFFER - 1, BUFFER, BUFFER + 1, *AROUND]


def written(folder: Path, size: int) -> Path:
    """A sparse file with a few bytes of its own, some of them around the ends of pieces."""
    path, random = folder / "file", Random(size)
    with path.open("wb") as file:
        file.truncate(size)
        for at in (0, BUFFER - 1, PIECE - 1, PIECE, 2 * PIECE - 1, 2 * PIECE, size - 1):
            if 0 <= at < size:
                file.seek(at)
                file.write(random.randbytes(1))
    return path


def spelled_out(data: bytes) -> str:
    """The fingerprint, as the format of a store has it."""
    if len(data) <= 16 * 1024 * 1024:
        return sha256(data).hexdigest()
    pieces = [data[at : at + 16 * 1024 * 1024] for at in range(0, len(data), 16 * 1024 * 1024)]
    return "pieces:" + sha256(b"".join(sha256(piece).digest() for piece in pieces)).hexdigest()


@pytest.mark.parametrize("size", SIZES)
def test_fingerprint_is_that_of_the_format(tmp_path: Path, size: int) -> None:
    path = written(tmp_path, size)
    with opened(DISK, path, READ) as descriptor:
        assert (spelled_out(path.read_bytes()), size) == fingerprint_of(DISK, descriptor, size)


@pytest.mark.parametrize("size", SIZES)
def test_plain_fingerprint_is_the_sha256(tmp_path: Path, size: int) -> None:
    path = written(tmp_path, size)
    expected = sha256(path.read_bytes()).hexdigest(), size
    with opened(DISK, path, READ) as descriptor:
        assert expected == fingerprint_of(DISK, descriptor, size, plain=True)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("step", [2**20, 3 * 2**20 + 1, 2**26])
def test_fingerprint_of_a_stream_is_that_of_the_file(tmp_path: Path, size: int, step: int) -> None:
    data = written(tmp_path, size).read_bytes()
    by_pieces, plain = Fingerprint(pieces=True), Fingerprint(pieces=False)
    for at in range(0, size, step):
        by_pieces.update(data[at : at + step])
        plain.update(data[at : at + step])
    assert (spelled_out(data), sha256(data).hexdigest()) == (by_pieces.text, plain.text)


@pytest.mark.parametrize("at", [0, PIECE - 1, PIECE, 2 * PIECE])
def test_every_byte_counts(tmp_path: Path, at: int) -> None:
    path = written(tmp_path, 2 * PIECE + 1)
    with path.open("r+b") as file, opened(DISK, path, READ) as descriptor:
        before = fingerprint_of(DISK, descriptor, 2 * PIECE + 1)
        file.seek(at)
        (byte,) = file.read(1)
        file.seek(at)
        file.write(bytes([byte ^ 1]))
        file.flush()
        assert before != fingerprint_of(DISK, descriptor, 2 * PIECE + 1)


def test_order_of_pieces_counts() -> None:
    one, other = Fingerprint(pieces=True), Fingerprint(pieces=True)
    one.update(b"a" * PIECE + b"b" * PIECE)
    other.update(b"b" * PIECE + b"a" * PIECE)
    assert is_of_pieces(one.text)
    assert one.text != other.text


@pytest.mark.parametrize("size", [0, 9, BUFFER, PIECE, PIECE + 1, 2 * PIECE])
@pytest.mark.parametrize("more", [-1, 1])
def test_file_of_another_size_is_told_by_the_bytes(tmp_path: Path, size: int, more: int) -> None:
    path = written(tmp_path, size)
    with opened(DISK, path, READ) as descriptor:
        _, read = fingerprint_of(DISK, descriptor, max(size + more, 0))
    assert size == read if more > 0 or size == 0 else size <= read


class Failing(Disk):
    """A disk that cannot be read at one place."""

    def __init__(self, at: int) -> None:
        self.at = at

    def pread(self, descriptor: int, size: int, offset: int) -> bytes:
        if offset <= self.at < offset + size:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        return super().pread(descriptor, size, offset)


class Sparing(Disk):
    """A disk that gives less than it was asked for."""

    def pread(self, descriptor: int, size: int, offset: int) -> bytes:
        return super().pread(descriptor, max(1, size // 3), offset)


@pytest.mark.parametrize("at", [0, PIECE, 3 * PIECE])
def test_disk_that_fails_anywhere_is_told(tmp_path: Path, at: int) -> None:
    path = written(tmp_path, 3 * PIECE + 1)
    with opened(DISK, path, READ) as descriptor, pytest.raises(OSError, match="Input/output"):
        fingerprint_of(Failing(at), descriptor, 3 * PIECE + 1)


@pytest.mark.parametrize("size", [0, 1, 2, 9, 10, BUFFER, BUFFER + 1, PIECE + 1])
def test_short_reads_give_the_same(tmp_path: Path, size: int) -> None:
    path = written(tmp_path, size)
    with opened(DISK, path, READ) as descriptor:
        expected = fingerprint_of(DISK, descriptor, size)
        assert expected == fingerprint_of(Sparing(), descriptor, size)


class Met(Disk):
    """A disk where the first reads of two pieces wait for each other."""

    def __init__(self) -> None:
        self.meeting = Barrier(2, timeout=60)
        self.readers: set[int] = set()

    def pread(self, descriptor: int, size: int, offset: int) -> bytes:
        self.readers.add(threading.get_ident())
        if offset in (0, PIECE):
            self.meeting.wait()
        return super().pread(descriptor, size, offset)


@pytest.mark.skipif(cores() == 1, reason="one core does one thing at a time")
def test_pieces_are_hashed_at_the_same_time(tmp_path: Path) -> None:
    path, disk = written(tmp_path, PIECE + 1), Met()
    with opened(DISK, path, READ) as descriptor:
        fingerprint_of(disk, descriptor, PIECE + 1)
    assert 2 == len(disk.readers)


def test_one_piece_is_hashed_without_another_thread(tmp_path: Path) -> None:
    path, disk = written(tmp_path, PIECE), Met()
    disk.meeting = Barrier(1)
    with opened(DISK, path, READ) as descriptor:
        fingerprint_of(disk, descriptor, PIECE)
    assert {threading.get_ident()} == disk.readers


def test_file_is_hashed_in_little_memory(tmp_path: Path) -> None:
    path = written(tmp_path, 2**28)
    tracemalloc.start()
    try:
        with opened(DISK, path, READ) as descriptor:
            fingerprint_of(DISK, descriptor, 2**28)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak <= 3 * BUFFER * cores()
