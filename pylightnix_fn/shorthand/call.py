"""Calls of plain functions as builds: each argument arrives as what the function works on."""

from __future__ import annotations

import inspect
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from attrs import field, frozen

from pylightnix_fn.realizer import Build, name_of
from pylightnix_fn.refs import DRef, Many
from pylightnix_fn.tree import Folder

_REFERENCE: Final = re.compile(r"\bDRef\b")


@frozen
class Written(Folder):
    """What a function wrote: a folder, whose outputs are attributes by the function's names.

    >>> Written(Path("/store/x"), {"weights": "w.npz"}).weights
    PosixPath('/store/x/w.npz')
    """

    files: Mapping[str, str] = field(factory=dict, hash=False)

    def __getattr__(self, name: str) -> Path:
        files = {} if name.startswith("_") or name == "files" else self.files
        if name not in files:
            there = ", ".join(sorted(files)) or "nothing"
            raise AttributeError(f"no output is called '{name}'; there is: {there}")
        return self.path / files[name]

    def __dir__(self) -> list[str]:
        return sorted({*object.__dir__(self), *self.files})


@frozen
class Arguments:
    """What a function is called with, its references not yet followed."""

    values: Mapping[str, object] = field(hash=False)


@frozen
class Called:
    """A function as a realizer."""

    function: object

    def __call__(self, b: Build[Arguments, Written]) -> None:
        if callable(self.function):
            call = inspect.signature(self.function).bind_partial()
            for name, value in b.config.values.items():
                as_reference = _is_annotated_so(self.function, name)
                call.arguments[name] = _arrived(b, value, as_reference)
            self.function(*call.args, **call.kwargs)

    @property
    def __name__(self) -> str:
        return name_of(self.function)


def _is_annotated_so(function: object, parameter: str) -> bool:
    """Whether the function says that it takes a reference, and not what it leads to."""
    annotation = inspect.get_annotations(function).get(parameter) if callable(function) else None
    text = annotation if isinstance(annotation, str) else repr(annotation)
    return _REFERENCE.search(text) is not None


def _arrived(b: Build[Arguments, Written], value: object, as_reference: bool) -> object:
    match value:
        case Path():
            return b.path / value
        case DRef():
            found = b.deref(value)
            return DRef(value.text, found) if as_reference else found
        case Many():
            return b.deref(value)
        case list():
            return [_arrived(b, each, as_reference) for each in value]
        case dict():
            return {key: _arrived(b, each, as_reference) for key, each in value.items()}
        case _:
            return value
