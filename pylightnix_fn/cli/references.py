"""References as arguments: by a prefix or a name, completed by the shell."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Final, TypeAlias

import click

import pylightnix_fn as pn
from pylightnix_fn.cli.session import Session

if TYPE_CHECKING:
    from pylightnix_fn.store.disk import DiskStore

_Reference: TypeAlias = "pn.DRef[pn.Folder] | pn.RRef[pn.Folder]"


def found(store: DiskStore, text: str) -> _Reference:
    """The object that a text means; `UnknownObject` or `AmbiguousObject` if that is not one."""
    return pn.lookup(store, text)


def realization(store: DiskStore, text: str) -> pn.RRef[pn.Folder]:
    """The realization that a text means, the only one where it means a derivation."""
    return pn.only_realization(store, text)


def complete(context: click.Context, _: click.Parameter, incomplete: str) -> list[str]:
    """What a shell may offer; nothing where there is no store."""
    with suppress(pn.PylightnixError, OSError):
        objects = pn.matching(context.ensure_object(Session).store(), incomplete)
        names = {each.name for each in objects if each.name.startswith(incomplete)}
        return sorted(names) or [_completed(each, incomplete) for each in objects]
    return []


def complete_roots(context: click.Context, _: click.Parameter, incomplete: str) -> list[str]:
    """The names of roots that a shell may offer."""
    with suppress(pn.PylightnixError, OSError):
        roots = pn.named_roots(context.ensure_object(Session).store())
        return sorted(name for name in roots if name.startswith(incomplete))
    return []


def _completed(reference: _Reference, begun: str) -> str:
    """A reference, as it goes on from what was begun."""
    name, slash, _ = begun.partition("/")
    if slash:
        return f"{name}/{reference.digest}"
    return reference.text if reference.text.startswith(begun) else reference.text[5:]


REFERENCE: Final = click.argument("reference", metavar="REF", shell_complete=complete)
REFERENCES: Final = click.argument(
    "references", metavar="[REF]...", nargs=-1, shell_complete=complete
)
