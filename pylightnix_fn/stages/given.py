"""Stages whose content the program itself gives: parameters to share, and small files."""

from __future__ import annotations

import copy
import re
from hashlib import sha256
from pathlib import Path
from typing import Final, TypeVar

from attrs import AttrsInstance, frozen

from pylightnix_fn.canonical import MAX_DEPTH, mapping_text, scalar_text
from pylightnix_fn.code import Version
from pylightnix_fn.config import config_of, dependencies
from pylightnix_fn.encoding import Walk, fields_of
from pylightnix_fn.errors.message import shown
from pylightnix_fn.errors.plan import BadParameter, MalformedConfig
from pylightnix_fn.manager import Derivation, Manager, derive, kebab
from pylightnix_fn.matcher.choice import latest
from pylightnix_fn.outputs import why_no_output
from pylightnix_fn.realizer import Build, Site
from pylightnix_fn.refs import DRef, checked_name, dref

C = TypeVar("C", bound=AttrsInstance)

_CODE: Final = Version("1")


@frozen
class FileContent:
    """The config of `file`."""

    filename: str
    sha256: str
    executable: bool


@frozen
class File:
    """The output of `file`."""

    path: Path


def node(m: Manager, config: C, *, name: str | None = None) -> tuple[Manager, DRef[C]]:
    """Parameters without artifacts, for stages to share; they dereference to themselves.

    ``b.deref(b.config.parameters).learning_rate`` has the type that the parameter has.
    """
    fields = fields_of(config)
    if fields is None:
        raise MalformedConfig(type(config).__qualname__, "an attrs class")
    record = type(config).__name__
    label = checked_name(kebab(record) if name is None else name)
    walk = Walk(label)
    below = walk.mapping(fields, record, MAX_DEPTH - 1)
    key = {"name": scalar_text(label), "node": scalar_text(True), "fields": below}
    encoding = config_of(walk, mapping_text(key))
    reference = dref(encoding.digest, label, copy.deepcopy(config))  # the key must stay its key
    needs = dependencies(encoding)
    derivation = Derivation(reference, encoding, needs, latest(), _nothing, "node")
    return m.adding(derivation), reference


def _nothing(site: Site) -> None:
    """The recipe of a node, whose result is empty."""


@frozen
class _Writing:
    content: bytes

    def __call__(self, b: Build[FileContent, File]) -> None:
        b.out.path.write_bytes(self.content)
        b.out.path.chmod(0o755 if b.config.executable else 0o644)

    @property
    def __name__(self) -> str:
        return "file"


def file(
    m: Manager,
    filename: str,
    content: str | bytes,
    *,
    name: str | None = None,
    executable: bool = False,
) -> tuple[Manager, DRef[File]]:
    """A file whose bytes, or text in UTF-8, stand in the program."""
    if why := why_no_output(filename):
        raise BadParameter("file", "filename", f"{filename!r}, {why}", "a relative path")
    try:
        data = content.encode() if isinstance(content, str) else content
    except UnicodeEncodeError as error:
        raise BadParameter("file", "content", shown(content), f"a text, but {error}") from error
    config = FileContent(filename, sha256(data).hexdigest(), executable)
    label = name_from(filename) if name is None else name
    return derive(m, config, File(Path(filename)), _Writing(data), name=label, code=_CODE)


def name_from(filename: str) -> str:
    """The name of a stage, from that of its file.

    >>> name_from("hello-2.10.tar.gz")
    'hello-2-10-tar-gz'
    """
    return re.sub(r"[^A-Za-z0-9_-]+", "-", filename).strip("-")[:64] or "file"
