"""Commands that show what is in a store."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import click

import pylightnix_fn as pn
from pylightnix_fn.cli.references import REFERENCE, complete, found, realization
from pylightnix_fn.cli.session import Command, Session, pass_session


@click.command(cls=Command)
@pass_session
def info(session: Session) -> None:
    """Tell where the store is, how much it holds, and who uses it.

    \b
    Example: plx info
    """
    session.show(pn.info(session.store()))


@click.command(cls=Command)
@click.argument("what", metavar="[REF|GLOB]", default="*", shell_complete=complete)
@pass_session
def ls(session: Session, what: str) -> None:
    """List names with what there is of each, the realizations of one, or its artifacts.

    \b
    Example: plx ls 'train*'
    Example: plx ls train
    """
    store = session.store()
    if set(what) & set("*?["):
        session.show(pn.listing(store, what))
    elif any(each.name == what for each in store.drefs()):
        session.show(pn.runs(store, what))
    else:
        one = found(store, what)
        session.show(pn.artifacts(store, one) if isinstance(one, pn.RRef) else pn.runs(store, one))


@click.command(cls=Command)
@click.argument("conditions", metavar="[CONDITION]...", nargs=-1)
@click.option("--name", default="*", metavar="GLOB", help="Of names that match.")
@click.option("--newer", metavar="AGE", help="Built since: 36h, 30d, 2026-11-01.")
@click.option("--older", metavar="AGE", help="Built before that.")
@click.option("--realizations", is_flag=True, help="Realizations, not derivations.")
@pass_session
def find(
    session: Session,
    conditions: tuple[str, ...],
    name: str,
    newer: str | None,
    older: str | None,
    realizations: bool,
) -> None:
    """Find what satisfies all conditions on its config or its artifacts: = != < <= > >= ~

    \b
    Example: plx find 'learning_rate<0.01' 'accuracy.txt>0.98' --newer 30d
    """
    from pylightnix_fn.findings.moment import moment

    now = datetime.now(UTC)
    since = None if newer is None else moment(newer, now)
    until = None if older is None else moment(older, now)
    store = session.store()
    chosen = pn.find(
        store, conditions, name=name, newer=since, older=until, realizations=realizations
    )
    session.show(chosen)


@click.command(cls=Command)
@REFERENCE
@pass_session
def show(session: Session, reference: str) -> None:
    """Show all that is known of an object: config, context, times, versions, log, users.

    \b
    Example: plx show train
    """
    store = session.store()
    session.show(pn.describe(store, found(store, reference)))


@click.command(cls=Command)
@REFERENCE
@pass_session
def tree(session: Session, reference: str) -> None:
    """List the artifacts of a realization, with their sizes.

    \b
    Example: plx tree train/4ac
    """
    store = session.store()
    session.show(pn.artifacts(store, realization(store, reference)))


@click.command(cls=Command)
@click.argument("artifact", metavar="REF/PATH", shell_complete=complete)
@pass_session
def cat(session: Session, artifact: str) -> None:
    """Print an artifact, as it is.

    \b
    Example: plx cat train/accuracy.txt
    """
    place = pn.artifact_path(session.store(), artifact)
    if session.is_json:
        session.print_json(_text(place, artifact))
        return
    with place.open("rb") as stream:
        while data := stream.read(2**20):
            sys.stdout.buffer.write(data)


def _text(place: Path, artifact: str) -> str:
    try:
        return place.read_text("utf-8")
    except UnicodeDecodeError as error:
        raise click.UsageError(f"{artifact} is no text: leave out --json") from error


@click.command(cls=Command)
@REFERENCE
@pass_session
def path(session: Session, reference: str) -> None:
    """Print the folder in which an object lies, which nobody may change.

    \b
    Example: cd $(plx path train)
    """
    store = session.store()
    place = str(store.layout.located(found(store, reference)))
    session.tell(place, {"path": place})


@click.command("open", cls=Command)
@REFERENCE
@pass_session
def open_(session: Session, reference: str) -> None:
    """Open a shell, $SHELL if that is set, in the folder of a realization.

    \b
    Example: plx open train
    """
    store = session.store()
    place = store.folder(realization(store, reference))
    shell = os.environ.get("SHELL") or "/bin/sh"
    click.get_current_context().exit(subprocess.run([shell], cwd=place, check=False).returncode)


COMMANDS: Final[Mapping[str, click.Command]] = {
    "info": info,
    "ls": ls,
    "find": find,
    "show": show,
    "tree": tree,
    "cat": cat,
    "path": path,
    "open": open_,
}
