"""A store that we may not read."""

from __future__ import annotations

from pathlib import Path

import pytest
from scenarios import put, registered, unprivileged

from pylightnix_fn import DiskStore
from pylightnix_fn.errors.store import StoreNotReadable


@pytest.mark.parametrize("hidden", ["", "store-v1"])
def test_store_that_cannot_be_read_is_not_said_to_be_missing(tmp_path: Path, hidden: str) -> None:
    put(store := DiskStore.open(tmp_path / "store"), registered(store, "thing"), {})
    place = store.root / hidden
    place.chmod(0)
    try:
        with unprivileged(), pytest.raises(StoreNotReadable, match="cannot be read"):
            DiskStore.open(store.root, create=False, trust=True).drefs()
    finally:
        place.chmod(0o755)
