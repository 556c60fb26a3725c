"""Commands about what stays in a store and what goes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import reduce
from operator import or_
from typing import Final

import click

import pylightnix_fn as pn
from pylightnix_fn.cli.references import REFERENCE, REFERENCES, complete_roots, found
from pylightnix_fn.cli.screen import say
from pylightnix_fn.cli.session import Command, Session, pass_session


@click.command(cls=Command)
@REFERENCE
@pass_session
def why(session: Session, reference: str) -> None:
    """Say what keeps an object: the roots and running programs that need it, and how.

    \b
    Example: plx why train
    """
    store = session.store()
    session.show(pn.why(store, found(store, reference)))


@click.command(cls=Command)
@REFERENCE
@pass_session
def deps(session: Session, reference: str) -> None:
    """List what an object needs, and what that needs.

    \b
    Example: plx deps train
    """
    store = session.store()
    session.show(pn.deps(store, found(store, reference)))


@click.command(cls=Command)
@REFERENCE
@pass_session
def rdeps(session: Session, reference: str) -> None:
    """List what needs an object, and what needs that.

    \b
    Example: plx rdeps mnist
    """
    store = session.store()
    session.show(pn.rdeps(store, found(store, reference)))


@click.group("root")
def root() -> None:
    """Name what must stay in the store, with all that it needs.

    \b
    Example: plx root add final-model train
    """


@root.command("add", cls=Command)
@click.argument("name")
@REFERENCE
@pass_session
def root_add(session: Session, name: str, reference: str) -> None:
    """Let an object stay until its root is removed; a name that contains / is a link's path.

    \b
    Example: plx root add final-model train
    Example: plx root add ./result train
    """
    store = session.store()
    kept = found(store, reference)
    if "/" in name:
        name = str(pn.link(store, kept, name))
    else:
        pn.add_root(store, name, kept)
    session.tell(f"{name} -> {kept}", {"name": name, "reference": kept.text})


@root.command("rm", cls=Command)
@click.argument("name", shell_complete=complete_roots)
@pass_session
def root_rm(session: Session, name: str) -> None:
    """Take a root away; its object stays until gc.

    \b
    Example: plx root rm final-model
    """
    pn.remove_root(session.store(), name)
    session.tell(f"removed the root {name}", {"name": name})


@root.command("ls", cls=Command)
@pass_session
def root_ls(session: Session) -> None:
    """List the roots, and the links that are roots.

    \b
    Example: plx root ls
    """
    from pylightnix_fn.retention.table import table

    roots = pn.named_roots(session.store())
    rows = ((name, each.text) for name, each in sorted(roots.items()))
    session.tell("\n".join(table(rows)), {name: each.text for name, each in roots.items()})


@click.command(cls=Command)
@click.option("--keep-latest", type=click.IntRange(1), metavar="N", help="Keep N of each.")
@click.option(
    "--keep-best",
    type=(click.IntRange(1), str),
    metavar="N FILE",
    help="Keep N of each, those with the largest number in a file.",
)
@click.option("--older-than", metavar="AGE", help="Keep what is younger: 36h, 30d, 8w.")
@click.option("--max-size", metavar="SIZE", help="Keep the newest that fit: 200G.")
@click.option("--delete", is_flag=True, help="Do it; without, only look.")
@click.option("--everything", is_flag=True, help="Even if nothing would be left.")
@click.option("--empty-trash", is_flag=True, help="Delete what was removed for good.")
@pass_session
def gc(
    session: Session,
    keep_latest: int | None,
    keep_best: tuple[int, str] | None,
    older_than: str | None,
    max_size: str | None,
    delete: bool,
    everything: bool,
    empty_trash: bool,
) -> None:
    """Tell what would be removed: all but the roots, what they need, and what an option keeps.

    With --delete it goes to the trash, from where `plx undo` brings it back.

    \b
    Example: plx gc --keep-best 2 accuracy.txt --older-than 30d
    """
    store = session.store()
    policy = _policy(keep_latest, keep_best, older_than, max_size)
    plan = pn.weigh(store, pn.gc(store, policy))
    if delete:
        pn.collect(store, plan, everything=everything)
    session.show(plan)
    if empty_trash:
        from pylightnix_fn.quantity import size_text

        say(f"trash: {size_text(pn.empty_trash(store))} freed")
    elif not delete:
        say("Nothing was removed; --delete does it.")


def _policy(
    keep_latest: int | None,
    keep_best: tuple[int, str] | None,
    older_than: str | None,
    max_size: str | None,
) -> pn.Policy:
    """What any of these keeps."""
    from pylightnix_fn.findings.moment import moment
    from pylightnix_fn.quantity import size_from

    policies = [pn.keep_roots]
    if keep_latest is not None:
        policies.append(pn.keep_latest(keep_latest))
    if keep_best is not None:
        policies.append(pn.keep_best(*keep_best))
    if older_than is not None:
        now = datetime.now(UTC)
        policies.append(pn.newer_than(now - moment(older_than, now)))
    if max_size is not None:
        policies.append(pn.within(size_from(max_size)))
    return reduce(or_, policies)


@click.command(cls=Command)
@click.argument("name", required=False)
@pass_session
def undo(session: Session, name: str | None) -> None:
    """Bring back what gc or rm removed last, or what it removed under a NAME.

    \b
    Example: plx undo
    """
    undone = pn.undo(session.store(), name)
    text = f"brought back {len(undone.restored)} of {len(undone.restored) + len(undone.left)}"
    session.tell(
        "\n".join((text, *(f"  left {each}" for each in undone.left))), pn.json_form(undone)
    )


@click.command(cls=Command)
@REFERENCE
@click.option("--yes", is_flag=True, help="Do not ask.")
@pass_session
def rm(session: Session, reference: str, yes: bool) -> None:
    """Remove an object, a derivation with its realizations; not while something needs it.

    \b
    Example: plx rm 4f2a
    """
    store = session.store()
    unwanted = found(store, reference)
    if yes or click.confirm(f"Remove {unwanted}?", err=True):
        removed = pn.discard(store, unwanted)
        text = "\n".join(f"removed {each}" for each in removed.moved)
        session.tell(
            f"{text}\n`plx undo` brings back what was removed last.", pn.json_form(removed)
        )
    else:
        say("Nothing was removed.")
        click.get_current_context().exit(1)


@click.command(cls=Command)
@REFERENCES
@pass_session
def du(session: Session, references: tuple[str, ...]) -> None:
    """Tell how much room objects take, and what removing each would free.

    \b
    Example: plx du train
    """
    store = session.store()
    chosen = tuple(found(store, each) for each in references)
    session.show(pn.du(store, chosen or None))


COMMANDS: Final[Mapping[str, click.Command]] = {
    "why": why,
    "deps": deps,
    "rdeps": rdeps,
    "root": root,
    "gc": gc,
    "undo": undo,
    "rm": rm,
    "du": du,
}
