"""What builds print, led to their logs: by Python, by commands, by compiled code.

A log is a file, and grows; what is printed stands in it in the order in which it was printed.
"""

from __future__ import annotations

import io
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path
from threading import RLock
from typing import Final

TAIL: Final = 20  # lines of a log that an error shows
_MAX_TAIL: Final = 2**16  # bytes of them

# Descriptors belong to the process: the logs of two threads would be mixed.
_LOGGING: Final = RLock()


@contextmanager
def printing_to(log: Path) -> Iterator[None]:
    """Let what this process and its children print go to a log."""
    # Unbuffered, so that everything stands in the order in which it was printed.
    with (
        _LOGGING,
        log.open("ab", buffering=0) as raw,
        io.TextIOWrapper(raw, "utf-8", "backslashreplace", write_through=True) as stream,
        _descriptors(raw.fileno()),
        redirect_stdout(stream),
        redirect_stderr(stream),
    ):
        yield


def run_logged(
    arguments: Sequence[str], folder: Path, log: Path, variables: Mapping[str, str]
) -> tuple[str, str]:
    """Run a command in a folder: why it failed, empty if it did not, and its last lines."""
    with log.open("ab") as stream:
        began = stream.tell()
        status = _status(arguments, folder, stream.fileno(), variables)
    return status, _tail(log, began) if status else ""


def _status(arguments: Sequence[str], folder: Path, log: int, variables: Mapping[str, str]) -> str:
    """Why a command failed; empty if it did not."""
    try:
        ended = subprocess.run(
            arguments,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env={**os.environ, **variables},
            check=False,
        )
    except OSError as error:
        return f"it could not be started: {error.strerror}"
    if ended.returncode < 0:
        return f"ended by signal {-ended.returncode}"
    return f"exit code {ended.returncode}" if ended.returncode else ""


def _tail(log: Path, began: int) -> str:
    """The last lines of a log, of those after its first bytes."""
    with log.open("rb") as stream:
        size = stream.seek(0, os.SEEK_END)
        stream.seek(max(began, size - _MAX_TAIL))
        printed = stream.read().decode(errors="replace").splitlines()
    return "\n".join(printed[-TAIL:]) or "nothing"


@contextmanager
def _descriptors(log: int) -> Iterator[None]:
    """Lead what children and compiled code print to a log."""
    _flush()
    kept = os.dup(1), os.dup(2)
    try:
        os.dup2(log, 1)
        os.dup2(log, 2)
        yield
    finally:
        _flush()
        for number, descriptor in enumerate(kept, start=1):
            os.dup2(descriptor, number)
            os.close(descriptor)


def _flush() -> None:
    """Let what was printed so far, by Python and by compiled code, go where it belongs."""
    import ctypes  # for the few builds that are logged

    sys.stdout.flush()
    sys.stderr.flush()
    ctypes.CDLL(None).fflush(None)
