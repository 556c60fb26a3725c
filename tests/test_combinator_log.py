"""`logged` and `run`: what is printed, and commands."""

from __future__ import annotations

import ctypes
import logging
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from trials import LOG, Note, Trying, built, doing, trial

from pylightnix_fn import (
    DiskStore,
    MemoryStore,
    Realization,
    Store,
    logged,
    realize,
    retry,
    run,
    then,
    timeout,
)
from pylightnix_fn.errors.build import RealizerFailed


def log_of(made: Realization[Note]) -> str:
    return (made.path / LOG).read_text(encoding="utf-8")


def printing(folder: Path) -> None:
    print("by python")


def complaining(folder: Path) -> None:
    print("by python", file=sys.stderr)


def writing_bytes(folder: Path) -> None:
    os.write(1, b"by bytes\n")
    os.write(2, b"by bytes\n")


def with_a_child(folder: Path) -> None:
    subprocess.run(["sh", "-c", "echo by a child; echo by a child >&2"], check=True)


def with_logging(folder: Path) -> None:
    handler = logging.StreamHandler()
    handler.emit(logging.makeLogRecord({"msg": "by logging"}))


def without_an_end(folder: Path) -> None:
    print("without an end", end="")


def in_compiled_code(folder: Path) -> None:
    ctypes.CDLL(None).printf(b"by compiled code\n")


def with_a_surrogate(folder: Path) -> None:
    print("\ud800")


EVERY_WAY: list[tuple[Callable[[Path], None], str]] = [
    (printing, "by python\n"),
    (complaining, "by python\n"),
    (writing_bytes, "by bytes\nby bytes\n"),
    (with_a_child, "by a child\nby a child\n"),
    (with_logging, "by logging\n"),
    (without_an_end, "without an end"),
    (in_compiled_code, "by compiled code\n"),
    (with_a_surrogate, "\\ud800\n"),
]


# Logs.


@pytest.mark.parametrize(("act", "printed"), EVERY_WAY)
def test_what_is_printed_stands_in_the_log(
    act: Callable[[Path], None], printed: str, store: Store
) -> None:
    assert printed == log_of(built(logged(doing(act)), store))


@pytest.mark.parametrize(("act", "printed"), EVERY_WAY)
def test_what_is_logged_is_not_printed(
    act: Callable[[Path], None], printed: str, capfd: pytest.CaptureFixture[str]
) -> None:
    built(logged(doing(act)), MemoryStore())
    ctypes.CDLL(None).fflush(None)
    assert ("", "") == capfd.readouterr()


def test_what_is_not_logged_is_printed(capfd: pytest.CaptureFixture[str]) -> None:
    built(doing(with_a_child), MemoryStore())
    assert ("by a child\n", "by a child\n") == capfd.readouterr()


def test_what_is_printed_before_and_after_is_not_logged(
    store: Store, capfd: pytest.CaptureFixture[str]
) -> None:
    print("before", end="")
    made = built(then(doing(printing), logged(doing(with_a_child)), doing(printing)), store)
    print("after", end="")
    assert "by a child\nby a child\n" == log_of(made)
    assert "beforeby python\nby python\nafter" == capfd.readouterr().out


def test_log_has_the_order_of_events(store: Store) -> None:
    def in_turn(folder: Path) -> None:
        print("one", end=" ")
        subprocess.run(["sh", "-c", "printf 'two '"], check=True)
        print("three", end=" ", file=sys.stderr)
        os.write(1, b"four")

    assert "one two three four" == log_of(built(logged(doing(in_turn)), store))


def test_log_does_not_count_for_the_result(store: Store) -> None:
    words = iter(["first", "second"])
    closure = trial(logged(doing(lambda _: print(next(words)))))
    first, second = realize(closure, store), realize(closure, store, rebuild=True)
    assert first.rref == second.rref
    assert 1 == len(store.rrefs(first.dref))


def test_log_is_read_only(tmp_path: Path) -> None:
    made = built(logged(doing(printing)), DiskStore.open(tmp_path))
    assert 0o444 == (made.path / LOG).stat().st_mode & 0o777


def test_realizer_that_is_not_logged_leaves_no_log(store: Store) -> None:
    assert not (built(doing(printing), store).path / LOG).exists()


def test_logged_twice_is_logged_once(store: Store) -> None:
    assert "by python\n" == log_of(built(logged(logged(doing(printing))), store))


def test_log_of_attempts_holds_all_of_them(store: Store) -> None:
    attempts = iter([ValueError(), None])

    def fail_once(folder: Path) -> None:
        print("attempt")
        if error := next(attempts):
            raise error

    assert "attempt\nattempt\n" == log_of(built(retry(2)(logged(doing(fail_once))), store))


@pytest.mark.parametrize(
    "around",
    [lambda r: timeout(30)(logged(r)), lambda r: logged(timeout(30)(r))],
    ids=["in a timeout", "around a timeout"],
)
def test_log_goes_with_a_timeout(
    around: Callable[[Trying], Trying], store: Store, capfd: pytest.CaptureFixture[str]
) -> None:
    made = built(around(then(doing(printing), doing(without_an_end), run("echo command"))), store)
    assert "by python\nwithout an endcommand\n" == log_of(made)
    assert ("", "") == capfd.readouterr()


def test_log_of_what_failed_lies_beside_it() -> None:
    def fail(folder: Path) -> None:
        print("last words")
        raise ValueError

    store = MemoryStore()
    with pytest.raises(RealizerFailed) as caught:
        built(logged(doing(fail)), store)
    log = Path(caught.value.staging).parent / "log.txt"
    assert "last words\n" == log.read_text(encoding="utf-8")


def test_output_goes_its_way_again_after_a_failure(capfd: pytest.CaptureFixture[str]) -> None:
    def fail(folder: Path) -> None:
        raise ValueError

    with pytest.raises(RealizerFailed):
        built(logged(doing(fail)), MemoryStore())
    print("here", flush=True)
    os.write(2, b"there")
    assert ("here\n", "there") == capfd.readouterr()


# A program whose output goes into a pipe, where it is buffered most.

PROGRAM = """
import ctypes
from trials import built, doing
from pylightnix_fn import MemoryStore, logged, timeout

def compiled(folder):
    ctypes.CDLL(None).printf(b"by compiled code\\n")

store = MemoryStore()
kept = built(logged(doing(compiled)), store)
assert "by compiled code\\n" == (kept.path / "__log__.txt").read_text()
for number in range(20):
    built(timeout(30)(doing(lambda _: print(number))), store, rebuild=True)
"""


def test_output_that_is_buffered_goes_where_it_belongs() -> None:
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONUNBUFFERED"}
    ended = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        cwd=Path(__file__).parent,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ("", "".join(f"{number}\n" for number in range(20))) == (ended.stderr, ended.stdout)
