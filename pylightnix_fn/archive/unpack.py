"""Archives, unpacked into a folder, whoever made them.

Known are tar (plain, gzip, bzip2, xz) and zip, told by content, never by name. What is unsafe or
damaged is refused; by then, a part may have been unpacked, always inside the folder.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from pylightnix_fn.archive.budget import Budget, Limits
from pylightnix_fn.archive.extraction import Extraction
from pylightnix_fn.archive.member import Member, Refusal
from pylightnix_fn.archive.stream import decompressed
from pylightnix_fn.archive.tar import is_tar, tar_members
from pylightnix_fn.archive.zip import is_zip, zip_members
from pylightnix_fn.content.local_file import open_regular
from pylightnix_fn.errors.fetch import ArchiveDamaged, ArchiveRefused, UnknownArchive

__all__ = ["Limits", "unpack"]

_GENEROUS = Limits()


def unpack(archive: Path, folder: Path, *, limits: Limits = _GENEROUS) -> None:
    """Unpack an archive into a folder, which is made if it is missing.

    Kept are names, contents, executable bits and symbolic links that stay inside; a hard link
    becomes a copy. Names that differ only by case or Unicode form are refused, since not every file
    system can hold both.

    Raises ``UnknownArchive``, ``ArchiveRefused`` (its subclass ``ArchiveDamaged`` where the archive
    is cut short or contradicts itself), ``LocalFileMissing`` or ``NotRegularFile``.
    """
    with open_regular(archive) as file:
        try:
            budget = limits.budget(os.fstat(file.fileno()).st_size)
            members = _members(file, budget)
            if members is None:
                raise UnknownArchive(archive)
            _extract(members, folder, budget)
        except Refusal as refusal:
            kind = ArchiveDamaged if refusal.damaged else ArchiveRefused
            raise kind(archive, refusal.member, refusal.why) from None


def _members(file: BinaryIO, budget: Budget) -> Iterator[Member] | None:
    if is_zip(file):
        return zip_members(file)
    stream = decompressed(file)
    return tar_members(stream, budget) if is_tar(stream) else None


def _extract(members: Iterator[Member], folder: Path, budget: Budget) -> None:
    with Extraction(folder, budget) as extraction:
        for member in members:
            extraction.add(member)
        extraction.finish()
