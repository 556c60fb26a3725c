"""A call that fails leaves a typed error, or nothing amiss, and a store that is whole."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from operations import OPERATIONS
from sweeping import MOST_SHOWN, swept

Recorded = Callable[[str, object], None]


@pytest.mark.parametrize("operation", OPERATIONS)
def test_call_that_fails_leaves_typed_error_and_whole_store(
    operation: str, scale: int, record_property: Recorded
) -> None:
    tally = swept("error_sweep.py", operation, scale)
    record_property("counts", f"error sweep, {operation}: {tally}")
    assert [] == tally.wrong[:MOST_SHOWN]


def test_error_sweep_finds_result_of_folder_that_could_not_be_read(
    record_property: Recorded,
) -> None:
    tally = swept("error_sweep.py", "committing", 1, "lenient")
    record_property("counts", f"error sweep, control: {len(tally.wrong)} wrong in {tally}")
    assert [] != [each for each in tally.wrong if "it gave" in each]
