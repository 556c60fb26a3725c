"""A store at a glance: how much there is of what, and what failed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from attrs import frozen

from pylightnix_fn.canonical import Json
from pylightnix_fn.failure import Failure
from pylightnix_fn.findings.columns import columns, counted, cut, labelled, visible, when
from pylightnix_fn.quantity import size_text
from pylightnix_fn.retention.table import WIDTH, brief

MOST_SHOWN: Final = 20  # failures in a text; JSON has all


@frozen
class StoreInfo:
    """What a store is, and how much is in it; sizes in bytes.

    ``size`` is that of all artifacts as they were recorded: files that are one on the disk count in
    each. ``durability`` is that of who asks; ``free`` is what the disk has left; ``processes`` are
    those that use the store, `None` where we may not look.
    """

    root: str
    format: int
    durability: str
    derivations: int
    realizations: int
    failures: int
    roots: int
    size: int
    free: int
    trash: int
    trash_size: int
    processes: tuple[str, ...] | None

    def json(self) -> Json:
        """All fields, by name."""
        return {
            "root": self.root,
            "format": self.format,
            "durability": self.durability,
            "derivations": self.derivations,
            "realizations": self.realizations,
            "failures": self.failures,
            "roots": self.roots,
            "size": self.size,
            "free": self.free,
            "trash": self.trash,
            "trash_size": self.trash_size,
            "processes": None if self.processes is None else list(self.processes),
        }

    def text(self, width: int = WIDTH) -> str:
        """The facts on lines of so many columns at most; the path as it is, to be copied."""
        used = ("not to be seen by this user",) if self.processes is None else self.processes
        trash = f"{counted(self.trash, 'bin')}, {size_text(self.trash_size)}"
        facts = [
            ("format", str(self.format)),
            ("durability", self.durability),
            ("derivations", str(self.derivations)),
            ("realizations", f"{self.realizations}, {size_text(self.size)}"),
            ("failures", str(self.failures)),
            ("roots", str(self.roots)),
            ("trash", trash if self.trash else "empty"),
            ("free", size_text(self.free)),
            *(("used by" if not n else " ", each) for n, each in enumerate(used or ("nobody",))),
        ]
        return "\n".join((visible(self.root), *labelled(facts, width)))

    def __str__(self) -> str:
        return self.text()


@frozen
class Listed:
    """All derivations of one name; ``newest`` is when the last build of any ended, in UTC."""

    name: str
    derivations: int
    realizations: int
    newest: datetime | None
    size: int

    def json(self) -> Json:
        """All fields, by name."""
        return {
            "name": self.name,
            "derivations": self.derivations,
            "realizations": self.realizations,
            "newest": None if self.newest is None else self.newest.isoformat(),
            "size": self.size,
        }


@frozen
class Listing:
    """The names in a store, sorted."""

    names: tuple[Listed, ...]

    def json(self) -> Json:
        """A list, an object for each name."""
        return [each.json() for each in self.names]

    def text(self, width: int = WIDTH) -> str:
        """A table of so many columns at most."""
        if not self.names:
            return "no derivations"
        header = ("name", "derivations", "realizations", "size", "newest")
        return "\n".join(columns(header, [_row(each) for each in self.names], width))

    def __str__(self) -> str:
        return self.text()


def _row(each: Listed) -> tuple[str, ...]:
    counts = (str(each.derivations), str(each.realizations))
    return each.name, *counts, size_text(each.size), when(each.newest)


@frozen
class Failures:
    """Failed builds that were not forgotten, oldest first."""

    failures: tuple[Failure, ...]

    def json(self) -> Json:
        """A list, an object for each failure."""
        return [
            {
                "dref": each.dref.text,
                "context": {dref.text: [*map(str, those)] for dref, those in each.context.items()},
                "sample": each.sample,
                "started": each.started.isoformat(),
                "stopped": each.stopped.isoformat(),
                "error": each.error,
                "why": each.why,
                "place": str(each.place),
                "others": [str(other) for other in each.others],
            }
            for each in self.failures
        ]

    def text(self, width: int = WIDTH) -> str:
        """When, what, why and where, the last ones, on lines of so many columns but for paths."""
        if not self.failures:
            return "no failures"
        return "\n".join(self._lines(width))

    def _lines(self, width: int) -> Iterator[str]:
        yield counted(len(self.failures), "failure")
        more = len(self.failures) - MOST_SHOWN
        if more > 0:
            yield f"and {more} before these"
        for each in self.failures[-MOST_SHOWN:]:
            yield ""
            yield cut(f"{when(each.stopped)}  {brief(each.dref.text)}", width)
            yield cut(f"  {each.reason}", width)
            yield f"  {each.place}"  # in full, to be copied

    def __str__(self) -> str:
        return self.text()
