"""A process that is killed at any call leaves a store that is whole, and in nobody's way."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from operations import OPERATIONS
from soundness import DAMAGED
from sweeping import MOST_SHOWN, swept

Recorded = Callable[[str, object], None]


@pytest.mark.parametrize("operation", OPERATIONS)
def test_process_killed_at_any_call_leaves_whole_store(
    operation: str, scale: int, record_property: Recorded
) -> None:
    tally = swept("kill_sweep.py", operation, scale)
    record_property("counts", f"kill sweep, {operation}: {tally}")
    assert [] == tally.wrong[:MOST_SHOWN]


def test_kill_sweep_finds_what_is_moved_into_place_by_and_by(record_property: Recorded) -> None:
    tally = swept("kill_sweep.py", "registering", 1, "copying")
    record_property("counts", f"kill sweep, control: {len(tally.wrong)} wrong in {tally}")
    assert [] != [each for each in tally.wrong if DAMAGED in each]
