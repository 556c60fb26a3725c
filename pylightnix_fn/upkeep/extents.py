"""Where the bytes of a file lie on the disk, as far as its file system tells.

Two files whose bytes lie at the same places share them: one was cloned from the other.
"""

from __future__ import annotations

import fcntl
import struct
from typing import Final, TypeAlias

Extent: TypeAlias = tuple[int, int, int]  # place in the file, place on the disk, length

MOST: Final = 64  # extents of a file that are looked at
_FIEMAP: Final = 0xC020660B  # linux/fiemap.h, as are the shapes
_HEAD: Final = struct.Struct("=QQIIII")
_EXTENT: Final = struct.Struct("=QQQ16xI12x")
_NO_PLACE: Final = 0x2 | 0x4 | 0x200  # unknown, not allocated yet, inside the record of the file


def extents_of(descriptor: int) -> tuple[Extent, ...]:
    """Where a file begins, up to its 64th piece; nothing if that is not known, or not yet."""
    asked = bytearray(_HEAD.pack(0, 2**64 - 1, 0, 0, MOST, 0)) + bytes(MOST * _EXTENT.size)
    try:
        fcntl.ioctl(descriptor, _FIEMAP, asked)
    except OSError:
        return ()
    count = _HEAD.unpack_from(asked)[3]
    found = [_EXTENT.unpack_from(asked, _HEAD.size + i * _EXTENT.size) for i in range(count)]
    if any(flags & _NO_PLACE for _, _, _, flags in found):
        return ()
    return tuple((logical, physical, length) for logical, physical, length, _ in found)


def is_clone(one: int, other: int) -> bool:
    """Whether two open files are known to share their bytes.

    Those that the disk does not have yet count as their own.
    """
    extents = extents_of(one)
    return bool(extents) and extents == extents_of(other)
