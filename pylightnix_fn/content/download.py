"""Downloads: bytes of a known checksum, from the first URL that has them.

The checksum is the only judge of content; what servers say decides no more than whether and when to
ask again. Nothing waits here: the caller gives ``sleep``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from attrs import frozen

from pylightnix_fn.content.exchange import CHUNK, Line, exchange, new_session
from pylightnix_fn.content.http_header import backoff
from pylightnix_fn.content.outcome import Broken, Outcome, Refused, Whole
from pylightnix_fn.content.partial import Partial
from pylightnix_fn.content.progress import Progress, on_terminal
from pylightnix_fn.content.source import checked_sha256, checked_url
from pylightnix_fn.errors.fetch import ChecksumMismatch, DownloadFailed


def download(
    urls: Sequence[str],
    sha256: str,
    target: Path,
    *,
    sleep: Callable[[float], None],
    timeout: float = 30.0,
    attempts: int = 5,
    limit: int = 1 << 40,
    progress: Progress = on_terminal,
) -> None:
    """Fetch a file whose checksum is known; ``target`` appears only when it is right.

    URLs are mirrors, tried in order. A transient failure is tried again, ``attempts`` times in a
    row for one URL; a row ends when at least another 1 MiB has come. A transfer that broke is
    resumed where the server can prove that the file is still the same. ``timeout`` bounds, in
    seconds, each connect and each silence; ``limit`` bounds the bytes. What has come is left under
    ``<target>.part`` when no URL succeeds.

    Raises ``UrlRefused`` and ``ChecksumMalformed`` before anything is asked, ``ChecksumMismatch``
    if all URLs that gave a whole file gave another one, ``DownloadFailed`` if none gave any.
    """
    expected = checked_sha256(sha256)
    for url in urls:
        checked_url(url)
    failures: list[_Failure] = []
    with new_session() as session, Partial(target) as partial, progress(target.name) as report:
        line = Line(session, timeout, limit, report)
        for url in urls:
            failure = _Mirror(line, url, partial, expected).fetch(attempts, sleep)
            if failure is None:
                return partial.publish()
            failures.append(failure)
    raise _summary(target.name, expected, tuple(failures))


@frozen
class _Failure:
    url: str
    reason: str
    found: str = ""  # the checksum of a whole file that is another one
    size: int = 0


@frozen
class _Mirror:
    line: Line
    url: str
    partial: Partial
    expected: str

    def fetch(self, attempts: int, sleep: Callable[[float], None]) -> _Failure | None:
        """Ask until the file is right (``None``), or until there is no use in asking."""
        self.partial.forget_version()  # what another server calls it means nothing to this one
        row = furthest = 0
        while True:
            outcome = exchange(self.line, self.url, self.partial)
            if self._is_right(outcome):
                return None
            row = 1 if self.partial.resumable >= furthest + CHUNK else row + 1
            furthest = max(furthest, self.partial.resumable)
            failure = self._final(outcome, row, last=row >= attempts)
            if failure is not None:
                return failure
            sleep(max(backoff(row), outcome.wait if isinstance(outcome, Broken) else 0.0))

    def _is_right(self, outcome: Outcome) -> bool:
        # Nothing has come yet where a file is empty, so an empty one counts only when it is whole.
        came = isinstance(outcome, Whole) or self.partial.size > 0
        return came and self.partial.sha256 == self.expected

    def _final(self, outcome: Outcome, row: int, *, last: bool) -> _Failure | None:
        match outcome:
            case Refused(reason):
                return _Failure(self.url, reason)
            case Broken(reason):
                times = f", {row} times" if row > 1 else ""
                return _Failure(self.url, reason + times) if last else None
            case Whole(resumed=True) if not last:
                self.partial.forget_version()  # perhaps pieces of two versions: all anew
                return None
            case Whole(encoding=encoding):
                return self._wrong(encoding)

    def _wrong(self, encoding: str) -> _Failure:
        if encoding:
            return _Failure(self.url, f"sent {encoding[:20]!r}-encoded, which was not asked for")
        found = self.partial.sha256
        return _Failure(self.url, f"sha256 {found}", found, self.partial.size)


def _summary(
    name: str, expected: str, failures: tuple[_Failure, ...]
) -> ChecksumMismatch | DownloadFailed:
    wrong = next((failure for failure in failures if failure.found), None)
    if wrong is None:
        return DownloadFailed(name, tuple((each.url, each.reason) for each in failures))
    others = tuple((each.url, each.reason) for each in failures if each is not wrong)
    return ChecksumMismatch(wrong.url, expected, wrong.found, wrong.size, others)
