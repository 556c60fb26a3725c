"""What can only be read serves all who read, and tells all others that it cannot be written to.

It is read-only because it is mounted so, or because its folders are closed to the user (4.10).
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest
from attrs import frozen
from images import bound_read_only, image
from scenarios import NOBODY, Counter, config_of, listing, put, registered, unprivileged

from pylightnix_fn import (
    Closure,
    DiskStore,
    Folder,
    Realization,
    RRef,
    dry_run,
    instantiate,
    realize,
)
from pylightnix_fn.errors.store import DamagedObject, StoreNotWritable
from pylightnix_fn.store.machine import Machine
from pylightnix_fn.store.records import MAX_RECORD
from pylightnix_fn.upkeep.collection import gc, survey
from pylightnix_fn.upkeep.roots import add_root, link, named_roots, remove_root
from pylightnix_fn.upkeep.sharing import optimise
from pylightnix_fn.upkeep.space import du
from pylightnix_fn.upkeep.undoing import collections, empty_trash, undo
from pylightnix_fn.upkeep.verification import verify

KINDS = ("remounted", "bound", "of ours, closed", "of root, open to read")
NO_BUILDS = Counter()
BEFORE, AFTER = Machine("host", "1"), Machine("host", "2")


def closure() -> Closure[Realization[Folder]]:
    """Two stages, the second over the first."""
    return instantiate(lambda m: NO_BUILDS.stage(*_under(m)))  # type: ignore


@frozen
class Sealed:
    """A store that cannot be written to any more, and what was made in it."""

    store: DiskStore
    made: Realization[Folder]

    @property
    def rref(self) -> RRef[Folder]:
        return self.made.rref
