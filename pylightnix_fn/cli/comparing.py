"""Commands that set objects side by side, draw them, and tell what builds printed."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

import pylightnix_fn as pn
from pylightnix_fn.cli.references import REFERENCE, complete, found, realization
from pylightnix_fn.cli.screen import plain, width
from pylightnix_fn.cli.session import Command, Session, pass_session
from pylightnix_fn.cli.targets import SETTINGS, loaded_closure

if TYPE_CHECKING:
    from pylightnix_fn.graph.value import Graph
    from pylightnix_fn.matcher.candidate import AnyMatcher


@click.command(cls=Command)
@click.argument("name", shell_complete=complete)
@click.option("--sort", "by", metavar="COLUMN", help="Order by a number, a field, seconds, size.")
@click.option("--ascending", is_flag=True, help="The smallest first.")
@click.option("-n", "most", type=click.IntRange(1), metavar="N", help="No more than the first N.")
@click.option("--stage", metavar="MODULE:STAGE", help="Mark what the matcher of a stage chooses.")
@click.option("--plot", "plotted", metavar="FILE", help="Draw the number: .svg, .png, or -.")
@click.option("--over", metavar="COLUMN", help="What to draw it over; else time.")
@pass_session
def runs(
    session: Session,
    name: str,
    by: str | None,
    ascending: bool,
    most: int | None,
    stage: str | None,
    plotted: str | None,
    over: str | None,
) -> None:
    """Tabulate the realizations of a name with their numbers, or plot one; * marks the best.

    \b
    Example: plx runs train --sort accuracy.txt
    Example: plx runs train --sort accuracy.txt --over learning_rate --plot -
    """
    store = session.store()
    if plotted is None and over is None:
        matcher = None if stage is None else _matcher(stage, name)
        order = {} if by is None else {"by": by}
        table = pn.runs(store, name, matcher, **order, ascending=ascending)
        session.show(table if most is None else table.first(most))
        return
    if by is None:
        raise click.UsageError("--plot needs --sort COLUMN: the number to draw")
    chart = pn.plot(store, name, by) if over is None else pn.plot(store, name, by, over)
    if plotted in (None, "-"):
        session.show(chart)
    else:
        place = str(pn.write_plot(chart, plotted))
        session.tell(place, {"path": place})


def _matcher(stage: str, name: str) -> AnyMatcher:
    """The matcher of what bears this name in the closure of a stage."""
    closure = loaded_closure(stage, ())
    named = [each for each in closure if each.name == name]
    if not named:
        raise click.UsageError(f"{stage} has no derivation '{name}'")
    return named[-1].matcher


@click.command(cls=Command)
@click.argument("one", metavar="A", shell_complete=complete)
@click.argument("other", metavar="B", shell_complete=complete)
@pass_session
def diff(session: Session, one: str, other: str) -> None:
    """Tell how two objects differ: configs, code, contexts, artifacts.

    \b
    Example: plx diff train/4ac train/91b
    """
    store = session.store()
    session.show(pn.compare(store, found(store, one), found(store, other)))


@click.command(cls=Command)
@click.argument("target", metavar="REF|MODULE:STAGE", shell_complete=complete)
@SETTINGS
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "mermaid", "dot", "svg", "html"]),
    help="Else by the name of the file.",
)
@click.option("-o", "--output", type=click.Path(path_type=Path), help="The file to write.")
@pass_session
def graph(
    session: Session, target: str, settings: tuple[str, ...], form: str | None, output: Path | None
) -> None:
    """Draw what an object or a stage needs; colours and marks tell what is there.

    \b
    Example: plx graph train
    Example: plx graph model.py:train -o graph.html
    """
    suffixes = {".mmd": "mermaid", ".dot": "dot", ".gv": "dot", ".svg": "svg", ".html": "html"}
    form = form or suffixes.get(output.suffix if output else "", "text")
    drawn = _graph(session, target, settings)
    if form == "text" and output is None:
        session.show(drawn)
        return
    text = _rendered(drawn, form, target)
    if output is None:
        session.tell(text.rstrip("\n"), text)
    else:
        output.write_text(text, encoding="utf-8")
        session.tell(str(output), {"path": str(output)})


def _graph(session: Session, target: str, settings: tuple[str, ...]) -> Graph:
    if ":" in target.removeprefix("dref:").removeprefix("rref:"):
        return pn.gather_closure(loaded_closure(target, settings), session.store())
    store = session.store()
    return pn.gather_objects(store, found(store, target))


def _rendered(drawn: Graph, form: str, title: str) -> str:
    if form == "mermaid":
        return pn.mermaid(drawn)
    if form == "dot":
        return pn.dot(drawn)
    if form == "svg":
        return pn.svg_by_graphviz(drawn) or pn.graph_svg(drawn)
    return pn.graph_page(drawn, title) if form == "html" else drawn.text(width())


@click.command(cls=Command)
@REFERENCE
@click.option("-f", "--follow", is_flag=True, help="Of a build that is under way, as it comes.")
@pass_session
def log(session: Session, reference: str, follow: bool) -> None:
    """Print what the build of a realization printed, or with -f what one prints now.

    \b
    Example: plx log train/4ac
    Example: plx log -f train
    """
    store = session.store()
    if follow:
        wanted = found(store, reference)
        dref = wanted.dref if isinstance(wanted, pn.RRef) else wanted
        for text in pn.follow(store, dref):
            if session.is_json:
                session.print_json(text)
            else:
                click.echo(plain(text), nl=False)
        return
    text = pn.log_of(store, realization(store, reference))
    session.tell(text.rstrip("\n"), text)


@click.command(cls=Command)
@click.argument("pattern", metavar="[GLOB]", default="*")
@pass_session
def failures(session: Session, pattern: str) -> None:
    """List the builds that failed, and where lies what they left.

    \b
    Example: plx failures 'train*'
    """
    session.show(pn.failures(session.store(), pattern))


COMMANDS: Final[Mapping[str, click.Command]] = {
    "runs": runs,
    "diff": diff,
    "graph": graph,
    "log": log,
    "failures": failures,
}
