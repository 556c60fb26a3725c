"""Work in a process of its own, which can be ended whatever it does.

The process is forked, so work may be any callable, and leads a group of its own, so that its
children end with it. A second process, which only waits, ends the group if this one is killed: so
nothing runs on without anybody who would see its result. An exception in the work is raised here.
"""

from __future__ import annotations

import os
import signal
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Final, Generic, TypeAlias, TypeVar

from attrs import frozen

from pylightnix_fn.errors.build import Ended, TimedOut
from pylightnix_fn.locks import children_keep_locks
from pylightnix_fn.travelling import that_travels

if TYPE_CHECKING:
    from multiprocessing.connection import Connection
    from multiprocessing.context import ForkProcess

V = TypeVar("V")

_GLANCE: Final = 0.5  # seconds between two looks at whether the process is still there


@frozen
class _Done(Generic[V]):
    value: V


_Word: TypeAlias = _Done[V] | Exception


def confined(work: Callable[[], V], seconds: float, name: str, realizer: str) -> V:
    """What work gives within some seconds; `TimedOut`, `Ended`, or what the work itself raised."""
    import multiprocessing  # for the few builds that need it

    context = multiprocessing.get_context("fork")
    receiver: Connection[None, _Word[V]]
    receiver, sender = context.Pipe(duplex=False)
    reading, writing = os.pipe()
    process = context.Process(target=_guarded_work, args=(work, sender, reading, writing))
    try:
        with _forking(), children_keep_locks():
            process.start()
        sender.close()
        with _guarded(process):
            os.write(writing, b".")
            if not _spoke(process, receiver, seconds):
                raise TimedOut(name, realizer, seconds)
            word = receiver.recv()
    except EOFError:
        process.join()
        raise Ended(name, realizer, _status(process.exitcode or 0)) from None
    finally:
        _end(process)
        receiver.close()
        os.close(reading)
        os.close(writing)
    if isinstance(word, Exception):
        raise word
    return word.value


def _spoke(process: ForkProcess, receiver: Connection[None, _Word[V]], seconds: float) -> bool:
    """Whether there is a word, or the end of all words, before the time is over."""
    end = time.monotonic() + seconds
    while True:
        left = max(end - time.monotonic(), 0)
        if receiver.poll(min(left, _GLANCE)):
            return True
        if process.exitcode is not None and not receiver.poll():
            raise EOFError  # though a child of its own, which is still there, could speak
        if left == 0:
            return False


def _status(code: int) -> str:
    return f"ended by signal {-code}" if code < 0 else f"exit code {code}"


def _guarded_work(
    work: Callable[[], V], sender: Connection[_Word[V], None], reading: int, writing: int
) -> None:
    os.setpgrp()
    os.close(writing)
    if os.read(reading, 1):  # nothing is read where the parent was killed before it had a guard
        os.close(reading)
        _work(work, sender)


def _work(work: Callable[[], V], sender: Connection[_Word[V], None]) -> None:
    word: _Word[V]
    try:
        word = _Done(work())
    except Exception as error:
        word = that_travels(error)
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):  # what was printed is of less weight than the word
            stream.flush()
    sender.send(word)


@contextmanager
def _forking() -> Iterator[None]:
    with warnings.catch_warnings():
        # Forking a process with threads is deprecated: a lock that another thread holds stays
        # locked in the child. Should work hang for that, it ends at its time limit.
        warnings.simplefilter("ignore", DeprecationWarning)
        yield


@contextmanager
def _guarded(process: ForkProcess) -> Iterator[None]:
    """Let a group of processes end if this process is killed meanwhile."""
    reading, writing = os.pipe()
    with _forking():
        guard = os.fork()
    if guard == 0:
        _guard(process, reading, writing)
    os.close(reading)
    try:
        yield
    finally:
        os.kill(guard, signal.SIGKILL)
        with suppress(ChildProcessError):  # somebody else has waited for it
            os.waitpid(guard, 0)
        os.close(writing)


def _guard(process: ForkProcess, reading: int, writing: int) -> None:
    try:
        os.setpgrp()  # what a terminal sends to its foreground is not for this process
        os.close(writing)
        os.read(reading, 1)  # nobody writes: it returns when the last writer is gone
        os.killpg(process.pid or 0, signal.SIGKILL)
    finally:
        os._exit(0)


def _end(process: ForkProcess) -> None:
    """End a process with its children, and wait until it has ended."""
    pid = process.pid
    if pid is None:
        return
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)
    process.kill()
    process.join()
