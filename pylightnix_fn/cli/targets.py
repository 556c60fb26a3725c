"""Stages as arguments: ``MODULE:STAGE``, with what they are called with."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

import click

import pylightnix_fn as pn
from pylightnix_fn.cli.screen import aside

if TYPE_CHECKING:
    from pylightnix_fn.closure import Closure

TARGET: Final = click.argument("target", type=click.Path(), metavar="MODULE:STAGE")
SETTINGS: Final = click.option(
    "--set", "settings", multiple=True, metavar="NAME=VALUE", help="An argument of the stage."
)


def loaded_closure(target: str, settings: Iterable[str]) -> Closure[object]:
    """The closure of a stage."""
    with aside():
        return pn.load(target).closure(settings)
