"""`timeout`: work in a process of its own ends in time, whatever it does."""

from __future__ import annotations

import faulthandler
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from trials import Note, Trial, built, doing, trial, writing

from pylightnix_fn import (
    Build,
    MemoryStore,
    Store,
    retry,
    run,
    then,
    timeout,
)
from pylightnix_fn.errors.build import Ended, RealizerFailed, TimedOut, UndeclaredInput

LIMIT = 0.5
SLACK = 4.0  # seconds that a busy machine may need to end a process


class TwoValues(Exception):
    """Goes into a pickle, but does not come out."""

    def __init__(self, one: str, other: str) -> None:
        super().__init__(one)


def asleep(folder: Path) -> None:
    time.sleep(60)


def in_compiled_code(folder: Path) -> None:
    sum(range(10**12))


def in_a_regex(folder: Path) -> None:
    re.match(r"(a+)+$", "a" * 60 + "b")


def deaf(folder: Path) -> None:
    for number in (signal.SIGALRM, signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGALRM, signal.SIGTERM})
    time.sleep(60)


def waiting_for_a_child(folder: Path) -> None:
    subprocess.run(["sleep", "60"], check=True)


def is_there(pid: int) -> bool:
    """Whether a process runs: one that only waits to be reaped does not."""
    try:
        status = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
    except FileNotFoundError:
        return False
    return status.rpartition(")")[2].split()[0] != "Z"


def is_gone(pid: int) -> bool:
    """Whether a process goes away in a short time."""
    end = time.monotonic() + SLACK
    while is_there(pid) and time.monotonic() < end:
        time.sleep(0.02)
    return not is_there(pid)


@pytest.mark.parametrize("hang", [asleep, in_compiled_code, in_a_regex, deaf, waiting_for_a_child])
def test_realizer_that_hangs_is_ended_in_time(hang: Callable[[Path], None]) -> None:
    began = time.monotonic()
    with pytest.raises(TimedOut, match="did not end in time"):
        built(timeout(LIMIT)(doing(hang)), MemoryStore())
    assert LIMIT <= time.monotonic() - began < LIMIT + SLACK


def test_process_that_hangs_is_gone(tmp_path: Path) -> None:
    def hang(folder: Path) -> None:
        (tmp_path / "pid").write_text(str(os.getpid()), encoding="utf-8")
        time.sleep(60)

    with pytest.raises(TimedOut):
        built(timeout(2)(doing(hang)), MemoryStore())
    assert is_gone(int((tmp_path / "pid").read_text(encoding="utf-8")))


def test_child_of_a_process_that_hangs_is_gone(tmp_path: Path) -> None:
    def hang(folder: Path) -> None:
        child = subprocess.Popen(["sleep", "60"])
        (tmp_path / "pid").write_text(str(child.pid), encoding="utf-8")
        child.wait()

    with pytest.raises(TimedOut):
        built(timeout(2)(doing(hang)), MemoryStore())
    assert is_gone(int((tmp_path / "pid").read_text(encoding="utf-8")))


def test_child_that_a_realizer_leaves_behind_is_ended(tmp_path: Path) -> None:
    def leave(folder: Path) -> None:
        child = subprocess.Popen(["sleep", "60"])
        (tmp_path / "pid").write_text(str(child.pid), encoding="utf-8")

    built(timeout(30)(doing(leave)), MemoryStore())
    assert is_gone(int((tmp_path / "pid").read_text(encoding="utf-8")))


def test_command_that_hangs_is_ended(store: Store) -> None:
    began = time.monotonic()
    with pytest.raises(TimedOut):
        built(timeout(LIMIT)(run("sleep 60")), store)
    assert time.monotonic() - began < LIMIT + SLACK


def test_timeout_within_a_timeout_ends_with_it(tmp_path: Path) -> None:
    def hang(folder: Path) -> None:
        (tmp_path / "pid").write_text(str(os.getpid()), encoding="utf-8")
        time.sleep(60)

    with pytest.raises(TimedOut):
        built(timeout(2)(timeout(60)(doing(hang))), MemoryStore())
    assert is_gone(int((tmp_path / "pid").read_text(encoding="utf-8")))


