"""The folders that a store stands on: found where they are, made where they are wanted."""

from __future__ import annotations

import os
from pathlib import Path

from pylightnix_fn.errors.store import (
    StagingElsewhere,
    StoreIsFile,
    StoreMissing,
    StoreNotWritable,
)
from pylightnix_fn.store.layout import Layout


def prepare(layout: Layout, create: bool) -> None:
    """Make the folders of a store, if there is none yet.

    Errors: `StoreIsFile`, `StoreMissing`, `StoreNotWritable`.
    """
    if os.path.isdir(layout.objects):
        return
    for path in (layout.objects, layout.staging):
        there = next(each for each in (path, *path.parents) if os.path.lexists(each))
        if not os.path.isdir(there):
            raise StoreIsFile(str(there))
    if not create:
        raise StoreMissing(str(layout.root))
    try:
        layout.objects.mkdir(parents=True, exist_ok=True)
        layout.staging.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreNotWritable(str(layout.root), str(error)) from error


def check_staging(layout: Layout) -> None:
    """Raise `StagingElsewhere` if a rename cannot lead from staging to the objects."""
    if _device(layout.staging) != _device(layout.objects):
        raise StagingElsewhere(str(layout.root), str(layout.staging))


def _device(path: Path) -> int:
    """The file system of a path, or of the nearest folder above that exists."""
    while not path.exists():
        path = path.parent
    return path.stat().st_dev
