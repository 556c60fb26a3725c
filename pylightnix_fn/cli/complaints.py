"""Errors in words, and as exit codes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from pylightnix_fn.errors.fetch import LocalFileMissing
from pylightnix_fn.errors.inquiry import (
    AmbiguousObject,
    MalformedCondition,
    MalformedMoment,
    NotComparable,
    UnknownColumn,
    UnknownObject,
)
from pylightnix_fn.errors.loading import (
    BadArgument,
    MalformedTarget,
    MissingArgument,
    NotAStage,
    UnknownArgument,
    UnknownModule,
    UnknownStage,
)
from pylightnix_fn.errors.message import PylightnixError
from pylightnix_fn.errors.plan import BadParameter, MalformedName, MalformedSize
from pylightnix_fn.errors.store import (
    MissingObject,
    NoSuchFile,
    NotRunning,
    StoreMissing,
    UnknownCollection,
)

USAGE: Final = 2
NOT_FOUND: Final = 3

_NOT_FOUND: Final = (
    LocalFileMissing,
    MissingObject,
    NoSuchFile,
    NotRunning,
    StoreMissing,
    UnknownCollection,
    UnknownColumn,
    UnknownModule,
    UnknownObject,
    UnknownStage,
)
_USAGE: Final = (
    AmbiguousObject,
    BadArgument,
    BadParameter,
    MalformedCondition,
    MalformedMoment,
    MalformedName,
    MalformedSize,
    MalformedTarget,
    MissingArgument,
    NotAStage,
    NotComparable,
    UnknownArgument,
)


def code_of(error: Exception) -> int:
    """The exit code that says of which kind an error is."""
    if isinstance(error, _NOT_FOUND):
        return NOT_FOUND
    return USAGE if isinstance(error, _USAGE) else 1


def words_for(error: Exception) -> str:
    """What a user reads of an error: one paragraph for each."""
    return "\n\n".join(_paragraph(each) for each in _each(error))


def _each(error: Exception) -> Iterator[Exception]:
    if isinstance(error, ExceptionGroup):
        for each in error.exceptions:
            yield from _each(each)
    else:
        yield error


def _paragraph(error: Exception) -> str:
    lines = "\n".join([_text(error), *getattr(error, "__notes__", [])]).splitlines()
    return "plx: " + "\n".join(line for line in lines if line)


def _text(error: Exception) -> str:
    if isinstance(error, PylightnixError):
        return str(error)
    if isinstance(error, OSError) and error.strerror and error.filename:
        return f"{error.strerror}: {error.filename}"
    return f"{type(error).__name__}: {error}\nThis is a fault of the program: --debug tells more."
