"""What a process has seen of realizations, for as long as they are the same.

A realization never changes, but that the record of its build is replaced as a whole. So what was
read of it is remembered with the identity that this file had before: that of another file, or of
the same after a change, is another. An artifact that somebody changes all the same is remembered as
it was when it was whole; `verify` finds it.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Final, TypeAlias

from attrs import Factory, define, frozen

from pylightnix_fn.matcher.candidate import Candidate

MOST: Final = 2**14  # candidates remembered
MOST_TEXT: Final = 2**10  # characters of a candidate remembered
SETTLED: Final = 3 * 10**9  # nanoseconds: no file system tells times less exactly

Identity: TypeAlias = tuple[int, int, int]
Question: TypeAlias = tuple[str, str, frozenset[str]]


def identity_of(status: os.stat_result) -> Identity:
    """What no other file has, nor this one after a change of whatever it is."""
    return status.st_dev, status.st_ino, status.st_ctime_ns


@frozen
class Seen:
    """A candidate, and the identity that the record had which it was read from."""

    identity: Identity
    candidate: Candidate

    def is_to_keep(self, now: int) -> bool:
        """Whether it is small, and any change since this time makes it another."""
        if self.identity[-1] + SETTLED >= now:
            return False
        texts = self.candidate.texts.values()
        return not texts or sum(len(text or "") for text in texts) <= MOST_TEXT


@define(eq=False)
class Recollection:
    """What was seen for each question of a matcher: by derivation, context and files to read."""

    _seen: dict[Question, Mapping[str, Seen]] = Factory(dict)
    _size: int = 0
    is_wary: bool = False

    def of(self, question: Question) -> Mapping[str, Seen]:
        """What was seen when this was asked last, by the names of the folders."""
        return self._seen.get(question, {})

    def keep(
        self, question: Question, known: Mapping[str, Seen], new: Mapping[str, Seen], now: int
    ) -> None:
        """Remember what was known still, and of what was new since a time all that can be.

        The time is in nanoseconds. Where it gets too much, all else is forgotten.
        """
        kept = {**known, **{name: seen for name, seen in new.items() if seen.is_to_keep(now)}}
        self._size -= len(self._seen.pop(question, {}))
        if self._size + len(kept) > MOST:
            self._clear()
        if 0 < len(kept) <= MOST:
            self._seen[question] = kept
            self._size += len(kept)

    def distrust(self) -> None:
        """Forget everything, and look closer from now on: what was seen was not there."""
        self._clear()
        self.is_wary = True

    def _clear(self) -> None:
        self._seen.clear()
        self._size = 0

    def __reduce__(self) -> tuple[type[Recollection], tuple[()]]:
        return Recollection, ()  # in another process it is empty
