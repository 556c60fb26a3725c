"""A folder as a value, and the hash that stands for it.

Knows paths as text, never a disk. Names, kinds, executable bits, sizes and contents all count, each
within its own boundaries, so two trees have equal digests only if they are equal.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property
from pathlib import Path
from typing import Literal, TypeAlias

from attrs import field, frozen

from pylightnix_fn.canonical import Json, canonical, digest, spelled

Kind: TypeAlias = Literal["file", "directory", "symlink"]


@frozen
class Folder:
    """A folder whose contents nobody has described; `/` gives what lies in it.

    >>> Folder(Path("/store/x")) / "accuracy.txt"
    PosixPath('/store/x/accuracy.txt')
    """

    path: Path = Path()

    def __truediv__(self, name: str) -> Path:
        return self.path / name

    def __str__(self) -> str:
        return str(self.path)


@frozen
class Entry:
    """One thing in a folder: ``content`` is a sha256, the target of a link, or empty."""

    path: str
    kind: Kind
    size: int = 0
    executable: bool = False
    content: str = ""

    def json(self) -> Json:
        """This entry as it stands in a manifest."""
        return {
            "path": self.path,
            "kind": self.kind,
            "size": self.size,
            "executable": self.executable,
            "content": self.content,
        }


def _by_path(entries: Iterable[Entry]) -> tuple[Entry, ...]:
    return tuple(sorted(entries, key=lambda entry: entry.path.encode()))


@frozen
class Tree:
    """All entries of a folder, sorted by the bytes of their paths.

    >>> one, other = Entry("a", "file", 1, content="00"), Entry("b", "file", 1, content="00")
    >>> Tree([one, other]) == Tree([other, one])
    True
    >>> Tree([one]).digest == Tree([other]).digest
    False
    """

    entries: tuple[Entry, ...] = field(converter=_by_path, default=())

    @cached_property
    def text(self) -> str:
        """The entries as they stand in a manifest, in canonical JSON."""
        return canonical(self.json())

    @cached_property
    def digest(self) -> str:
        """The sha256 over all entries, as 64 hexadecimal digits."""
        return digest(self.text)

    @property
    def size(self) -> int:
        """The bytes of all files."""
        return sum(entry.size for entry in self.entries)

    def json(self) -> Json:
        """The entries as they stand in a manifest."""
        return [entry.json() for entry in self.entries]


def realization_digest(tree: Tree, context: Mapping[str, Iterable[str]]) -> str:
    """The sha256 that names a realization: over its artifacts and what it was built from.

    The texts of a context are those of references, which were judged when they were made.
    """
    plain: Json = {dref: list(rrefs) for dref, rrefs in context.items()}
    return digest(spelled({"context": plain, "tree": tree.digest}))
