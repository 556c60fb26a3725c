"""The display of a realization: what it counts, its lines, its picture, how it ends."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from io import StringIO
from pathlib import Path
from typing import Final

import pytest
from attrs import frozen
from dags import grown
from rich.console import Console

from pylightnix_fn import MemoryStore, instantiate, realize
from pylightnix_fn.content.progress import on_terminal, reporter, reporting, silent, told_to
from pylightnix_fn.display import progress as display
from pylightnix_fn.display.account import Account, Running, summary
from pylightnix_fn.display.lines import line_of, what_failed
from pylightnix_fn.display.picture import picture
from pylightnix_fn.display.progress import show_progress
from pylightnix_fn.display.terminal import can_be_drawn_on
from pylightnix_fn.errors.build import RealizerFailed
from pylightnix_fn.errors.plan import MalformedName
from pylightnix_fn.events import (
    Built,
    Downloading,
    Event,
    Failed,
    Matched,
    Planned,
    Skipped,
    Started,
    Waiting,
)
from pylightnix_fn.observer import unobserved
from pylightnix_fn.refs import DRef, RRef, dref_from, rref

SHOW_CURSOR: Final = "\x1b[?25h"
HIDE_CURSOR: Final = "\x1b[?25l"


def dref_of(name: str, digit: str = "0") -> DRef[object]:
    return dref_from(f"dref:{digit * 32}-{name}")


DATA, MODEL, REPORT = dref_of("data"), dref_of("model"), dref_of("report")
DIGEST: Final = "0123456789" * 4


def result(of: DRef[object]) -> RRef[object]:
    return rref(DIGEST, of)


HISTORY: Final[tuple[Event, ...]] = (
    Planned((DATA, MODEL, REPORT)),
    Matched(DATA, (result(DATA),)),
    Started(MODEL, "1 wanted, 0 there", 200.0),
    Built(MODEL, result(MODEL), 3.0, 5_000_000),
    Matched(MODEL, (result(MODEL),)),
    Failed(REPORT, ValueError("no"), 1.0),
)


def told(*events: Event) -> Account:
    """The account of events that come a second after each other."""
    account = Account(0.0)
    for now, event in enumerate(events, start=1):
        account = account.after(event, float(now))
    return account


# The account


def test_account_counts_what_was_built_and_what_was_there() -> None:
    account = told(*HISTORY)
    counts = (account.builds, account.size, len(account.there), len(account.failed), account.left)
    assert (1, 5_000_000, 1, 1, 0) == counts


def test_account_has_nothing_running_in_the_end() -> None:
    assert 0 == len(told(*HISTORY).running)


def test_account_knows_since_when_a_build_runs() -> None:
    assert Running(2.0, 200.0) == told(*HISTORY[1:3]).running[MODEL]


def test_account_replaces_waiting_by_running() -> None:
    account = told(Waiting(MODEL, "process 1"), Started(MODEL, "why"))
    assert Running(2.0) == account.running[MODEL]


def test_account_takes_what_another_process_built_for_there() -> None:
    account = told(Waiting(MODEL, "process 1"), Matched(MODEL, ()))
    assert (1, 0) == (len(account.there), len(account.running))


def test_account_takes_back_a_failure_that_was_mended() -> None:
    account = told(Failed(MODEL, ValueError(), 1.0), Matched(MODEL, ()))
    assert (0, 1) == (len(account.failed), account.settled)


@pytest.mark.parametrize("event", [*HISTORY, Skipped(MODEL, DATA), Downloading(DATA, "a", 1, None)])
def test_account_takes_any_event_first(event: Event) -> None:
    account = told(event)
    assert account.total >= account.settled + len(account.failed) + len(account.skipped)


def test_account_tells_apart_what_has_one_name() -> None:
    one, other = dref_of("model", "1"), dref_of("model", "2")
    account = told(Planned((one, other, DATA)))
    assert ["model 111111", "model 222222", "data"] == [
        account.label(each) for each in (one, other, DATA)
    ]


def test_summary_counts_all_that_came_of_it() -> None:
    account = told(Planned((DATA,)), *HISTORY[1:], Skipped(DATA, REPORT))
    expected = "built 1 in 3 min 20 s, 0 were there, 1 failed, 1 skipped, 5.0 MB"
    assert expected == summary(account, 200.0)


def test_summary_counts_what_was_left() -> None:
    assert "built 0 in 9.0 s, 1 were there, 2 left, 0 B" == summary(told(*HISTORY[:2]), 9.0)


# Lines


def lines(*events: Event) -> list[str]:
    """The lines of events, each without its time."""
    return [
        line_of(event, told(*events[:number]), 1.0)[12:].rstrip()
        for number, event in enumerate(events)
    ]


def test_lines_of_events() -> None:
    events: tuple[Event, ...] = (
        *HISTORY,
        Waiting(MODEL, "process 7 on host"),
        Downloading(DATA, "data.zip", 1_500_000, 3_000_000),
        Downloading(DATA, "data.zip", 1_500_000, None),
        Skipped(REPORT, MODEL),
    )
    expected = [
        "planned   3 derivations",
        "there     data  01234567",
        "started   model  took 3 min 20 s before  1 wanted, 0 there",
        "built     model  3.0 s  5.0 MB  01234567",
        "settled   model  01234567",
        "failed    report  ValueError: no",
        "waiting   model  for process 7 on host",
        "fetching  data  1.5 MB of 3.0 MB  data.zip",
        "fetching  data  1.5 MB  data.zip",
        "skipped   report  needs model",
    ]
    assert expected == lines(*events)


def test_line_begins_with_its_time() -> None:
    assert "     1.0 s  there     data" == line_of(Matched(DATA, ()), Account(0.0), 1.0)[:26]


@pytest.mark.parametrize("text", ["x" * 500, "a\nb", "a\rb", "\x1b[2J", "\udcff", "日本" * 100])
def test_line_is_one_of_80_columns_at_most(text: str) -> None:
    shown = line_of(Waiting(dref_of("n" * 200), text), Account(0.0), 1.0)
    assert (True, True) == (len(shown) <= 80, shown.isprintable())


class Unspeakable(Exception):
    def __str__(self) -> str:
        raise ValueError


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (ValueError("a\n b"), "ValueError: a b"),
        (MalformedName("/"), "MalformedName: a derivation cannot bear this name"),
        (RealizerFailed("model", "fit", "OSError: full", "/s"), "OSError: full"),
        (Unspeakable(), "Unspeakable"),
    ],
)
def test_error_is_told_in_a_line(error: BaseException, expected: str) -> None:
    assert expected == what_failed(error)


# The picture


def drawn(account: Account, now: float = 100.0, height: int = 24) -> list[str]:
    console = Console(file=StringIO(), force_terminal=True, width=80, color_system=None)
    with console.capture() as shown:
        console.print(picture(account, now, height))
    return [line.rstrip() for line in shown.get().splitlines()]


def test_picture_shows_how_far_the_whole_is() -> None:
    first, *_ = drawn(told(*HISTORY[:2]))
    assert ["1", "of", "3", "settled", "1", "min", "40", "s"] == first.split()[:8]


def test_picture_counts_what_failed_runs_and_waits() -> None:
    account = told(*HISTORY, Started(MODEL, "why"), Waiting(DATA, "process 1"))
    assert "1 failed, 1 running, 1 waiting" == drawn(account)[0][-30:]


def test_picture_has_a_row_for_what_runs_with_the_time_it_took_before() -> None:
    row = drawn(told(*HISTORY[:3]), 103.0)[1]
    assert ("  model", "1 min 40 s", "of 3 min 20 s") == (row[:7], row[28:38], row[-13:])


def test_picture_shows_half_a_bar_at_half_the_time() -> None:
    row = drawn(told(*HISTORY[:3]), 103.0)[1]
    assert "━━━━━     " == row[39:49]


def test_picture_has_a_row_for_what_waits() -> None:
    row = drawn(told(Waiting(MODEL, "process 7 on host")))[1]
    assert ("  model", "for process 7 on host") == (row[:7], row[-21:])


def test_picture_has_a_bar_for_a_download() -> None:
    account = told(Started(DATA, "why", 9.0), Downloading(DATA, "a", 1_500_000, 3_000_000))
    assert "1.5 MB of 3.0 MB" == drawn(account)[1][-16:]


def test_picture_shows_no_bar_for_a_download_of_unknown_size() -> None:
    row = drawn(told(Downloading(DATA, "a", 1_500_000, None)))[1]
    assert ["data", "1", "min", "39", "s", "1.5", "MB"] == row.split()


def test_picture_fits_80_columns() -> None:
    name = "n" * 200
    events = [Waiting(dref_of(name, digit), "w" * 200) for digit in "0123456789"]
    account = told(Planned(tuple(each.dref for each in events)), *events)
    assert 80 >= max(len(line) for line in drawn(account, 10**9))


def test_picture_fits_a_low_screen() -> None:
    events = [Started(dref_of(f"n{number}"), "why") for number in range(50)]
    shown = drawn(told(*events), height=10)
    assert (8, "  and 44 more") == (len(shown), shown[-1])


def test_picture_shows_the_oldest_first() -> None:
    shown = drawn(told(Started(REPORT, "why"), Started(DATA, "why")))
    assert ["report", "data"] == [row.split()[0] for row in shown[1:]]


# Showing


def plain() -> Console:
    return Console(file=StringIO(), width=80)


def screen() -> Console:
    return Console(file=StringIO(), force_terminal=True, width=80, color_system=None)


def written(console: Console) -> str:
    assert isinstance(console.file, StringIO)
    return console.file.getvalue()


def test_realization_is_shown_in_lines_where_there_is_no_terminal() -> None:
    console, closure = plain(), instantiate(grown, ((), (0,)))
    with show_progress(console) as observe:
        realize(closure, MemoryStore(), observe=observe)
    words = [line.split()[2] for line in written(console).splitlines()]
    assert ["planned", *["started", "built", "settled"] * 2, "ended"] == words


def test_realization_is_summed_up_on_a_terminal() -> None:
    console, closure = screen(), instantiate(grown, ((), (0,)))
    with show_progress(console) as observe:
        realize(closure, MemoryStore(), observe=observe)
    last = written(console).splitlines()[-1]
    assert re.search(r"built 2 in \d\.\d s, 0 were there, 0 B$", last)


def test_failure_stays_on_the_terminal() -> None:
    console = screen()
    with show_progress(console) as observe:
        observe(Failed(MODEL, ValueError("no"), 1.0))
    assert "failed  model  ValueError: no" in written(console)


@pytest.mark.parametrize("console", [plain(), screen()])
def test_nothing_is_summed_up_where_nothing_was_heard(console: Console) -> None:
    with show_progress(console):
        pass
    assert "built" not in written(console)


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_cursor_is_there_after_an_exception(error: type[BaseException]) -> None:
    console = screen()
    with suppress(error), show_progress(console) as observe:
        observe(HISTORY[0])
        raise error
    shown = written(console)
    assert (True, True) == (HIDE_CURSOR in shown, SHOW_CURSOR in shown.rpartition(HIDE_CURSOR)[2])


def test_download_has_a_line_every_ten_seconds() -> None:
    console = plain()
    with show_progress(console) as observe:
        for received in range(5):
            observe(Downloading(DATA, "a", received, 10))
    assert ["fetching", "ended"] == [line.split()[2] for line in written(console).splitlines()]


class Broken(StringIO):
    def write(self, text: str) -> int:
        raise OSError(5, "Input/output error")


@pytest.mark.parametrize("is_terminal", [False, True])
def test_observer_does_not_raise_for_a_terminal_that_is_gone(is_terminal: bool) -> None:
    heard: list[Event] = []
    with show_progress(Console(file=Broken(), force_terminal=is_terminal, width=80)) as observe:
        for event in HISTORY:
            observe(event)
            heard.append(event)
    assert list(HISTORY) == heard


def test_terminal_that_knows_only_ascii_is_drawn_on(tmp_path: Path) -> None:
    file = open(tmp_path / "a", "w", encoding="ascii")  # noqa: SIM115, it is closed below
    with file, show_progress(Console(file=file, force_terminal=True, width=80)) as observe:
        observe(HISTORY[0])
        time.sleep(3 * display._FRAME)
    assert "0 of 3 settled" in (tmp_path / "a").read_text()


def test_second_display_on_a_screen_takes_lines() -> None:
    first, second = screen(), screen()
    with show_progress(first), show_progress(second) as observe:
        observe(HISTORY[0])
    assert "planned   3 derivations" in written(second)


def test_dumb_terminal_is_not_drawn_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "dumb")
    assert not can_be_drawn_on(screen())


def test_display_draws_while_nothing_happens() -> None:
    console = screen()
    with show_progress(console):
        time.sleep(5 * display._FRAME)
    assert 3 <= written(console).count("0 of 0 settled")


# Real terminals and pipes

PROGRAM: Final = """
import os, sys, time
from attrs import frozen
from pylightnix_fn import *
from pylightnix_fn.display.progress import show_progress
from pylightnix_fn.tree import Folder

