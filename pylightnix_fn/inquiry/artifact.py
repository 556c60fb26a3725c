"""One realization, one artifact, one log: what people mean by a short text."""

from __future__ import annotations

from pathlib import Path

from pylightnix_fn.errors.inquiry import AmbiguousObject, UnknownObject
from pylightnix_fn.errors.store import NoSuchFile
from pylightnix_fn.inquiry.contents import reading, tree_of
from pylightnix_fn.inquiry.lookup import lookup, place_of
from pylightnix_fn.outputs import LOG_FILE
from pylightnix_fn.refs import RRef
from pylightnix_fn.store_protocol import Store
from pylightnix_fn.tree import Folder


def only_realization(store: Store, text: str) -> RRef[Folder]:
    """The realization that a text stands for, or the only one of the derivation that it means.

    Errors: `UnknownObject`, `AmbiguousObject`.
    """
    found = lookup(store, text)
    if isinstance(found, RRef):
        return found
    rrefs = store.rrefs(found)
    if len(rrefs) > 1:
        raise AmbiguousObject(text, tuple(each.text for each in rrefs))
    if not rrefs:
        raise UnknownObject(f"{text}/", place_of(store))
    return rrefs[0]


def artifact_path(store: Store, text: str) -> Path:
    """Where lies what a text such as ``train/4ac/accuracy.txt`` means: a realization, and a path.

    Errors: `NoSuchFile`, those of `only_realization`.
    """
    parts = text.split("/")
    for length in range(len(parts) - 1, 0, -1):
        try:
            rref = only_realization(store, "/".join(parts[:length]))
        except UnknownObject:
            if length == 1:
                raise
        else:
            return _file(store, rref, "/".join(parts[length:]))
    return _file(store, only_realization(store, text), "")


def _file(store: Store, rref: RRef[Folder], path: str) -> Path:
    with reading(store):
        entries = tree_of(store, rref).entries
        known = [each.path for each in entries if each.kind != "directory"]
        file = store.folder(rref) / path
        if path not in known or not file.is_file():
            raise NoSuchFile(rref.text, path or "none was named", ", ".join(known) or "nothing")
        return file


def log_of(store: Store, rref: RRef[object]) -> str:
    """What the build of a realization printed; `NoSuchFile` if that was not kept."""
    with reading(store):
        file = store.folder(rref) / LOG_FILE
        if not file.is_file():
            raise NoSuchFile(rref.text, LOG_FILE, "no log, for its realizer is not `logged`")
        return file.read_text(encoding="utf-8", errors="replace")
