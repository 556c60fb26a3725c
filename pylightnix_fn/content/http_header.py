"""HTTP headers as values: what may be resumed, from where, and when.

Pure, after RFC 9110. A header that is malformed counts as absent.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from email.utils import parsedate_to_datetime

from attrs import frozen

_LONGEST_BACKOFF = 60.0  # seconds
_LONGEST_RETRY_AFTER = 300.0  # seconds


@frozen
class Span:
    """The bytes that a partial answer holds: from ``start`` on, out of ``total``."""

    start: int
    total: int | None


def content_range(headers: Mapping[str, str]) -> Span | None:
    """The span of a 206 answer.

    >>> content_range({"Content-Range": "bytes 512-1023/1024"})
    Span(start=512, total=1024)
    >>> content_range({"Content-Range": "bytes */1024"})
    """
    text = headers.get("Content-Range", "")
    match = re.fullmatch(r"bytes ([0-9]{1,18})-[0-9]{1,18}/([0-9]{1,18}|\*)", text)
    if match is None:
        return None
    return Span(int(match[1]), None if match[2] == "*" else int(match[2]))


def content_length(headers: Mapping[str, str]) -> int | None:
    """How many bytes the body has; ``None`` where its end is told otherwise.

    >>> content_length({"Content-Length": "1024"})
    1024
    >>> content_length({"Content-Length": "1024", "Transfer-Encoding": "chunked"})
    """
    text = headers.get("Content-Length", "")
    known = "Transfer-Encoding" not in headers and re.fullmatch(r"[0-9]{1,18}", text)
    return int(text) if known else None


def validator(headers: Mapping[str, str]) -> str | None:
    """What ``If-Range`` may name: a strong ETag, or a date that is known to be strong.

    Section 13.1.5.

    >>> validator({"ETag": '"abc"'})
    '"abc"'
    >>> validator({"ETag": 'W/"abc"'})
    """
    if headers.get("Accept-Ranges") == "none":
        return None
    if "ETag" in headers:
        tag = headers["ETag"]
        return tag if re.fullmatch(r'"[\x21\x23-\x7e]*"', tag) else None
    modified, sent = headers.get("Last-Modified", ""), headers.get("Date", "")
    age = _seconds_between(modified, sent)
    return modified if age is not None and age >= 1 else None


def retry_after(headers: Mapping[str, str]) -> float | None:
    """How many seconds a server asks to wait, but never more than five minutes.

    >>> retry_after({"Retry-After": "7"})
    7.0
    >>> later = {"Date": "Sun, 01 Nov 2026 10:00:00 GMT"}
    >>> retry_after({**later, "Retry-After": "Sun, 01 Nov 2026 10:00:30 GMT"})
    30.0
    """
    text = headers.get("Retry-After", "")
    if re.fullmatch(r"[0-9]{1,18}", text):
        return min(float(text), _LONGEST_RETRY_AFTER)
    wait = _seconds_between(headers.get("Date", ""), text)
    return None if wait is None else min(max(wait, 0.0), _LONGEST_RETRY_AFTER)


def backoff(failures: int) -> float:
    """How many seconds to wait after so many failures in a row.

    >>> [backoff(n) for n in (1, 2, 3, 4, 100)]
    [1.0, 2.0, 4.0, 8.0, 60.0]
    """
    return _LONGEST_BACKOFF if failures > 6 else min(2.0 ** (failures - 1), _LONGEST_BACKOFF)


def _seconds_between(early: str, late: str) -> float | None:
    try:
        return (parsedate_to_datetime(late) - parsedate_to_datetime(early)).total_seconds()
    except (ValueError, TypeError, OverflowError):  # no dates, or only one of them has a zone
        return None
