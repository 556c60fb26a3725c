"""A file that is not whole yet: ``<target>.part``, hashed while it is written.

Invariant: ``size`` and ``sha256`` are those of the bytes in the file, and the target's own name
appears only by a rename of what has been checked.
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from types import TracebackType

_FLAGS = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC


class Partial:
    """What has come of ``target``; what an earlier call left there is dropped."""

    def __init__(self, target: Path) -> None:
        self._target = target
        self._path = target.with_name(f"{target.name}.part")
        self._file = open(os.open(self._path, _FLAGS, 0o666), "wb")  # noqa: SIM115
        self.restart()

    def __enter__(self) -> Partial:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        self._file.close()
        if self.size == 0:
            self._path.unlink(missing_ok=True)

    def restart(self, validator: str | None = None, total: int | None = None) -> None:
        """Forget all bytes; ``validator`` names the version that the next ones belong to."""
        self._file.seek(0)
        self._file.truncate()
        self._hash = hashlib.sha256()
        self.size = 0
        self.total = total
        self.validator = validator

    def forget_version(self) -> None:
        """Keep the bytes, but let nobody append to them."""
        self.validator = None

    @property
    def resumable(self) -> int:
        """How many bytes a server can be asked to continue after."""
        return 0 if self.validator is None else self.size

    def write(self, data: bytes) -> None:
        """Append."""
        self._file.write(data)
        self._hash.update(data)
        self.size += len(data)

    @property
    def sha256(self) -> str:
        """The checksum of all bytes so far."""
        return self._hash.hexdigest()

    def publish(self) -> None:
        """Give the file its name, in place of what bore it before."""
        self._file.close()
        os.replace(self._path, self._target)
