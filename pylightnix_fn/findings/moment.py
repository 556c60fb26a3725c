"""Times as people write them: an age, or a date."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Final

from pylightnix_fn.errors.inquiry import MalformedMoment

_AGE: Final = re.compile(r"(\d+(?:\.\d+)?) ?(s|min|h|d|w)", re.ASCII)
_UNITS: Final = {"s": 1, "min": 60, "h": 3600, "d": 86_400, "w": 604_800}


def moment(text: str, now: datetime) -> datetime:
    """The time that lies an age before now, or that a text spells, in UTC if it says nothing else.

    Errors: `MalformedMoment`.

    >>> now = datetime(2026, 11, 22, 12, tzinfo=UTC)
    >>> print(moment("36h", now), moment("2026-11-01", now), sep="\\n")
    2026-11-21 00:00:00+00:00
    2026-11-01 00:00:00+00:00
    """
    try:
        if age := _AGE.fullmatch(text.strip()):
            return now - timedelta(seconds=float(age[1]) * _UNITS[age[2]])
        time = datetime.fromisoformat(text.strip())
        return (time if time.tzinfo else time.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise MalformedMoment(text) from error
