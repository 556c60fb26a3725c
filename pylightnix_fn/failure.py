"""Failures: builds that came to nothing, as values.

Knows the text in which a failure is kept, and trusts none that it is given: whoever finds one says
where it lies, and every reference and time in it is parsed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final, TypeAlias

from attrs import field, frozen

from pylightnix_fn.canonical import Json, canonical, parsed
from pylightnix_fn.refs import DRef, RRef, dref_from, rref_from
from pylightnix_fn.tree import Folder

LONGEST_WHY: Final = 2**14  # characters

_Context: TypeAlias = Mapping[DRef[object], tuple[RRef[object], ...]]


@frozen
class Failure:
    """A build that failed: of what, from what, when and why; and where lies what it left.

    ``error`` is the class of what was raised, ``why`` its text; times are in UTC. ``others`` is
    what further samples of the same build left.
    """

    dref: DRef[Folder]
    context: _Context = field(hash=False, repr=False)
    sample: int
    started: datetime
    stopped: datetime
    error: str
    why: str
    place: Path
    others: tuple[Path, ...] = ()

    @property
    def folder(self) -> Path:
        """What the realizer wrote."""
        return self.place / "out"

    @property
    def traceback(self) -> Path:
        """A text file with the traceback."""
        return self.place / "error.txt"

    @property
    def log(self) -> Path:
        """What the build printed; a text file that is there if it was logged."""
        return self.place / "log.txt"

    @property
    def config(self) -> Path:
        """The config, as JSON."""
        return self.place / "config.json"

    @property
    def reason(self) -> str:
        """The error in one line."""
        return one_line(self.error, self.why)

    def __str__(self) -> str:
        when = f"{self.stopped:%Y-%m-%d %H:%M:%S}"
        return f"'{self.dref.name}' failed at {when} UTC: {self.reason}; see {self.place}"


def one_line(error: str, why: str) -> str:
    """The class and the text of an error in one line.

    >>> one_line("ValueError", "no\\nmean"), one_line("ValueError", "")
    ('ValueError: no mean', 'ValueError')
    """
    return " ".join(f"{error}: {why}".split()).removesuffix(":")


def failure_text(failure: Failure) -> str:
    """The content of `failure.json`; `ValueError` where JSON cannot hold it."""
    plain: Json = {
        "dref": failure.dref.text,
        "context": {dref.text: list(map(str, those)) for dref, those in failure.context.items()},
        "sample": failure.sample,
        "started": failure.started.isoformat(),
        "stopped": failure.stopped.isoformat(),
        "error": failure.error,
        "why": failure.why,
        "others": [each.name for each in failure.others],
    }
    return canonical(plain)


def failure_from(text: str, place: Path) -> Failure:
    """The failure that a text describes, which was found at a place; `ValueError` if none.

    Law: ``failure_from(failure_text(failure), failure.place) == failure``.
    """
    match parsed(text):
        case {
            "dref": str(dref),
            "context": Mapping() as context,
            "sample": int(sample),
            "started": str(started),
            "stopped": str(stopped),
            "error": str(error),
            "why": str(why),
            "others": [*others],
        }:
            return Failure(
                dref_from(dref),
                {dref_from(need): _rrefs(need, rrefs) for need, rrefs in context.items()},
                sample,
                _time(started),
                _time(stopped),
                error,
                why,
                place,
                tuple(place.parent / _file_name(each) for each in others),
            )
        case _:
            raise ValueError("it is no failure")


def _rrefs(dref: str, value: Json) -> tuple[RRef[object], ...]:
    if isinstance(value, str) or not isinstance(value, Sequence):
        raise ValueError("a context lists references")
    rrefs = tuple(rref_from(_name(each)) for each in value)
    if any(each.dref.text != dref for each in rrefs):
        raise ValueError(f"not all are realizations of {dref}")
    return rrefs


def _name(value: Json) -> str:
    if not isinstance(value, str):
        raise ValueError(f"{value!r} is no name")
    return value


def _file_name(value: Json) -> str:
    name = _name(value)
    if name in ("", ".", "..") or "/" in name or "\0" in name:
        raise ValueError(f"{name!r} is no name of a file")
    return name


def _time(text: str) -> datetime:
    time = datetime.fromisoformat(text)
    if time.utcoffset() != timedelta(0):
        raise ValueError(f"{text} is no time in UTC")
    return time
