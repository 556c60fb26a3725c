"""Commands that make stores, and move objects between them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final, TypeAlias

import click

import pylightnix_fn as pn
from pylightnix_fn.cli.finding import FOLDER
from pylightnix_fn.cli.references import REFERENCES, found
from pylightnix_fn.cli.session import Command, Session, pass_session

_Reference: TypeAlias = "pn.DRef[pn.Folder] | pn.RRef[pn.Folder]"

FILE: Final = click.argument("file", type=click.Path(path_type=Path))


@click.command(cls=Command)
@pass_session
def init(session: Session) -> None:
    """Make a store: --store DIR, or $PYLIGHTNIX_ROOT, or else _pylightnix in this folder.

    \b
    Example: plx init
    """
    place = session.place()
    root = place.root if place.is_named else Path(FOLDER)
    store = session.opened(root)
    session.tell(f"a store in {store.root}", {"root": str(store.root)})


@click.command(cls=Command)
@REFERENCES
@FILE
@pass_session
def export(session: Session, references: tuple[str, ...], file: Path) -> None:
    """Write objects, and all that they need, to one archive; equal ones give equal bytes.

    A derivation comes with all its realizations.

    \b
    Example: plx export train model.tar.zst
    """
    store = session.store()
    session.show(pn.export_closure(store, _wanted(store, references), file))


@click.command("import", cls=Command)
@FILE
@click.option("--sha256", metavar="HEX", help="What the sender said of the archive.")
@click.option("--max-size", metavar="SIZE", help="What it may unfold into: 200G.")
@pass_session
def import_(session: Session, file: Path, sha256: str | None, max_size: str | None) -> None:
    """Add the objects of an archive, each checked against its name.

    \b
    Example: plx import model.tar.zst
    """
    from pylightnix_fn.quantity import size_from

    size = None if max_size is None else size_from(max_size)
    limits = pn.Limits() if size is None else pn.Limits(size=size, free=size)
    session.show(pn.import_closure(session.store(create=True), file, sha256=sha256, limits=limits))


@click.command(cls=Command)
@REFERENCES
@click.argument("target", type=click.Path(path_type=Path))
@pass_session
def copy(session: Session, references: tuple[str, ...], target: Path) -> None:
    """Copy objects, and all that they need, to the store in another folder.

    \b
    Example: plx copy train /mnt/shared/_pylightnix
    """
    store = session.store()
    session.show(pn.copy_closure(store, _wanted(store, references), session.opened(target)))


def _wanted(store: pn.DiskStore, references: tuple[str, ...]) -> list[_Reference]:
    """The objects that are meant; a derivation stands for all its realizations."""
    objects = [found(store, each) for each in references]
    below = [store.rrefs(each) if isinstance(each, pn.DRef) else () for each in objects]
    return [each for one, those in zip(objects, below, strict=True) for each in (*those, one)]


COMMANDS: Final[Mapping[str, click.Command]] = {
    "init": init,
    "export": export,
    "import": import_,
    "copy": copy,
}