@frozen
class Slow:
    seconds: float = 0.4

def slow(b):
    print("printed")
    time.sleep(b.config.seconds)
    {then}

with show_progress() as observe:
    realize(instantiate(derive, Slow(), Folder(), {realizer}, code=None), MemoryStore(),
            observe=observe)
"""


@frozen
class Ended:
    """What a program has shown on its terminal, and how it ended."""

    status: int
    screen: str


def on_pty(program: str, **environment: str) -> Ended:
    """Run a program whose streams are a real terminal."""
    plain = {key: value for key, value in os.environ.items() if key not in ("CI", "NO_COLOR")}
    master, slave = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-c", program],
        stdin=slave,
        stdout=slave,
        stderr=slave,
        env={**plain, "TERM": "xterm", "COLUMNS": "80", "LINES": "24", **environment},
        start_new_session=True,
    )
    os.close(slave)
    with open(master, "rb", buffering=0) as shown:
        text = b"".join(_until_the_end(shown.fileno())).decode()
    return Ended(process.wait(timeout=60), text)


def _until_the_end(descriptor: int) -> Iterator[bytes]:
    while True:
        try:
            data = os.read(descriptor, 65536)
        except OSError:  # a terminal that nobody has open any more
            return
        if not data:
            return
        yield data


def test_terminal_shows_a_bar_and_is_left_as_it_was() -> None:
    ended = on_pty(PROGRAM.format(then="pass", realizer="slow"))
    assert (0, True, True) == (
        ended.status,
        "0 of 1 settled" in ended.screen,
        SHOW_CURSOR in ended.screen.rpartition(HIDE_CURSOR)[2],
    )


def test_terminal_is_left_as_it_was_on_an_interrupt() -> None:
    program = PROGRAM.format(then="os.kill(os.getpid(), 2)", realizer="slow")
    shown = on_pty(program).screen
    assert (True, True) == (
        "KeyboardInterrupt" in shown,
        SHOW_CURSOR in shown.rpartition(HIDE_CURSOR)[2],
    )


def test_terminal_shows_what_builds_print_above_the_bar() -> None:
    shown = on_pty(PROGRAM.format(then="pass", realizer="slow")).screen
    assert re.search(r"printed\r\n\x1b\[1m0 of \d settled", shown)


def test_terminal_shows_bars_while_a_build_is_logged() -> None:
    shown = on_pty(PROGRAM.format(then="pass", realizer="logged(slow)")).screen
    assert (False, True) == ("printed" in shown, shown.count("0 of 1 settled") > 2)


@pytest.mark.parametrize("environment", [{"CI": "true"}, {"TERM": "dumb"}])
def test_terminal_shows_lines_where_the_environment_says_so(environment: dict[str, str]) -> None:
    shown = on_pty(PROGRAM.format(then="pass", realizer="slow"), **environment).screen
    assert (False, True) == ("\x1b[" in shown, "planned   1 derivation\r\n" in shown)


def test_terminal_shows_no_colours_where_none_are_wanted() -> None:
    shown = on_pty(PROGRAM.format(then="pass", realizer="slow"), NO_COLOR="1").screen
    colours = [code for code in re.findall(r"\x1b\[([\d;]+)m", shown) if "3" in code or "9" in code]
    assert ([], True) == (colours, "0 of 1 settled" in shown)


def test_process_that_was_forked_prints_past_the_display() -> None:
    then = "pid = os.fork(); print(type(sys.stdout).__name__, flush=True); pid or os._exit(0)"
    shown = on_pty(PROGRAM.format(then=f"{then}; os.waitpid(pid, 0)", realizer="slow")).screen
    assert (True, True) == ("FileProxy" in shown, "TextIOWrapper" in shown)


def test_pipe_gets_lines_even_where_colours_are_forced() -> None:
    program = PROGRAM.format(then="pass", realizer="slow")
    environment = {**os.environ, "FORCE_COLOR": "1"}
    ended = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        check=True,
        text=True,
        env=environment,
    )
    words = [line.split()[2] for line in ended.stderr.splitlines()]
    assert ("printed\n", ["planned", "started", "built", "settled", "ended"]) == (
        ended.stdout,
        words,
    )


# Downloads


def test_downloads_draw_a_bar_where_nobody_observes() -> None:
    assert on_terminal is told_to(unobserved, DATA)


def test_downloads_are_shown_as_the_block_around_them_says() -> None:
    with reporting(silent):
        inside = reporter()
    assert (silent, on_terminal) == (inside, reporter())


def test_download_is_told_as_events() -> None:
    heard: list[Event] = []
    with told_to(heard.append, DATA)("a.zip") as report:
        report(1, 3)
    assert [Downloading(DATA, "a.zip", 1, 3)] == heard


def test_download_tells_first_and_last_and_ten_a_second_between() -> None:
    heard: list[Event] = []
    began = time.monotonic()
    with told_to(heard.append, DATA)("a.zip") as report:
        for received in range(100_001):
            report(received, 100_000)
    most = 2 + 10 * (time.monotonic() - began)
    assert (
        Downloading(DATA, "a.zip", 0, 100_000),
        Downloading(DATA, "a.zip", 100_000, 100_000),
    ) == (
        heard[0],
        heard[-1],
    )
    assert len(heard) <= most


def test_download_tells_how_far_it_came_where_it_fails() -> None:
    heard: list[Event] = []
    with suppress(OSError), told_to(heard.append, DATA)("a.zip") as report:
        report(0, 3)
        report(2, 3)
        raise OSError("full")
    assert Downloading(DATA, "a.zip", 2, 3) == heard[-1]


def test_download_in_a_process_that_was_forked_tells_nobody() -> None:
    heard: list[Event] = []
    reading, writing = os.pipe()
    progress = told_to(heard.append, DATA)
    if os.fork() == 0:
        with progress("a.zip") as report:
            report(1, 3)
        os.write(writing, str(len(heard)).encode())
        os._exit(0)
    os.wait()
    try:
        assert b"0" == os.read(reading, 10)
    finally:
        os.close(reading)
        os.close(writing)
