"""What was found wrong with a store, as a value, and as text for people."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import Final

from attrs import frozen

from pylightnix_fn.quantity import size_text
from pylightnix_fn.retention.inventory import Reference
from pylightnix_fn.retention.table import WIDTH, brief
from pylightnix_fn.store.inspection import Damage
from pylightnix_fn.tree import shortened

MOST_SHOWN: Final = 100  # damages in a text; the value has all
_FILE: Final = 24  # columns
_EXPECTED: Final = 22


@frozen
class Unreadable:
    """A part of an object that the file system did not let us read, so nobody knows what it is.

    ``is_closed`` where we have no right to, rather than that the disk failed.
    """

    reference: str
    file: str
    why: str
    is_closed: bool = False


@frozen
class Report:
    """What is wrong in a store; ``objects`` of ``size`` bytes were looked at.

    ``aside`` are the damaged objects that no matcher sees any more; ``foreign`` are names that no
    store gives, which are no damage.
    """

    damages: tuple[Damage, ...]
    objects: int
    size: int
    unreadable: tuple[Unreadable, ...] = ()
    aside: tuple[Reference, ...] = ()
    foreign: tuple[str, ...] = ()

    @property
    def is_clean(self) -> bool:
        """Whether everything was read, and is as it must be."""
        return not (self.damages or self.unreadable)

    @property
    def damaged(self) -> tuple[str, ...]:
        """The references of all objects that are not as they must be, or cannot be read."""
        texts = [each.reference for each in self.damages]
        texts += [each.reference for each in self.unreadable]
        return tuple(dict.fromkeys(texts))

    def __str__(self) -> str:
        """A table of at most 80 columns: object, file, expected, found; and totals."""
        looked_at = f"{self.objects} objects, {size_text(self.size)}"
        if self.is_clean:
            return "\n".join((f"whole: {looked_at}", *self._remarks()))
        head = f"damaged: {len(self.damaged)} of {looked_at}"
        return "\n".join((head, *self._table(), "", *self._remarks()))

    def _table(self) -> Iterator[str]:
        rows = [(each.reference, *_cells(each)) for each in self.damages]
        rows += [(each.reference, each.file, "to be read", each.why) for each in self.unreadable]
        for reference, group in groupby(rows[:MOST_SHOWN], key=lambda row: row[0]):
            yield ""
            yield _cut(f"  {_shown(reference)}", WIDTH)
            shown = [tuple(map(_shown, cells)) for _, *cells in group]
            file = min(max(len(cells[0]) for cells in shown), _FILE)
            expected = min(max(len(cells[1]) for cells in shown), _EXPECTED)
            for one, other, found in shown:
                line = f"    {_cut(one, file):<{file}}  {_cut(other, expected):<{expected}}  "
                yield _cut(line + found, WIDTH)
        if len(rows) > MOST_SHOWN:
            yield f"\n  and {len(rows) - MOST_SHOWN} more"

    def _remarks(self) -> Iterator[str]:
        if self.aside:
            yield f"{len(self.aside)} put aside: no matcher sees them any more."
        if self.foreign:
            yield f"{len(self.foreign)} names that no store gives, left alone."
        if not self.is_clean:
            yield "`repair` restores modes and moves the rest to the trash."


def _cells(damage: Damage) -> tuple[str, str, str]:
    mode = "mode " if damage.aspect == "mode" else ""
    return damage.file, mode + damage.expected, mode + damage.found


def _shown(text: str) -> str:
    """A text on one line, hashes by their beginnings, without orders to a terminal."""
    safe = "".join(each if each.isprintable() else repr(each)[1:-1] for each in text)
    kind, _, rest = brief(safe).partition("sha256 ")
    return f"sha256 {shortened(rest)}…" if rest and not kind else brief(safe)


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else text[: width - 1] + "…"
