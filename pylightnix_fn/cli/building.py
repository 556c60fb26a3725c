"""Commands that look ahead, and build."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

import click

import pylightnix_fn as pn
from pylightnix_fn.cli.references import complete
from pylightnix_fn.cli.screen import aside
from pylightnix_fn.cli.session import Command, Session, pass_session
from pylightnix_fn.cli.targets import SETTINGS, TARGET, loaded_closure

if TYPE_CHECKING:
    from pylightnix_fn.closure import Closure
    from pylightnix_fn.pools import Workers
    from pylightnix_fn.store_protocol import Store

JOBS: Final = click.option(
    "-j", "--jobs", type=click.IntRange(1), default=1, metavar="N", help="So many at once."
)


@click.command(cls=Command)
@TARGET
@SETTINGS
@JOBS
@pass_session
def plan(session: Session, target: str, settings: tuple[str, ...], jobs: int) -> None:
    """Tell what realize would build, why, and how long it may take; nothing is written.

    \b
    Example: plx plan model.py:train --set learning_rate=0.01
    """
    closure = loaded_closure(target, settings)
    session.show(pn.explain(closure, _to_look_at(session), workers=jobs))


def _to_look_at(session: Session) -> Store:
    """The store, or an empty one where there is none yet."""
    from pylightnix_fn.errors import StoreMissing

    try:
        return session.store()
    except StoreMissing:
        return pn.MemoryStore()


@click.command(cls=Command)
@TARGET
@SETTINGS
@JOBS
@click.option("--dask", metavar="ADDRESS", help="On the cluster of a Dask scheduler.")
@click.option(
    "--rebuild", multiple=True, metavar="REF", shell_complete=complete, help="Build this anew."
)
@click.option("--keep-going", is_flag=True, help="Build all that does not need what failed.")
@pass_session
def realize(
    session: Session,
    target: str,
    settings: tuple[str, ...],
    jobs: int,
    dask: str | None,
    rebuild: tuple[str, ...],
    keep_going: bool,
) -> None:
    """Build what a stage lacks, and print the references of its results.

    \b
    Example: plx realize model.py:train --set learning_rate=0.01 -j 4
    """
    closure = loaded_closure(target, settings)
    store = session.store(create=True)
    with aside(), _workers(dask) as executor, pn.show_progress() as observe:
        pn.realize(
            closure,
            store,
            rebuild=[_among(closure, each) for each in rebuild],
            observe=observe,
            executor=executor,
            jobs=None if dask or jobs == 1 else jobs,
            keep_going=keep_going,
        )
    rrefs = [rref for step in pn.explain(closure, store).steps for rref in _chosen(closure, step)]
    session.tell("\n".join(map(str, rrefs)), [each.text for each in rrefs])


def _chosen(closure: Closure[object], step: pn.Hit | pn.Miss) -> tuple[pn.RRef[object], ...]:
    return step.rrefs if isinstance(step, pn.Hit) and step.dref in closure.targets else ()


def _among(closure: Closure[object], text: str) -> pn.DRef[object]:
    """The derivation of a closure that a text means, by its name or a prefix of its hash."""
    meant = [
        each
        for each in closure.derivations
        if text in (each.name, each.text) or each.text.removeprefix("dref:").startswith(text)
    ]
    if len(meant) != 1:
        number = "none" if not meant else f"{len(meant)}"
        raise click.UsageError(f"--rebuild {text}: {number} of the stage's derivations are meant")
    return meant[0]


@contextmanager
def _workers(address: str | None) -> Iterator[Workers | None]:
    if address is None:
        yield None
        return
    from distributed import Client

    with Client(address) as client:
        yield pn.DaskWorkers(client)


COMMANDS: Final[Mapping[str, click.Command]] = {"plan": plan, "realize": realize}
