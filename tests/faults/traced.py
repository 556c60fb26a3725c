"""A program that does an operation as often as it is told, each time in a process of its own.

It reads the path of a store, gets everything ready and tells the number of the process, so that a
tracer of system calls can attach to that. A signal lets it go on; how it ended is told last.
"""

from __future__ import annotations

import os
import signal
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Final

from beginnings import NOW, begun
from error_sweep import LenientFs
from operations import COMMIT, DURABILITIES, OPERATIONS, Site
from ports import FaultFs

from pylightnix_fn import DiskStore, PylightnixError
from pylightnix_fn.filesystem import DISK, FOLDER
from pylightnix_fn.store.backing import Durability

REFUSED: Final = 3
BEGIN: Final = "/here begins the operation"
END: Final = "/here ends the operation"
PORTS: Final = {"disk": FaultFs, "lenient": LenientFs}


def main(operation: str, durability: str, port: str) -> None:
    """Do the operation to each store whose path comes in."""
    while root := _line():
        child = os.fork()
        if child == 0:
            os._exit(_ended(operation, Site(Path(root), _durability(durability), 0, PORTS[port]())))
        _, status = os.waitpid(child, 0)
        _tell(os.waitstatus_to_exitcode(status))


def _durability(text: str) -> Durability:
    return next(each for each in DURABILITIES if each == text)


def _ended(operation: str, site: Site) -> int:
    """How the operation ends: 0, `REFUSED`, or 1 where it raised what it must not."""
    try:
        act = _act(operation, site)
        _load_all(site.root.parent)
        signal.pthread_sigmask(signal.SIG_BLOCK, (signal.SIGUSR1,))
        _tell(os.getpid())
        signal.sigwait((signal.SIGUSR1,))  # and not in a call that deals with files
        os.access(BEGIN, os.F_OK)
        try:
            act()
        finally:
            os.access(END, os.F_OK)
    except PylightnixError:
        return REFUSED
    except BaseException:
        traceback.print_exc()
        return 1
    return 0


def _act(operation: str, site: Site) -> Callable[[], object]:
    """What is left to do: what a user writes to a staging folder is there before."""
    if operation != COMMIT:
        return lambda: OPERATIONS[operation].act(site)
    store = DiskStore.open(site.root, durability=site.durability, fs=site.fs, machine=NOW)
    return begun(store, site.seed, started=10)


def _load_all(folder: Path) -> None:
    """Let everything be imported that is imported when it is needed first."""
    descriptor = os.open(folder, FOLDER)
    DISK.syncfs(descriptor)
    os.close(descriptor)


def _line() -> str:
    """The next line that comes in; no more than it is read, as the next is for another process."""
    data = b""
    while (byte := os.read(0, 1)) not in (b"", b"\n"):
        data += byte
    return data.decode()


def _tell(number: int) -> None:
    os.write(1, f"{number}\n".encode())


if __name__ == "__main__":
    main(*sys.argv[1:])
