"""What a driver needs of a store; a disk, a memory or anything else may provide it.

A store holds configs and realizations and forgets neither; nothing in it changes once it is there,
but for the times of a build that gave an equal result again.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Protocol

from attrs import field, frozen

from pylightnix_fn.config import Config
from pylightnix_fn.matcher.candidate import Candidate
from pylightnix_fn.realizer import Context
from pylightnix_fn.refs import DRef, RRef
from pylightnix_fn.tree import Folder


@frozen
class Facts:
    """What is recorded of a build beside its result; none of it counts for the reference.

    Times are in UTC; ``versions`` holds what the code ran on, by name; ``sample`` is the number
    that `seeded` takes its seed from.
    """

    started: datetime
    stopped: datetime
    sample: int = 0
    versions: Mapping[str, str] = field(factory=dict)


@frozen
class Record:
    """What a store knows of a realization; ``size`` is that of its artifacts, in bytes."""

    rref: RRef[Folder]
    context: Context
    facts: Facts
    size: int


@frozen
class Staging:
    """A private folder for one build: artifacts go into ``folder``, notes beside it."""

    folder: Path

    @property
    def home(self) -> Path:
        """What holds the folder and the notes; goes with the staging."""
        return self.folder.parent

    @property
    def log(self) -> Path:
        """What the build printed, if it was logged; kept with the realization."""
        return self.home / "log.txt"


class Store(Protocol):
    """Configs and realizations, by reference."""

    def register(self, dref: DRef[object], config: Config) -> None:
        """Keep the config of a derivation; nothing happens where it is kept already."""

    def candidates(
        self, dref: DRef[object], context: Context, reads: frozenset[str]
    ) -> tuple[Candidate, ...]:
        """The realizations with just this context, with the texts that a matcher reads."""

    def stage(self, dref: DRef[object]) -> Staging:
        """A new, empty staging folder of its own."""

    def commit(
        self, staging: Staging, dref: DRef[object], context: Context, facts: Facts
    ) -> RRef[Folder]:
        """Make what was staged a realization; an equal one is taken instead, its times renewed.

        Errors: `ReservedFile`, `UnsupportedFile`, `HashCollision`.
        """

    def folder(self, rref: RRef[object]) -> Path:
        """Where the artifacts lie, not to be changed; `MissingObject` if nowhere."""

    def record(self, rref: RRef[object]) -> Record:
        """Context, times and size of a realization; `MissingObject` if it is not there."""

    def config(self, dref: DRef[object]) -> Config:
        """The config of a derivation; `MissingObject` if it is not there."""

    def drefs(self) -> tuple[DRef[Folder], ...]:
        """All derivations, sorted."""

    def rrefs(self, dref: DRef[object]) -> tuple[RRef[Folder], ...]:
        """All realizations of a derivation, sorted."""

    def remove(self, reference: DRef[object] | RRef[object]) -> None:
        """Remove an object that no other refers to; `StillNeeded` if one does."""


def candidate_of(record: Record, texts: Mapping[str, str | None]) -> Candidate:
    """A realization as a matcher sees it."""
    facts = record.facts
    return Candidate(record.rref, facts.started, facts.stopped, record.size, texts)


def users_of(store: Store, reference: DRef[object] | RRef[object]) -> tuple[str, ...]:
    """The other objects of a store that refer to this one, sorted."""
    dref = reference if isinstance(reference, DRef) else reference.dref
    users = [
        other.text
        for other in store.drefs()
        if isinstance(reference, DRef)
        and dref in {use.dref for use in store.config(other).references}
    ]
    for other in store.drefs():
        for rref in store.rrefs(other):
            chosen = store.record(rref).context.get(dref, ())
            if chosen if isinstance(reference, DRef) else reference in chosen:
                users.append(rref.text)
    return tuple(sorted(users))
