"""Members of a tar archive, read from a stream without ever going back.

Every header block is parsed by `tarfile.TarInfo.frombuf`; the walk from block to block is our own,
because that of `tarfile` reads headers of any size into memory and drops what it cannot read. Known:
ustar, GNU long names (``L``, ``K``) and pax headers, of which ``path``, ``linkpath`` and ``size``
count. Refused: devices, pipes, sparse files, and whatever else is no file, folder or link.
"""

from __future__ import annotations

import tarfile
from collections.abc import Iterator, Mapping

from pylightnix_fn.stages.budget import Budget
from pylightnix_fn.stages.member import File, Folder, HardLink, Member, Refusal, Symlink
from pylightnix_fn.stages.stream import Stream

_BLOCK = tarfile.BLOCKSIZE
_MAX_EXTENSION = 1 << 20  # bytes of one pax or long-name header
_MAX_EXTENSIONS = 8  # such headers before one member
_MAX_END = 1 << 20  # zero bytes behind the last member; usual are 10 KiB

_PAX = (tarfile.XHDTYPE, tarfile.SOLARIS_XHDTYPE)
_LONG = {tarfile.GNUTYPE_LONGNAME: "path", tarfile.GNUTYPE_LONGLINK: "linkpath"}
_EXTENSIONS = (*_PAX, *_LONG, tarfile.XGLTYPE)
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
    try:
        return _parsed(block) is not None or stream.peek(2 * _BLOCK) == bytes(2 * _BLOCK)
    except Refusal:
        return False


def tar_members(stream: Stream, budget: Budget) -> Iterator[Member]:
    """The members, in their order; the content of a file is there until the next is asked for."""
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
    extended: dict[str, str] = {}
    for _ in range(_MAX_EXTENSIONS + 1):
        info = _parsed(stream.read(_BLOCK))
        if info is None and extended:
            raise Refusal("a header stands before no member", damaged=True)
        if info is None or info.type not in _EXTENSIONS:
            return info and _adapted(info, extended)
        extended |= _extension(stream, info, budget)
    raise Refusal(f"more than {_MAX_EXTENSIONS} headers stand before one member")


def _parsed(block: bytes) -> tarfile.TarInfo | None:
    try:
        return tarfile.TarInfo.frombuf(block, "utf-8", "surrogateescape")
    except tarfile.EOFHeaderError:  # type: ignore[attr-defined]
        return None
    except tarfile.HeaderError as error:
        raise Refusal(f"a header is not valid ({error})", damaged=True) from None
...
