"""A program: end an operation at each of its calls, and look what is left.

What is killed at a call leaves what the calls before did. So between two calls that change
something one end is enough, and only ``--faults`` asks for the others, too.
"""

from __future__ import annotations

import os
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from attrs import define
from ports import DEAD, Fault, FaultFs
from sweeping import Course, Order, Port, Tally, copied, courses, judged, report, workplace

from pylightnix_fn.filesystem import Where

LOOKING: Final = frozenset(
    ("open", "close", "read", "pread", "fstat", "lstat", "listdir", "scandir", "readlink")
)


def sweep(course: Course, exhaustive: bool, port: Port, tally: Tally) -> None:
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


@define
class CopyingFs(FaultFs):
    """A mistake on purpose: a folder is moved by and by, not at once."""

    def rename(
        self, old: Where, new: Where, *, at: int | None = None, to: int | None = None
    ) -> None:
        if at is None and os.path.isdir(old):
            target = Path(new) if to is None else Path(os.readlink(f"/proc/self/fd/{to}")) / new
            self.mkdir(target)
            for name in self.listdir(old):
                self.rename(Path(old) / name, target / name)
            self.rmdir(old)
        else:
            super().rename(old, new, at=at, to=to)


PORTS: Final[dict[str, Port]] = {"disk": FaultFs, "copying": CopyingFs}


def main() -> None:
    order, tally = Order.given(), Tally()
    port = PORTS[order.port]
    with workplace() as place:
        for seed in range(order.scale):
            for course in courses(order.operation, seed, place, port):
                sweep(course, order.scale > 1, port, tally)
    report(tally)


if __name__ == "__main__":
    main()
