"""What a driver tells of, as values."""

from __future__ import annotations

from typing import TypeAlias

from attrs import frozen

from pylightnix_fn.plan import RRefs
from pylightnix_fn.refs import DRef, RRef


@frozen
class Planned:
    """A realization of these has begun, in this order where nothing else decides."""

    drefs: tuple[DRef[object], ...]


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
    """A build has begun; ``why`` is what the matcher, or the user, wants it for.

    ``before`` is how many seconds the latest build of it took, where that is known.
    """

    dref: DRef[object]
    why: str
    before: float | None = None


@frozen
class Downloading:
    """So many bytes have arrived of a file that a build fetches; ``total`` may be unknown."""

    dref: DRef[object]
    file: str
    received: int
    total: int | None


@frozen
class Built:
    """A build has ended with this realization, of so many bytes."""

    dref: DRef[object]
    rref: RRef[object]
    seconds: float
    size: int = 0


@frozen
class Failed:
    """A derivation has no realization, for this error."""

    dref: DRef[object]
    error: Exception
    seconds: float


@frozen
class Skipped:
    """A derivation is not built, for it needs one that failed."""

    dref: DRef[object]
    because: DRef[object]


Event: TypeAlias = Planned | Matched | Waiting | Started | Downloading | Built | Failed | Skipped
