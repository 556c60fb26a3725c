"""What a matcher sees, and what it may answer.

A matcher is a pure function from the existing realizations, as plain values, to a verdict: use
these, build more, or never. What it chooses must not depend on the order of the candidates.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import TypeAlias, TypeVar

from attrs import field, frozen

from pylightnix_fn.canonical import digest
from pylightnix_fn.refs import HASH_LENGTH, RRef, rref_from


@frozen
class Candidate:
    """All that a matcher may see of a realization; ``size`` is in bytes."""

    rref: RRef[object]
    started: datetime
    stopped: datetime
    size: int = 0
    texts: Mapping[str, str | None] = field(factory=dict, hash=False)

    def number(self, file: str) -> float | None:
        """The number in a small text artifact; `None` where there is none, or NaN."""
        text = self.texts.get(file)
        try:
            value = float(text) if text is not None else None
        except ValueError:
            return None
        return value if value == value else None


@frozen
class Use:
    """Take these realizations."""

    rrefs: tuple[RRef[object], ...]


@frozen
class Need:
    """Build ``n`` more, then ask again."""

    n: int
    why: str


@frozen
class Never:
    """No further realization can help."""

    why: str


Verdict: TypeAlias = Use | Need | Never
Choose: TypeAlias = Callable[[tuple[Candidate, ...]], Verdict]


def _files(reads: str | Iterable[str]) -> frozenset[str]:
    return frozenset((reads,) if isinstance(reads, str) else reads)


@frozen
class Matcher:
    """Chooses one realization; ``reads`` names the text artifacts that it looks at."""

    reads: frozenset[str] = field(converter=_files)
    choose: Choose
    label: str = "of the user"


@frozen
class ManyMatcher:
    """Chooses any number of realizations."""

    reads: frozenset[str] = field(converter=_files)
    choose: Choose
    label: str = "of the user"


AnyMatcher: TypeAlias = Matcher | ManyMatcher
M = TypeVar("M", Matcher, ManyMatcher)


def candidate(
    artifacts: str, started: float = 0, *, seconds: float = 1, size: int = 0, **texts: str
) -> Candidate:
    """A made-up candidate, for tests of matchers: ``texts`` by file, `_` for the dot.

    >>> candidate("a", accuracy_txt="0.5").number("accuracy.txt")
    0.5
    """
    start = datetime.fromtimestamp(started, UTC)
    return Candidate(
        rref_from(f"rref:{digest(artifacts)[:HASH_LENGTH]}-{'0' * HASH_LENGTH}-made-up"),
        start,
        start + timedelta(seconds=seconds),
        size,
        {name.replace("_", "."): text for name, text in texts.items()},
    )
