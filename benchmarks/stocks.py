"""Folders filled in one case and found in others, so that nothing is made twice."""

from __future__ import annotations

import subprocess
from pathlib import Path

from attrs import Factory, define

from benchmarks.workload import Case, Contender


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
            remove(self.ready.pop(key))
        self._count += 1
        self.ready[key] = self.place / f"stock-{self._count}"
        folder.rename(self.ready[key])
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
                remove(self.ready.pop(key))
            self.lacking[key] = f"its first run: {why}"

    def why_not(self, case: Case, contender: Contender) -> str:
        """Why nothing lies ready, where that was tried."""
        return self.lacking.get(filled_by(case, contender), "")


def filled_by(case: Case, contender: Contender) -> str:
    """What filled the folder of a contender; empty where no other case has the same."""
    if contender.shares:
        return ""
    if case.stock:
        return f"{contender.name}: {case.stock}"
    return "" if case.fresh else " ".join(contender.stock)


def remove(folder: Path) -> None:
    """Delete a folder, with the results in it that are read-only; faster than Python can."""
    subprocess.run(["chmod", "-R", "u+w", folder], check=False, stderr=subprocess.DEVNULL)
    subprocess.run(["rm", "-rf", folder], check=False)
