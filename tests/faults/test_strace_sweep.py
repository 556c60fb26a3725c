"""The same sweeps over system calls: they see also what Python does unasked."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

import pytest
from operations import COMMIT, OPERATIONS
from ports import FaultFs
from soundness import view
from sweeping import MOST_SHOWN, Course, Tally, copied, courses, judged, workplace
from traced import REFUSED
from tracer import Call, Ended, Interpreter, interpreter

Recorded = Callable[[str, object], None]

ERRORS: Final = ("EIO", "ENOSPC", "EINTR", "EACCES")
EVERY: Final = 3  # of these errors one is tried, and more with ``--faults``
LOOKING: Final = frozenset(
    [
        "close",
        "fcntl",
        "flistxattr",
        "fstat",
        "getdents64",
        "ioctl",
        "lseek",
        "lstat",
        "newfstatat",
        "pread64",
        "read",
        "readlink",
        "readlinkat",
        "stat",
        "statx",
    ]
)
MORE: Final = ("registering", "removing", "collecting garbage", "undoing a collection")


def _swept(operation: str, scale: int, tally: Tally, port: str = "disk", only: str = "") -> None:
    with workplace() as place:
        for course in courses(OPERATIONS[operation], 0, place, FaultFs):
            with interpreter(operation, course.durability, port) as python:
                for call in _calls(course, python):
                    if only in ("", call.name):
                        _sweep(course, python, call, scale, tally)
            if scale == 1:
                return  # the first durability only


def _calls(course: Course, python: Interpreter) -> list[Call]:
    """The calls of an operation without faults."""
    with copied(course.template) as root:
        assert Ended(0, "") == python.done(root)
        assert course.after == view(root)
    return python.calls()


def _sweep(course: Course, python: Interpreter, call: Call, scale: int, tally: Tally) -> None:
    if scale > 1 or call.name not in LOOKING:
        tally.counts["kills"] += 1
        _tried(course, python, call, "signal=SIGKILL", tally)
    # A close that is made to fail is not made at all: a lock would stay, as no system leaves it.
    for number, error in enumerate(ERRORS if call.name != "close" else (), call.number):
        if number * scale % EVERY < scale:
            tally.counts["errors"] += 1
            _tried(course, python, call, f"error={error}", tally)


def _tried(course: Course, python: Interpreter, call: Call, harm: str, tally: Tally) -> None:
    with copied(course.template) as root:
        inject = f"inject={call.name}:{harm}:when={call.number}"
        ended = python.done(root, "-e", f"trace={call.name}", "-e", inject)
        found = list(_wrong_end(ended, harm))
        if ended.code == 0 and view(root) != course.after:
            found.append("it succeeded and gave something else")
        found.extend(judged(course, root))
    tally.wrong.extend(f"{course}: {harm} at {call}: {each}" for each in found)


def _wrong_end(ended: Ended, harm: str) -> Iterator[str]:
    if harm == "signal=SIGKILL":
        if not ended.is_killed:
            yield f"it was not killed, but ended with {ended.code}: {ended.said}"
    elif ended.code not in (0, REFUSED):
        yield f"it ended with {ended.code}: {ended.said}"


@pytest.mark.parametrize("operation", [COMMIT, *MORE])
def test_operation_survives_kill_or_error_at_any_system_call(
    operation: str, scale: int, record_property: Recorded
) -> None:
    if scale == 1 and operation != COMMIT:
        pytest.skip("only with --faults=2 or more")
    tally = Tally()
    _swept(operation, scale, tally)
    record_property("counts", f"system calls, {operation}: {tally}")
    assert [] == tally.wrong[:MOST_SHOWN]


def test_sweep_of_system_calls_finds_result_of_folder_that_could_not_be_read(
    record_property: Recorded,
) -> None:
    tally = Tally()
    _swept(COMMIT, 1, tally, port="lenient", only="getdents64")
    record_property("counts", f"system calls, control: {len(tally.wrong)} wrong in {tally}")
    assert [] != [each for each in tally.wrong if "something else" in each]
