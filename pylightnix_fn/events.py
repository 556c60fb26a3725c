"""What a driver tells of, as values."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from attrs import frozen

from pylightnix_fn.plan import RRefs
from pylightnix_fn.refs import DRef, RRef


@frozen
class Matched:
    """A matcher is satisfied with what there is."""

    dref: DRef[object]
    rrefs: RRefs


@frozen
class Waiting:
    """Somebody else builds this; ``who`` says which process."""

    dref: DRef[object]
    who: str


@frozen
class Started:
    """A build has begun; ``why`` is what the matcher, or the user, wants it for."""

    dref: DRef[object]
    why: str


@frozen
class Built:
    """A build has ended with this realization."""

    dref: DRef[object]
    rref: RRef[object]
    seconds: float


Event: TypeAlias = Matched | Waiting | Started | Built
Observer: TypeAlias = Callable[[Event], None]


def unobserved(event: Event) -> None:
    """The observer that looks away."""