PROGRAM = """
import os, sys, time
from trials import built, doing
from pylightnix_fn import MemoryStore, timeout

def hang(folder):
    print(os.getpid(), flush=True)
    time.sleep(60)

built(timeout(60)(doing(hang)), MemoryStore())
"""


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_work_ends_with_a_program_that_is_killed(number: signal.Signals) -> None:
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parent)}
    command = [sys.executable, "-c", PROGRAM]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, env=environment, text=True, start_new_session=True
    ) as program:
        assert program.stdout is not None
        worker = int(program.stdout.readline())
        program.send_signal(number)
        program.wait()
    assert is_gone(worker)


# What comes back.


def test_files_written_in_time_are_kept(store: Store) -> None:
    made = built(timeout(30)(then(writing("in time"), run("touch beside"))), store)
    assert ("in time", True) == (made.out.text.read(), (made.path / "beside").exists())


def test_exception_comes_back_with_its_type_and_traceback() -> None:
    def fail(b: Build[Trial, Note]) -> None:
        raise KeyError("what is missing")

    with pytest.raises(RealizerFailed, match="KeyError: 'what is missing'") as caught:
        built(timeout(30)(fail), MemoryStore())
    cause = caught.value.__cause__
    assert isinstance(cause, KeyError)
    assert ["in fail\n" in note for note in cause.__notes__] == [True]


def test_error_of_the_library_comes_back_as_it_is() -> None:
    def ask(b: Build[Trial, Note]) -> None:
        b.deref(trial(writing("")).targets[0])

    with pytest.raises(UndeclaredInput) as caught:
        built(timeout(30)(ask), MemoryStore())
    assert "trial" == caught.value.name


def with_a_lambda() -> Exception:
    return ValueError(lambda: None)


def of_a_local_class() -> Exception:
    class Local(Exception):
        """A class that no other process can find."""

    return Local("local failure")


def with_two_values() -> Exception:
    return TwoValues("first", "second")


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (with_a_lambda, "ValueError: <function"),
        (of_a_local_class, "Local: local failure"),
        (with_two_values, "TwoValues: first"),
    ],
)
def test_exception_that_cannot_travel_comes_back_as_text(
    make: Callable[[], Exception], words: str
) -> None:
    def fail(b: Build[Trial, Note]) -> None:
        raise make()

    with pytest.raises(RealizerFailed, match=re.escape(words)) as caught:
        built(timeout(30)(fail), MemoryStore())
    # Where something has taught pickle about exceptions, as tblib does, this one travels after all.
    assert isinstance(caught.value.__cause__, RuntimeError | TwoValues)
    assert ["in fail\n" in note for note in caught.value.__cause__.__notes__] == [True]


def test_exception_longer_than_a_pipe_comes_back() -> None:
    def fail(b: Build[Trial, Note]) -> None:
        raise ValueError("x" * 10**6)

    with pytest.raises(RealizerFailed, match="x" * 1000):
        built(timeout(30)(fail), MemoryStore())


def exiting(folder: Path) -> None:
    raise SystemExit(3)


def crashing(folder: Path) -> None:
    faulthandler.disable()  # nobody needs to see it
    os.kill(os.getpid(), signal.SIGSEGV)


def leaving(folder: Path) -> None:
    os._exit(0)


def crashing_beside_a_child(folder: Path) -> None:
    if os.fork() == 0:
        time.sleep(60)
        os._exit(0)
    os.kill(os.getpid(), signal.SIGKILL)


@pytest.mark.parametrize(
    ("act", "status"),
    [
        (crashing, "ended by signal 11"),
        (crashing_beside_a_child, "ended by signal 9"),
        (exiting, "exit code 3"),
        (leaving, "exit code 0"),
    ],
)
def test_process_that_ends_without_a_word_is_reported(
    act: Callable[[Path], None], status: str
) -> None:
    began = time.monotonic()
    with pytest.raises(Ended) as caught:
        built(timeout(30)(doing(act)), MemoryStore())
    assert ("trial", status) == (caught.value.name, caught.value.status)
    assert time.monotonic() - began < SLACK


def test_process_that_crashed_can_be_tried_again(store: Store, tmp_path: Path) -> None:
    def crash_once(folder: Path) -> None:
        if not (tmp_path / "crashed").exists():
            (tmp_path / "crashed").touch()
            crashing(folder)

    built(retry(2)(timeout(30)(doing(crash_once))), store)
    assert (tmp_path / "crashed").exists()
