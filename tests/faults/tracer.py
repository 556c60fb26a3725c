"""Attaching a tracer of system calls to an operation, and letting it harm one of them."""

from __future__ import annotations

import os
import re
import select
import shutil
import signal
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Final

import pytest
from attrs import frozen
from traced import BEGIN, END

PATIENCE: Final = 30.0  # seconds after which an operation hangs
HANGS: Final = 124

_CALL: Final = re.compile(r"(?:\d+ +)?(\w+)\(")
_NO_FILES: Final = frozenset(
    [
        "access",
        "brk",
        "clock_gettime",
        "exit_group",
        "faccessat",
        "faccessat2",
        "futex",
        "getegid",
        "geteuid",
        "getpid",
        "getrandom",
        "gettid",
        "madvise",
        "mmap",
        "mprotect",
        "mremap",
        "munmap",
        "restart_syscall",
        "rt_sigaction",
        "rt_sigprocmask",
        "rt_sigtimedwait",
        "uname",
    ]
)


@frozen
class Call:
    """A system call, the ``number``-th of this name since the tracer attached, from 1."""

    name: str
    number: int

    def __str__(self) -> str:
        return f"{self.name} #{self.number}"


@frozen
class Ended:
    """How an operation ended, and what it then said; ``code`` is negative for a signal."""

    code: int
    said: str

    @property
    def is_killed(self) -> bool:
        """Whether it was killed at once."""
        return self.code == -signal.SIGKILL


@frozen
class Interpreter:
    """A Python that does one operation again and again, each time in a new process."""

    process: subprocess.Popen[bytes]
    errors: IO[bytes]
    trace: Path

    def done(self, root: Path, *options: str) -> Ended:
        """Do the operation while the tracer, told these options, looks on."""
        start = self.errors.seek(0, os.SEEK_END)
        self._send(f"{root}\n")
        pid = int(self._line())
        command = ["strace", "-o", str(self.trace), "-p", str(pid), *options]
        with subprocess.Popen(command, stderr=subprocess.PIPE) as tracer:
            assert tracer.stderr is not None
            attached = tracer.stderr.readline()
            if b"attached" not in attached:
                os.kill(pid, signal.SIGKILL)
                pytest.skip(f"strace cannot attach here: {attached.decode().strip()}")
            os.kill(pid, signal.SIGUSR1)
            code = self._end(pid)
        self.errors.seek(start)
        return Ended(code, self.errors.read().decode())

    def calls(self) -> list[Call]:
        """The calls that dealt with files, from the beginning of the last operation to its end."""
        seen: Counter[str] = Counter()
        found, is_within = [], False
        for line in self.trace.read_text(errors="replace").splitlines():
            if match := _CALL.match(line):
                seen[match[1]] += 1
                is_within = (is_within or BEGIN in line) and END not in line
                if is_within and match[1] not in _NO_FILES:
                    found.append(Call(match[1], seen[match[1]]))
        return found

    def _end(self, pid: int) -> int:
        text = self._line()
        if not text:
            os.kill(pid, signal.SIGKILL)
            self._line()
            return HANGS
        return int(text)

    def _send(self, text: str) -> None:
        assert self.process.stdin is not None
        os.write(self.process.stdin.fileno(), text.encode())

    def _line(self) -> str:
        """The next line; empty where none comes."""
        assert self.process.stdout is not None
        data, descriptor = b"", self.process.stdout.fileno()
        while not data.endswith(b"\n"):
            ready, _, _ = select.select([descriptor], [], [], PATIENCE)
            more = os.read(descriptor, 1) if ready else b""
            if not more:
                return ""
            data += more
        return data.decode()


@contextmanager
def interpreter(operation: str, durability: str, port: str = "disk") -> Iterator[Interpreter]:
    """A Python with everything loaded; the test is skipped where there is no tracer."""
    if shutil.which("strace") is None:
        pytest.skip("this machine has no strace")
    program = Path(__file__).with_name("traced.py")
    paths = os.pathsep.join(filter(None, sys.path))
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryFile() as errors:
        process = subprocess.Popen(
            [sys.executable, str(program), operation, durability, port],
            env={**os.environ, "PYTHONPATH": paths, "PYTHONHASHSEED": "0"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
        )
        with process:
            yield Interpreter(process, errors, Path(folder) / "trace")
