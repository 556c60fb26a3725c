"""The names that an archive has used: each once, and no two alike.

Two names are alike where some file system takes them for one: by case, or by Unicode normal form.
"""

from __future__ import annotations

from enum import Enum, auto

from attrs import define, field

from pylightnix_fn.archive.budget import Budget
from pylightnix_fn.archive.member import Components, Refusal, folded


class Use(Enum):
    """What a name stands for."""

    IMPLIED = auto()  # a folder that only the names of its members tell of
    FOLDER = auto()
    FILE = auto()
    LINK = auto()


@define
class Names:
    """All names so far, folders that they imply included."""

    _budget: Budget
    _used: dict[str, tuple[Components, Use]] = field(factory=dict, init=False)
    _parent: Components = field(default=(), init=False)

    def claim(self, path: Components, use: Use, member: str) -> None:
        """Take a name for good, and those of the folders above it."""
        self._imply(path[:-1], member)
        before = self._find(path, member)
        if before not in (None, Use.IMPLIED) or (before and use is not Use.FOLDER):
            raise Refusal("its name occurs twice", member)
        self._take(path, use, member)

    def is_file(self, path: Components) -> bool:
        """Whether a regular file has this very name."""
        return self._used.get(folded(path)) == (path, Use.FILE)

    def _imply(self, folder: Components, member: str) -> None:
        if folder == self._parent:
            return
        for depth in range(1, len(folder) + 1):
            above = folder[:depth]
            before = self._find(above, member)
            if before in (Use.FILE, Use.LINK):
                raise Refusal(f"it lies below {'/'.join(above)!r}, which is no folder", member)
            if before is None:
                self._budget.enter(member)
                self._take(above, Use.IMPLIED, member)
        self._parent = folder

    def _take(self, path: Components, use: Use, member: str) -> None:
        name = folded(path)
        self._budget.remember(name, member)
        self._used[name] = (path, use)

    def _find(self, path: Components, member: str) -> Use | None:
        spelled, use = self._used.get(folded(path), (path, None))
        if spelled != path:
            there = "/".join(spelled)
            raise Refusal(f"its name is like {there!r} but for case or Unicode form", member)
        return use
