"""What a disk may hold after a power cut, when it is known what was done until then.

The model: what was not synced may each be lost, and what was written may be there in part, with
zeros for the rest; a rename is there as a whole, and only if those before it are. What a folder
lists is synced with the folder, what a file holds with the file.
"""

from __future__ import annotations

import os
import random
from collections.abc import Iterator, Mapping
from itertools import product
from math import prod
from pathlib import Path
from typing import Final, Literal, TypeAlias

from attrs import define, field, frozen
from recording import (
    TOP,
    Acknowledged,
    Closed,
    Cut,
    Event,
    Kind,
    Made,
    Named,
    Synced,
    Written,
)

SHARE: Final = 16  # of the most states of a moment, one in so many is tried where there are more

Fate: TypeAlias = Literal["there", "lost", "half"]


@define
class Thing:
    """A file, a folder or a link on the disk."""

    kind: Kind
    mode: int
    content: bytes = b""
    names: dict[str, int] = field(factory=dict)


Disk: TypeAlias = dict[int, Thing]


@frozen
class Moment:
    """When the power is cut: what was done before, and which of it may not be on the disk."""

    events: tuple[Event, ...]
    pending: tuple[int, ...]

    @property
    def acknowledged(self) -> frozenset[str]:
        """What somebody was told to be there."""
        return frozenset(each.text for each in self.events if isinstance(each, Acknowledged))

    @property
    def number_of_states(self) -> int:
        """In how many ways what is pending may have ended, renames taken as if free."""
        return prod(len(_fates(self.events[index])) for index in self.pending)

    def states(self, chance: random.Random, most: int) -> Iterator[Disk]:
        """What the disk may hold; all of it, or samples where that is more than so many states."""
        choices = [_fates(self.events[index]) for index in self.pending]
        if self.number_of_states <= most:
            for fates in product(*choices):
                if self._is_legal(fates):
                    yield self._disk(fates)
            return
        yield self._disk(tuple("there" for _ in choices))
        for _ in range(most // SHARE):
            loss = chance.random()
            picked = [
                chance.choice(each[1:]) if chance.random() < loss else each[0] for each in choices
            ]
            yield self._disk(self._legal(picked))

    def _is_legal(self, fates: tuple[Fate, ...]) -> bool:
        return self._legal(list(fates)) == fates

    def _legal(self, fates: list[Fate]) -> tuple[Fate, ...]:
        """The same, with renames lost that come after a lost one."""
        is_lost = False
        for place, index in enumerate(self.pending):
            if _is_rename(self.events[index]):
                is_lost = is_lost or fates[place] == "lost"
                fates[place] = "lost" if is_lost else fates[place]
        return tuple(fates)

    def _disk(self, fates: tuple[Fate, ...]) -> Disk:
        disk: Disk = {TOP: Thing("folder", 0o755)}
        ends = dict(zip(self.pending, fates, strict=True))
        for index, event in enumerate(self.events):
            _happen(disk, event, ends.get(index, "there"))
        return disk


def moments(events: tuple[Event, ...]) -> Iterator[Moment]:
    """Each moment at which the power may be cut, after something that makes a difference."""
    pending: list[int] = []
    for index, event in enumerate(events):
        if isinstance(event, Synced):
            pending = [each for each in pending if not _is_covered(events[each], event)]
        elif not isinstance(event, Made | Acknowledged):
            pending.append(index)
        if not isinstance(event, Made):  # it has no name yet
            yield Moment(events[: index + 1], tuple(pending))


def _is_covered(event: Event, synced: Synced) -> bool:
    if synced.number is None:
        return True
    match event:
        case Named(names):
            return any(folder == synced.number for folder, _, _ in names)
        case Written(number) | Cut(number) | Closed(number):
            return number == synced.number
        case _:
            return False


def _fates(event: Event) -> tuple[Fate, ...]:
    return ("there", "lost", "half") if isinstance(event, Written) else ("there", "lost")


def _is_rename(event: Event) -> bool:
    return isinstance(event, Named) and len(event.names) > 1


def _happen(disk: Disk, event: Event, fate: Fate) -> None:
    match event:
        case Made(number, kind, mode, leads):
            disk[number] = Thing(kind, mode, leads.encode())
        case Written(number, offset, data) if fate != "lost":
            kept = data if fate == "there" else data[: len(data) // 2].ljust(len(data), b"\0")
            old = disk[number].content.ljust(offset, b"\0")
            disk[number].content = old[:offset] + kept + old[offset + len(kept) :]
        case Cut(number, size) if fate != "lost":
            disk[number].content = disk[number].content[:size].ljust(size, b"\0")
        case Closed(number, mode) if fate != "lost":
            disk[number].mode = mode
        case Named(names) if fate != "lost":
            for folder, name, what in names:
                if what is None:
                    disk[folder].names.pop(name, None)
                else:
                    disk[folder].names[name] = what
        case _:
            pass


def seen(disk: Disk, number: int = TOP, path: str = "") -> Iterator[tuple[str, Kind, int, bytes]]:
    """All that can be reached from the top: paths, kinds, modes, contents."""
    for name, inner in sorted(disk[number].names.items()):
        thing = disk[inner]
        yield f"{path}{name}", thing.kind, thing.mode, thing.content
        yield from seen(disk, inner, f"{path}{name}/")


def laid_out(disk: Mapping[int, Thing], folder: Path, number: int = TOP) -> None:
    """Write what can be reached from the top into a folder."""
    for name, inner in disk[number].names.items():
        thing, path = disk[inner], folder / name
        if thing.kind == "link":
            os.symlink(thing.content.decode(), path)
            continue
        if thing.kind == "folder":
            path.mkdir()
            laid_out(disk, path, inner)
        else:
            path.write_bytes(thing.content)
        path.chmod(thing.mode)
