"""Local files as sources: opened with care, copied under a checksum."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path
from typing import BinaryIO

from pylightnix_fn.content.partial import Partial
from pylightnix_fn.content.source import checked_sha256
from pylightnix_fn.errors.fetch import ChecksumMismatch, LocalFileMissing, NotRegularFile

CHUNK = 1 << 20

_KINDS = {
    stat.S_IFDIR: "a folder",
    stat.S_IFIFO: "a pipe",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}


def copy_checked(source: Path, sha256: str, target: Path) -> None:
    """Copy a file whose checksum is known; the target appears only when it is right.

    Raises ``LocalFileMissing``, ``NotRegularFile``, ``ChecksumMalformed`` or ``ChecksumMismatch``;
    after the last, the copy is left under ``<target>.part``.
    """
    expected = checked_sha256(sha256)
    with open_regular(source) as file, Partial(target) as partial:
        while chunk := file.read(CHUNK):
            partial.write(chunk)
        if partial.sha256 != expected:
            raise ChecksumMismatch(str(source), expected, partial.sha256, partial.size)
        partial.publish()


def open_regular(path: Path) -> BinaryIO:
    """Open a file to read; `LocalFileMissing` or `NotRegularFile` if it is none."""
    try:
        # O_NONBLOCK: opening a pipe must not wait for its writer.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except (FileNotFoundError, NotADirectoryError):
        raise LocalFileMissing(path) from None
    except OSError as error:
        if error.errno == errno.ENXIO:  # what opening a socket or a device of nobody gives
            raise NotRegularFile(path, "a socket or device") from None
        raise
    kind = stat.S_IFMT(os.fstat(descriptor).st_mode)
    if kind != stat.S_IFREG:
        os.close(descriptor)
        raise NotRegularFile(path, _KINDS.get(kind, "something else"))
    return open(descriptor, "rb")
