"""A folder as a value, and the hash that stands for it.

Knows paths as text, never a disk. Names, kinds, executable bits, sizes and contents all count, each
within its own boundaries, so two trees have equal digests only if they are equal.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import Final, Literal, TypeAlias

from attrs import field, frozen

from pylightnix_fn.canonical import Json, digest, spelled

Kind: TypeAlias = Literal["file", "directory", "symlink"]

PIECE: Final = 2**24  # bytes, some 10 ms of a core; from 4 to 64 MiB, it makes no difference
_PIECES: Final = "pieces:"


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
    """One thing in a folder: ``content`` is a fingerprint, the target of a link, or empty.

    The fingerprint of a file is its sha256. Of one that is larger than a `PIECE` it is over the
    sha256 of each piece, so that they can be taken at the same time, and says so; but what was kept
    before there were pieces has a plain one, and is looked at in that way.
    """

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


def of_pieces(digests: Iterable[bytes]) -> str:
    """The fingerprint of a file of more than one piece, from the sha256 of each, in order.

    >>> of_pieces([bytes(32), bytes(32)])[:15]
    'pieces:f5a5fd42'
    """
    return _PIECES + sha256(b"".join(digests)).hexdigest()


def is_of_pieces(fingerprint: str) -> bool:
    """Whether a file is to be hashed by pieces to get such a fingerprint.

    >>> is_of_pieces(of_pieces([])), is_of_pieces("f5a5fd42")
    (True, False)
    """
    return fingerprint.startswith(_PIECES)


def shortened(fingerprint: str, digits: int = 8) -> str:
    """The first digits of a fingerprint's hash.

    >>> shortened("pieces:f5a5fd42d16a2030"), shortened("f5a5fd42d16a2030")
    ('f5a5fd42', 'f5a5fd42')
    """
    return fingerprint.removeprefix(_PIECES)[:digits]


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
        return spelled(self.json())  # the names of entries were looked at when they were made

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
