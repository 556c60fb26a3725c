"""File systems of a test's own: made in memory, mounted for a while, and gone afterwards.

Where this machine mounts nothing, or lacks a tool, the test is skipped and says why.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import struct
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import cache
from pathlib import Path
from typing import Final

import pytest
from attrs import frozen

MEMORY: Final = Path("/dev/shm")  # images lie here, where there is such a place
PATIENCE: Final = 100  # times that a file system is found busy before that is an error
SHUTDOWN: Final = 0x8004587D  # _IOR('X', 125, __u32), linux/fs.h
NO_FLUSH: Final = 2  # leave the journal as it is on the disk

_MAKE: Final = {"ext4": ("-q", "-F", "-m0"), "xfs": ("-q", "-f")}
_SMALLEST: Final = {"ext4": 8, "xfs": 300}  # megabytes


@frozen
class Image:
    """A file system in a file, behind a loop device; ``path`` is where it is mounted."""

    kind: str
    device: str
    path: Path
    options: str = "rw"

    def mount(self) -> None:
        """Mount it; what its journal holds is played back."""
        run("mount", "-t", self.kind, "-o", self.options, self.device, str(self.path))

    def unmount(self) -> None:
        """Take it away, as soon as nobody uses it any more."""
        unmount(self.path)

    def remount(self, options: str) -> None:
        """Mount it otherwise, say read-only, where it is."""
        run("mount", "-o", f"remount,{options}", str(self.path))

    def cut_power(self) -> None:
        """Let nothing reach the device from now on, as if its power were cut."""
        folder = os.open(self.path, os.O_RDONLY | os.O_DIRECTORY)
        try:
            fcntl.ioctl(folder, SHUTDOWN, struct.pack("I", NO_FLUSH))
        finally:
            os.close(folder)


@contextmanager
def image(kind: str, options: str = "rw", megabytes: int = 0) -> Iterator[Image]:
    """A new file system of this kind, mounted; ext4 and xfs are known."""
    require(f"mkfs.{kind}", "losetup", "mount")
    with ExitStack() as after:
        folder = after.enter_context(_folder())
        file = after.enter_context(
            tempfile.NamedTemporaryFile(dir=MEMORY if MEMORY.is_dir() else None)
        )
        file.truncate(max(megabytes, _SMALLEST[kind]) * 2**20)
        run(f"mkfs.{kind}", *_MAKE[kind], file.name)
        device = run("losetup", "--find", "--show", file.name)
        after.callback(run, "losetup", "--detach", device)
        made = Image(kind, device, folder, options)
        made.mount()
        after.callback(_clean_up, folder)
        yield made


@contextmanager
def memory(size: str, inodes: int = 0) -> Iterator[Path]:
    """A file system in memory with so much room, and so many names; 0 means any number."""
    require("mount")
    with _folder() as folder:
        options = f"mode=0755,size={size},nr_inodes={inodes}"
        run("mount", "-t", "tmpfs", "-o", options, "none", str(folder))
        try:
            yield folder
        finally:
            _clean_up(folder)


@contextmanager
def bound_read_only(source: Path) -> Iterator[Path]:
    """A folder once more, where nobody can write to it."""
    require("mount")
    with _folder() as folder:
        run("mount", "--bind", str(source), str(folder))
        try:
            run("mount", "-o", "remount,bind,ro", str(folder))
            yield folder
        finally:
            _clean_up(folder)


def require(*tools: str) -> None:
    """Skip the test unless this process may mount, and has these tools."""
    if os.geteuid() != 0:
        pytest.skip("only root can mount a file system")
    for tool in tools:
        if shutil.which(tool) is None:
            pytest.skip(f"this machine has no {tool}")
    if why := _why_no_mounts():
        pytest.skip(f"this machine mounts nothing: {why}")
    if "losetup" in tools and (why := _why_no_loops()):
        pytest.skip(f"this machine has no loop devices: {why}")


@cache
def _why_no_mounts() -> str:
    with _folder() as folder:
        tried = _tried("mount", "-t", "tmpfs", "none", str(folder))
        if tried.returncode == 0:
            unmount(folder)
    return tried.stderr.strip()


@cache
def _why_no_loops() -> str:
    return _tried("losetup", "--find").stderr.strip()


def run(*command: str) -> str:
    """What a command prints; `RuntimeError` with what it complains of if it fails."""
    ended = _tried(*command)
    if ended.returncode:
        raise RuntimeError(f"{' '.join(command)}: {ended.stderr.strip()}")
    return ended.stdout.strip()


def _tried(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, check=False)


def unmount(folder: Path) -> None:
    """Unmount; processes that were just killed may keep it busy for a moment."""
    for _ in range(PATIENCE):
        if _tried("umount", str(folder)).returncode == 0:
            return
        time.sleep(0.02)
    run("umount", str(folder))


def _clean_up(folder: Path) -> None:
    """Unmount what is still mounted, be it in use by what a failed test left."""
    _tried("umount", "--lazy", str(folder))


@contextmanager
def _folder() -> Iterator[Path]:
    """A folder to mount on, which everybody can reach."""
    folder = Path(tempfile.mkdtemp(prefix="file-system-"))
    folder.chmod(0o755)
    try:
        yield folder
    finally:
        folder.rmdir()
