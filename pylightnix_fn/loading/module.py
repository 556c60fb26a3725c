"""Modules by their names or by the paths of their files, and why one does not import."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterable
from difflib import get_close_matches
from pathlib import Path
from textwrap import dedent
from traceback import StackSummary, TracebackException
from types import ModuleType
from typing import Final

from pylightnix_fn.errors.loading import BrokenModule, UnknownModule
from pylightnix_fn.outputs import reason

MOST_FRAMES: Final = 5  # of a traceback, the last ones
MOST_NEAR: Final = 5

_MACHINERY: Final = ("<frozen importlib", str(Path(importlib.__file__).parent), __file__)


def imported(place: str) -> ModuleType:
    """A module by its dotted name, or by the path of its file.

    Errors: `UnknownModule`, `BrokenModule`.
    """
    is_path = place.endswith(".py") or "/" in place or "\\" in place
    return _from_file(place) if is_path else _from_name(place, Path.cwd())


def _from_file(place: str) -> ModuleType:
    path = Path(place).expanduser().resolve()
    if not path.is_file():
        there = sorted(each.name for each in path.parent.glob("*.py"))
        raise UnknownModule(place, str(path.parent), _near(path.name, there))
    parts, folder = [path.stem], path.parent
    while (folder / "__init__.py").is_file():  # a module of a package bears its name
        parts, folder = [folder.name, *parts], folder.parent
    name = ".".join(parts).removesuffix(".__init__")
    module = _from_name(name, folder)
    found = getattr(module, "__file__", None)
    if found is None or Path(found).resolve() != path:
        why = f"the name '{name}' is taken by {found or 'a builtin module'}"
        raise BrokenModule(place, why)
    return module


def _from_name(name: str, folder: Path) -> ModuleType:
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))
    importlib.invalidate_caches()  # the file may be younger than the last look at its folder
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        missing = error.name or ""
        if name != missing and not name.startswith(f"{missing}."):
            raise _broken(name, error) from error
        there = sorted(each.stem for each in folder.glob("*.py"))
        raise UnknownModule(name, f"{folder} and sys.path", _near(name, there)) from None
    except (Exception, SystemExit) as error:  # whatever its code raises
        raise _broken(name, error) from error


def _broken(name: str, error: BaseException) -> BrokenModule:
    told = TracebackException.from_exception(error, compact=True)
    frames = [each for each in told.stack if not each.filename.startswith(_MACHINERY)]
    shown = StackSummary.from_list(frames[-MOST_FRAMES:]).format()
    return BrokenModule(name, reason(error), dedent("".join(shown)).rstrip())


def _near(name: str, there: Iterable[str]) -> str:
    names = list(there)
    return ", ".join(get_close_matches(name, names, MOST_NEAR, 0.5) or names[:MOST_NEAR])
