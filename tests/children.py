"""Children of this process, forked for one piece of work, and seen to their end."""

from __future__ import annotations

import os
import signal
import traceback
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import pytest


def forked(work: Callable[[], object]) -> int:
    """A child that does some work, and ends with 0 if it raises nothing; its number."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of threads, which the child lacks
        process = os.fork()
    if process == 0:
        status = 1
        try:
            work()
            status = 0
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(status)
    return process


def ended(process: int) -> int:
    """How a child ended: its exit code, or minus the signal that killed it."""
    return os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])


def in_child(work: Callable[[], object], *, seconds: int = 20) -> int:
    """How a child ends that does some work; the alarm ends it if that takes too long."""

    def limited() -> None:
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.alarm(seconds)
        work()

    return ended(forked(limited))


@contextmanager
def child(prepare: Callable[[], object]) -> Iterator[int]:
    """A child that has done something and lives on; it is killed afterwards."""
    reading, writing = os.pipe()

    def live() -> None:
        kept = prepare()
        os.write(writing, b"." if kept is not False else b"")
        while True:
            signal.pause()

    process = forked(live)
    os.close(writing)
    try:
        if os.read(reading, 1) != b".":
            pytest.fail("the child did not come to live")
        yield process
    finally:
        os.close(reading)
        with suppress(ProcessLookupError):
            os.kill(process, signal.SIGKILL)
        with suppress(ChildProcessError):
            os.waitpid(process, 0)
