"""A program: end an operation at each of its calls, and look what is left.

What is killed at a call leaves what the calls before did. So between two calls that change
something one end is enough, and only ``--faults`` asks for the others, too.
"""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from ports import DEAD, Fault, FaultFs
from sweeping import Course, Tally, copied, courses, judged, operation_of, report, workplace

LOOKING: Final = frozenset(("open", "close", "read", "fstat", "lstat", "listdir", "readlink"))


def sweep(course: Course, exhaustive: bool, port: Callable[[Fault], FaultFs], tally: Tally) -> None:
    """End an operation at each of its calls."""
    for fault in _faults(course, exhaustive):
        with copied(course.template) as root:
            tally.counts["kills"] += 1
            if not _killed(course, root, port(fault)):
                tally.wrong.append(f"{course}: it came to no call {fault.at}")
            where = f"{course}: killed at call {fault.at}, {course.calls[fault.at]}"
            tally.wrong.extend(f"{where}: {each}" for each in _judged(course, root))


def _faults(course: Course, exhaustive: bool) -> Iterator[Fault]:
    looks_only = LOOKING.issuperset(course.calls)
    for number, name in enumerate(course.calls):
        if exhaustive or looks_only or name not in LOOKING:
            yield Fault(number, dies=True)
        if name == "write":
            yield Fault(number, dies=True, halves=True)


def _killed(course: Course, root: Path, fs: FaultFs) -> bool:
    """Whether an operation, done in a process of its own, met its end."""
    child = os.fork()
    if child == 0:
        try:
            course.operation.act(course.site(root, fs))
        except BaseException:
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == DEAD


def _judged(course: Course, root: Path) -> list[str]:
    try:
        return list(judged(course, root))
    except Exception as error:
        return [f"done again it raised {error!r}"]


def main() -> None:
    operation, scale = operation_of(sys.argv)
    tally = Tally()
    with workplace() as place:
        for seed in range(scale):
            for course in courses(operation, seed, place):
                sweep(course, scale > 1, FaultFs, tally)
    report(tally)


if __name__ == "__main__":
    main()
