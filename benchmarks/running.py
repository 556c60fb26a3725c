"""One process, measured from its start to its end, or to that of its time.

Memory is the largest of the process and of those it waited for, as the system counts it.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from threading import Timer
from typing import Final

from attrs import frozen

ROOT: Final = Path(__file__).resolve().parent.parent


@frozen
class Sample:
    """What one run took, by name, or why it came to nothing; ``ended`` after so many seconds."""

    figures: Mapping[str, float]
    problem: str = ""
    ended: float = 0.0


def run_once(words: list[str], variables: Mapping[str, str], limit: float) -> Sample:
    """One process, and what it told of itself."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as errors:
        began = time.perf_counter()
        try:
            process = subprocess.Popen(
                words, stdout=out, stderr=errors, cwd=ROOT, env=variables, process_group=0
            )
        except OSError as error:
            return Sample({}, f"does not start: {error.strerror}: {error.filename}")
        usage, is_late = _waited_for(process, limit)
        wall = time.perf_counter() - began
        if is_late:
            return Sample({}, f"ended after {limit:.0f} s", limit)
        if process.returncode < 0:
            return Sample({}, f"failed: {signal.Signals(-process.returncode).name}")
        if process.returncode != 0:
            errors.seek(0)
            return Sample({}, f"failed: {_last_line(errors.read().decode(errors='replace'))}")
        out.seek(0)
        own = _told(out.read().decode(errors="replace"))
    return Sample({"wall": wall, **usage, **own})


def _waited_for(process: subprocess.Popen[bytes], limit: float) -> tuple[dict[str, float], bool]:
    """What it used, and whether it had to be ended; nothing of it is left behind."""
    overtime: list[bool] = []
    timer = Timer(max(limit, 0.01), lambda: _end(process.pid, overtime))
    timer.start()
    try:
        _, status, usage = os.wait4(process.pid, 0)
    except BaseException:
        _end(process.pid, overtime)
        process.wait()
        raise
    finally:
        timer.cancel()
    process.returncode = os.waitstatus_to_exitcode(status)
    cpu, memory = usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 2**10
    return {"cpu": cpu, "memory": memory}, bool(overtime)


def _end(process: int, overtime: list[bool]) -> None:
    with suppress(ProcessLookupError):
        os.killpg(process, signal.SIGKILL)
        overtime.append(True)


def _told(output: str) -> dict[str, float]:
    """The figures that a program told of itself."""
    figures: dict[str, float] = {}
    for line in output.splitlines():
        if line.startswith("{"):
            told: dict[str, float] = json.loads(line)
            figures.update(told)
    return figures


def _last_line(errors: str) -> str:
    lines = [line.strip() for line in errors.splitlines() if line.strip()]
    raised = [line for line in lines if "Error" in line] or lines or ["without a word"]
    return raised[-1][:60]
