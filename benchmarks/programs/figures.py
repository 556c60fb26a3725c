"""What a measured program tells of itself: one line of figures, by name."""

from __future__ import annotations

import json
import resource
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def tell(**figures: float) -> None:
    """Print figures for who measures: seconds, or MiB where the name says `memory`."""
    print(json.dumps(figures), flush=True)


@contextmanager
def telling(name: str) -> Iterator[None]:
    """Tell how many seconds a piece of work takes."""
    began = time.perf_counter()
    yield
    tell(**{name: time.perf_counter() - began})


def resident() -> float:
    """MiB of memory that this process holds now."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 2**20


def most_resident() -> float:
    """The most MiB that this process has held; not, as `ru_maxrss`, what its parent held, too."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) / 2**10 for line in lines if line.startswith("VmHWM"))
