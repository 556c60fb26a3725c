"""The files of an artifact, as they lie on a disk."""

from __future__ import annotations

from pathlib import Path

from attrs import frozen


@frozen
class DiskFiles:
    """Whole files, read and written; the folders above are made."""

    def read(self, path: Path) -> bytes:
        return path.read_bytes()

    def write(self, path: Path, data: bytes) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
