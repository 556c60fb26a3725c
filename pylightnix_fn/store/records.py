"""The files that a store keeps beside artifacts: as text, and back.

Reading trusts nothing: sizes and depths are bounded, every reference is parsed, and each file holds
what tells whether it is whole.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Final, TypeVar

from attrs import frozen

from pylightnix_fn.canonical import Json, canonical, digest, parsed, spelled
from pylightnix_fn.config import Config, encoded
from pylightnix_fn.errors.message import PylightnixError
from pylightnix_fn.errors.store import DamagedObject
from pylightnix_fn.files import read_file, read_with_status
from pylightnix_fn.filesystem import FileSystem, Where
from pylightnix_fn.matcher.candidate import Candidate
from pylightnix_fn.outputs import CONTEXT_FILE
from pylightnix_fn.realizer import Context
from pylightnix_fn.refs import HASH_LENGTH, DRef, RRef, dref_from, rref_from
from pylightnix_fn.store.layout import BUILD_FILE, CONFIG_FILE
from pylightnix_fn.store_protocol import Facts, Record

V = TypeVar("V")

MAX_RECORD: Final = 2**26  # bytes of a config, a context or the facts of a build

_BEFORE: Final = len('{"check":"')
_AFTER: Final = _BEFORE + 64


@frozen
class Build:
    """What a store knows of how a realization came to be; ``first`` is when that was at first.

    ``log`` is the sha256 of the kept log, if there is one.
    """

    facts: Facts
    size: int
    first: datetime
    log: str | None

    def text(self, of: str) -> str:
        """The content of `__build__.json`, with a check that tells whether the rest is whole.

        ``of`` is the digest of the realization: the file is of no use to another.
        """
        plain: dict[str, Json] = {
            "of": of[:HASH_LENGTH],
            "started": self.facts.started.isoformat(),
            "stopped": self.facts.stopped.isoformat(),
            "sample": self.facts.sample,
            "versions": dict(self.facts.versions),
            "size": self.size,
            "first": self.first.isoformat(),
            "log": self.log,
        }
        text = canonical(plain)
        return f'{{"check":"{digest(text)}",{text[1:]}'  # the first of all keys


def context_text(context: Context) -> str:
    """The content of `context.json`."""
    return spelled({dref.text: [each.text for each in those] for dref, those in context.items()})


def read_text(fs: FileSystem, path: Where, limit: int, *, at: int | None = None) -> str | None:
    """A small text file; `None` where there is none, or it is large or no text."""
    return _decoded(read_file(fs, path, limit, at=at))


def _decoded(data: bytes | None) -> str | None:
    try:
        return None if data is None else data.decode()
    except UnicodeDecodeError:
        return None


def read_mapping(
    fs: FileSystem, path: Path, reference: str, limit: int = MAX_RECORD
) -> Mapping[str, Json]:
    """A JSON object from a file of the store, in its one spelling; `DamagedObject` if none."""
    return mapping_of(read_text(fs, path, limit), path.name, reference, limit)


def mapping_of(
    text: str | None, file: str, reference: str, limit: int = MAX_RECORD
) -> Mapping[str, Json]:
    """The JSON object that a text of a file spells; `DamagedObject` if it spells none."""
    if text is None:
        raise DamagedObject(reference, file, _no_text(limit))
    try:
        value = parsed(text)
    except ValueError as error:
        raise DamagedObject(reference, file, str(error)) from error
    if not isinstance(value, Mapping):
        raise DamagedObject(reference, file, "it is no JSON object")
    if canonical(value) != text:
        raise DamagedObject(reference, file, "it is not spelled as the store spells it")
    return value


def _no_text(limit: int) -> str:
    return f"there is no text of at most {limit} bytes"


def read_config(fs: FileSystem, path: Path, dref: DRef[object]) -> Config:
    """A derivation's config, checked against its name; `DamagedObject` if they differ."""
    value = read_mapping(fs, path, dref.text)
    try:
        config = encoded(dref.name, dict(value), "config")
    except PylightnixError as error:
        raise DamagedObject(dref.text, CONFIG_FILE, str(error)) from error
    if config.dref() != dref:
        raise DamagedObject(dref.text, CONFIG_FILE, "its hash is not the one in its name")
    if value.get("name", "unnamed") != dref.name:
        raise DamagedObject(dref.text, CONFIG_FILE, f"its name is {value.get('name')!r}")
    return config


