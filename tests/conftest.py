"""Stores that tests run over, and a session of `inplace` that is new for every test."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from pylightnix_fn import DiskStore, Manager, MemoryStore, Store, inplace

# Who runs the tests in the background may have them ignore interrupts, and all that they start.
with suppress(ValueError):  # not in the main thread
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)

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


# How long the fault tests run, and what they counted. A test that tries something often says how
# often by ``record_property("counts", text)``; all such texts stand together at the end of the run.

_TITLE = "fault trials"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--faults", type=int, default=1, metavar="N", help="N times as many fault trials (1)"
    )


@pytest.fixture(scope="session")
def scale(pytestconfig: pytest.Config) -> int:
    """By how much to multiply the number of trials, or the seconds, of a fault test."""
    return int(pytestconfig.getoption("--faults", 1))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    counts = {
        str(value): None
        for reports in terminalreporter.stats.values()
        for report in reports
        if isinstance(report, pytest.TestReport)
        for key, value in report.user_properties
        if key == "counts"
    }
    if counts:
        terminalreporter.section(_TITLE)
        for text in counts:
            terminalreporter.write_line(text)
