"""Work in a process of its own, which can be ended whatever it does.

The process is forked, so work may be any callable, and leads a group of its own, so that its
children end with it. An exception in it is raised here.
"""

from __future__ import annotations

import os
import signal
import traceback
import warnings
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING

from pylightnix_fn.errors.build import Ended, TimedOut

if TYPE_CHECKING:
    from multiprocessing.connection import Connection
    from multiprocessing.context import ForkProcess


def confined(work: Callable[[], None], seconds: float, name: str, realizer: str) -> None:
    """Do work within some seconds; `TimedOut`, `Ended`, or what the work itself raised."""
    import multiprocessing  # for the few builds that need it

    context = multiprocessing.get_context("fork")
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=_work, args=(work, sender))
    with warnings.catch_warnings():
        # Forking a process with threads is deprecated: a lock that another thread holds stays
        # locked in the child. Should work hang for that, it ends at its time limit.
        warnings.simplefilter("ignore", DeprecationWarning)
        process.start()
    sender.close()
    try:
        if not receiver.poll(seconds):
            raise TimedOut(name, realizer, seconds)
        failure = _received(receiver)
        if failure is _NO_WORD:
            process.join()
            raise Ended(name, realizer, f"exit code {process.exitcode}")
    finally:
        _end(process)
        receiver.close()
    if isinstance(failure, Exception):
        raise failure


_NO_WORD = object()


def _received(receiver: Connection[None, object]) -> object:
    try:
        return receiver.recv()
    except EOFError:
        return _NO_WORD


def _work(work: Callable[[], None], sender: Connection[object, None]) -> None:
    os.setpgrp()
    try:
        work()
    except Exception as error:
        error.add_note(traceback.format_exc())
        try:
            sender.send(error)
        except Exception:  # an exception that cannot travel arrives as its text
            sender.send(RuntimeError(f"{type(error).__name__}: {error}"))
    else:
        sender.send(None)


def _end(process: ForkProcess) -> None:
    """End a process with its children, and wait until it has ended."""
    pid = process.pid
    if pid is None:
        return
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)
    process.kill()
    process.join()
