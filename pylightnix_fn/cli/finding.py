"""Which store a command means, where it was not said."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from attrs import frozen

FOLDER: Final = "_pylightnix"
VARIABLE: Final = "PYLIGHTNIX_ROOT"


@frozen
class Found:
    """Where a store is, or would be, and why there; named is what somebody said."""

    root: Path
    why: str
    is_named: bool = False


def found_store(given: Path | None, variables: Mapping[str, str], start: Path) -> Found:
    """The store that was named, else that of the environment, the project, or the user.

    The project's is the nearest folder ``_pylightnix``, from ``start`` upwards.
    """
    if given is not None:
        return Found(given, "--store", is_named=True)
    if variable := variables.get(VARIABLE):
        return Found(Path(variable), VARIABLE, is_named=True)
    for folder in (start, *start.parents):
        if (folder / FOLDER).is_dir():
            return Found(folder / FOLDER, f"the nearest {FOLDER}")
    from platformdirs import user_data_path

    return Found(user_data_path("pylightnix"), "the user's data folder")
