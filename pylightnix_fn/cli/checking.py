"""Commands that compare a store with what it should be."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Final

import click

import pylightnix_fn as pn
from pylightnix_fn.cli.session import Command, Session, pass_session


@click.command(cls=Command)
@click.option("--quick", is_flag=True, help="Compare sizes and modes only.")
@pass_session
def verify(session: Session, quick: bool) -> None:
    """Compare every object with its name; what is damaged is put aside, and the exit code is 1.

    \b
    Example: plx verify --quick
    """
    report = _verified(session, quick)
    session.show(report)
    if not report.is_clean:
        click.get_current_context().exit(1)


@click.command(cls=Command)
@click.option("--orphans", is_flag=True, help="Discard what was built from something lost, too.")
@pass_session
def repair(session: Session, orphans: bool) -> None:
    """Restore modes, and move what is damaged to the trash: so it is built again.

    \b
    Example: plx repair
    """
    report = _verified(session, quick=False)
    session.show(pn.repair(session.store(), report, orphans=orphans))


@click.command(cls=Command)
@pass_session
def optimise(session: Session) -> None:
    """Let equal files in the store share their bytes.

    \b
    Example: plx optimise
    """
    session.show(pn.optimise(session.store()))


def _verified(session: Session, quick: bool) -> pn.Report:
    hidden = not sys.stderr.isatty()
    with click.progressbar(length=1, label="verify", file=sys.stderr, hidden=hidden) as bar:

        def observe(verified: pn.Verified) -> None:
            bar.length = verified.total
            bar.update(1)

        return pn.verify(session.store(), quick=quick, observe=observe)


COMMANDS: Final[Mapping[str, click.Command]] = {
    "verify": verify,
    "repair": repair,
    "optimise": optimise,
}
