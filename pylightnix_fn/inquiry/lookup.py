"""Objects by what people write for them: a reference, the beginning of a hash, a name."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from typing import Final, TypeAlias

from pylightnix_fn.errors.inquiry import AmbiguousObject, UnknownObject
from pylightnix_fn.refs import DRef, RRef
from pylightnix_fn.store.disk import DiskStore
from pylightnix_fn.store.layout import reference_of
from pylightnix_fn.store_protocol import Store
from pylightnix_fn.tree import Folder

Found: TypeAlias = DRef[Folder] | RRef[Folder]

_BEGUN: Final = re.compile(r"(dref:|rref:)?[0-9a-f]+(-.*)?")
_BRIEF: Final = re.compile(r"((?:dref:|rref:)?[0-9a-f]+)…-?(.*)")  # as tables show references
_NEAR: Final = 5
_OFFERED: Final = 8  # digits of a hash


def lookup(store: Store, text: str) -> Found:
    """The object that a text stands for.

    The first of these that says anything: a reference; a name; the beginning of a hash, with or
    without ``dref:`` or ``rref:``. After a slash comes the beginning of a realization's hash,
    ``model/4ac``, and after ``model/`` nothing is needed where there is but one. A path into the
    store will do, and what tables show, ``dref:731c5ac6…-mnist``.
    Errors: `UnknownObject`, `AmbiguousObject`.
    """
    found = tuple(_meant(store, _inside(store, text.strip())))
    if len(found) == 1:
        return found[0]
    if found:
        raise AmbiguousObject(text, tuple(each.text for each in found))
    raise UnknownObject(text, place_of(store), near(store, text))


def matching(store: Store, prefix: str) -> tuple[Found, ...]:
    """The objects whose reference, hash or name begins so, derivations first; to complete a text.

    All derivations for an empty text, all realizations for ``rref:``.
    """
    drefs = () if prefix.startswith("rref:") else store.drefs()
    begun = [each for each in drefs if each.name.startswith(prefix) or _begins(each, prefix)]
    of, slash, digits = prefix.partition("/")
    if slash:
        return tuple(_below(store, of, digits))
    if not prefix or prefix.startswith("dref:"):
        return tuple(begun)
    return (*begun, *_realizations(store, store.drefs(), prefix))


def completions(store: Store, prefix: str) -> tuple[str, ...]:
    """How a text may go on, for a shell to offer: names, and references where one was begun.

    After the slash of ``model/``, the beginnings of hashes of realizations.
    """
    of, slash, _ = prefix.partition("/")
    if slash:
        return tuple(f"{of}/{each.digest[:_OFFERED]}" for each in matching(store, prefix))
    names = sorted({each.name for each in store.drefs() if each.name.startswith(prefix)})
    if names or not prefix:
        return tuple(names)
    texts = (each.text for each in matching(store, prefix))
    return tuple(text if text.startswith(prefix) else text[len("dref:") :] for text in texts)


def near(store: Store, text: str) -> tuple[str, ...]:
    """The names in a store that are like a text."""
    names = sorted({each.name for each in store.drefs()})
    return tuple(get_close_matches(text.partition("/")[0], names, n=_NEAR))


def place_of(store: Store) -> str:
    """Where a store is, in words."""
    return str(store.root) if isinstance(store, DiskStore) else "in memory"


def _meant(store: Store, text: str) -> Iterable[Found]:
    whole = reference_of(text)
    if isinstance(whole, DRef):
        return [each for each in store.drefs() if each == whole]
    if whole is not None:
        return [each for each in store.rrefs(whole.dref) if each == whole]
    if shortened := _BRIEF.fullmatch(text):
        return [each for each in _begun(store, shortened[1]) if each.name == shortened[2]]
    of, slash, digits = text.partition("/")
    if slash:
        return _below(store, of, digits)
    return _named(store, text) or _begun(store, text)


def _named(store: Store, name: str) -> tuple[DRef[Folder], ...]:
    return tuple(each for each in store.drefs() if each.name == name)


def _begun(store: Store, text: str) -> Iterator[Found]:
    """What has a hash that begins so; a whole one may be followed by more of the reference."""
    if not _BEGUN.fullmatch(text):
        return
    drefs = store.drefs()
    if not text.startswith("rref:"):
        yield from (each for each in drefs if _begins(each, text))
    if not text.startswith("dref:"):
        yield from _realizations(store, drefs, text)


def _below(store: Store, of: str, digits: str) -> Iterator[RRef[Folder]]:
    """The realizations of what bears a name, or has a hash that begins so."""
    drefs = _named(store, of) or tuple(each for each in store.drefs() if of and _begins(each, of))
    for dref in drefs:
        yield from (each for each in store.rrefs(dref) if each.digest.startswith(digits))


def _realizations(store: Store, drefs: Iterable[DRef[Folder]], text: str) -> Iterator[RRef[Folder]]:
    for dref in drefs:
        yield from (each for each in store.rrefs(dref) if _begins(each, text))


def _begins(reference: Found, text: str) -> bool:
    return reference.text.startswith(text) or reference.text[5:].startswith(text)


def _inside(store: Store, text: str) -> str:
    """A path into a store as what stands below its objects; any other text as it is."""
    if isinstance(store, DiskStore):
        below = text.removeprefix(f"{store.layout.objects}/")
        return below if below == text else below.rstrip("/")
    return text
