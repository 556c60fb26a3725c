"""What every command has: its options, its store, and where its output goes."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol, runtime_checkable

import click
from attrs import define

import pylightnix_fn as pn
from pylightnix_fn.cli.finding import Found, found_store
from pylightnix_fn.cli.screen import json_text, page, width

if TYPE_CHECKING:
    from pylightnix_fn.canonical import Json
    from pylightnix_fn.store.disk import DiskStore


@runtime_checkable
class Wide(Protocol):
    """A value that fits its text to a width."""

    def text(self, width: int) -> str:
        """The value in lines of at most so many columns."""


@define
class Session:
    """One run of the program."""

    given: Path | None = None
    is_json: bool = False
    is_debug: bool = False
    is_trusting: bool = False

    def place(self) -> Found:
        """Which store is meant."""
        return found_store(self.given, os.environ, Path.cwd())

    def store(self, *, create: bool = False) -> DiskStore:
        """The store that is meant; `StoreMissing` where there is none and none is to be made."""
        return self.opened(self.place().root, create=create)

    def opened(self, root: Path, *, create: bool = True) -> DiskStore:
        """The store in a folder."""
        return pn.DiskStore.open(root, create=create, trust=self.is_trusting)

    def show(self, value: object) -> None:
        """Print what a command found out."""
        if self.is_json:
            self.print_json(pn.json_form(value))
        else:
            page(value.text(width()) if isinstance(value, Wide) else str(value))

    def tell(self, text: str, value: Json) -> None:
        """Print what a command did."""
        if self.is_json:
            self.print_json(value)
        else:
            page(text)

    def print_json(self, value: Json) -> None:
        click.echo(json_text(value))


pass_session = click.make_pass_decorator(Session, ensure=True)


def _store_chosen(context: click.Context, _: click.Parameter, value: Path | None) -> None:
    if value is not None:
        context.ensure_object(Session).given = value


def _json_wanted(context: click.Context, _: click.Parameter, value: bool) -> None:
    session = context.ensure_object(Session)
    session.is_json = session.is_json or value


def _debugging(context: click.Context, _: click.Parameter, value: bool) -> None:
    session = context.ensure_object(Session)
    session.is_debug = session.is_debug or value


def _trusting(context: click.Context, _: click.Parameter, value: bool) -> None:
    session = context.ensure_object(Session)
    session.is_trusting = session.is_trusting or value


COMMON: Final = (
    click.Option(
        ["--store"],
        type=click.Path(path_type=Path),
        expose_value=False,
        is_eager=True,
        callback=_store_chosen,
        metavar="DIR",
        help="The folder of the store.",
    ),
    click.Option(
        ["--trust"],
        is_flag=True,
        expose_value=False,
        is_eager=True,
        callback=_trusting,
        help="Even a store that others may change.",
    ),
    click.Option(
        ["--json"],
        is_flag=True,
        expose_value=False,
        is_eager=True,
        callback=_json_wanted,
        help="Print JSON, for other programs.",
    ),
    click.Option(
        ["--debug"],
        is_flag=True,
        expose_value=False,
        is_eager=True,
        callback=_debugging,
        help="Show tracebacks of errors.",
    ),
)


class Command(click.Command):
    """A command with the options that all have."""

    def get_params(self, ctx: click.Context) -> list[click.Parameter]:
        *own, help_option = super().get_params(ctx)
        return [*own, *COMMON, help_option]
