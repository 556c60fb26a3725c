"""Closures as the bytes of an archive, and back: tar in the one spelling that is written here.

Members are files, folders and links, owned by user 0, changed at second 1, mode 0444 or 0555; in
ustar, with a pax header where a name needs it. Whatever is not spelled just so is refused, so an
archive holds nothing beside its members.
"""

from __future__ import annotations

import tarfile
from collections.abc import Iterable, Iterator
from typing import Final

from pylightnix_fn.archive.budget import Budget
from pylightnix_fn.archive.member import File, Folder, HardLink, Member, Refusal, Symlink
from pylightnix_fn.archive.stream import CHUNK, Stream
from pylightnix_fn.archive.tar import tar_members
from pylightnix_fn.intake import EPOCH

_BLOCK: Final = tarfile.BLOCKSIZE
_END: Final = bytes(2 * _BLOCK)


def framed(members: Iterable[Member]) -> Iterator[bytes]:
    """The bytes of an archive with these members, in their order."""
    for member in members:
        yield _header(member)
        if isinstance(member, File):
            yield from member.content
            yield bytes(-member.size % _BLOCK)
    yield _END


def unframed(chunks: Iterator[bytes], budget: Budget) -> Iterator[Member]:
    """The members of an archive; the content of each is there until the next is asked for.

    ``budget`` bounds what headers may hold.
    """
    stream = _Heard(chunks)
    padding = 0
    for member in tar_members(stream, budget):
        if stream.taken() != bytes(padding) + _header(member):
            raise Refusal("its header is not spelled as in an export", member.name)
        yield member
        padding = -member.size % _BLOCK if isinstance(member, File) else 0
    if stream.taken() + stream.peek(_BLOCK + 1) != bytes(padding) + _END:
        raise Refusal("it does not end as an export does", damaged=True)


class _Heard(Stream):
    """A stream that remembers what is read of it beside the contents of files."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        super().__init__(chunks)
        self._beside = b""

    def read(self, size: int) -> bytes:
        data = super().read(size)
        self._beside += data
        return data

    def chunks(self, size: int) -> Iterator[bytes]:
        while size > 0:
            data = super().read(min(size, CHUNK))
            size -= len(data)
            yield data

    def taken(self) -> bytes:
        """What was read since the last call."""
        beside, self._beside = self._beside, b""
        return beside


def _header(member: Member) -> bytes:
    if isinstance(member, HardLink):
        raise Refusal("it is a hard link", member.name)
    info = tarfile.TarInfo(member.name)
    info.mtime = EPOCH
    match member:
        case File(_, size, executable):
            info.size, info.mode = size, 0o555 if executable else 0o444
        case Folder():
            info.type, info.mode = tarfile.DIRTYPE, 0o555
        case Symlink(_, target):
            info.type, info.mode, info.linkname = tarfile.SYMTYPE, 0o777, target
    try:
        return info.tobuf(tarfile.PAX_FORMAT, "utf-8", "strict")
    except UnicodeEncodeError:
        raise Refusal("it has a name or target that is not UTF-8", member.name) from None
