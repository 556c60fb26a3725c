"""Folders for logs, one for each time that something ran, and a link to the latest.

They lie outside of stores: a log of a build itself belongs to `logged`.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from datetime import datetime
from itertools import count
from pathlib import Path
from typing import Final

from pylightnix_fn.errors.plan import BadParameter
from pylightnix_fn.outputs import why_no_file_name

LATEST: Final = "latest"


def make_log_folder(
    root: Path | str, tag: str = "", *, subfolders: Iterable[str] = (), at: datetime | None = None
) -> Path:
    """Make the folder ``<root>/<tag>-<time>``, and let ``<root>/<tag>-latest`` lead to it.

    The time is that of the clock where none is given; each call makes a folder of its own, also
    within one second. Names sort by time.
    """
    why = why_no_file_name(tag) or ("it holds a '/'" if "/" in tag else "")
    if why:
        raise BadParameter("make_log_folder", "tag", repr(tag), f"a part of a file name, but {why}")
    parent, front = Path(root).expanduser(), f"{tag}-" if tag else ""
    parent.mkdir(parents=True, exist_ok=True)
    made = _made(parent, f"{front}{at or datetime.now():%Y%m%d-%H%M%S}")
    for each in subfolders:
        (made / each).mkdir(parents=True)
    beside = parent / f".{LATEST}-{os.urandom(8).hex()}"
    beside.symlink_to(made.name)
    os.replace(beside, parent / f"{front}{LATEST}")
    return made


def _made(parent: Path, name: str) -> Path:
    for number in count(1):
        folder = parent / (name if number == 1 else f"{name}-{number}")
        try:
            folder.mkdir()
        except FileExistsError:
            continue
        return folder
    raise AssertionError("numbers do not end")
