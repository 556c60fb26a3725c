"""Closures, exported to one file, imported from it, or copied from store to store.

Laws: importing what was exported gives the objects that there were; whatever is imported or copied
into a store, in whatever order and how often, it holds the union, and the newest times of each.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, Final

from pylightnix_fn.archive.budget import Budget, Limits
from pylightnix_fn.archive.member import Refusal
from pylightnix_fn.content.local_file import CHUNK, open_regular
from pylightnix_fn.content.source import checked_sha256
from pylightnix_fn.errors.fetch import ChecksumMismatch
from pylightnix_fn.errors.message import PylightnixError
from pylightnix_fn.errors.store import DamagedObject
from pylightnix_fn.errors.transfer import ArchiveNotWritten, ClosureDamaged, ClosureRefused
from pylightnix_fn.retention.inventory import Reference
from pylightnix_fn.store.backing import guarded
from pylightnix_fn.store.disk import DiskStore
from pylightnix_fn.store.inspection import realization_damage
from pylightnix_fn.store.manifests import read_manifest
from pylightnix_fn.store.records import read_build, read_context
from pylightnix_fn.store_protocol import digest_of
from pylightnix_fn.transfer.cargo import Crate, gathered
from pylightnix_fn.transfer.compression import check_compression, compressed, decompressed
from pylightnix_fn.transfer.framing import framed, unframed
from pylightnix_fn.transfer.packing import packed
from pylightnix_fn.transfer.receiving import received
from pylightnix_fn.transfer.report import (
    Exported,
    Observer,
    Received,
    unobserved,
)

_GENEROUS: Final = Limits()


def export_closure(
    store: DiskStore,
    references: Iterable[Reference],
    path: Path | str,
    *,
    observe: Observer = unobserved,
) -> Exported:
    """Write all that some references need to one file, in place of what is there.

    Of a realization that is what it was built from, and every config; of a derivation the configs
    alone. Equal objects with equal times, in whatever store, give an equal archive; it is
    compressed by the same version of zstd to the same bytes. Errors: `MissingObject`,
    `DamagedObject`, `NotTransferable`, `ArchiveNotWritten`, `PackageMissing`.
    """
    check_compression()
    target = Path(path).expanduser().absolute()
    cargo = gathered(store, references, "export_closure")
    content = _Counted(framed(packed(store, cargo, observe)))
    archive = _Counted(compressed(content))
    _write(target, archive)
    return Exported(
        target,
        cargo.tops,
        len(cargo.configs),
        len(cargo.crates),
        cargo.declaration.size,
        archive.size,
        archive.sha256.hexdigest(),
        content.sha256.hexdigest(),
    )


def import_closure(
    store: DiskStore,
    path: Path | str,
    *,
    sha256: str | None = None,
    limits: Limits = _GENEROUS,
    observe: Observer = unobserved,
) -> Received:
    """Take in what `export_closure` wrote; nothing of an archive is believed.

    Each object is published once it is whole, so an import that was stopped is simply begun again.
    That contents are what their names say does not tell who built them: give the ``sha256`` that
    the exporter told you, and nothing is even unpacked of another file. ``limits`` bounds what an
    archive may unfold into; results of little but zeros need a higher ``ratio``. Errors:
    `ClosureRefused` and `ClosureDamaged`, `ChecksumMismatch`, `LocalFileMissing`,
    `NotRegularFile`, `HashCollision`, `StoreFull`, `StoreNotWritable`, `PackageMissing`.
    """
    check_compression()
    archive = Path(path).expanduser().absolute()
    with open_regular(archive) as file, _explained(archive):
        if sha256 is not None:
            _check_sha256(file, archive, checked_sha256(sha256))
        size = os.fstat(file.fileno()).st_size
        most = limits.budget(size)
        members = unframed(decompressed(file), limits.budget(size))
        return received(store, members, most, limits, observe=observe)


def copy_closure(
    source: DiskStore,
    references: Iterable[Reference],
    target: DiskStore,
    *,
    observe: Observer = unobserved,
) -> Received:
    """Copy all that some references need from store to store, by the same checks as an import.

    What is there already, as new and with all its files, is not read again. Errors:
    `MissingObject`, `DamagedObject`, `NotTransferable`, `HashCollision`, `StoreFull`,
    `StoreNotWritable`.
    """
    cargo = gathered(source, references, "copy_closure")
    with guarded(target.layout):
        there = [crate.rref for crate in cargo.crates if _is_kept(target, crate)]
    left = cargo.without(there)
    size = left.declaration.size
    limits = Limits(left.declaration.members, size, 2**40)
    most = Budget(limits, limits.entries, size, limits.names)
    with _explained(source.root):
        return received(target, packed(source, left), most, limits, there, observe=observe)


def _is_kept(store: DiskStore, crate: Crate) -> bool:
    """Whether a store has this realization, with no older times; it stays meanwhile."""
    fs, layout, rref = store.fs, store.layout, crate.rref
    if not store.pin([rref]):
        return False
    if any(not each.is_harmless for each in realization_damage(fs, layout, rref, quick=True)):
        return False
    folder = layout.realization(rref)
    with suppress(DamagedObject):
        context = read_context(fs, folder, rref)
        whole = digest_of(read_manifest(fs, folder, rref, context), context)
        started = read_build(fs, folder, rref).facts.started
        return whole == crate.whole and started >= crate.build.facts.started
    return False


class _Counted:
    """Chunks of bytes, counted and hashed as they pass."""

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self._chunks = chunks
        self.sha256 = hashlib.sha256()
        self.size = 0

    def __iter__(self) -> Iterator[bytes]:
        for chunk in self._chunks:
            self.sha256.update(chunk)
            self.size += len(chunk)
            yield chunk


def _write(target: Path, chunks: Iterable[bytes]) -> None:
    """A file that appears with all its bytes, which last, or not at all."""
    new = target.with_name(f".{target.name[:100]}-{os.urandom(8).hex()}")
    try:
        with open(new, "xb") as file:
            for chunk in chunks:
                file.write(chunk)
            file.flush()
            os.fsync(file.fileno())
        os.rename(new, target)
        folder = os.open(target.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    except PylightnixError:
        raise
    except OSError as error:
        raise ArchiveNotWritten(str(target), error.strerror or str(error)) from error
    finally:
        with suppress(OSError):
            new.unlink()


@contextmanager
def _explained(archive: Path) -> Iterator[None]:
    try:
        yield
    except Refusal as refusal:
        kind = ClosureDamaged if refusal.damaged else ClosureRefused
        raise kind(archive, refusal.member, refusal.why) from None


def _check_sha256(file: BinaryIO, archive: Path, expected: str) -> None:
    found, size = hashlib.sha256(), 0
    while chunk := file.read(CHUNK):
        found.update(chunk)
        size += len(chunk)
    if found.hexdigest() != expected:
        raise ChecksumMismatch(str(archive), expected, found.hexdigest(), size)
    file.seek(0)
