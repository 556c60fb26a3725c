"""Members of a tar archive, read from a stream without ever going back.

Every header block is parsed by `tarfile.TarInfo.frombuf`; the walk from block to block is our own,
because that of `tarfile` takes headers of any size into memory and ends at the first block that it
cannot read. Known: ustar, GNU long names (``L``, ``K``) and pax headers, of which ``path``,
``linkpath`` and ``size`` count. Refused: devices, pipes, sparse files, and what is unknown.
"""

from __future__ import annotations

import re
import tarfile
from collections.abc import Iterator

from pylightnix_fn.archive.budget import Budget
from pylightnix_fn.archive.member import File, Folder, HardLink, Member, Refusal, Symlink
from pylightnix_fn.archive.stream import Stream

_BLOCK = tarfile.BLOCKSIZE
_MAX_EXTENSION = 1 << 20  # bytes of one pax or long-name header
_MAX_EXTENSIONS = 8  # such headers before one member
_MAX_END = 1 << 20  # zero bytes behind the last member; usual are 10 KiB

_PAX = (tarfile.XHDTYPE, tarfile.SOLARIS_XHDTYPE)
_LONG = {tarfile.GNUTYPE_LONGNAME: "path", tarfile.GNUTYPE_LONGLINK: "linkpath"}
_EXTENSIONS = (*_PAX, *_LONG, tarfile.XGLTYPE)
_RECORD = re.compile(rb"([1-9][0-9]{0,6}) ")
_MEANT = frozenset(("path", "linkpath", "size"))
_FILES = (tarfile.REGTYPE, tarfile.AREGTYPE, tarfile.CONTTYPE)
_LINKS = (tarfile.LNKTYPE, tarfile.SYMTYPE)
_REFUSED = {
    tarfile.CHRTYPE: "a device",
    tarfile.BLKTYPE: "a device",
    tarfile.FIFOTYPE: "a pipe",
    tarfile.GNUTYPE_SPARSE: "a sparse file",
}


def is_tar(stream: Stream) -> bool:
    """Whether a stream starts like a tar archive, be it an empty one."""
    block = stream.peek(_BLOCK)
    if block == bytes(_BLOCK):
        return stream.peek(2 * _BLOCK) == bytes(2 * _BLOCK)
    try:
        tarfile.TarInfo.frombuf(block, "utf-8", "surrogateescape")
    except tarfile.HeaderError:
        return False
    return True


def tar_members(stream: Stream, budget: Budget) -> Iterator[Member]:
    """The members in order; the content of each is there until the next is asked for."""
    while (info := _next(stream, budget)) is not None:
        content = stream.chunks(info.size)
        yield _member(info, content)
        for _ in content:
            pass
        stream.read(-info.size % _BLOCK)
    rest = stream.peek(_MAX_END + 1)
    if len(rest) > _MAX_END or rest.strip(b"\0"):
        raise Refusal("it has other bytes behind its end", damaged=True)


def _next(stream: Stream, budget: Budget) -> tarfile.TarInfo | None:
    records: dict[str, str] = {}
    for _ in range(_MAX_EXTENSIONS + 1):
        info = _parsed(stream.read(_BLOCK))
        if info is None:
            if records:
                raise Refusal("its last header belongs to no member", damaged=True)
            return None
        if info.type not in _EXTENSIONS:
            return _extended(info, records)
        records |= _records(stream, info, budget)
    raise Refusal(f"more than {_MAX_EXTENSIONS} headers belong to one member")


def _parsed(block: bytes) -> tarfile.TarInfo | None:
    if block == bytes(_BLOCK):
        return None
    try:
        info = tarfile.TarInfo.frombuf(block, "utf-8", "surrogateescape")
    except tarfile.HeaderError as error:
        raise Refusal(f"a header of it is not valid ({error})", damaged=True) from None
    if info.size < 0:
        raise Refusal("its size is negative", info.name, damaged=True)
    return info


def _records(stream: Stream, info: tarfile.TarInfo, budget: Budget) -> dict[str, str]:
    if info.size > _MAX_EXTENSION:
        raise Refusal(f"a header of it has more than {_MAX_EXTENSION} bytes", info.name)
    budget.spend(info.size, info.name)
    body = stream.read(info.size + -info.size % _BLOCK)[: info.size]
    if info.type in _LONG:
        return {_LONG[info.type]: body.partition(b"\0")[0].decode("utf-8", "surrogateescape")}
    records = pax_records(body)
    if info.type != tarfile.XGLTYPE:
        return records
    if not _MEANT.isdisjoint(records):
        raise Refusal("a global header of it names or sizes members", info.name)
    return {}


def pax_records(body: bytes) -> dict[str, str]:
    """The records of a pax header that say what a member is; all others are left out.

    >>> pax_records(b"12 path=a/b\\n20 comment=anything\\n")
    {'path': 'a/b'}
    """
    records: dict[str, str] = {}
    at = 0
    while at < len(body) and body[at] != 0:
        match = _RECORD.match(body, at)
        end = at + int(match[1]) if match else 0
        if match is None or not match.end() < end <= len(body) or body[end - 1] != ord("\n"):
            raise Refusal("a pax header of it is not valid", damaged=True)
        key, equals, value = body[match.end() : end - 1].partition(b"=")
        if key.startswith(b"GNU.sparse.") or key == b"SCHILY.realsize":
            raise Refusal("a pax header of it describes a sparse file")
        if equals and key.decode("latin-1") in _MEANT:
            records[key.decode("latin-1")] = value.decode("utf-8", "surrogateescape")
        at = end
    return records


def _extended(info: tarfile.TarInfo, records: dict[str, str]) -> tarfile.TarInfo:
    info.name = records.get("path", info.name)
    info.linkname = records.get("linkpath", info.linkname)
    if "size" in records:
        if not re.fullmatch("[0-9]{1,18}", records["size"]):
            raise Refusal("its size is not a number", info.name, damaged=True)
        info.size = int(records["size"])
    if info.type == tarfile.AREGTYPE and info.name.endswith("/"):
        info.type = tarfile.DIRTYPE
    if info.type == tarfile.DIRTYPE:
        info.name = info.name.rstrip("/")
        info.size = 0  # a quota, where there is any
    return info


def _member(info: tarfile.TarInfo, content: Iterator[bytes]) -> Member:
    if info.type in _FILES:
        return File(info.name, info.size, bool(info.mode & 0o100), content)
    if info.type == tarfile.DIRTYPE:
        return Folder(info.name)
    if info.type not in _LINKS:
        raise Refusal(f"it is {_REFUSED.get(info.type, 'of an unknown type')}", info.name)
    if info.size > 0:
        raise Refusal("it is a link with content", info.name)
    make = Symlink if info.type == tarfile.SYMTYPE else HardLink
    return make(info.name, info.linkname)
