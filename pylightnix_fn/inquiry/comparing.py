"""How two derivations, or two realizations, differ: in what made them, and in what they hold."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from difflib import unified_diff
from typing import Final

from pylightnix_fn.canonical import Json
from pylightnix_fn.comparison import Change, differences
from pylightnix_fn.errors.inquiry import NotComparable
from pylightnix_fn.findings.alteration import (
    ArtifactChange,
    Content,
    ContentChange,
    NumberChange,
    OneSided,
    TextChange,
)
from pylightnix_fn.findings.condition import number_of
from pylightnix_fn.findings.contrast import Difference
from pylightnix_fn.inquiry.arrays import array_changes
from pylightnix_fn.inquiry.contents import MAX_NUMBER, Place, place_of, reading, tree_of
from pylightnix_fn.refs import DRef, RRef
from pylightnix_fn.retention.inventory import Reference
from pylightnix_fn.store_protocol import Record, Store
from pylightnix_fn.tree import Entry, is_of_pieces

_MOST_LINES: Final = 3000  # of a text, or it takes too long to find what differs
_ARRAYS: Final = (".npy", ".npz")


def compare(store: Store, old: Reference, new: Reference) -> Difference:
    """How an object differs from another one of the same kind.

    Errors: `MissingObject`, `DamagedObject`, `NotComparable`.
    """
    if isinstance(old, RRef) and isinstance(new, RRef):
        with reading(store):
            return _between_realizations(store, old, new)
    if isinstance(old, DRef) and isinstance(new, DRef):
        config, code = _configs(store, old, new)
        return Difference(old, new, config, code)
    raise NotComparable(old.text, new.text)


def _between_realizations(store: Store, old: RRef[object], new: RRef[object]) -> Difference:
    config, code = _configs(store, old.dref, new.dref)
    before, after = store.record(old), store.record(new)
    artifacts, same = _artifacts(store, old, new)
    context = differences(_context(before), _context(after))
    facts = differences(_facts(before), _facts(after))
    return Difference(old, new, config, code, context, artifacts, facts, same)


def _configs(
    store: Store, old: DRef[object], new: DRef[object]
) -> tuple[tuple[Change, ...], tuple[Change, ...]]:
    """The changes of all but the code, and those of the code."""
    changes = differences(store.config(old).value(), store.config(new).value())
    of_code = tuple(each for each in changes if each.at[:1] == ("code",))
    return tuple(each for each in changes if each not in of_code), of_code


def _context(record: Record) -> Json:
    return {dref.text: [*map(str, those)] for dref, those in record.context.items()}


def _facts(record: Record) -> Json:
    facts = record.facts
    return {
        "started": facts.started.isoformat(timespec="milliseconds"),
        "stopped": facts.stopped.isoformat(timespec="milliseconds"),
        "seconds": (facts.stopped - facts.started).total_seconds(),
        "sample": facts.sample,
        "size": record.size,
        "versions": dict(facts.versions),
    }


def _artifacts(
    store: Store, old: RRef[object], new: RRef[object]
) -> tuple[tuple[ArtifactChange, ...], int]:
    """The artifacts that differ, in the order of their paths, and how many do not."""
    before, after = _entries(store, old), _entries(store, new)
    places = place_of(store, old), place_of(store, new)
    paths = sorted(before.keys() | after.keys())
    differing = [
        path for path in paths if not _is_same(before.get(path), after.get(path), places[0])
    ]
    changes = (
        change
        for path in differing
        for change in _change(path, before.get(path), after.get(path), places)
    )
    return tuple(changes), len(paths) - len(differing)


def _entries(store: Store, rref: RRef[object]) -> Mapping[str, Entry]:
    """What counts as an artifact by itself: a folder does if it is empty."""
    entries = {each.path: each for each in tree_of(store, rref).entries}
    above = {path.rpartition("/")[0] for path in entries}
    return {path: each for path, each in entries.items() if path not in above}


def _is_same(old: Entry | None, new: Entry | None, place: Place) -> bool:
    """Whether entries are equal; a file that was kept before there were pieces is read again."""
    if old is None or new is None or is_of_pieces(old.content) == is_of_pieces(new.content):
        return old == new
    plain = not is_of_pieces(new.content)
    return (
        _are_alike(old, new)
        and old.size == new.size
        and place.fingerprint(old.path, old.size, plain=plain) == new.content
    )


def _change(
    path: str, old: Entry | None, new: Entry | None, places: tuple[Place, Place]
) -> Iterator[ArtifactChange]:
    if old is None or new is None:
        there = old or new
        yield OneSided(path, "new" if old is None else "old", 0 if there is None else there.size)
        return
    told = list(_of_files(path, old, new, places)) if _are_alike(old, new) else []
    yield from told or [ContentChange(path, _content(old), _content(new))]


def _are_alike(old: Entry, new: Entry) -> bool:
    return old.kind == new.kind == "file" and old.executable == new.executable


def _of_files(
    path: str, old: Entry, new: Entry, places: tuple[Place, Place]
) -> Iterator[ArtifactChange]:
    """What can be told about files that differ; nothing where they are neither text nor arrays."""
    if path.endswith(_ARRAYS):
        yield from array_changes(path, old.size, new.size, places)
        return
    texts = [place.text(path) for place in places]
    before, after = texts
    if before is None or after is None or "\0" in before + after:
        return
    numbers = [number_of(text) for text in texts if len(text or "") <= MAX_NUMBER]
    match numbers:
        case [int() | float() as was, int() | float() as is_now] if was != is_now:
            yield NumberChange(path, was, is_now)
        case _:
            yield from _of_texts(path, before.splitlines(), after.splitlines())


def _of_texts(path: str, old: list[str], new: list[str]) -> Iterator[ArtifactChange]:
    if max(len(old), len(new)) <= _MOST_LINES and old != new:  # or else ends of lines differ
        diff = list(unified_diff(old, new, n=1, lineterm=""))
        yield TextChange(path, tuple(diff[2:]))


def _content(entry: Entry) -> Content:
    kind = "executable" if entry.executable else entry.kind
    return Content(kind, entry.size, entry.content)
