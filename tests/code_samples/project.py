"""A user's project: modules from texts, loaded for a while and forgotten."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import TypeAlias

Files: TypeAlias = dict[str, str]


def files_of(text: str) -> Files:
    """A text with heads such as ``# file: helpers.py``; what stands first is ``pipeline.py``."""
    first, *others = text.split("# file: ")
    named = (each.partition("\n") for each in others)
    return {"pipeline.py": first} | {name: body for name, _, body in named}


def write(folder: Path, files: Files) -> None:
    for name, text in files.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")


@contextmanager
def loaded(folder: Path, text: str = "", name: str = "pipeline") -> Iterator[ModuleType]:
    """The module of that name, with its project on the path."""
    write(folder, files_of(text) if text else {})
    sys.path.insert(0, str(folder))
    before = set(sys.modules)
    importlib.invalidate_caches()
    try:
        yield importlib.import_module(name)
    finally:
        sys.path.remove(str(folder))
        for each in set(sys.modules) - before:
            if _is_below(folder, sys.modules[each]):
                del sys.modules[each]


def _is_below(folder: Path, module: ModuleType) -> bool:
    places = [getattr(module, "__file__", None), *getattr(module, "__path__", ())]
    return any(isinstance(place, str) and place.startswith(str(folder)) for place in places)
