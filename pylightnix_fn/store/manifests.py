"""The manifest of a realization, and all that a store writes beside artifacts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from pylightnix_fn.canonical import Json, canonical
from pylightnix_fn.errors.store import DamagedObject
from pylightnix_fn.filesystem import FileSystem
from pylightnix_fn.outputs import CONTEXT_FILE
from pylightnix_fn.realizer import Context
from pylightnix_fn.refs import RRef
from pylightnix_fn.store.layout import BUILD_FILE, MANIFEST_FILE, TIME_FILE
from pylightnix_fn.store.records import (
    Build,
    context_text,
    integer,
    mapping_of,
    read_text,
    string,
)
from pylightnix_fn.tree import Entry, Kind, Tree, realization_digest

MAX_MANIFEST: Final = 2**30
VERSION: Final = 1  # of a manifest

_KINDS: Final[Mapping[str, Kind]] = {
    "file": "file",
    "directory": "directory",
    "symlink": "symlink",
}


def manifest_text(tree: Tree, whole: str) -> str:
    """The content of `__manifest__.json`; ``whole`` is the digest of the realization."""
    # Put together as `canonical` would: entries are many, and their text is there already.
    head = f'"digest":{canonical(whole)},"entries":{tree.text}'
    return f'{{{head},"tree":"{tree.digest}","version":{VERSION}}}'


def own_files(whole: str, tree: Tree, context: Context, build: Build) -> dict[str, str]:
    """The store's own files in a realization, by name."""
    return {
        CONTEXT_FILE: context_text(context),
        MANIFEST_FILE: manifest_text(tree, whole),
        BUILD_FILE: build.text(whole),
        TIME_FILE: time_text(build),
    }


def time_text(build: Build) -> str:
    """The content of `__buildtime__.txt`."""
    return build.first.isoformat() + "\n"


def read_manifest(fs: FileSystem, folder: Path, rref: RRef[object], context: Context) -> Tree:
    """The tree that a realization must be; `DamagedObject` if its name says otherwise."""
    found = read_text(fs, folder / MANIFEST_FILE, MAX_MANIFEST)
    value = mapping_of(found, MANIFEST_FILE, rref.text, MAX_MANIFEST)
    try:
        entries = value["entries"]
        if (
            value["version"] != VERSION
            or isinstance(entries, str)
            or not isinstance(entries, Sequence)
        ):
            raise ValueError("its version, or its list of entries, is unknown")
        tree, named = Tree(tuple(map(_entry, entries))), string(value["digest"])
        if manifest_text(tree, named) != found or not named.startswith(rref.digest):
            raise ValueError("its hash is not the one in the name of the realization")
    except (KeyError, TypeError, ValueError) as error:
        raise DamagedObject(rref.text, MANIFEST_FILE, str(error)) from error
    texts = {dref.text: map(str, those) for dref, those in context.items()}
    whole = realization_digest(tree, texts)
    if whole != named:  # which of the two is wrong, the name tells
        file = MANIFEST_FILE if whole.startswith(rref.digest) else CONTEXT_FILE
        raise DamagedObject(rref.text, file, "its hash is not the one in the manifest")
    return tree


def _entry(value: Json) -> Entry:
    if not isinstance(value, Mapping) or not isinstance(value["executable"], bool):
        raise TypeError("an entry is an object")
    kind = _KINDS[string(value["kind"])]
    return Entry(
        string(value["path"]),
        kind,
        integer(value["size"]),
        value["executable"],
        string(value["content"]),
    )
