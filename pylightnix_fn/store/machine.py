"""The machine that a program runs on, and since when it is up."""

from __future__ import annotations

import os
from contextlib import suppress
from datetime import UTC, datetime
from functools import cache
from hashlib import sha256
from pathlib import Path

from attrs import frozen


@frozen
class Machine:
    """A machine, and one run of it: ``boot`` is another after every start."""

    host: str
    boot: str


@cache
def this_machine() -> Machine:
    """The machine that this program runs on."""
    host = _text("/etc/machine-id") or os.uname().nodename
    return Machine(sha256(host.encode()).hexdigest()[:16], _text("/proc/sys/kernel/random/boot_id"))


def this_process() -> str:
    """This process in words, for those who wait for it."""
    now = datetime.now(UTC).astimezone()
    return f"process {os.getpid()} on {os.uname().nodename} since {now:%Y-%m-%d %H:%M:%S}"


def _text(path: str) -> str:
    with suppress(OSError):
        return Path(path).read_text(encoding="utf-8").strip()
    return ""
