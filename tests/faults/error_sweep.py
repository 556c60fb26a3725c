"""A program: let each call of an operation fail in each way, once or from then on.

An operation must fail in the library's own words, or succeed as if nothing had been; whatever it
did, it can be done again afterwards.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Final

from attrs import define
from ports import Fault, FaultFs
from soundness import view
from sweeping import Course, Order, Port, Tally, copied, courses, judged, report, workplace

from pylightnix_fn import PylightnixError
from pylightnix_fn.filesystem import Where

ERRORS: Final = (
    errno.EIO,
    errno.ENOSPC,
    errno.EDQUOT,
    errno.EACCES,
    errno.EROFS,
    errno.EMFILE,
    errno.ENOLCK,
    errno.ESTALE,
    errno.EINTR,
)
EVERY: Final = 11  # of these faults one is tried, and more with ``--faults``


def sweep(course: Course, faults: Iterator[Fault], port: Port, tally: Tally) -> None:
    """Do an operation with each of these faults."""
    for fault in faults:
        with copied(course.template) as root:
            tally.counts["errors" if fault.error else "short writes"] += 1
            what = errno.errorcode[fault.error] if fault.error else "half a write"
            lasts = " from then on" if fault.lasts else ""
            fs = port(fault)
            try:
                found = list(chain(_done(course, root, fs, tally), judged(course, root)))
            except Exception as error:
                found = [f"afterwards it raised {error!r}"]
            name = course.calls[fault.at]
            where = f"{course}: {what}{lasts} at call {fault.at}, {name}"
            tally.wrong.extend(f"{where}: {each}" for each in found)


def faults_of(course: Course) -> Iterator[Fault]:
    """Each error at each call, and short writes; once, and from then on."""
    for number, name in enumerate(course.calls):
        for lasts in (False, True):
            for error in ERRORS:
                yield Fault(number, error, lasts=lasts)
            if name == "write":
                yield Fault(number, lasts=lasts, halves=True)


def _done(course: Course, root: Path, fs: FaultFs, tally: Tally) -> Iterator[str]:
    """What is wrong with how an operation ended."""
    descriptors = os.listdir("/proc/self/fd")
    try:
        course.operation.act(course.site(root, fs))
    except PylightnixError:
        tally.counts["refused"] += 1
    except Exception as error:
        yield f"it raised {error!r}"
    else:
        if (seen := view(root)) != course.after:
            yield f"it gave {seen} instead of {course.after}"
        if fs.failed_syncs and not course.operation.name.startswith("opening"):
            yield "it went on though a sync had failed"
    if fs.synced_again:
        yield "it tried a sync again that had failed"
    if left := len(os.listdir("/proc/self/fd")) - len(descriptors):
        yield f"it left {left} descriptors open"


@define
class LenientFs(FaultFs):
    """A mistake on purpose: a folder that cannot be read counts as empty."""

    def listdir(self, folder: Where | int) -> list[str]:
        try:
            return super().listdir(folder)
        except OSError:
            return []

    def scandir(self, folder: int) -> list[os.DirEntry[str]]:
        try:
            return super().scandir(folder)
        except OSError:
            return []


def _tried(course: Course, order: Order) -> Iterator[Fault]:
    """The faults to try: every short write, and of the errors some."""
    for number, fault in enumerate(faults_of(course)):
        if order.port == "lenient" and course.calls[fault.at] not in LISTING:
            continue
        if fault.halves or number * order.scale % EVERY < order.scale:
            yield fault


LISTING: Final = ("listdir", "scandir")
PORTS: Final[dict[str, Port]] = {"disk": FaultFs, "lenient": LenientFs}


def main() -> None:
    order, tally = Order.given(), Tally()
    port = PORTS[order.port]
    with workplace() as place:
        for seed in range(1 + order.scale // EVERY):
            for course in courses(order.operation, seed, place, port):
                sweep(course, _tried(course, order), port, tally)
    report(tally)


if __name__ == "__main__":
    main()
