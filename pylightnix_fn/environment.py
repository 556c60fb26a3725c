"""The config of a build as variables, for the programs that it starts.

Knows no process: whoever starts one adds these to the environment.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Final, TypeVar

from pylightnix_fn.canonical import MAX_DEPTH
from pylightnix_fn.config import Config
from pylightnix_fn.encoding import Walk, fields_of, selfref
from pylightnix_fn.outputs import Artifact
from pylightnix_fn.realizer import Build
from pylightnix_fn.refs import DRef, Many, dref_from, is_dref

C = TypeVar("C")
T = TypeVar("T")

OUT: Final = "out"
_LONGEST: Final = 100_000  # bytes; systems refuse to start a program with more
_BETWEEN: Final = ":"  # paths of several realizations, as in PATH

_Variable = tuple[str, str]


def environ(b: Build[C, T]) -> dict[str, str]:
    """The config and outputs of a build as variables: ``{**os.environ, **environ(b)}``.

    Each parameter has its name: texts are as they are, paths for what references lead to, all else
    is JSON; what is `None` is left out. ``out`` is the folder to write into, ``out_weights`` the
    output `weights`, ``data_npz`` the output `npz` of what the parameter `data` refers to. Where
    two have one name, the parameter counts. Several realizations are parted by colons. What no
    variable can hold (a null character, more than 100 000 bytes) is left out, too.
    """
    values = b.config.value() if isinstance(b.config, Config) else fields_of(b.config) or {}
    found = dict([(OUT, str(b.path)), *_outputs(OUT, b.out)])
    for name, value in values.items():
        found.update(_outputs_of_input(b, name, value))
    for name, value in values.items():
        text = _text(b, value)
        if text is not None:
            found[name] = text
    return {re.sub(r"\W", "_", name): text for name, text in found.items() if _fits(text)}


def _fits(text: str) -> bool:
    return "\0" not in text and len(text.encode()) <= _LONGEST


def _text(b: Build[C, T], value: object) -> str | None:
    """A parameter as a variable; `None` where there is none."""
    match value:
        case None:
            return None
        case str(text) if is_dref(text):
            return _folders(b, dref_from(text))
        case str(text):
            return text
        case DRef() as dref:
            return _folders(b, dref)
        case Many(dref):
            return _folders(b, dref)
        case [_, *_] if all(map(_is_reference, value)):
            return _BETWEEN.join(filter(None, (_text(b, each) for each in value)))
        case [str(first), *rest] if rest and (first == selfref or is_dref(first)):
            path = PurePosixPath(*map(str, rest))
            folders = [b.path] if first == selfref else b.site.inputs(dref_from(first))
            return _BETWEEN.join(str(folder / path) for folder in folders)
        case _:
            return Walk(b.name).json(value, b.name, MAX_DEPTH)


def _is_reference(value: object) -> bool:
    return isinstance(value, DRef | Many) or (isinstance(value, str) and is_dref(value))


def _folders(b: Build[C, T], dref: DRef[object]) -> str:
    return _BETWEEN.join(map(str, b.site.inputs(dref)))


def _outputs_of_input(b: Build[C, T], name: str, value: object) -> Iterator[_Variable]:
    if isinstance(value, DRef) and len(b.site.inputs(value)) == 1:
        outputs: object = b.deref(value)
        yield from _outputs(name, outputs)


def _outputs(prefix: str, outputs: object) -> Iterator[_Variable]:
    for name, value in (fields_of(outputs) or {}).items():
        if isinstance(value, Path | Artifact):
            yield f"{prefix}_{name}", str(value)
