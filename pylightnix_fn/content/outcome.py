"""How one HTTP exchange ended, in words that an error can show.

Three ways: the body came whole, another try may go better, or it would end the same. Texts of a
server are never repeated: statuses are named by their standard phrase.
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from http.client import IncompleteRead
from typing import TypeAlias

from attrs import frozen

from pylightnix_fn.content.http_header import retry_after

_TRANSIENT = (408, 425, 429)  # and all of 5xx
_REASONS: tuple[tuple[type[BaseException], str], ...] = (
    (socket.gaierror, "host not found"),
    (ConnectionRefusedError, "connection refused"),
    (ConnectionError, "connection closed"),
    (IncompleteRead, "connection closed"),
    (ssl.SSLError, "TLS failed"),
)


@frozen
class Whole:
    """The body ended where the server said that it would."""

    resumed: bool  # the file came in several pieces
    encoding: str  # empty where the bytes are those of the file


@frozen
class Broken:
    """It may go better next time, ``wait`` seconds from now at the earliest."""

    reason: str
    wait: float = 0.0


@frozen
class Refused:
    """It would end the same way next time."""

    reason: str


Outcome: TypeAlias = Whole | Broken | Refused


def of_status(status: int, headers: Mapping[str, str]) -> Broken | Refused | None:
    """What an answer other than 200 and 206 means.

    >>> of_status(404, {})
    Refused(reason='404 Not Found')
    >>> of_status(503, {"Retry-After": "7"})
    Broken(reason='503 Service Unavailable', wait=7.0)
    >>> of_status(200, {})
    """
    if status in (200, 206):
        return None
    if status in _TRANSIENT or status >= 500:
        return Broken(_phrase(status), retry_after(headers) or 0.0)
    return Refused(_phrase(status))


def of_error(error: Exception, timeout: float) -> Broken | Refused:
    """What an exception of a request means; all its causes are looked at.

    >>> of_error(ConnectionRefusedError(111, "..."), timeout=30)
    Broken(reason='connection refused', wait=0.0)
    """
    causes = tuple(_causes(error))
    for cause in causes:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return Refused(f"TLS certificate not trusted: {cause.verify_message}")
        if isinstance(cause, TimeoutError):
            return Broken(f"no answer within {timeout:g} s")
    if isinstance(error, ValueError):  # how HTTP libraries say that they will not even ask
        return Refused(f"not a URL that can be asked ({type(error).__name__})")
    known = (text for kind, text in _REASONS for cause in causes if isinstance(cause, kind))
    return Broken(next(known, f"no valid HTTP answer ({type(causes[-1]).__name__})"))


def _phrase(status: int) -> str:
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return f"status {status}"


def _causes(error: BaseException) -> Iterator[BaseException]:
    seen: BaseException | None = error
    while seen is not None:
        yield seen
        seen = seen.__cause__ or seen.__context__
