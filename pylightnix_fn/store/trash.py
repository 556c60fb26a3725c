"""Objects on their way out: renamed away first, all at once for others; deleted later.

Only here do objects lose their names, and only while nobody publishes or pins. What leaves first is
what nothing else refers to, so a crash in between leaves a store in which nothing dangles.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from pylightnix_fn.files import exists, folder_at, is_folder, opened
from pylightnix_fn.filesystem import FOLDER
from pylightnix_fn.locks import locked
from pylightnix_fn.refs import DRef, RRef
from pylightnix_fn.store.backing import FULL, Backing
from pylightnix_fn.store.census import rrefs_of

COLLECTED: Final = "collected-"  # what a garbage collection took may come back
DAMAGED: Final = "damaged-"
DELETED: Final = "deleted-"  # nobody may count on it any more


def discard(backing: Backing, references: Iterable[DRef[object] | RRef[object]]) -> None:
    """Put damaged objects aside, where they may be looked at until the trash is emptied."""
    with locked(backing.fs, backing.layout.gate):
        move_to(new_bin(backing, DAMAGED), backing, references)


def put_aside(backing: Backing, reference: DRef[object] | RRef[object]) -> None:
    """Put one damaged object aside; of a derivation that has results, its config alone."""
    fs, layout = backing.fs, backing.layout
    if isinstance(reference, RRef) or not rrefs_of(backing, reference):
        discard(backing, [reference])
        return
    with locked(fs, layout.gate), suppress(FileNotFoundError):
        fs.rename(layout.config(reference), new_bin(backing, DAMAGED) / f"{reference.digest}.json")


def new_bin(backing: Backing, kind: str) -> Path:
    """A new folder in the trash; the names of one kind sort by time."""
    name = f"{kind}{datetime.now(UTC):%Y%m%dT%H%M%S%f}-{os.urandom(4).hex()}"
    fs, place = backing.fs, backing.layout.trash / name
    try:
        fs.mkdir(place, 0o700)
    except OSError as error:
        if error.errno not in FULL or not exists(fs, backing.layout.reserve):
            raise
        fs.unlink(backing.layout.reserve)  # now there is room for it
        fs.mkdir(place, 0o700)
    return place


def move_to(
    place: Path, backing: Backing, references: Iterable[DRef[object] | RRef[object]]
) -> None:
    """Rename objects into a folder of the trash, in this order; the gate must be held alone."""
    leaving = tuple(references)
    backing.desk.forget(each.text for each in leaving)
    for reference in leaving:
        with suppress(FileNotFoundError):  # it is gone already
            move_away(backing, backing.layout.located(reference), place / binned_name(reference))


def move_away(backing: Backing, path: Path, target: Path) -> None:
    """Rename anything at all; the gate must be held alone."""
    fs = backing.fs
    with opened(fs, path.parent, FOLDER) as here, opened(fs, target.parent, FOLDER) as there:
        if is_folder(fs, path.name, at=here):
            with folder_at(fs, path.name, at=here):  # renaming a folder needs the right to write it
                pass
        fs.rename(path.name, target.name, at=here, to=there)


def binned_name(reference: DRef[object] | RRef[object]) -> str:
    """What an object is called in the trash; no derivation has a dot in its name."""
    if isinstance(reference, RRef):
        return f"{reference.digest}.{reference.dref.digest}"
    return reference.text.removeprefix("dref:")
