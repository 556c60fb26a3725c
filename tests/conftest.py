"""Stores that tests run over, and a session of `inplace` that is new for every test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from pylightnix_fn import DiskStore, Manager, MemoryStore, Store, inplace

collect_ignore = ["types"]  # programs for mypy, which test_types runs


@pytest.fixture(params=["memory", "disk"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    """Each kind of store in turn: what holds for one holds for all."""
    return MemoryStore() if request.param == "memory" else DiskStore.open(tmp_path / "store")


@pytest.fixture
def session() -> Iterator[None]:
    """A session of `inplace` in which nothing was made and no store was chosen."""
    inplace._session.manager, inplace._session.store = Manager(), None
    yield
    inplace._session.manager, inplace._session.store = Manager(), None
