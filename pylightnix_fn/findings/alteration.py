"""How an artifact differs from the one of the same path: as a number, a text, an array or bytes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, Literal, TypeAlias

from attrs import frozen

from pylightnix_fn.canonical import Json
from pylightnix_fn.findings.columns import counted, number_text
from pylightnix_fn.findings.condition import Number, finite
from pylightnix_fn.quantity import size_text
from pylightnix_fn.tree import shortened

MOST_LINES: Final = 20  # that are shown of a text artifact; the value and its JSON have all


@frozen
class OneSided:
    """An artifact that is on one side only; ``size`` in bytes."""

    path: str
    side: Literal["old", "new"]
    size: int

    def json(self) -> Json:
        """Path, side and size."""
        return {"path": self.path, "kind": "one side", "side": self.side, "size": self.size}

    def lines(self) -> Iterator[str]:
        """What to show."""
        word = "is gone" if self.side == "old" else "is new"
        yield f"{self.path} {word}: {size_text(self.size)}"


@frozen
class NumberChange:
    """Artifacts that hold one number."""

    path: str
    old: Number
    new: Number

    @property
    def difference(self) -> Number:
        """By how much the new one is larger."""
        return self.new - self.old

    def json(self) -> Json:
        """Both numbers, and the new one less the old one."""
        numbers = {"old": self.old, "new": self.new, "difference": self.difference}
        return {
            "path": self.path,
            "kind": "number",
            **{name: finite(each) for name, each in numbers.items()},
        }

    def lines(self) -> Iterator[str]:
        """What to show."""
        old, new = number_text(self.old), number_text(self.new)
        yield f"{self.path} {old} -> {new} ({self.difference:+.6g})"


@frozen
class TextChange:
    """Text artifacts; ``diff`` are the lines of a unified diff, without its header."""

    path: str
    diff: tuple[str, ...]

    def json(self) -> Json:
        """All lines of the diff."""
        return {"path": self.path, "kind": "text", "diff": list(self.diff)}

    def lines(self) -> Iterator[str]:
        """What to show."""
        gone = sum(line.startswith("-") for line in self.diff)
        come = sum(line.startswith("+") for line in self.diff)
        yield f"{self.path} {counted(gone, 'line')} gone, {come} new"
        yield from (f"  {line}" for line in self.diff[:MOST_LINES])
        if len(self.diff) > MOST_LINES:
            yield f"  and {len(self.diff) - MOST_LINES} lines more"


@frozen
class Array:
    """What an array is, without what is in it."""

    dtype: str
    shape: tuple[int, ...]

    def __str__(self) -> str:
        return f"{self.dtype}[{' '.join(map(str, self.shape))}]"

    def json(self) -> Json:
        """Type and shape."""
        return {"dtype": self.dtype, "shape": list(self.shape)}


@frozen
class ArrayChange:
    """Arrays, `None` where there is none of this name; ``member`` is its name in an archive.

    ``largest`` is the largest difference between two elements; `None` where there is no such thing:
    shapes differ, or elements are no numbers.
    """

    path: str
    member: str
    old: Array | None
    new: Array | None
    largest: float | None

    def json(self) -> Json:
        """Types, shapes and the largest difference."""
        return {
            "path": self.path,
            "kind": "array",
            "member": self.member or None,
            "old": None if self.old is None else self.old.json(),
            "new": None if self.new is None else self.new.json(),
            "largest": finite(self.largest),
        }

    def lines(self) -> Iterator[str]:
        """What to show."""
        label = f"{self.path}:{self.member}" if self.member else self.path
        kinds = [str(self.old or "nothing"), str(self.new or "nothing")]
        shown = kinds[0] if kinds[0] == kinds[1] else " -> ".join(kinds)
        most = "" if self.largest is None else f", differs by {self.largest:.6g} at most"
        yield f"{label} {shown}{most or (', elements differ' if self.old == self.new else '')}"


@frozen
class Content:
    """What an entry is: its kind, its size, and a sha256 or the target of a link."""

    kind: str
    size: int
    content: str

    def __str__(self) -> str:
        if self.kind == "directory":
            return "a directory"
        if self.kind == "symlink":
            return f"a link to {self.content}"
        return f"{size_text(self.size)} {shortened(self.content)}"

    def json(self) -> Json:
        """All that is known of it."""
        return {"kind": self.kind, "size": self.size, "content": self.content}


@frozen
class ContentChange:
    """Entries of which only this is known: another size or hash, kind or right to execute."""

    path: str
    old: Content
    new: Content

    def json(self) -> Json:
        """Both sides."""
        sides: dict[str, Json] = {"old": self.old.json(), "new": self.new.json()}
        return {"path": self.path, "kind": "content", **sides}

    def lines(self) -> Iterator[str]:
        """What to show."""
        same = str(self.old) == str(self.new)
        kinds = f" ({self.old.kind} -> {self.new.kind})" if self.old.kind != self.new.kind else ""
        yield f"{self.path} {self.old if same else f'{self.old} -> {self.new}'}{kinds}"


ArtifactChange: TypeAlias = OneSided | NumberChange | TextChange | ArrayChange | ContentChange
