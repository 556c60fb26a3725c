"""Equal files of a store become one: their blocks are shared, or else they are links to one file.

What a file holds is known from the manifests. The one that serves for others is read before, for
its damage would be theirs. Beside builds, readers and garbage collection; what is killed leaves a
store in which all is whole, and at the worst a folder that its owner may write to.
"""

from __future__ import annotations

import errno
from collections import Counter
from collections.abc import Callable, Generator, Iterator
from contextlib import closing, contextmanager, suppress
from typing import Final, TypeAlias

from attrs import frozen

from pylightnix_fn.errors.message import shown
from pylightnix_fn.errors.plan import BadParameter
from pylightnix_fn.files import opened
from pylightnix_fn.filesystem import FOLDER
from pylightnix_fn.locks import locked
from pylightnix_fn.quantity import size_text
from pylightnix_fn.refs import RRef
from pylightnix_fn.store.backing import Backing, guarded
from pylightnix_fn.store.disk import DiskStore
from pylightnix_fn.tree import Folder
from pylightnix_fn.upkeep.duplicates import (
    FAILURES,
    Content,
    Left,
    Place,
    duplicates,
    left,
)
from pylightnix_fn.upkeep.replacement import (
    Bench,
    Source,
    bench,
    check,
    is_one,
    replace,
    source_at,
)

LEAST: Final = 4096  # bytes: smaller files are most of the names and little of the room


@frozen
class Shared:
    """A file that now shares its bytes with an equal one; ``freed`` is what it took alone."""

    rref: RRef[Folder]
    file: str
    freed: int


@frozen
class Optimised:
    """Which files now share their bytes with others, and which were left as they are."""

    shared: tuple[Shared, ...]
    left: tuple[Left, ...]

    @property
    def files(self) -> int:
        """How many files share their bytes now that did not before."""
        return len(self.shared)

    @property
    def saved(self) -> int:
        """The bytes that this saved."""
        return sum(each.freed for each in self.shared)

    def __str__(self) -> str:
        lines = [
            f"{self.files} files share their bytes with equal ones: saved {size_text(self.saved)}"
        ]
        lines += [f"left {each.file} of {each.rref}: {each.why}" for each in self.left]
        return "\n".join(lines)


Event: TypeAlias = Shared | Left


def _unobserved(event: Event) -> None:
    pass


def optimise(
    store: DiskStore, *, least: int = LEAST, observe: Callable[[Event], None] = _unobserved
) -> Optimised:
    """Let equal files of a store, of at least so many bytes, share their bytes.

    Where the file system clones files they do, and stay files of their own; elsewhere they become
    hard links, and a damage of one is a damage of all. ``observe`` is told of each file. Another
    `optimise` that is under way is waited for.
    """
    _check_bound(least)
    events: list[Event] = []
    with closing(_optimised(store.backing, least)) as told:
        for event in told:
            events.append(event)
            observe(event)
    shared = tuple(each for each in events if isinstance(each, Shared))
    return Optimised(shared, tuple(each for each in events if isinstance(each, Left)))


def _check_bound(least: object) -> None:
    if not isinstance(least, int) or isinstance(least, bool) or least < 1:
        raise BadParameter("optimise", "least", shown(least), "1 or more, a whole number of bytes")


def _optimised(backing: Backing, least: int) -> Generator[Event, None, None]:
    with guarded(backing.layout), _alone(backing):
        found = yield from duplicates(backing, least)
        if found:
            _sync(backing)
            with bench(backing) as ours:
                for content, places in found.items():
                    yield from _shared(ours, content, places)


@contextmanager
def _alone(backing: Backing) -> Iterator[None]:
    """Two at once would open and close the same folders."""
    path = backing.layout.locks / "optimise"
    with locked(backing.fs, path):
        try:
            yield
        finally:
            with suppress(FileNotFoundError):
                backing.fs.unlink(path)


def _sync(backing: Backing) -> None:
    """Let the disk have every file before others depend on it: not all were synced when made."""
    with opened(backing.fs, backing.layout.objects, FOLDER) as descriptor:
        backing.fs.syncfs(descriptor)


def _shared(bench: Bench, content: Content, places: list[Place]) -> Iterator[Event]:
    """Let equal files share their bytes: what most of them are already serves for the others."""
    names = Counter(place.inode for place in places)
    waiting = sorted(places, key=lambda each: -names[each.inode])
    while len(waiting) > 1:
        first, *waiting = waiting
        try:
            with source_at(bench, content, first) as source:
                waiting = yield from _spread(bench, source, waiting)
        except FAILURES as error:
            if _is_full(error):
                waiting = [each for each in waiting if each.inode != first.inode]
            else:
                yield from left(first.rref, str(first.path), error)


def _spread(
    bench: Bench, source: Source, places: list[Place]
) -> Generator[Event, None, list[Place]]:
    """Let one file serve for others; what is given back needs another, as this one is full."""
    others = [place for place in places if not is_one(bench, source, place)]
    if others:
        check(bench, source)
    for number, place in enumerate(others):
        try:
            freed = replace(bench, source, place)
        except FAILURES as error:
            if _is_full(error):
                return others[number:]
            yield from left(place.rref, str(place.path), error)
        else:
            yield Shared(place.rref, str(place.path), freed)
    return []


def _is_full(error: Exception) -> bool:
    """Whether a file has as many names as its file system allows."""
    return isinstance(error, OSError) and error.errno == errno.EMLINK
