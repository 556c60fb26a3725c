"""What a driver needs of a store; a disk, a memory or anything else may provide it.

A store holds configs and realizations and forgets neither; nothing in it changes once it is there,
but for the times of a build that gave an equal result again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol

from attrs import field, frozen

from pylightnix_fn.config import Config
from pylightnix_fn.errors.store import DamagedObject, MissingObject
from pylightnix_fn.matcher.candidate import Candidate
from pylightnix_fn.realizer import Context
from pylightnix_fn.refs import DRef, RRef
from pylightnix_fn.tree import Folder, Tree, realization_digest

if TYPE_CHECKING:
    from pylightnix_fn.failure import Failure

MAX_TEXT: Final = 2**16  # bytes of a text artifact that a matcher reads


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
    """A private folder for one build: artifacts go into ``folder``, notes beside it.

    A store whose stagings are often not written to lets them be made by who asks for the folder.
    """

    place: Path
    _make: Callable[[], None] | None = field(default=None, eq=False, repr=False)

    @property
    def folder(self) -> Path:
        """What artifacts go into."""
        if self._make is not None:
            self._make()
        return self.place

    @property
    def home(self) -> Path:
        """What holds the folder and the notes; goes with the staging."""
        return self.place.parent

    @property
    def error(self) -> Path:
        """Why the build failed, if it did; then everything stays for a look."""
        return self.folder.parent / "error.txt"

    @property
    def log(self) -> Path:
        """What the build printed, if it was logged; kept with the realization."""
        return self.folder.parent / "log.txt"


class Store(Protocol):
    """Configs and realizations, by reference."""

    def register(self, configs: Mapping[DRef[object], Config]) -> None:
        """Keep the configs of derivations; nothing happens where they are kept already."""

    def candidates(
        self, dref: DRef[object], context: Context, reads: frozenset[str]
    ) -> tuple[Candidate, ...]:
        """The realizations with just this context, with the texts that a matcher reads."""

    def pin(self, rrefs: Iterable[RRef[object]]) -> bool:
        """Whether all are there; if so, they are not collected while this process lives."""

    def building(
        self, dref: DRef[object], context: Context, waiting: Callable[[str], None]
    ) -> AbstractContextManager[None]:
        """Keep others from building this in this context meanwhile.

        Where somebody else does, ``waiting`` is told who, and they are waited for.
        """

    def stage(self, dref: DRef[object]) -> Staging:
        """A new, empty staging folder of its own."""

    def commit(
        self, staging: Staging, dref: DRef[object], context: Context, facts: Facts
    ) -> Record:
        """Make what was staged a realization; an equal one is taken instead, its times renewed.

        Errors: `ReservedFile`, `UnsupportedFile`, `HashCollision`, and `MissingObject` where the
        derivation, or a realization in the context, is not there.
        """

    def failures(self, dref: DRef[object] | None = None) -> tuple[Failure, ...]:
        """The failed builds of a derivation, or of all, that were not forgotten; oldest first.

        Those of earlier runs and other processes among them.
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


def digest_of(tree: Tree, context: Context) -> str:
    """The sha256 that names the realization of this tree, built from this context."""
    return realization_digest(tree, {dref.text: map(str, those) for dref, those in context.items()})


def candidate_of(record: Record, texts: Mapping[str, str | None]) -> Candidate:
    """A realization as a matcher sees it."""
    facts = record.facts
    return Candidate(record.rref, facts.started, facts.stopped, record.size, texts)


def users_of(store: Store, reference: DRef[object] | RRef[object]) -> tuple[str, ...]:
    """The other objects of a store that refer to this one, sorted.

    What is damaged needs nothing any more: it can only be removed itself.
    """
    dref = reference if isinstance(reference, DRef) else reference.dref
    users: list[str] = []
    for other in store.drefs():
        if other == dref:
            continue
        if isinstance(reference, DRef) and dref in _referred_to(store, other):
            users.append(other.text)
        for rref in store.rrefs(other):
            chosen = _context(store, rref).get(dref, ())
            if chosen if isinstance(reference, DRef) else reference in chosen:
                users.append(rref.text)
    return tuple(sorted(users))


def _referred_to(store: Store, dref: DRef[object]) -> frozenset[DRef[object]]:
    try:
        return frozenset(store.config(dref).drefs)
    except (DamagedObject, MissingObject):
        return frozenset()


def _context(store: Store, rref: RRef[object]) -> Context:
    try:
        return store.record(rref).context
    except (DamagedObject, MissingObject):
        return {}
