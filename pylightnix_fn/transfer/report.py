"""What moving a closure came to, and how far it is: plain values."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TypeAlias

from attrs import frozen

from pylightnix_fn.canonical import Json
from pylightnix_fn.quantity import size_text
from pylightnix_fn.refs import DRef, RRef
from pylightnix_fn.retention.inventory import Reference


@frozen
class Transferred:
    """An object has come through, the ``done``-th of ``total``; its ``size`` is in bytes."""

    reference: Reference
    size: int
    done: int
    total: int


Observer: TypeAlias = Callable[[Transferred], None]


def unobserved(transferred: Transferred) -> None:
    """The observer that looks away."""


def tell(observe: Observer, transferred: Transferred) -> None:
    """Let an observer know; who only looks on breaks nothing."""
    with suppress(Exception):
        observe(transferred)


@frozen
class Exported:
    """An archive that was written; ``references`` are what nothing else in it refers to.

    ``size`` counts the bytes of all files in it, ``archive_size`` its own. ``sha256`` is that of
    the archive; ``content`` that of what it unfolds into, whatever compressed it.
    """

    path: Path
    references: tuple[Reference, ...]
    derivations: int
    realizations: int
    size: int
    archive_size: int
    sha256: str
    content: str

    def __str__(self) -> str:
        counted = _counted(self.derivations, self.realizations)
        sizes = f"{size_text(self.size)} in {size_text(self.archive_size)}"
        return f"{counted}, {sizes}\n  archive  {self.path}\n  sha256   {self.sha256}"

    def json(self) -> Json:
        """All of it, by name."""
        return {
            "path": str(self.path),
            "references": [each.text for each in self.references],
            "derivations": self.derivations,
            "realizations": self.realizations,
            "size": self.size,
            "archive_size": self.archive_size,
            "sha256": self.sha256,
            "content": self.content,
        }


@frozen
class Received:
    """What a store holds now; ``references`` are what nothing else that came refers to.

    ``added`` were not there before, ``kept`` were; ``size`` is what the files of the former take.
    """

    references: tuple[Reference, ...]
    added: tuple[Reference, ...] = ()
    kept: tuple[Reference, ...] = ()
    size: int = 0

    def __str__(self) -> str:
        added = (
            f"{_of(self.added)} added, {size_text(self.size)}" if self.added else "nothing added"
        )
        there = f"; {_count(len(self.kept), 'object')} there already" if self.kept else ""
        return added + there

    def json(self) -> Json:
        """All of it, by name."""
        return {
            "references": [each.text for each in self.references],
            "added": [each.text for each in self.added],
            "kept": [each.text for each in self.kept],
            "size": self.size,
        }


def _of(references: Sequence[Reference]) -> str:
    derivations = sum(isinstance(each, DRef) for each in references)
    return _counted(derivations, sum(isinstance(each, RRef) for each in references))


def _counted(derivations: int, realizations: int) -> str:
    return f"{_count(derivations, 'derivation')} and {_count(realizations, 'realization')}"


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"
