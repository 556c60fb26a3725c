"""How long the fault tests run, and what they counted: ``--faults=20`` for a night's work.

A test that tries something often says how often by ``record_property("counts", text)``; all such
texts stand together at the end of the run.
"""

from __future__ import annotations

import pytest

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
