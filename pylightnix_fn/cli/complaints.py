"""Errors in words, and as exit codes."""

from __future__ import annotations

from collections.abc import Iterator
from traceback import extract_tb
from typing import Final

import click

from pylightnix_fn.errors.build import TooFewResources
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
from pylightnix_fn.errors.message import Message, PylightnixError
from pylightnix_fn.errors.plan import BadParameter, MalformedName, MalformedSize
from pylightnix_fn.errors.store import (
    DamagedObject,
    MissingObject,
    NoSuchFile,
    NothingKept,
    NotRunning,
    StoreFailed,
    StoreMissing,
    StoreOfOthers,
    UnknownCollection,
    UnknownRoot,
)
from pylightnix_fn.errors.transfer import ClosureDamaged, ClosureRefused

USAGE: Final = 2
NOT_FOUND: Final = 3

_NOT_FOUND: Final = (
    LocalFileMissing,
    MissingObject,
    NoSuchFile,
    NotRunning,
    StoreMissing,
    UnknownCollection,
    UnknownRoot,
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


def code_of(error: BaseException) -> int:
    """The exit code that says of which kind an error is."""
    if isinstance(error, _NOT_FOUND):
        return NOT_FOUND
    return USAGE if isinstance(error, _USAGE) else 1


# What a shell does instead of what the hint of an error says in Python; nearest class first.
_HINTS: Final[tuple[tuple[type[PylightnixError], str], ...]] = (
    (StoreMissing, "Make one with `plx init`, or say where it is: --store DIR."),
    (StoreOfOthers, "Choose a folder of your own, or add --trust if that is as it should be."),
    (StoreFailed, "Look at the system's log and the disk; then run `plx verify`."),
    (DamagedObject, "Put it aside with `plx repair`; the next `plx realize` builds it again."),
    (UnknownObject, "Write a reference, the beginning of its hash, or a name; `plx ls` has all."),
    (NothingKept, "Name what must stay with `plx root add`, or add --everything if you mean it."),
    (UnknownCollection, "Choose one that is in the trash; what --empty-trash deleted is gone."),
    (TooFewResources, "Ask for less in the stage."),
    (MissingArgument, "Give it: --set NAME=VALUE."),
    (UnknownArgument, "Name one of the parameters: --set NAME=VALUE."),
    (ClosureDamaged, "Get it again, or have it exported anew; what came before this is whole."),
    (ClosureRefused, "Have it exported anew by whom you trust; if it is only large: --max-size."),
)


def usage_words(error: click.ClickException) -> str:
    """What a user reads of arguments that make no sense."""
    context = error.ctx if isinstance(error, click.UsageError) else None
    path = "plx" if context is None else context.command_path
    return f"{path}: {error.format_message()}\nSee `{path} --help`."


def words_for(error: BaseException) -> str:
    """What a user reads of an error: one paragraph for each."""
    return "\n\n".join(_paragraph(each) for each in _each(error))


def _each(error: BaseException) -> Iterator[BaseException]:
    if isinstance(error, BaseExceptionGroup):
        for each in error.exceptions:
            yield from _each(each)
    else:
        yield error


def _paragraph(error: BaseException) -> str:
    lines = "\n".join([_text(error), *getattr(error, "__notes__", [])]).splitlines()
    return "plx: " + "\n".join(line for line in lines if line)


def _text(error: BaseException) -> str:
    if isinstance(error, PylightnixError):
        told = error.message()
        hints = (text for kind, text in _HINTS if isinstance(error, kind))
        return str(Message(told.headline, told.facts, next(hints, told.hint)))
    if isinstance(error, OSError) and error.strerror:
        return f"{error.strerror}: {error.filename}" if error.filename else error.strerror
    frames = extract_tb((error.__cause__ or error).__traceback__)
    places = [f"  {each.filename}, line {each.lineno}, in {each.name}" for each in frames[-1:]]
    headline = f"{type(error).__name__}: {error}".removesuffix(": ")
    return "\n".join([headline, *places, "The traceback is shown with --debug."])
