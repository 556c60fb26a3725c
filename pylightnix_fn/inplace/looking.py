"""The store of the session as a shell shows it: list, print, link, remove, collect."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TypeAlias

from pylightnix_fn.errors.build import DecodeFailed
from pylightnix_fn.errors.store import NoSuchFile
from pylightnix_fn.inplace.session import current_store
from pylightnix_fn.outputs import CONTEXT_FILE, is_reserved, reason
from pylightnix_fn.refs import DRef, RRef
from pylightnix_fn.retention.choice import keep_roots
from pylightnix_fn.retention.collection import GcPlan
from pylightnix_fn.retention.policy import Policy
from pylightnix_fn.store.layout import TIME_FILE
from pylightnix_fn.upkeep import collection, planning, roots

Reference: TypeAlias = "DRef[object] | RRef[object]"


def lsref(reference: Reference) -> list[str]:
    """The names in an object's folder, without what is the store's own business alone."""
    path = folder_of(reference)
    names = sorted(each.name for each in path.iterdir())
    if isinstance(reference, DRef):
        return names
    return [CONTEXT_FILE, TIME_FILE, *(name for name in names if not is_reserved(name))]


def catref(reference: RRef[object], names: Iterable[str]) -> list[str]:
    """The lines of a text artifact, by the parts of its path inside the realization.

    Errors: `NoSuchFile`, and `DecodeFailed` for what is no text.
    """
    parts, root = [names] if isinstance(names, str) else list(names), folder_of(reference)
    path = root.joinpath(*parts)
    outside = any(part in ("", "..") or "/" in part for part in parts)
    if outside or not path.is_file():
        raise NoSuchFile(reference.text, "/".join(parts), ", ".join(lsref(reference)))
    try:
        return path.read_text(encoding="utf-8").splitlines()
    except UnicodeDecodeError as error:
        raise DecodeFailed(str(path), "text", reason(error)) from error


def rmref(reference: Reference) -> None:
    """Remove an object from the store; `StillNeeded` while others refer to it."""
    current_store().remove(reference)


def shell(reference: Reference) -> int:
    """Open a shell, that of the variable SHELL, in an object's folder, and wait for its end.

    Gives its exit code. What is there is read-only.
    """
    command = [os.environ.get("SHELL") or "/bin/sh"]
    return subprocess.run(command, cwd=folder_of(reference), check=False).returncode


def linkrref(rref: RRef[object], destdir: Path | str = ".", name: str | None = None) -> Path:
    """Make a link to a realization, ``result-<name>``, and let it stay while the link is there."""
    return roots.link(current_store(), rref, Path(destdir) / (name or f"result-{rref.name}"))


def linkrrefs(rrefs: Iterable[RRef[object]], destdir: Path | str = ".") -> list[Path]:
    """Make a link to each realization; to several of one name, with a number behind it."""
    links: list[Path] = []
    numbers: dict[str, int] = {}
    for rref in rrefs:
        number = numbers[rref.name] = numbers.get(rref.name, 0) + 1
        name = f"result-{rref.name}" + (f"-{number}" if number > 1 else "")
        links.append(linkrref(rref, destdir, name))
    return links


def linkdref(dref: DRef[object], destdir: Path | str = ".", name: str | None = None) -> Path:
    """Make a link to a derivation, and let it stay while the link is there."""
    return roots.link(current_store(), dref, Path(destdir) / (name or f"derivation-{dref.name}"))


def gc(policy: Policy = keep_roots, *, delete: bool = False) -> GcPlan:
    """What a policy would remove from the store; with ``delete`` it is moved to the trash."""
    store = current_store()
    plan = planning.weigh(store, collection.gc(store, policy))
    if delete:
        collection.collect(store, plan)
    return plan


def gc_exceptions(*folders: Path | str) -> list[Reference]:
    """Let stay what links below these folders lead to, whoever made them, and list it."""
    found = [each for folder in folders for each in _links_below(Path(folder))]
    for path, reference in found:
        roots.link(current_store(), reference, path)
    return [reference for _, reference in found]


def rootdrefs() -> list[DRef[object]]:
    """The derivations that roots and links lead to."""
    found = roots.named_roots(current_store()).values()
    return sorted({each for each in found if isinstance(each, DRef)}, key=str)


def rootrrefs() -> list[RRef[object]]:
    """The realizations that roots and links lead to."""
    found = roots.named_roots(current_store()).values()
    return sorted({each for each in found if isinstance(each, RRef)}, key=str)


def folder_of(reference: Reference) -> Path:
    """The folder of an object; `MissingObject` where there is none."""
    store = current_store()
    if isinstance(reference, RRef):
        return store.folder(reference)
    store.config(reference)
    return store.layout.derivation(reference)


def _links_below(folder: Path) -> Iterator[tuple[Path, Reference]]:
    backing = current_store().backing
    for here, folders, names in os.walk(folder):
        folders.sort()
        for path in (Path(here, name) for name in sorted((*folders, *names))):
            reference = roots.led_to(backing, path) if path.is_symlink() else None
            if reference is not None:
                yield path, reference
