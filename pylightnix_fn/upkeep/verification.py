"""Verifying: every byte of a store against the names, and whether all of it belongs together.

Nobody is kept from working meanwhile. What is found wrong is looked at again while nobody publishes
or removes, so that only what is so is told; then it goes where no matcher sees it.
"""

from __future__ import annotations

import errno
import os
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, suppress
from functools import partial
from typing import Final, TypeVar

from attrs import frozen

from pylightnix_fn.errors.plan import BadParameter
from pylightnix_fn.files import is_folder
from pylightnix_fn.locks import locked
from pylightnix_fn.outputs import CONTEXT_FILE
from pylightnix_fn.refs import DRef, RRef
from pylightnix_fn.retention.inventory import Reference
from pylightnix_fn.store.backing import Backing, guarded
from pylightnix_fn.store.census import drefs_of, rrefs_of
from pylightnix_fn.store.disk import DiskStore
from pylightnix_fn.store.inspection import Damage
from pylightnix_fn.store.layout import CONFIG_FILE
from pylightnix_fn.upkeep.examination import Examined, examined, standing
from pylightnix_fn.upkeep.orphans import circles
from pylightnix_fn.upkeep.report import Report
from pylightnix_fn.upkeep.strays import Stray, put_aside, strays

R = TypeVar("R")
V = TypeVar("V")

_REFUSED: Final = (errno.EACCES, errno.EPERM, errno.EROFS)
_AHEAD: Final = 4  # objects waiting for each thread


@frozen
class Verified:
    """An object was looked at, the ``done``-th of ``total``; its ``size`` is in bytes."""

    reference: Reference
    size: int
    done: int
    total: int


def unobserved(verified: Verified) -> None:
    """The observer that looks away."""


def verify(
    store: DiskStore,
    *,
    quick: bool = False,
    quarantine: bool = True,
    jobs: int | None = None,
    observe: Callable[[Verified], None] = unobserved,
) -> Report:
    """What in a store is not what its names say.

    ``quick`` looks at names, sizes and modes only. A realization that is spoilt is put aside, where
    no matcher sees it, until `repair` moves it to the trash; not in a store that cannot be written
    to, nor without ``quarantine``. ``jobs`` is the number of threads (`None`: one for each
    processor); ``observe`` is told after each object. Errors: `StoreFailed`.
    """
    if jobs is not None and jobs < 1:
        raise BadParameter("verify", "jobs", repr(jobs), "a number from 1")
    backing = store.backing
    with guarded(store.layout):
        objects = tuple(_objects(backing))
        look = partial(examined, backing, quick=quick)
        found: list[_Settled] = []
        with closing(_in_parallel(look, objects, jobs or os.cpu_count() or 1)) as looks:
            for done, (reference, first) in enumerate(zip(objects, looks, strict=True), 1):
                if (settled := _settled(backing, first, quick, quarantine)) is not None:
                    found.append(settled)
                _tell(observe, Verified(reference, first.size if first else 0, done, len(objects)))
        return _report(backing, found)


def _objects(backing: Backing) -> Iterator[Reference]:
    """Every derivation, each followed by its realizations, so far as they can be listed."""
    for dref in drefs_of(backing):
        yield dref
        if is_folder(backing.fs, backing.layout.derivation(dref)):  # and no link to one elsewhere
            with suppress(PermissionError):  # which is told of the derivation
                yield from rrefs_of(backing, dref)


def _in_parallel(work: Callable[[V], R], items: Iterable[V], jobs: int) -> Generator[R, None, None]:
    """The results in the order of the items, a few ahead of whoever takes them."""
    waiting: deque[Future[R]] = deque()
    with ThreadPoolExecutor(jobs) as pool:
        try:
            for item in items:
                waiting.append(pool.submit(work, item))
                if len(waiting) > _AHEAD * jobs:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for each in waiting:
                each.cancel()


@frozen
class _Settled:
    """What is so of an object, and whether it was put aside for that."""

    found: Examined
    is_aside: bool = False


def _settled(
    backing: Backing, first: Examined | None, quick: bool, quarantine: bool
) -> _Settled | None:
    """What stands of a finding while nobody changes the store; `None` if the object is gone."""
    if first is None or not first.is_flawed:
        return None if first is None else _Settled(first)
    try:
        with locked(backing.fs, backing.layout.gate):
            found = standing(backing, first, quick=quick)
            if found is None:
                return None
            if quarantine and found.is_spoilt and isinstance(found.reference, RRef):
                put_aside(backing, found.reference)
                return _Settled(found, is_aside=True)
            return _Settled(found)
    except OSError as error:
        if error.errno not in _REFUSED:
            raise
    found = standing(backing, first, quick=quick)
    return None if found is None else _Settled(found)


def _tell(observe: Callable[[Verified], None], verified: Verified) -> None:
    with suppress(Exception):  # who only looks on breaks nothing
        observe(verified)


def _report(backing: Backing, settled: list[_Settled]) -> Report:
    found = [each.found for each in settled]
    aside = tuple(each.found.reference for each in settled if each.is_aside)
    left = list(strays(backing))
    broken = [each for each in left if each.is_like_ours and each.put_aside not in aside]
    return Report(
        (
            *(damage for each in found for damage in each.damages),
            *_dangling(backing, [each.found for each in settled if not each.is_aside]),
            *_circles([each for each in found if not each.is_spoilt]),
            *(each.damage() for each in broken),
        ),
        len(found),
        sum(each.size for each in found),
        tuple(each.unreadable for each in found if each.unreadable is not None),
        aside,
        tuple(_place(each) for each in left if not each.is_like_ours),
    )


def _dangling(backing: Backing, found: list[Examined]) -> Iterator[Damage]:
    """What was built from something that is not there; told only while it is there itself."""
    there = {each.reference for each in found}
    fs, layout = backing.fs, backing.layout
    for each in found:
        for need in () if each.is_spoilt else sorted(each.needs - there, key=str):
            if (
                isinstance(need, RRef)
                and not is_folder(fs, layout.realization(need))
                and is_folder(fs, layout.located(each.reference))
            ):
                yield Damage(each.reference.text, CONTEXT_FILE, "missing", need.text, "nothing")


def _circles(found: list[Examined]) -> Iterator[Damage]:
    for circle in circles({each.reference: each.needs for each in found}):
        way = " needs ".join(each.text for each in circle)
        for each in circle:
            file = CONFIG_FILE if isinstance(each, DRef) else CONTEXT_FILE
            yield Damage(each.text, file, "content", "no circle", way)


def _place(stray: Stray) -> str:
    return stray.name if stray.dref is None else f"{stray.dref.text[5:]}/{stray.name}"
