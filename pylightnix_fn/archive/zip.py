"""Members of a zip archive.

Its table of contents and its entries are parsed by `zipfile`, which compares their names and
checks their sums, but extracts nothing. Refused: what other readers would see otherwise
(backslashes, drives, overlapping entries, bytes before or behind the archive), encryption, and
compression other than *deflate*, since `zipfile` cannot bound the memory of the others.
"""

from __future__ import annotations

import os
import re
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import pairwise
from typing import BinaryIO

from pylightnix_fn.archive.member import File, Folder, Member, Refusal, Symlink
from pylightnix_fn.archive.stream import CHUNK

_MAX_TABLE = 1 << 27  # bytes of the table of contents, all of which is held in memory
_MAX_TARGET = 4095  # bytes of the target of a link
_LOCAL_HEADER = 30  # bytes, at least
_END = 22  # bytes of the end record, without its comment
_UNIX = (3, 19)  # systems whose archives bear modes: Unix, macOS
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_DAMAGE = (  # what zipfile raises on damaged archives
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    ValueError,
    OverflowError,
    RuntimeError,  # NotImplementedError too
)
_ENCRYPTED = 0x41
_UTF8 = 0x800


def is_zip(file: BinaryIO) -> bool:
    """Whether a file starts like a zip archive, be it an empty one."""
    start = file.read(4)
    file.seek(0)
    return start in (b"PK\3\4", b"PK\5\6")


def zip_members(file: BinaryIO) -> Iterator[Member]:
    """The members, in the order of the table of contents."""
    with _parsing(None):
        archive = zipfile.ZipFile(_Guarded(file))
    _check_layout(archive, file)
    for info in archive.infolist():
        yield _member(archive, info)


class _Guarded:
    """A file that is never read in one piece larger than a table of contents may be."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def read(self, size: int = -1) -> bytes:
        if size > _MAX_TABLE:
            raise Refusal(f"its table of contents has more than {_MAX_TABLE} bytes")
        return self._file.read(size)

    def seek(self, offset: int, whence: int = 0) -> int:
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        return self._file.tell()

    def seekable(self) -> bool:
        return True

    def close(self) -> None:
        self._file.close()


@contextmanager
def _parsing(member: str | None) -> Iterator[None]:
    try:
        yield
    except _DAMAGE as error:
        why = f"its zip data is not valid ({type(error).__name__}: {error})"
        raise Refusal(why, member, damaged=True) from None


def _check_layout(archive: zipfile.ZipFile, file: BinaryIO) -> None:
    infos = sorted(archive.infolist(), key=lambda info: info.header_offset)
    starts = [*(info.header_offset for info in infos), archive.start_dir]
    if starts[0] != 0:
        raise Refusal("it has other bytes before its start", damaged=True)
    for info, (start, following) in zip(infos, pairwise(starts), strict=True):
        if start + _LOCAL_HEADER + info.compress_size > following:
            raise Refusal("it overlaps with the next member", info.orig_filename)
    file.seek(0, os.SEEK_END)
    file.seek(max(file.tell() - _END - len(archive.comment), 0))
    end = file.read(_END)
    if not (end.startswith(b"PK\5\6") and end.endswith(struct.pack("<H", len(archive.comment)))):
        raise Refusal("it has other bytes behind its end", damaged=True)


def _member(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> Member:
    name = _name(info)
    mode = info.external_attr >> 16 if info.create_system in _UNIX else 0
    kind = stat.S_IFMT(mode)
    if info.flag_bits & _ENCRYPTED:
        raise Refusal("it is encrypted", name)
    if info.compress_type not in _METHODS:
        raise Refusal(f"it is compressed by method {info.compress_type}, not deflate", name)
    if name.endswith("/"):
        if kind not in (0, stat.S_IFDIR) or info.file_size > 0:
            raise Refusal("it is a folder by its name only", name)
        return Folder(name.removesuffix("/"))
    if kind == stat.S_IFLNK:
        return Symlink(name, _target(archive, info, name))
    if kind not in (0, stat.S_IFREG):
        raise Refusal("it is neither a file nor a folder nor a link", name)
    return File(name, info.file_size, bool(mode & 0o100), _content(archive, info, name))


def _name(info: zipfile.ZipInfo) -> str:
    name = info.orig_filename
    if not info.flag_bits & _UTF8:
        # Code page 437 by the letter of the format, but most archives that claim nothing are UTF-8.
        with suppress(UnicodeDecodeError):
            name = name.encode("cp437").decode("utf-8")
    if "\\" in name or re.match("[A-Za-z]:", name):
        raise Refusal("its name has a backslash or a drive", name)
    return name


def _target(archive: zipfile.ZipFile, info: zipfile.ZipInfo, name: str) -> str:
    if info.file_size > _MAX_TARGET:
        raise Refusal(f"it links to a name of more than {_MAX_TARGET} bytes", name)
    return b"".join(_content(archive, info, name)).decode("utf-8", "surrogateescape")


def _content(archive: zipfile.ZipFile, info: zipfile.ZipInfo, name: str) -> Iterator[bytes]:
    with _parsing(name), archive.open(info) as source:
        while chunk := source.read(CHUNK):
            yield chunk
