"""What failed builds leave: their notes are written here, found again, and forgotten.

Beside what a build wrote lie its traceback, its config, its log and `failure.json`, which says the
rest. Notes are found wherever earlier runs and other processes left them, and none is trusted.
"""

from __future__ import annotations

import errno
import os
import shutil
import stat
import traceback
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final, Protocol

from pylightnix_fn.failure import LONGEST_WHY, Failure, failure_from, failure_text
from pylightnix_fn.files import delete, exists, is_folder, names_in, read_file
from pylightnix_fn.filesystem import DISK, FileSystem
from pylightnix_fn.outputs import is_reserved
from pylightnix_fn.refs import DRef

RECORD: Final = "failure.json"
MAX_RECORD: Final = 2**26  # bytes

_NO_ROOM: Final = "Free some room on the disk, and run it again; what was written is kept."
_NO_DESCRIPTORS: Final = "Close files, or raise the limit (`ulimit -n`); what was written is kept."
_ADVICE: Final[dict[int | None, str]] = {
    errno.ENOSPC: _NO_ROOM,
    errno.EDQUOT: _NO_ROOM,
    errno.EMFILE: _NO_DESCRIPTORS,
    errno.ENFILE: _NO_DESCRIPTORS,
}


class Keeper(Protocol):
    """A store, as far as failures go."""

    def failures(self, dref: DRef[object] | None = None) -> tuple[Failure, ...]:
        """The failures on record, oldest first."""


def shortage(error: BaseException) -> str:
    """What to do about what the machine had too little of; empty where the error is another.

    >>> shortage(OSError(errno.ENOSPC, "No space left on device"))
    'Free some room on the disk, and run it again; what was written is kept.'
    """
    cause: BaseException | None = error
    seen: list[BaseException] = []
    while cause is not None and not any(cause is each for each in seen):
        if isinstance(cause, OSError) and cause.errno in _ADVICE:
            return _ADVICE[cause.errno]
        seen.append(cause)
        cause = cause.__cause__ or cause.__context__
    return ""


def text_of(error: BaseException) -> str:
    """What an exception says, as a text that JSON can hold."""
    try:
        text = str(error)
    except Exception:  # it is the user's
        return ""
    return as_utf8(text[:LONGEST_WHY])


def traceback_of(error: BaseException) -> str:
    """The traceback of an exception, as a text that a file can hold."""
    return as_utf8("".join(traceback.format_exception(error)))


def as_utf8(text: str) -> str:
    """The text, lone surrogates in it spelled out."""
    return text.encode(errors="backslashreplace").decode()


def record(failure: Failure, config: str, error: BaseException) -> None:
    """Leave notes of a failure where it lies, so far as the disk takes them.

    Nothing is raised: the disk may be full, and the failure itself says more.
    """
    for place in (failure.place, *failure.others):
        # Whose folder holds a traceback is nobody's litter.
        _leave(place / failure.traceback.name, lambda: traceback_of(error))
    _leave(failure.config, lambda: config)
    _leave(failure.place / RECORD, lambda: failure_text(failure))


def _leave(path: Path, text: Callable[[], str]) -> None:
    with suppress(Exception):
        path.parent.mkdir(parents=True, exist_ok=True)  # the realizer may have deleted it
        path.write_text(text(), encoding="utf-8")


def failures_in(
    homes: Iterable[Path], dref: DRef[object] | None = None, fs: FileSystem = DISK
) -> tuple[Failure, ...]:
    """The failures that folders hold, of one derivation or of all, oldest first."""
    found = [each for each in _found(homes, fs) if dref in (None, each.dref)]
    return tuple(sorted(found, key=lambda each: (each.started, str(each.place))))


def _found(homes: Iterable[Path], fs: FileSystem) -> Iterator[Failure]:
    for home in homes:
        with suppress(PermissionError, ValueError):  # another user's; no failure
            data = read_file(fs, home / RECORD, MAX_RECORD) if is_folder(fs, home) else None
            if data is not None:
                yield failure_from(data.decode(), home)


def homes_below(staging: Path, fs: FileSystem = DISK) -> Iterator[Path]:
    """The staging folders of every process; what another user keeps to himself is left out."""
    for writer in names_in(fs, staging):
        with suppress(PermissionError):
            if is_folder(fs, staging / writer):
                yield from (staging / writer / name for name in names_in(fs, staging / writer))


def continued(left: Path, folder: Path) -> None:
    """Copy what a failed build wrote, but for what no realization can hold, so as to go on there.

    What was sealed already can be written again.
    """
    if not left.is_dir():  # the realizer deleted it
        return

    def without(here: str, names: list[str]) -> list[str]:
        top = Path(here) == left
        return [each for each in names if (top and is_reserved(each)) or _is_odd(Path(here, each))]

    shutil.copytree(left, folder, symlinks=True, ignore=without, dirs_exist_ok=True)
    for here, _, names in os.walk(folder):
        os.chmod(here, 0o755)
        for path in (Path(here, name) for name in names):
            if not path.is_symlink():
                path.chmod(path.stat().st_mode | stat.S_IWUSR)


def _is_odd(path: Path) -> bool:
    """Whether something is neither a file nor a folder nor a link."""
    return stat.S_IFMT(path.lstat().st_mode) not in (stat.S_IFREG, stat.S_IFDIR, stat.S_IFLNK)


def forget_failures(store: Keeper, dref: DRef[object] | None = None) -> int:
    """Delete what failed builds left, those of one derivation or all; how many there were.

    So what `give_up` refuses is tried again.
    """
    failures = store.failures(dref)
    for failure in failures:
        # Whatever a record says, no build under way is deleted: none has a traceback.
        ended = [each for each in failure.others if exists(DISK, each / failure.traceback.name)]
        for place in (*ended, failure.place):
            with suppress(FileNotFoundError):  # somebody else was faster
                delete(DISK, place)
    return len(failures)
