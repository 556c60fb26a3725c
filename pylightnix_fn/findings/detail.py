"""One object of a store, with all that is known of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import PurePosixPath
from typing import Final

from attrs import field, frozen

from pylightnix_fn.canonical import Json
from pylightnix_fn.comparison import value_text
from pylightnix_fn.findings.columns import counted, cut, labelled, when
from pylightnix_fn.quantity import duration_text, size_text
from pylightnix_fn.realizer import Context
from pylightnix_fn.refs import DRef, RRef
from pylightnix_fn.retention.inventory import Reference
from pylightnix_fn.retention.table import WIDTH, brief
from pylightnix_fn.tree import Entry, Folder, Tree

MOST_SHOWN: Final = 40  # lines of a config, of users or of a tree in a text; JSON has all


@frozen
class DerivationSheet:
    """A derivation: its config, what has come of it, and what refers to it."""

    dref: DRef[Folder]
    config: Mapping[str, Json] = field(hash=False)
    realizations: tuple[RRef[Folder], ...]
    failures: int
    users: tuple[Reference, ...]
    folder: str

    def json(self) -> Json:
        """All fields, by name."""
        return {
            "dref": self.dref.text,
            "config": self.config,
            "realizations": [each.text for each in self.realizations],
            "failures": self.failures,
            "users": [each.text for each in self.users],
            "folder": self.folder,
        }

    def text(self, width: int = WIDTH) -> str:
        """The facts on lines of so many columns, but for the reference and the path."""
        lines = [self.dref.text, f"  {self.folder}"]
        lines += _section("config", list(config_lines(self.config)))
        lines += _section("realizations", [brief(each.text) for each in self.realizations])
        lines += _section("failures", [str(self.failures)] if self.failures else [])
        lines += _section("used by", [brief(each.text) for each in self.users])
        return "\n".join([*lines[:2], *(cut(line, width) for line in lines[2:])])

    def __str__(self) -> str:
        return self.text()


@frozen
class RealizationSheet:
    """A realization: what it was made from, when and on what, and what refers to it.

    ``log`` are the last lines of what the build printed; times are in UTC, ``size`` in bytes.
    """

    rref: RRef[Folder]
    config: Mapping[str, Json] = field(hash=False)
    context: Context = field(hash=False)
    started: datetime
    stopped: datetime
    sample: int
    versions: Mapping[str, str] = field(hash=False)
    size: int
    log: tuple[str, ...]
    users: tuple[Reference, ...]
    folder: str

    @property
    def seconds(self) -> float:
        """How long it was built."""
        return (self.stopped - self.started).total_seconds()

    def json(self) -> Json:
        """All fields, by name."""
        return {
            "rref": self.rref.text,
            "config": self.config,
            "context": {dref.text: [*map(str, those)] for dref, those in self.context.items()},
            "started": self.started.isoformat(),
            "stopped": self.stopped.isoformat(),
            "seconds": self.seconds,
            "sample": self.sample,
            "versions": dict(self.versions),
            "size": self.size,
            "log": list(self.log),
            "users": [each.text for each in self.users],
            "folder": self.folder,
        }

    def text(self, width: int = WIDTH) -> str:
        """The facts on lines of so many columns, but for the reference and the path."""
        facts = [
            ("built", f"{when(self.started)} UTC, in {duration_text(max(0.0, self.seconds))}"),
            ("size", size_text(self.size)),
            ("sample", str(self.sample)),
            ("on", ", ".join(f"{name} {word}" for name, word in sorted(self.versions.items()))),
        ]
        chosen = [brief(each.text) for those in self.context.values() for each in those]
        lines = [f"  {each}" for each in labelled(facts, width - 2)]
        lines += _section("config", list(config_lines(self.config)))
        lines += _section("built from", chosen)
        lines += _section("used by", [brief(each.text) for each in self.users])
        lines += _section("log", self.log)
        shown = (cut(line, width) for line in lines)
        return "\n".join((self.rref.text, f"  {self.folder}", *shown))

    def __str__(self) -> str:
        return self.text()


@frozen
class Artifacts:
    """What lies in a realization, without the store's own files."""

    rref: RRef[Folder]
    tree: Tree

    def json(self) -> Json:
        """The reference, the sum of all sizes, and the entries, sorted by path."""
        return {"rref": self.rref.text, "size": self.tree.size, "entries": self.tree.json()}

    def text(self, width: int = WIDTH) -> str:
        """The tree, with the sizes of files, and of all that lies in a folder."""
        entries = self.tree.entries
        files = counted(sum(each.kind == "file" for each in entries), "file")
        title = f"{brief(self.rref.text)}  {size_text(self.tree.size)} in {files}"
        nested = sorted(entries, key=lambda each: PurePosixPath(each.path).parts)
        rows = [(_label(each), size_text(self._size(each))) for each in nested]
        wide = max((len(size) for _, size in rows), default=0)
        lines = [f"{size:>{wide}}  {label}" for label, size in rows]
        return "\n".join(cut(line, width) for line in (title, *lines))

    def _size(self, entry: Entry) -> int:
        if entry.kind != "directory":
            return entry.size
        return sum(
            each.size for each in self.tree.entries if each.path.startswith(f"{entry.path}/")
        )

    def __str__(self) -> str:
        return self.text()


def _label(entry: Entry) -> str:
    path = PurePosixPath(entry.path)
    marks = {"directory": "/", "symlink": f" -> {entry.content}", "file": ""}
    executable = " *" if entry.executable else ""
    return f"{'  ' * (len(path.parts) - 1)}{path.name}{marks[entry.kind]}{executable}"


def config_lines(config: Mapping[str, Json]) -> Iterator[str]:
    """A config, a line for each of its parameters.

    >>> print(*config_lines({"name": "a", "fields": {"x": 1, "y": {"z": []}}}), sep="\\n")
    x = 1
    y.z = []
    name = "a"
    """
    for path, value in parameters(config):
        yield f"{path} = {value_text(value, 0)}"


def parameters(config: Mapping[str, Json]) -> Iterator[tuple[str, Json]]:
    """What a stage was configured with, by path: the fields of a typed one first, without code."""
    fields = config.get("fields")
    is_typed = isinstance(fields, Mapping)
    if is_typed:
        yield from _scalars(fields, "")
    apart = ("code", "fields") if is_typed else ("code",)
    yield from _scalars({key: value for key, value in config.items() if key not in apart}, "")


def _scalars(value: Json, path: str) -> Iterator[tuple[str, Json]]:
    """The parts of a value that have no parts, or are lists, each with its path."""
    if isinstance(value, Mapping) and value:
        for key, item in value.items():
            yield from _scalars(item, f"{path}.{key}" if path else key)
    elif path:
        yield path, value


def _section(title: str, lines: Sequence[str]) -> list[str]:
    more = len(lines) - MOST_SHOWN
    shown = [f"  {line}" for line in lines[:MOST_SHOWN]]
    rest = [f"  and {more} more"] if more > 0 else []
    return ["", title, *shown, *rest] if lines else []
