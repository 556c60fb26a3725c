"""Folders filled in one case and found in others, so that nothing is made twice.

What nobody wants any more stays to the end: ext4 without a journal gives no file the inode of one
that was deleted in the last minutes, and passes over all of these whenever it makes one.
"""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Final

from attrs import Factory, define

from benchmarks.workload import Case, Contender

FEW: Final = 500  # files that can be deleted without harm
ROOM: Final = 4 * 2**30  # bytes that stay free on the disk


@define
class Stocks:
    """What lies ready by what filled it: a folder, or why there is none."""

    place: Path
    ready: dict[str, Path] = Factory(dict)
    lacking: dict[str, str] = Factory(dict)
    _count: int = 0

    def keep(self, case: Case, contender: Contender, folder: Path) -> bool:
        """Take a folder in for later cases, if one of them may want it."""
        if not (key := filled_by(case, contender)):
            return False
        if key in self.ready:
            self.put_away(self.ready.pop(key))
        self.ready[key] = self._moved(folder)
        return True

    def take(self, case: Case, contender: Contender, folder: Path) -> bool:
        """Put what lies ready where a case looks for it."""
        found = self.ready.pop(filled_by(case, contender), None)
        if found is not None:
            found.rename(folder)
        return found is not None

    def lack(self, case: Case, contender: Contender, why: str) -> None:
        """Remember that nobody needs to try again; what is half made is of no use."""
        if key := filled_by(case, contender):
            if key in self.ready:
                self.put_away(self.ready.pop(key))
            self.lacking[key] = f"its first run: {why}"

    def why_not(self, case: Case, contender: Contender) -> str:
        """Why nothing lies ready, where that was tried."""
        return self.lacking.get(filled_by(case, contender), "")

    @contextmanager
    def folder(self) -> Iterator[Path]:
        """A new folder to work in; what is left in it when that is done, nobody wants."""
        made = Path(tempfile.mkdtemp(dir=self.place))
        try:
            yield made
        finally:
            self.put_away(made)

    def put_away(self, folder: Path) -> None:
        """Let a folder be in nobody's way; it is deleted now only where that harms less."""
        has_few = len([*islice(folder.rglob("*"), FEW)]) < FEW
        if has_few or shutil.disk_usage(self.place).free < ROOM:
            remove(folder)
        else:
            self._moved(folder)

    def _moved(self, folder: Path) -> Path:
        self._count += 1
        return folder.rename(self.place / f"stock-{self._count}")


def filled_by(case: Case, contender: Contender) -> str:
    """What filled the folder of a contender; empty where no other case has the same."""
    if contender.shares:
        return ""
    if case.stock:
        return f"{contender.name}: {case.stock}"
    return "" if case.fresh else " ".join(contender.stock)


@contextmanager
def temporary() -> Iterator[Path]:
    """A folder that goes with all that is in it."""
    place = Path(tempfile.mkdtemp(prefix="bench-"))
    try:
        yield place
    finally:
        remove(place)


def remove(folder: Path) -> None:
    """Delete a folder, with the results in it that are read-only; faster than Python can."""
    subprocess.run(["chmod", "-R", "u+w", folder], check=False, stderr=subprocess.DEVNULL)
    subprocess.run(["rm", "-rf", folder], check=False)
