"""Bytes of a file, decompressed as they are asked for: gzip, bzip2, xz or none.

The standard file objects pass over garbage behind bzip2 and xz data, and give xz any memory that it
asks for; these do neither. Memory stays near `CHUNK` for gzip and bzip2, below 256 MiB for xz.
"""

from __future__ import annotations

import bz2
import lzma
import zlib
from collections.abc import Callable, Iterator
from typing import BinaryIO, Protocol

from pylightnix_fn.archive.member import Refusal

CHUNK = 1 << 20
_INPUT = 1 << 16  # small: what lies behind the end of a gzip member is copied for each member
_XZ_MEMORY = 1 << 28


class Stream:
    """Chunks of bytes, read in pieces of other sizes."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = chunks
        self._buffer = b""
        self._at = 0

    def peek(self, size: int) -> bytes:
        """The next bytes, fewer only at the end; the next call gives them again."""
        while len(self._buffer) - self._at < size and (chunk := next(self._chunks, b"")):
            self._buffer = self._buffer[self._at :] + chunk
            self._at = 0
        return self._buffer[self._at : self._at + size]

    def read(self, size: int) -> bytes:
        """The next bytes; a stream that has fewer is damaged."""
        data = self.peek(size)
        if len(data) < size:
            raise Refusal("it ends too early", damaged=True)
        self._at += size
        return data

    def chunks(self, size: int) -> Iterator[bytes]:
        """The next bytes, piece by piece."""
        while size > 0:
            data = self.read(min(size, CHUNK))
            size -= len(data)
            yield data


class _Decompressor(Protocol):
    @property
    def eof(self) -> bool: ...
    @property
    def needs_input(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, max_length: int = -1) -> bytes: ...


class _Gunzip:
    """What `bz2` and `lzma` offer, for gzip."""

    def __init__(self) -> None:
        self._inflate = zlib.decompressobj(wbits=31)

    @property
    def eof(self) -> bool:
        return self._inflate.eof

    @property
    def needs_input(self) -> bool:
        return not self._inflate.unconsumed_tail

    @property
    def unused_data(self) -> bytes:
        return self._inflate.unused_data

    def decompress(self, data: bytes, max_length: int = -1) -> bytes:
        return self._inflate.decompress(self._inflate.unconsumed_tail + data, max_length)


def _unxz() -> _Decompressor:
    return lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=_XZ_MEMORY)


_FORMATS: tuple[tuple[bytes, str, Callable[[], _Decompressor]], ...] = (
    (b"\x1f\x8b", "gzip", _Gunzip),
    (b"BZh", "bzip2", bz2.BZ2Decompressor),
    (b"\xfd7zXZ\0", "xz", _unxz),
)


def decompressed(file: BinaryIO) -> Stream:
    """The content of a file, decompressed as its first bytes tell."""
    start = file.read(6)
    file.seek(0)
    for magic, name, make in _FORMATS:
        if start.startswith(magic):
            return Stream(_decompress(file, name, make))
    return Stream(iter(lambda: file.read(CHUNK), b""))


def _decompress(file: BinaryIO, name: str, make: Callable[[], _Decompressor]) -> Iterator[bytes]:
    data = file.read(_INPUT)
    while data:
        decompressor = make()
        while not decompressor.eof:
            chunk = _step(decompressor, data, name)
            if chunk:
                yield chunk
            more = decompressor.needs_input and not decompressor.eof
            data = file.read(_INPUT) if more else b""
            if more and not data:
                raise Refusal(f"its {name} data ends too early", damaged=True)
        data = decompressor.unused_data or file.read(_INPUT)
        if data.startswith(b"\0"):
            return _check_padding(data, file)
    return None


def _step(decompressor: _Decompressor, data: bytes, name: str) -> bytes:
    try:
        return decompressor.decompress(data, CHUNK)
    except (zlib.error, lzma.LZMAError, OSError, EOFError) as error:
        raise Refusal(f"its {name} data is not valid ({error})", damaged=True) from None


def _check_padding(data: bytes, file: BinaryIO) -> None:
    while data:
        if data.strip(b"\0"):
            raise Refusal("it has other bytes behind its end", damaged=True)
        data = file.read(_INPUT)
