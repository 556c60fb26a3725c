"""Events as lines of text, for logs: the same columns in each, at most 80 of them."""

from __future__ import annotations

from typing import Final

from pylightnix_fn.display.account import Account, cut
from pylightnix_fn.errors.build import RealizerFailed
from pylightnix_fn.errors.message import PylightnixError
from pylightnix_fn.events import (
    Built,
    Downloading,
    Event,
    Failed,
    Matched,
    Planned,
    Skipped,
    Started,
    Waiting,
)
from pylightnix_fn.outputs import reason
from pylightnix_fn.quantity import duration_text, size_text
from pylightnix_fn.refs import RRef

WIDTH: Final = 80
_DIGITS: Final = 8


def line(seconds: float, word: str, text: str) -> str:
    """One line of a log: when, what, and the rest.

    >>> line(12.34, "built", "mnist  3.1 s")
    '    12.3 s  built     mnist  3.1 s'
    """
    return cut(f"{seconds:8.1f} s  {word:<8}  {text}".rstrip(), WIDTH)


def line_of(event: Event, account: Account, now: float) -> str:
    """An event as a line; the account is that before it."""
    word, *columns = _columns(event, account)
    return line(now - account.began, word, "  ".join(filter(None, columns)))


def _columns(event: Event, account: Account) -> tuple[str, ...]:
    match event:
        case Planned(drefs):
            return "planned", f"{len(drefs)} derivation{'' if len(drefs) == 1 else 's'}"
        case Matched(dref, rrefs):
            word = "settled" if dref in account.tried else "there"
            return word, account.label(dref), _results(rrefs)
        case Waiting(dref, who):
            return "waiting", account.label(dref), f"for {who}"
        case Started(dref, why, before):
            took = "" if before is None else f"took {duration_text(before)} before"
            return "started", account.label(dref), took, why
        case Downloading(dref, file):
            return "fetching", account.label(dref), amount(event), file
        case Built(dref, rref, seconds, size):
            spent = duration_text(seconds)
            return "built", account.label(dref), spent, size_text(size), rref.digest[:_DIGITS]
        case Failed(dref, error):
            return "failed", account.label(dref), what_failed(error)
        case Skipped(dref, because):
            return "skipped", account.label(dref), f"needs {account.label(because)}"


def _results(rrefs: tuple[RRef[object], ...]) -> str:
    if len(rrefs) == 1:
        return rrefs[0].digest[:_DIGITS]
    return f"{len(rrefs)} realizations"


def amount(download: Downloading) -> str:
    """How much of a file has come.

    >>> from pylightnix_fn.refs import dref_from
    >>> amount(Downloading(dref_from(f"dref:{'0' * 32}-a"), "a.zip", 1_500_000, 3_000_000))
    '1.5 MB of 3.0 MB'
    """
    received = size_text(download.received)
    return received if download.total is None else f"{received} of {size_text(download.total)}"


def what_failed(error: BaseException) -> str:
    """An error in one line, whatever it is."""
    try:
        if isinstance(error, RealizerFailed):
            return error.error
        if isinstance(error, PylightnixError):
            return f"{type(error).__name__}: {error.message().headline}"
        return reason(error)
    except Exception:  # a message of the user's that cannot be made
        return type(error).__name__
