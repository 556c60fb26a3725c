"""What observers were told so far, as a frozen value.

Knows no clock and no screen: who is told says when. Events may come in any order, and of
derivations that nobody has planned.
"""

from __future__ import annotations

from collections import Counter
from typing import Final

from attrs import evolve, field, frozen
from rpds import HashTrieMap, HashTrieSet

from pylightnix_fn.events import (
    Built,
    Downloading,
    Event,
    Failed,
    Matched,
    Planned,
    Skipped,
    Started,
    Waiting,
)
from pylightnix_fn.quantity import duration_text, size_text
from pylightnix_fn.refs import DRef

LABEL_WIDTH: Final = 24
_DIGITS: Final = 6  # of a reference, where several derivations have one name


@frozen
class Running:
    """A build that has begun, or that waits for another process; times as the clock gives them."""

    since: float
    before: float | None = None
    waits_for: str = ""
    download: Downloading | None = None


@frozen
class Account:
    """How far things have come since ``began``; each derivation is in one of the sets at most."""

    began: float
    planned: frozenset[DRef[object]] = frozenset()
    shared: frozenset[str] = frozenset()
    running: HashTrieMap[DRef[object], Running] = field(factory=HashTrieMap)
    tried: HashTrieSet[DRef[object]] = field(factory=HashTrieSet)
    there: HashTrieSet[DRef[object]] = field(factory=HashTrieSet)
    made: HashTrieSet[DRef[object]] = field(factory=HashTrieSet)
    failed: HashTrieSet[DRef[object]] = field(factory=HashTrieSet)
    skipped: HashTrieSet[DRef[object]] = field(factory=HashTrieSet)
    builds: int = 0
    size: int = 0

    @property
    def settled(self) -> int:
        """How many derivations have what their matchers want."""
        return len(self.there) + len(self.made)

    @property
    def total(self) -> int:
        """How many derivations there are, so far as anybody has told."""
        return max(len(self.planned), self.settled + len(self.failed) + len(self.skipped))

    @property
    def left(self) -> int:
        """How many derivations nothing has come of."""
        return self.total - self.settled - len(self.failed) - len(self.skipped)

    def label(self, dref: DRef[object]) -> str:
        """What people call a derivation, with some digits where others bear the same name."""
        if dref.name in self.shared:
            return f"{cut(dref.name, LABEL_WIDTH - _DIGITS - 1)} {dref.digest[:_DIGITS]}"
        return cut(dref.name, LABEL_WIDTH)

    def after(self, event: Event, now: float) -> Account:
        """The account in which this has happened too."""
        match event:
            case Planned(drefs):
                planned = self.planned.union(drefs)
                counts = Counter(dref.name for dref in planned)
                shared = frozenset(name for name, count in counts.items() if count > 1)
                return evolve(self, planned=planned, shared=shared)
            case Waiting(dref, who):
                return self._running(dref, Running(now, waits_for=who))
            case Started(dref, _, before):
                tried = self._running(dref, Running(now, before))
                return evolve(tried, tried=self.tried.insert(dref))
            case Downloading(dref):
                running = self.running.get(dref) or Running(now)
                return self._running(dref, evolve(running, download=event))
            case Built(dref, _, _, size):
                stopped = self._stopped(dref)
                return evolve(stopped, builds=self.builds + 1, size=self.size + size)
            case Matched(dref) | Failed(dref) | Skipped(dref):
                return self._ended(dref, event)

    def _ended(self, dref: DRef[object], event: Matched | Failed | Skipped) -> Account:
        moved = evolve(
            self._stopped(dref),
            there=self.there.discard(dref),
            made=self.made.discard(dref),
            failed=self.failed.discard(dref),
            skipped=self.skipped.discard(dref),
        )
        match event:
            case Matched() if dref in self.tried:
                return evolve(moved, made=moved.made.insert(dref))
            case Matched():
                return evolve(moved, there=moved.there.insert(dref))
            case Failed():
                return evolve(moved, failed=moved.failed.insert(dref))
            case Skipped():
                return evolve(moved, skipped=moved.skipped.insert(dref))

    def _running(self, dref: DRef[object], running: Running) -> Account:
        return evolve(self, running=self.running.insert(dref, running))

    def _stopped(self, dref: DRef[object]) -> Account:
        return evolve(self, running=self.running.discard(dref))


def summary(account: Account, now: float) -> str:
    """All that came of it, in a line.

    >>> summary(Account(0.0, builds=2, size=5_000_000), 200.0)
    'built 2 in 3 min 20 s, 0 were there, 5.0 MB'
    """
    counts = (
        (len(account.failed), "failed"),
        (len(account.skipped), "skipped"),
        (account.left, "left"),
    )
    parts = [
        f"built {account.builds} in {duration_text(now - account.began)}",
        f"{len(account.there)} were there",
        *(f"{count} {word}" for count, word in counts if count),
        size_text(account.size),
    ]
    return ", ".join(parts)


def cut(text: str, width: int) -> str:
    """A text in one line of at most so many characters, without what a terminal would obey.

    >>> cut("a\\x1b[31m b", 80), cut("abcdefgh", 6)
    ('a\\\\x1b[31m b', 'abc...')
    """
    printable = "".join(each if each.isprintable() else repr(each)[1:-1] for each in text)
    return printable if len(printable) <= width else f"{printable[: width - 3]}..."
