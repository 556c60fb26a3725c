"""What there is to see in a store: a derivation, a part of a config, a file; and what is beside it.

Reads configs, records and artifacts, each only when it is stepped on.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final, TypeAlias

from attrs import frozen

from pylightnix_fn.canonical import Json, parsed
from pylightnix_fn.encoding import selfref
from pylightnix_fn.outputs import is_reserved, why_no_output
from pylightnix_fn.realizer import Context
from pylightnix_fn.refs import DRef, RRef, dref_from, is_dref, is_rref, rref_from
from pylightnix_fn.store_protocol import Store
from pylightnix_fn.tree import Folder

_TYPED: Final = ({"name", "outputs", "code", "fields"}, {"name", "node", "fields"})


@frozen
class Result:
    """One realization of a derivation, or a build of it that is under way."""

    folder: Path
    context: Context
    rref: RRef[Folder] | None


@frozen
class Derived:
    """A derivation; ``results`` are those that count here, `None` where nothing says which."""

    dref: DRef[Folder]
    results: tuple[Result, ...] | None = None


@frozen
class Part:
    """A part of a config or of a JSON artifact, and whose it is."""

    value: Json
    owner: Derived


@frozen
class File:
    """A file or folder of a realization; ``codec`` names how it is to be read, if that is known."""

    path: Path
    owner: Derived
    codec: str = ""


Seen: TypeAlias = Derived | Part | File
Name: TypeAlias = str | int


def realized(store: Store, rref: RRef[object]) -> Derived:
    """A derivation, seen through one of its realizations."""
    return Derived(dref_from(rref.dref.text), (_result(store, rref),))


def results_of(store: Store, derived: Derived) -> tuple[Result, ...]:
    """The realizations that count; all there are where nothing says which."""
    if derived.results is not None:
        return derived.results
    return tuple(_result(store, each) for each in store.rrefs(derived.dref))


def parameters(store: Store, dref: DRef[object]) -> Mapping[str, Json]:
    """The user's own parameters of a derivation."""
    config = store.config(dref).value()
    fields = config.get("fields")
    return fields if config.keys() in _TYPED and isinstance(fields, Mapping) else config


def content(file: File) -> Json:
    """The JSON that a file holds, where it is said to hold any; its text otherwise."""
    text = file.path.read_text(encoding="utf-8")
    if not _is_json(file):
        return text
    try:
        return parsed(text)
    except ValueError:
        return text


def beside(store: Store, seen: Seen) -> Iterator[tuple[Name, Seen]]:
    """Where one can go from here, by name; of equal names the first counts."""
    match seen:
        case Derived() as derived:
            yield from _beside_derived(store, derived)
        case Part(value, owner):
            yield from _inside_json(value, owner)
        case File(path, owner) if path.is_dir():
            yield from ((each.name, File(each, owner)) for each in sorted(path.iterdir()))
        case File(path, owner) as file if path.is_file() and _is_json(file):
            yield from _inside_json(content(file), owner)
        case File():
            return


def landed(store: Store, seen: Seen) -> Seen:
    """What is seen in the end: a reference shows what it leads to."""
    if not isinstance(seen, Part):
        return seen
    match seen.value:
        case str(text) if is_dref(text):
            return _needed(store, seen.owner, dref_from(text))
        case str(text) if is_rref(text):
            return realized(store, rref_from(text))
        case [str(first), *rest] if rest and (first == selfref or is_dref(first)):
            owner = seen.owner if first == selfref else _needed(store, seen.owner, dref_from(first))
            results, path = results_of(store, owner), "/".join(map(str, rest))
            is_there = len(results) == 1 and not why_no_output(path)
            return File(results[0].folder / path, owner) if is_there else seen
        case _:
            return seen


def _beside_derived(store: Store, derived: Derived) -> Iterator[tuple[Name, Seen]]:
    for name, value in parameters(store, derived.dref).items():
        yield name, Part(value, derived)
    results = results_of(store, derived)
    if len(results) > 1:
        for number, each in enumerate(results):
            yield number, Derived(derived.dref, (each,))
    if len(results) == 1:
        folder = results[0].folder
        outputs = store.config(derived.dref).value().get("outputs")
        yield from _outputs(outputs if isinstance(outputs, Mapping) else {}, folder, derived)
        names = sorted(each.name for each in folder.iterdir())
        yield from ((each, File(folder / each, derived)) for each in names if not is_reserved(each))


def _outputs(
    outputs: Mapping[str, Json], folder: Path, derived: Derived
) -> Iterator[tuple[Name, Seen]]:
    """The outputs that a config names; those of a record inside the record, too."""
    for name, output in outputs.items():
        match output:
            case str(path) if not why_no_output(path):
                yield name, File(folder / path, derived)
            case {"path": str(path), "codec": str(codec)} if not why_no_output(path):
                yield name, File(folder / path, derived, codec)
            case Mapping():
                yield from _outputs(output, folder, derived)
            case _:  # no output, or one that no realizer could have written
                continue


def _inside_json(value: Json, owner: Derived) -> Iterator[tuple[Name, Seen]]:
    match value:
        case Mapping():
            yield from ((key, Part(item, owner)) for key, item in value.items())
        case str():
            return
        case Sequence():
            yield from ((number, Part(item, owner)) for number, item in enumerate(value))
        case _:
            return


def _needed(store: Store, owner: Derived, dref: DRef[Folder]) -> Derived:
    """A derivation as the owner of the reference to it saw it."""
    contexts = [each.context for each in results_of(store, owner)]
    rrefs = dict.fromkeys(rref for context in contexts for rref in context.get(dref, ()))
    return Derived(dref, tuple(_result(store, each) for each in rrefs) or None)


def _result(store: Store, rref: RRef[object]) -> Result:
    record = store.record(rref)
    return Result(store.folder(rref), record.context, record.rref)


def _is_json(file: File) -> bool:
    return file.path.suffix == ".json" or file.codec.startswith(("number", "json_of("))
