"""What a matcher sees of the realizations in a store: read once, and recognized from then on.

What was whole when it was read, and has the same record still, is not read again; what is damaged
is never remembered.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path, PurePosixPath

from attrs import evolve, frozen

from pylightnix_fn.errors.store import DamagedObject
from pylightnix_fn.files import holds, is_folder, names_in, opened, opened_below
from pylightnix_fn.filesystem import FOLDER, FileSystem, Where
from pylightnix_fn.matcher.candidate import Candidate
from pylightnix_fn.outputs import CONTEXT_FILE
from pylightnix_fn.realizer import Context
from pylightnix_fn.refs import DRef
from pylightnix_fn.store.backing import Backing
from pylightnix_fn.store.census import is_there
from pylightnix_fn.store.layout import BUILD_FILE, CONFIG_FILE, rref_of
from pylightnix_fn.store.recollection import Seen, identity_of
from pylightnix_fn.store.records import context_text, read_candidate, read_text
from pylightnix_fn.store_protocol import MAX_TEXT


@frozen
class _Look:
    """One look at the realizations of a derivation that were built from a context."""

    fs: FileSystem
    place: str
    dref: DRef[object]
    wanted: bytes
    reads: frozenset[str]
    is_wary: bool

    def seen(self, name: str) -> Seen | None:
        """A realization; `None` if it is of another context, or went while it was looked at."""
        rref, folder = rref_of(name, self.dref), f"{self.place}/{name}"
        if rref is None or not self.is_of_context(folder):
            return None
        # What lies behind a link cannot be pinned, and would be chosen for ever.
        if self.is_wary and not is_folder(self.fs, folder):
            return None
        try:
            candidate, status = read_candidate(self.fs, folder, rref)
        except DamagedObject:
            if is_folder(self.fs, folder):
                raise
            return None
        if self.reads:
            texts = texts_of(self.fs, folder, self.reads)
            if None in texts.values() and not is_folder(self.fs, folder):
                return None
            candidate = evolve(candidate, texts=texts)
        return Seen(identity_of(status), candidate)

    def is_of_context(self, folder: str) -> bool:
        """Whether a realization was built from the context that is wanted."""
        return holds(self.fs, f"{folder}/{CONTEXT_FILE}", self.wanted)


def candidates_of(
    backing: Backing, dref: DRef[object], context: Context, reads: frozenset[str]
) -> tuple[Candidate, ...]:
    """The realizations with just this context, sorted, with the texts that a matcher reads."""
    fs, place, now = backing.fs, backing.layout.place(dref), time.time_ns()
    names = [name for name in names_in(fs, place) if name != CONFIG_FILE]
    if not names or not is_there(backing, dref):
        return ()
    text, is_wary = context_text(context), backing.recollection.is_wary
    look = _Look(fs, place, dref, text.encode(), reads, is_wary)
    question = dref.text, text, reads
    known = _recognized(fs, place, backing.recollection.of(question))
    unknown = (name for name in names if name not in known)
    new = {name: seen for name in unknown if (seen := look.seen(name)) is not None}
    backing.recollection.keep(question, known, new, now)
    found = {**known, **new} if new else known
    return tuple(found[name].candidate for name in names if name in found)


def _recognized(fs: FileSystem, place: str, before: Mapping[str, Seen]) -> dict[str, Seen]:
    """What is so still of what was seen before."""
    if before:
        with suppress(FileNotFoundError, NotADirectoryError), opened(fs, place, FOLDER) as top:
            return {name: seen for name, seen in before.items() if _is_still(fs, name, top, seen)}
    return {}


def _is_still(fs: FileSystem, name: str, top: int, seen: Seen) -> bool:
    try:
        return identity_of(fs.lstat(f"{name}/{BUILD_FILE}", at=top)) == seen.identity
    except (FileNotFoundError, NotADirectoryError):
        return False


def texts_of(fs: FileSystem, folder: Where, reads: Iterable[str]) -> dict[str, str | None]:
    """The small text artifacts of these names in a realization, `None` where there is none."""
    texts = dict[str, str | None].fromkeys(reads)
    if texts:
        missing = (FileNotFoundError, NotADirectoryError)
        with suppress(*missing), opened(fs, folder, FOLDER) as top:
            texts = {name: _artifact(fs, folder, top, name) for name in texts}
    return texts


def _artifact(fs: FileSystem, folder: Where, top: int, name: str) -> str | None:
    """A text artifact; a link leads to another place in the same realization."""
    path = PurePosixPath(name)
    with (
        suppress(FileNotFoundError, NotADirectoryError),
        opened_below(fs, top, path.parent) as here,
    ):
        text = read_text(fs, path.name, MAX_TEXT, at=here)
        if text is not None:
            return text
    home = Path(os.path.realpath(folder))
    real = Path(os.path.realpath(f"{folder}/{name}"))
    return read_text(fs, real, MAX_TEXT) if real.is_relative_to(home) else None
