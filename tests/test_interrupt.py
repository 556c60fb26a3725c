"""Ctrl-C: everything ends, nothing stays locked, and another run goes on from there."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

import pytest
from dags import Journal

PROGRAM: Final = Path(__file__).parent / "interrupted.py"
PATIENCE: Final = 20.0  # seconds; what takes longer does not end

# What a driver cannot end comes to its end by itself: threads, and processes of the user's.
CAN_END: Final = ("inline", "jobs")


def until(condition: Callable[[], bool], what: str) -> None:
    end = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > end:
            pytest.fail(f"waited in vain for: {what}")
        time.sleep(0.02)


def members(session: int) -> list[str]:
    """The processes of a session that live, with their commands."""
    found: list[str] = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            with suppress(OSError):
                _, _, after = (entry / "stat").read_text().rpartition(")")
                state, _, _, its_session, *_ = after.split()
                if int(its_session) == session and state != "Z":
                    command = (entry / "cmdline").read_text().replace("\0", " ")
                    found.append(f"{entry.name} {command}")
    return found


@contextmanager
def running(folder: Path, driver: str) -> Iterator[subprocess.Popen[str]]:
    """The program, in a session of its own, of which nothing is left afterwards."""
    command = [sys.executable, str(PROGRAM), str(folder), driver]
    program = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, start_new_session=True)
    with program:
        try:
            yield program
        finally:
            for line in members(program.pid):
                os.kill(int(line.split()[0]), signal.SIGKILL)


def interrupted(folder: Path, driver: str, whom: str) -> str:
    """Interrupt the program while it builds; what it writes on its standard error."""
    slow, journal = folder / "slow", Journal(folder / "journal.txt")
    slow.touch()
    builds = 1 if driver == "inline" else 2
    with running(folder, driver) as program:
        until(lambda: len(journal.numbers("begin")) == 1 + builds, "builds to begin")
        if whom == "all":
            os.killpg(program.pid, signal.SIGINT)
        else:
            os.kill(program.pid, signal.SIGINT)
        if driver not in CAN_END:
            time.sleep(0.5)
            slow.unlink(missing_ok=True)
        _, errors = program.communicate(timeout=PATIENCE)
        until(lambda: not members(program.pid), "every process to end")
    slow.unlink(missing_ok=True)
    assert -signal.SIGINT == program.returncode
    return errors


CASES: Final = pytest.mark.parametrize(
    ("driver", "whom"),
    [
        ("inline", "one"),
        ("threads", "one"),
        ("jobs", "one"),
        ("jobs", "all"),
        ("processes", "one"),
        ("processes", "all"),
    ],
)


@CASES
def test_interrupted_program_tells_what_is_finished(driver: str, whom: str, tmp_path: Path) -> None:
    told = interrupted(tmp_path, driver, whom)
    assert "KeyboardInterrupt\n1 of 4 derivations are settled; another run goes on there." in told


@CASES
def test_another_run_goes_on_where_one_was_interrupted(
    driver: str, whom: str, tmp_path: Path
) -> None:
    interrupted(tmp_path, driver, whom)
    journal = Journal(tmp_path / "journal.txt")
    with running(tmp_path, driver) as program:
        _, errors = program.communicate(timeout=PATIENCE)
    assert (0, "") == (program.returncode, errors)
    assert [0, 1, 2, 3] == sorted(set(journal.numbers("end")))
    assert 1 == journal.numbers("end").count(0)


def test_jobs_end_with_a_program_that_is_killed(tmp_path: Path) -> None:
    (tmp_path / "slow").touch()
    journal = Journal(tmp_path / "journal.txt")
    with running(tmp_path, "jobs") as program:
        until(lambda: len(journal.numbers("begin")) == 3, "builds to begin")
        os.kill(program.pid, signal.SIGKILL)
        until(lambda: not [each for each in members(program.pid) if "sleep" not in each], "the end")
