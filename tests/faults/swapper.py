"""A program that puts links in the place of whatever it finds: `swapper.py ARENA DECOYS ...`.

The links lead to decoys outside: folders in which the same names are found again, and files. The
patterns that follow say what is replaced: ``*`` stands for any one name, ``**`` for any path. It
goes on until it is killed, and by then most things are back where they were.
"""

from __future__ import annotations

import os
import random
import secrets
import stat
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

CONTENT = b"untouched"
TIME = 1_000_000_000
KEEP = "keep"
LINKED = "linked"  # a decoy that is a file, to which other names may lead
FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW


def swap_for_ever(arena: Path, decoys: Path, patterns: list[str]) -> None:
    """Replace what the patterns lead to, and put it back."""
    attic = arena.parent / f"attic-{secrets.token_hex(4)}"
    attic.mkdir()
    print("ready", flush=True)
    while True:
        pattern = random.choice(patterns).split("/")
        with suppress(OSError, IndexError), _chosen(arena, pattern) as (here, name):
            _swap(here, name, attic / secrets.token_hex(4), decoys)


@contextmanager
def _chosen(arena: Path, pattern: list[str]) -> Iterator[tuple[int, str]]:
    """Something that a pattern leads to, by its name in an open folder; no link is followed."""
    with ExitStack() as stack:
        here = os.open(arena, FOLDER)
        stack.callback(os.close, here)
        while True:
            names = os.listdir(here)
            wanted = pattern[0]
            name = random.choice(names) if wanted in ("*", "**") else wanted
            deeper = wanted == "**" and random.random() < 0.5
            if len(pattern) == 1 and not (deeper and _is_folder(here, name)):
                yield here, name
                return
            pattern = pattern if deeper else pattern[1:]
            here = os.open(name, FOLDER, dir_fd=here)
            stack.callback(os.close, here)


def _is_folder(here: int, name: str) -> bool:
    return stat.S_ISDIR(os.stat(name, dir_fd=here, follow_symlinks=False).st_mode)


def _swap(here: int, name: str, aside: Path, decoys: Path) -> None:
    if _is_folder(here, name):
        folder = os.open(name, FOLDER, dir_fd=here)
        try:
            decoy = made(decoys, os.listdir(folder))
        finally:
            os.close(folder)
    else:
        decoy = made(decoys, []).with_suffix(f".{LINKED}")
    os.rename(name, aside, src_dir_fd=here)
    try:
        if decoy.suffix and random.random() < 0.5:
            os.link(decoy, name, dst_dir_fd=here)
        else:
            os.symlink(decoy, name, dir_fd=here)
        time.sleep(random.choice((0, 0, 0.0001, 0.001)))
    finally:
        with suppress(OSError):
            os.unlink(name, dir_fd=here)
        os.rename(aside, name, dst_dir_fd=here)


def made(decoys: Path, names: list[str]) -> Path:
    """A new decoy: a folder with these names in it, each a folder; beside it a file."""
    decoy = decoys / secrets.token_hex(8)
    decoy.mkdir()
    for name in names:
        (decoy / name).mkdir(0o700)
        _keep(decoy / name / KEEP)
    _keep(decoy.with_suffix(f".{LINKED}"))
    names_file = decoy.with_suffix(".names")  # comes last: what it stands for is finished
    names_file.write_text("".join(f"{name}\n" for name in sorted(names)), encoding="utf-8")
    return decoy


def _keep(path: Path) -> None:
    path.write_bytes(CONTENT)
    path.chmod(0o640)
    os.utime(path, (TIME, TIME))


def touched(decoys: Path) -> list[str]:
    """What is not any more as it was in the decoys."""
    found: list[str] = []
    for names in decoys.glob("*.names"):
        decoy = names.with_suffix("")
        expected, there = names.read_text(encoding="utf-8").splitlines(), sorted(os.listdir(decoy))
        if there != expected:
            found.append(f"{decoy.name}: {expected} became {there}")
        for name in there:
            path = decoy / name
            if not path.is_dir() or path.stat().st_mode & 0o777 != 0o700:
                found.append(f"{name}: its mode is {path.stat().st_mode:o}")
            elif os.listdir(path) != [KEEP] or _is_touched(path / KEEP):
                found.append(f"{name}: {os.listdir(path)}")
        if _is_touched(decoy.with_suffix(f".{LINKED}")):
            found.append(f"the file beside {there}")
    return found


def _is_touched(path: Path) -> bool:
    status = path.stat()
    return (status.st_mode & 0o777, status.st_mtime, path.read_bytes()) != (0o640, TIME, CONTENT)


if __name__ == "__main__":
    swap_for_ever(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3:])
