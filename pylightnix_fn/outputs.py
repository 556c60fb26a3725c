"""Outputs records: what a realizer promises to write, as relative paths and typed artifacts.

A record is any attrs class with fields of `Path` and `Artifact`. Bound to a folder, the same record
holds absolute paths, and its artifacts can be read and written through the files that it was bound
with: this module touches none itself.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path, PurePosixPath
from typing import Final, Generic, Protocol, TypeVar

from attrs import NOTHING, Attribute, evolve, field, frozen

from pylightnix_fn.canonical import canonical, mapping_text, scalar_text
from pylightnix_fn.encoding import attributes_of, fields_of
from pylightnix_fn.errors.build import DecodeFailed, EncodeFailed, SealedArtifact, UnboundArtifact
from pylightnix_fn.errors.message import shown
from pylightnix_fn.errors.plan import MalformedOutputs
from pylightnix_fn.tree import Folder

V = TypeVar("V")
T = TypeVar("T")

CONTEXT_FILE: Final = "context.json"
LONGEST_FILE_NAME: Final = 255  # bytes
LOG_FILE: Final = "__log__.txt"

# What marks the field of an outputs record that holds another one, in the same folder, which is
# there where the realizer succeeded: ``field(metadata=INNER)``.
INNER: Final = {"pylightnix_fn.inner": True}


class Files(Protocol):
    """The reading and writing of whole files, which the effects provide."""

    def read(self, path: Path) -> bytes:
        """The bytes of a file."""

    def write(self, path: Path, data: bytes) -> None:
        """Make a file of these bytes, and the folders above it."""


@frozen
class Sealed:
    """Files that can be read, and not be written: those of a realization."""

    files: Files

    def read(self, path: Path) -> bytes:
        return self.files.read(path)

    def write(self, path: Path, data: bytes) -> None:
        raise SealedArtifact(str(path))


@frozen
class Codec(Generic[V]):
    """How a value becomes the bytes of a file, and comes back.

    Law: ``decode(encode(value)) == value``, and equal values give equal bytes.
    Either function may raise any exception: it is reported with the file's name.
    """

    name: str
    encode: Callable[[V], bytes]
    decode: Callable[[bytes], V]


@frozen
class Artifact(Generic[V]):
    """A file that holds one value of type ``V``."""

    path: Path
    codec: Codec[V]
    _files: Files | None = field(default=None, eq=False, repr=False)

    def read(self) -> V:
        """The value that the file holds; `DecodeFailed` if it holds none."""
        data = self._bound().read(self.path)
        try:
            return self.codec.decode(data)
        except Exception as error:
            raise DecodeFailed(str(self.path), self.codec.name, reason(error)) from error

    def write(self, value: V) -> None:
        """Make the file hold this value; `EncodeFailed` if the codec cannot."""
        files = self._bound()
        try:
            data = self.codec.encode(value)
        except Exception as error:
            kind = type(value).__name__
            raise EncodeFailed(str(self.path), self.codec.name, kind, reason(error)) from error
        files.write(self.path, data)

    def bound(self, folder: Path, files: Files) -> Artifact[V]:
        """The same artifact in this folder."""
        return Artifact(folder / self.path, self.codec, files)

    def __str__(self) -> str:
        return str(self.path)

    def _bound(self) -> Files:
        if self._files is None:
            raise UnboundArtifact(str(self.path))
        return self._files


def artifact(path: str, codec: Codec[V]) -> Artifact[V]:
    """An output at this relative path, which holds a value through this codec."""
    return Artifact(Path(path), codec)


def reason(error: BaseException) -> str:
    """An exception in one line."""
    return " ".join(f"{type(error).__name__}: {error}".split()).removesuffix(":")


def bind(outputs: T, folder: Path, files: Files) -> T:
    """The same record with its paths and artifacts inside a folder.

    >>> from attrs import frozen
    >>> @frozen
    ... class Model:
    ...     weights: Path = Path("model.h5")
    >>> bind(Model(), Path("/out"), None).weights
    PosixPath('/out/model.h5')
    """
    bound, inner = copy.copy(outputs), inner_fields(outputs)
    for name, value in (fields_of(outputs) or {}).items():
        # A frozen record is copied with other fields here; validators judged the relative ones.
        if isinstance(value, Path):
            object.__setattr__(bound, name, folder / value)
        elif isinstance(value, Artifact):
            object.__setattr__(bound, name, value.bound(folder, files))
        elif name in inner:
            object.__setattr__(bound, name, bind(value, folder, files))
    return bound


def inner_fields(outputs: object) -> frozenset[str]:
    """The fields of a record that hold another one."""
    return frozenset(each.name for each in attributes_of(type(outputs)) or () if is_inner(each))


def is_inner(attribute: Attribute[object]) -> bool:
    """Whether a field of a record is marked to hold another one."""
    return bool(attribute.metadata) and not attribute.metadata.keys().isdisjoint(INNER)


@frozen
class Promise:
    """An output that a realizer must write: its name for people, and its relative path."""

    label: str
    path: str
    is_file: bool = False  # an artifact; a path may lead to a folder
    certain: bool = True  # else it is there only where the realizer succeeded


def promises(outputs: object) -> tuple[Promise, ...]:
    """What an outputs record promises; `MalformedOutputs` if it cannot."""
    if isinstance(outputs, type):
        why = "it is the class, not an instance of it"
        raise MalformedOutputs(outputs.__name__, "", shown(outputs), why)
    if isinstance(outputs, Folder):
        return ()
    record, attributes = type(outputs).__name__, attributes_of(type(outputs))
    if attributes is None:
        raise MalformedOutputs(record, "", shown(outputs), "it is no attrs class")
    inner = [each.name for each in attributes if is_inner(each)]
    below = [each for name in inner for each in promises(getattr(outputs, name, NOTHING))]
    paths = {each.path: each.label for each in below}
    own: list[Promise] = []
    for name in (each.name for each in attributes if each.name not in inner):
        value = getattr(outputs, name, NOTHING)
        path, why = _relative(value)
        why = why or (f"'{paths[path]}' has the same path" if path in paths else "")
        if why:
            raise MalformedOutputs(record, name, shown(path or value), why)
        paths[path] = name
        own.append(Promise(f"{record}.{name}", path, isinstance(value, Artifact)))
    return (*own, *(evolve(each, certain=False) for each in below))


def outputs_text(outputs: object) -> str:
    """The record as it stands in a config, in JSON: paths, and the codecs of artifacts."""
    attributes = attributes_of(type(outputs)) or ()
    return mapping_text({each.name: _output_text(outputs, each) for each in attributes})


def _output_text(outputs: object, attribute: Attribute[object]) -> str:
    value = getattr(outputs, attribute.name, None)
    if is_inner(attribute):
        return outputs_text(value)
    if isinstance(value, Artifact):
        codec = canonical(value.codec.name)
        return mapping_text({"path": scalar_text(value.path.as_posix()), "codec": codec})
    return scalar_text(value.as_posix() if isinstance(value, Path) else None)


def _relative(value: object) -> tuple[str, str]:
    path = value.path if isinstance(value, Artifact) else value
    if not isinstance(path, Path):
        return "", "it is neither a Path nor an artifact"
    return path.as_posix(), why_no_output(path.as_posix())


@lru_cache(maxsize=4096)
def why_no_output(path: str) -> str:
    """Why a realizer cannot write to this relative path; empty where it can.

    >>> why_no_output("a/b.txt"), why_no_output("../x"), why_no_output("__x__")
    ('', 'it leads out of the realization', 'the store keeps this name for itself')
    """
    pure = PurePosixPath(path)
    if not pure.parts:
        return "it is empty"
    if pure.is_absolute() or ".." in pure.parts:
        return "it leads out of the realization"
    if path.startswith(("dref:", "rref:")):
        return "it reads as a reference"
    if is_reserved(pure.parts[0]):
        return "the store keeps this name for itself"
    return next(filter(None, map(why_no_file_name, pure.parts)), "")


def why_no_file_name(name: str) -> str:
    """Why a store cannot keep a file of this name; empty where it can.

    >>> why_no_file_name("a b"), why_no_file_name("a\\n")
    ('', 'its name holds a control character')
    """
    if name.isascii() and name.isprintable() and len(name) <= LONGEST_FILE_NAME:
        return ""  # as most are
    try:
        size = len(name.encode())
    except UnicodeEncodeError:
        return "its name is not UTF-8"
    if size > LONGEST_FILE_NAME:
        return f"its name is longer than {LONGEST_FILE_NAME} bytes"
    control = any(character < " " or character == "\x7f" for character in name)
    return "its name holds a control character" if control else ""


def is_reserved(name: str) -> bool:
    """Whether the store keeps this name, at the top of a realization, for itself."""
    return name == CONTEXT_FILE or (name.startswith("__") and "__" in name[2:])
