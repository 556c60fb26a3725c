"""One HTTP exchange: ask a URL for what a file still lacks, and take it in.

What a server or a network does becomes an `Outcome`; only the local disk raises. Bytes are taken as
they were sent: whether they are right is a question for their checksum, not for their headers.
``requests`` is imported only while an exchange runs.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from attrs import frozen

from pylightnix_fn.content.http_header import content_length, content_range, validator
from pylightnix_fn.content.outcome import Broken, Outcome, Refused, Whole, of_error, of_status
from pylightnix_fn.content.partial import Partial
from pylightnix_fn.content.progress import Report
from pylightnix_fn.content.source import redirected
from pylightnix_fn.errors.fetch import UrlRefused

if TYPE_CHECKING:
    from requests import Response, Session

CHUNK = 1 << 20
_MAX_REDIRECTS = 5
_REDIRECTS = (301, 302, 303, 307, 308)
_HEADERS = {"Accept": "*/*", "Accept-Encoding": "identity", "User-Agent": "pylightnix-fn"}


@frozen
class Line:
    """How servers are talked to: how patiently, for how many bytes, who hears of them."""

    session: Session
    timeout: float
    limit: int
    report: Report


def new_session() -> Session:
    """A session that leaves redirects alone; close it in the end."""
    import requests

    class Plain(requests.Session):
        # Even where it is told not to follow redirects, requests would parse where they lead to,
        # and read the body beside them into memory, however long.
        def get_redirect_target(self, resp: Response) -> None:
            return None

    return Plain()


def exchange(line: Line, url: str, partial: Partial) -> Outcome:
    """Ask ``url`` for the rest of ``partial``, or for the whole of it."""
    import requests
    import urllib3

    wanted = _wanted(partial)
    try:
        with _answer(line, url, {**_HEADERS, **wanted}) as response:
            refusal = of_status(response.status_code, response.headers)
            if refusal is None:
                return _take(line, response, partial, resumed=bool(wanted))
            if not wanted or response.status_code != 416:
                return refusal
            partial.restart()
            return Broken(refusal.reason)
    except UrlRefused as error:
        return Refused(f"redirect refused: {error.why}")
    except (requests.RequestException, urllib3.exceptions.HTTPError) as error:
        return of_error(error, line.timeout)


def _wanted(partial: Partial) -> dict[str, str]:
    if not partial.resumable:
        return {}
    return {"Range": f"bytes={partial.resumable}-", "If-Range": partial.validator or ""}


def _answer(line: Line, url: str, headers: dict[str, str]) -> Response:
    for _ in range(_MAX_REDIRECTS + 1):
        response = line.session.get(
            url, headers=headers, timeout=line.timeout, stream=True, allow_redirects=False
        )
        location = response.headers.get("Location")
        if response.status_code not in _REDIRECTS or location is None:
            return response
        response.close()
        # http.client reads headers as Latin-1; what servers send today is UTF-8.
        url = redirected(url, location.encode("latin-1", "replace").decode("utf-8", "replace"))
    raise UrlRefused(url, f"more than {_MAX_REDIRECTS} in a row")


def _take(line: Line, response: Response, partial: Partial, *, resumed: bool) -> Outcome:
    headers = response.headers
    if response.status_code == 200:
        resumed = False
        partial.restart(validator(headers), content_length(headers))
    elif not (resumed and _continues(headers, partial)):
        partial.restart()
        return Broken("206 Partial Content, but not the part that was asked for")
    if (partial.total or 0) > line.limit:
        return Refused(f"{partial.total} bytes are more than the limit of {line.limit}")
    encoding = headers.get("Content-Encoding", "").strip().lower()
    whole = Whole(resumed, "" if encoding == "identity" else encoding)
    return _receive(line, response, partial) or whole


def _continues(headers: Mapping[str, str], partial: Partial) -> bool:
    span = content_range(headers)
    if span is None or span.start != partial.size:
        return False
    same_version = headers.get("ETag") in (None, partial.validator)
    partial.total = partial.total or span.total
    return same_version and span.total in (None, partial.total)


def _receive(line: Line, response: Response, partial: Partial) -> Broken | Refused | None:
    import urllib3

    line.report(partial.size, partial.total)
    try:
        while data := response.raw.read1(CHUNK, decode_content=False):
            if partial.size + len(data) > line.limit:
                return Refused(f"more bytes than the limit of {line.limit}")
            partial.write(data)
            line.report(partial.size, partial.total)
    except urllib3.exceptions.HTTPError as error:
        return _stopped(partial, of_error(error, line.timeout).reason)
    if partial.size < (partial.total or 0):
        return _stopped(partial, "a smaller range than asked for")
    return None


def _stopped(partial: Partial, reason: str) -> Broken:
    of_total = "" if partial.total is None else f" of {partial.total}"
    return Broken(f"stopped after {partial.size}{of_total} bytes ({reason})")