def read_record(fs: FileSystem, folder: Path, rref: RRef[object]) -> Record:
    """What is recorded of a realization; `DamagedObject` if it makes no sense."""
    build, context = read_build(fs, folder, rref), read_context(fs, folder, rref)
    return Record(rref_from(rref.text), context, build.facts, build.size)


def read_build(
    fs: FileSystem, folder: Where, rref: RRef[object], *, at: int | None = None
) -> Build:
    """How a realization came to be; `DamagedObject` if the file is not whole."""
    return _read_as(_build, fs, folder, rref, at)[0]


def read_candidate(
    fs: FileSystem, folder: Where, rref: RRef[object]
) -> tuple[Candidate, os.stat_result]:
    """What a matcher sees of a build, without texts, and the status that its file had before."""
    return _read_as(_candidate, fs, folder, rref)


def _read_as(
    read: Callable[[Mapping[str, Json], RRef[object]], V],
    fs: FileSystem,
    folder: Where,
    rref: RRef[object],
    at: int | None = None,
) -> tuple[V, os.stat_result]:
    found = read_with_status(fs, f"{folder}/{BUILD_FILE}", MAX_RECORD, at=at)
    text = None if found is None else _decoded(found[0])
    if found is None or text is None:
        raise DamagedObject(rref.text, BUILD_FILE, _no_text(MAX_RECORD))
    # The check covers the text as it stands: what passes is spelled as the store spells it.
    if text[:_BEFORE] != '{"check":"' or text[_BEFORE:_AFTER] != digest("{" + text[_AFTER + 2 :]):
        raise DamagedObject(rref.text, BUILD_FILE, "its checksum is not that of its fields")
    try:
        value: object = json.loads(text)  # not `parsed`: fields that are not used may be anything
        if not isinstance(value, Mapping) or value["of"] != rref.digest:
            raise ValueError("it is that of another realization")
        return read(value, rref), found[1]
    except (KeyError, RecursionError, TypeError, ValueError) as error:
        raise DamagedObject(rref.text, BUILD_FILE, str(error)) from error


def _build(value: Mapping[str, Json], _: RRef[object]) -> Build:
    log = value["log"]
    return Build(
        _facts(value),
        integer(value["size"]),
        _time(value["first"]),
        None if log is None else string(log),
    )


def _candidate(value: Mapping[str, Json], rref: RRef[object]) -> Candidate:
    started, stopped = _time(value["started"]), _time(value["stopped"])
    return Candidate(rref, started, stopped, integer(value["size"]))


def read_context(fs: FileSystem, folder: Where, rref: RRef[object]) -> Context:
    """What a realization was built from; `DamagedObject` if the file says no such thing."""
    return context_of(read_text(fs, f"{folder}/{CONTEXT_FILE}", MAX_RECORD), rref)


def context_of(text: str | None, rref: RRef[object]) -> Context:
    """What the content of `context.json` says; `DamagedObject` if it is no context."""
    value = mapping_of(text, CONTEXT_FILE, rref.text)
    try:
        return {dref_from(dref): _rrefs(dref, rrefs) for dref, rrefs in value.items()}
    except (TypeError, ValueError) as error:
        raise DamagedObject(rref.text, CONTEXT_FILE, repr(error)) from error


def _rrefs(dref: str, value: Json) -> tuple[RRef[object], ...]:
    if isinstance(value, str) or not isinstance(value, Sequence):
        raise TypeError("a context lists references")
    rrefs = tuple(rref_from(string(item)) for item in value)
    for rref in rrefs:
        if rref.dref.text != dref:
            raise ValueError(f"{rref} is no realization of {dref}")
    return rrefs


def _facts(value: Mapping[str, Json]) -> Facts:
    versions = value["versions"]
    if not isinstance(versions, Mapping):
        raise TypeError("versions are an object")
    return Facts(
        _time(value["started"]),
        _time(value["stopped"]),
        integer(value["sample"]),
        {name: string(version) for name, version in versions.items()},
    )


def _time(value: Json) -> datetime:
    time = datetime.fromisoformat(string(value))
    if time.tzinfo is None:
        raise ValueError(f"{value!r} is in no time zone")
    return time


def string(value: Json) -> str:
    """A value that must be a text."""
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is no text")
    value.encode()  # `ValueError` where it holds a lone surrogate
    return value


def integer(value: Json) -> int:
    """A value that must be a whole number."""
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError(f"{value!r} is no whole number")
    return value
