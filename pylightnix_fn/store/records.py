"""The files that a store keeps beside artifacts: as text, and back.

Reading trusts nothing: sizes and depths are bounded, and every reference is parsed.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Final

from pylightnix_fn.canonical import Json, canonical, parsed
from pylightnix_fn.config import Config, encoded
from pylightnix_fn.errors.message import PylightnixError
from pylightnix_fn.errors.store import DamagedObject
from pylightnix_fn.outputs import CONTEXT_FILE
from pylightnix_fn.realizer import Context
from pylightnix_fn.refs import DRef, RRef, dref_from, rref_from
from pylightnix_fn.store.layout import BUILD_FILE, CONFIG_FILE, MANIFEST_FILE, TIME_FILE
from pylightnix_fn.store_protocol import Facts, Record
from pylightnix_fn.tree import Tree

MAX_RECORD: Final = 2**26  # bytes of a config, a context or the facts of a build
MAX_MANIFEST: Final = 2**30


def context_text(context: Context) -> str:
    """The content of `context.json`."""
    return canonical({dref.text: list(map(str, rrefs)) for dref, rrefs in context.items()})


def own_files(digest: str, tree: Tree, context: Context, facts: Facts) -> dict[str, str]:
    """The store's own files in a realization, by name."""
    manifest: Json = {"version": 1, "digest": digest, "tree": tree.digest, "entries": tree.json()}
    return {
        CONTEXT_FILE: context_text(context),
        MANIFEST_FILE: canonical(manifest),
        BUILD_FILE: canonical({**facts_json(facts), "size": tree.size}),
        TIME_FILE: facts.started.isoformat() + "\n",
    }


def facts_json(facts: Facts) -> dict[str, Json]:
    """The facts of a build as JSON."""
    return {
        "started": facts.started.isoformat(),
        "stopped": facts.stopped.isoformat(),
        "sample": facts.sample,
        "versions": dict(facts.versions),
    }


def read_text(path: Path, limit: int) -> str | None:
    """A small text file; `None` where there is none, or it is large or no text."""
    try:
        with path.open("rb") as stream:
            data = stream.read(limit + 1)
        return data.decode() if len(data) <= limit else None
    except (FileNotFoundError, IsADirectoryError, NotADirectoryError, UnicodeDecodeError):
        return None


def read_mapping(path: Path, reference: str, limit: int = MAX_RECORD) -> Mapping[str, Json]:
    """A JSON object from a file of the store; `DamagedObject` if it holds none."""
    text = read_text(path, limit)
    if text is None:
        raise DamagedObject(reference, path.name, f"there is no text of at most {limit} bytes")
    try:
        value = parsed(text)
    except ValueError as error:
        raise DamagedObject(reference, path.name, str(error)) from error
    if not isinstance(value, Mapping):
        raise DamagedObject(reference, path.name, "it is no JSON object")
    return value


def read_config(path: Path, dref: DRef[object]) -> Config:
    """A derivation's config, checked against its name; `DamagedObject` if they differ."""
    value = read_mapping(path, dref.text)
    try:
        config = encoded(dref.name, dict(value), "config")
    except PylightnixError as error:
        raise DamagedObject(dref.text, CONFIG_FILE, str(error)) from error
    if config.dref() != dref:
        raise DamagedObject(dref.text, CONFIG_FILE, "its hash is not the one in its name")
    return config


def read_record(folder: Path, rref: RRef[object]) -> Record:
    """What is recorded of a realization; `DamagedObject` if it makes no sense."""
    facts = read_mapping(folder / BUILD_FILE, rref.text)
    context = read_mapping(folder / CONTEXT_FILE, rref.text)
    try:
        return Record(
            rref_from(rref.text), _context(context), _facts(facts), _integer(facts["size"])
        )
    except (KeyError, TypeError, ValueError) as error:
        raise DamagedObject(rref.text, f"{BUILD_FILE}, {CONTEXT_FILE}", repr(error)) from error


def _context(value: Mapping[str, Json]) -> Context:
    return {dref_from(dref): _rrefs(rrefs) for dref, rrefs in value.items()}


def _rrefs(value: Json) -> tuple[RRef[object], ...]:
    if isinstance(value, str) or not isinstance(value, list):
        raise TypeError("a context lists references")
    return tuple(rref_from(_string(item)) for item in value)


def _facts(value: Mapping[str, Json]) -> Facts:
    versions = value["versions"]
    if not isinstance(versions, Mapping):
        raise TypeError("versions are an object")
    return Facts(
        datetime.fromisoformat(_string(value["started"])),
        datetime.fromisoformat(_string(value["stopped"])),
        _integer(value["sample"]),
        {name: _string(version) for name, version in versions.items()},
    )


def _string(value: Json) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is no text")
    return value


def _integer(value: Json) -> int:
    if not isinstance(value, int):
        raise TypeError(f"{value!r} is no whole number")
    return value
