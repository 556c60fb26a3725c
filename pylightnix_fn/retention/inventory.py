"""Inventories: what a store held at one moment, as plain values.

Made by who can see the store; here nothing asks whether it is still so.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import TypeAlias

from attrs import field, frozen

from pylightnix_fn.matcher.candidate import Candidate
from pylightnix_fn.realizer import Context
from pylightnix_fn.refs import DRef, RRef
from pylightnix_fn.tree import Folder

Reference: TypeAlias = DRef[object] | RRef[object]


def _drefs(references: Iterable[DRef[object]]) -> frozenset[DRef[object]]:
    return frozenset(references)


@frozen
class StoredDerivation:
    """A derivation in a store; ``references`` are those that its config names."""

    dref: DRef[Folder]
    references: frozenset[DRef[object]] = field(converter=_drefs, default=frozenset())
    size: int = 0


@frozen
class StoredRealization:
    """A realization in a store; ``size`` is the number of bytes that its removal frees.

    ``texts`` holds the small text artifacts that a policy reads, `None` where there is none.
    """

    rref: RRef[Folder]
    context: Context = field(hash=False)
    started: datetime
    stopped: datetime
    size: int = 0
    texts: Mapping[str, str | None] = field(factory=dict, hash=False)

    @property
    def seconds(self) -> float:
        """How long it was built; 0 where the clock was set back meanwhile."""
        return max(0.0, (self.stopped - self.started).total_seconds())

    @property
    def candidate(self) -> Candidate:
        """This realization as a matcher sees it."""
        return Candidate(self.rref, self.started, self.stopped, self.size, self.texts)


@frozen
class Inventory:
    """All that a store held when it was ``taken``; all times are in UTC.

    ``roots`` are what must stay, whatever a policy says, and why. What is referred to need not be
    there: a store may be damaged.
    """

    taken: datetime
    derivations: tuple[StoredDerivation, ...] = ()
    realizations: tuple[StoredRealization, ...] = ()
    roots: Mapping[Reference, str] = field(factory=dict, hash=False)
