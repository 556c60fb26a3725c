"""The benchmarks: what is compared with what, when a contender is ended, how goals are judged."""

from __future__ import annotations

import doctest
import os
import shutil
import signal
import subprocess
import sys
import time
from importlib import import_module
from pathlib import Path
from threading import Timer

import pytest

from benchmarks.cases import NAMES, pipelines
from benchmarks.environment import Environment
from benchmarks.limits import Limits, is_told
from benchmarks.measuring import Bench, Series
from benchmarks.other_cases import others
from benchmarks.progress import Progress
from benchmarks.report import Results
from benchmarks.running import Sample, run_once
from benchmarks.stocks import FEW, ROOM, Stocks
from benchmarks.verdict import Verdict, judged
from benchmarks.workload import FLOOR, OURS, Case, Contender, Goal, ahead_of, within

HERE = Environment(Path(sys.executable), {"strace": "not asked for"}, {})


def bench(place: Path, patience: float = 60.0, left: float = 60.0) -> Bench:
    """A bench that gives peers so many seconds beside ours."""
    limits = Limits(30, patience, 30, 6, time.monotonic() + left)
    return Bench(HERE, limits, Stocks(place), Progress(1))


def shell(name: str, script: str, stock: str = "") -> Contender:
    """A contender that is a line of shell."""
    filled = ("sh", "-c", stock) if stock else ()
    return Contender(name, ("sh", "-c", script), stock=filled)


def took(*seconds: float) -> Series:
    """Runs that took so long."""
    return Series([Sample({"wall": each, "memory": 18.0}) for each in seconds])


def verdict(goal: Goal, **found: Series) -> Verdict:
    """What comes of one goal."""
    contenders = tuple(Contender(name, ()) for name in found)
    (only,) = judged(Case("work", "", contenders, (goal,)), found, {})
    return only


@pytest.mark.parametrize("module", ["progress", "report", "environment", "programs.shapes"])
def test_examples_in_the_benchmarks_are_true(module: str) -> None:
    found = doctest.testmod(import_module(f"benchmarks.{module}"))
    assert (0, True) == (found.failed, found.attempted > 0)


# What is measured


@pytest.mark.parametrize("shape", ["chain", "fan-in", "layers"])
@pytest.mark.parametrize("stages", ["100", "1,000", "10,000"])
def test_a_full_run_holds_all_goals_of_pipelines(shape: str, stages: str) -> None:
    words = {case.title: {each.words for each in case.goals} for case in pipelines(False)}
    ahead = f"faster than {', '.join(NAMES)}"
    found = {"at most 2 times floor", "at most 2 times diskcache", ahead}
    linear = {"10 times the stages, at most 11 times the work"} if stages != "100" else set()
    label = f"{shape} of {stages}"
    assert found | linear == words[f"nothing to do, {label}"]
    assert {"at most 2 times floor", ahead} == words[
        f"first run, nothing waits for the disk, {label}"
    ]


def test_a_full_run_holds_the_goals_beside_pipelines() -> None:
    found = {(case.title, each.words, each.limit) for case in others(False) for each in case.goals}
    wanted = {
        ("import, the package", "at most 1.3 times `import attrs, cattrs`", 1.3),
        ("import, the package", "4 times faster than joblib", 0.25),
        ("manager, 100,000 stages", "at most 20 µs each", 20e-6),
        ("plan, 100,000 stages", "under 10 s", 10.0),
        ("keep a result, 1 file of 1024 MiB", "at most 1.2 times sha256 on all cores", 1.2),
        ("keep a result, 10,000 files of 10 KiB", "at most 1.2 times sha256 on all cores", 1.2),
        ("choose the best, of 1,000 realizations", "at most 1.5 times floor", 1.5),
        (
            "workers, 64 stages that sleep, on 16 threads",
            "at most 1.1 times the bare executor",
            1.1,
        ),
        ("workers, 16 stages that compute, on Dask", "at most 1.2 times the bare executor", 1.2),
        (
            "workers, 10,000 stages that do nothing, on threads",
            "at most 100 µs for each stage",
            1e-4,
        ),
    }
    assert set() == wanted - found


def test_threads_that_share_a_wait_for_the_disk_are_a_case_of_their_own() -> None:
    title = "first run on 8 threads, each stage on the disk, fan-in of 1,000"
    (case,) = [each for each in pipelines(False) if each.title == title]
    assert [("syncs", 1000), ("wall", 1)] == [(each.figure, each.per) for each in case.goals]


def test_what_was_made_in_one_case_is_found_in_the_next() -> None:
    cases = pipelines(False)
    for case in (each for each in cases if each.workload == "nothing to do"):
        before = cases[cases.index(case) - 1]
        assert (case.stock, case.label, True) == (before.stock, before.label, before.fresh)
        assert {each.name for each in case.contenders} <= {each.name for each in before.contenders}


# A process


def test_a_program_that_is_not_there_is_told_as_such() -> None:
    found = run_once(["no-such-program"], {}, 5)
    assert found.problem == "does not start: No such file or directory: no-such-program"


def test_a_process_that_somebody_else_ended_is_told_as_such() -> None:
    assert "failed: SIGTERM" == run_once(["sh", "-c", "kill -TERM $$"], os.environ, 5).problem


def test_a_process_is_ended_with_its_children_after_its_time(tmp_path: Path) -> None:
    script = f"(sleep 1.5; touch {tmp_path}/late) & sleep 60"
    found = run_once(["sh", "-c", script], os.environ, 0.3)
    assert ("ended after 0 s", 0.3) == (found.problem, found.ended)
    time.sleep(1.7)
    assert not (tmp_path / "late").exists()


def test_an_interrupt_ends_what_runs(tmp_path: Path) -> None:
    script = f"sleep 1.5; touch {tmp_path}/late"
    Timer(0.3, lambda: os.kill(os.getpid(), signal.SIGINT)).start()
    with pytest.raises(KeyboardInterrupt):
        run_once(["sh", "-c", script], os.environ, 60)
    time.sleep(1.7)
    assert not (tmp_path / "late").exists()


# A case


def test_a_peer_is_ended_after_a_multiple_of_what_ours_took(tmp_path: Path) -> None:
    case = Case(
        "work", "", (shell(OURS, "sleep 0.1"), shell("slow", "sleep 60")), runs=3, fresh=True
    )
    found = bench(tmp_path, patience=0.1).measured(case)
    assert 3 == len(found[OURS].samples)
    assert found["slow"].problem.startswith("ended after")
    assert 0.2 <= found["slow"].beyond < 10


def test_who_no_goal_names_is_ended_earlier() -> None:
    limits = Limits(30, 60, 30, 6, time.monotonic() + 100)
    assert [70, 25, 30] == [
        limits.allowed(True, True, ours=5),
        limits.allowed(True, False, ours=5),
        limits.allowed(False, False, ours=5),
    ]


def test_a_case_tells_on_whom_its_goals_depend() -> None:
    named, other = shell("named", "true"), shell("other", "true")
    case = Case("work", "", (shell(OURS, "true"), named, other), (ahead_of(("named",)),))
    assert [True, False] == [case.asks_for(named), case.asks_for(other)]


def test_a_preparation_that_takes_too_long_is_ended_and_told(tmp_path: Path) -> None:
    slow = shell("slow", "true", stock="sleep 60")
    found = bench(tmp_path, patience=0.2).measured(Case("work", "", (shell(OURS, "true"), slow)))
    assert found["slow"].problem.startswith("in preparation: ended after")
    assert 0 == found["slow"].beyond  # nobody knows how fast it would have been


def test_who_takes_long_is_left_out_where_there_is_more_to_do(tmp_path: Path) -> None:
    mine = bench(tmp_path)
    mine.slow["slow", "growing"] = (7.2, "7 s for 10 already")
    contenders = (shell(OURS, "true"), shell("slow", "true"), shell("fast", "true"))
    found = mine.measured(Case("work", "100", contenders, fresh=True, family="growing"))
    assert ("left out: 7 s for 10 already", 7.2) == (found["slow"].problem, found["slow"].beyond)
    assert "" == found["fast"].problem
    assert (7.2, "7 s for 10 already") == mine.slow["slow", "growing"]


def test_a_peer_is_left_out_only_where_that_decides() -> None:
    assert is_told(20.0, ours=2.0)
    assert not is_told(20.0, ours=19.0)
    assert not is_told(2.0, ours=0.1)  # it does not cost much to see more of it


def test_a_folder_that_one_case_filled_is_found_by_the_next(tmp_path: Path) -> None:
    mine = bench(tmp_path)
    makes = shell(OURS, "mkdir {folder}/made && chmod a-w {folder}/made")
    made = mine.measured(Case("make", "", (makes,), fresh=True, runs=2, stock="some"))
    found = mine.measured(Case("find", "", (shell(OURS, "test -d {folder}/made"),), stock="some"))
    assert ["", ""] == [made[OURS].problem, found[OURS].problem]
    assert [] == list(tmp_path.iterdir())


def test_equal_stocks_are_filled_once(tmp_path: Path) -> None:
    mine = bench(tmp_path / "stocks")
    mine.stocks.place.mkdir()
    ours = shell(OURS, "true", stock=f"echo filled >> {tmp_path}/log; touch {{folder}}/made")
    for name in ("list", "collect"):
        mine.measured(Case(name, "", (ours,), runs=1))
    assert "filled\n" == (tmp_path / "log").read_text()


def test_folders_of_many_files_stay_to_the_end(tmp_path: Path) -> None:
    many = shell(OURS, f"cd {{folder}} && seq {FEW} | xargs touch")
    few = shell("few", "touch {folder}/a")
    bench(tmp_path).measured(Case("work", "", (many, few), fresh=True, runs=1))
    (left,) = tmp_path.iterdir()
    assert FEW == len(list(left.iterdir()))


def test_no_folder_stays_where_the_disk_is_nearly_full(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = shutil.disk_usage(tmp_path)._replace(free=ROOM - 1)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)
    many = shell(OURS, f"cd {{folder}} && seq {FEW} | xargs touch")
    bench(tmp_path).measured(Case("work", "", (many,), fresh=True))
    assert [] == list(tmp_path.iterdir())


def test_what_failed_to_be_made_is_not_tried_again(tmp_path: Path) -> None:
    mine, peer = bench(tmp_path), shell("peer", "false")
    mine.measured(Case("make", "", (shell(OURS, "true"), peer), fresh=True, stock="some"))
    found = mine.measured(Case("find", "", (shell(OURS, "true"), peer), stock="some"))
    assert "its first run: failed: without a word" == found["peer"].problem


def test_when_the_time_is_up_the_rest_is_not_run(tmp_path: Path) -> None:
    found = bench(tmp_path, left=0).measured(Case("work", "", (shell(OURS, "true"),), fresh=True))
    assert "the time was up" == found[OURS].problem


def test_runs_that_are_alike_are_enough_after_three() -> None:
    limits = Limits(1, 1, 30, 6, 0)
    assert limits.suffice(True, [1.0, 1.01, 1.02])
    assert not limits.suffice(True, [1.0, 1.5, 2.0])
    assert limits.suffice(True, [7.0])
    assert not limits.suffice(False, [7.0, 7.0, 7.0])


# A goal


def test_who_was_ended_counts_as_slower_by_what_it_had() -> None:
    slow = Series(problem="ended after 60 s", beyond=60.0)
    found = verdict(ahead_of(("slow",)), ours=took(6.0), slow=slow)
    assert ("met", 0.1, "slow: ended after 60 s") == (found.state, found.value, found.why)


def test_who_was_ended_too_soon_decides_nothing() -> None:
    slow = Series(problem="ended after 60 s", beyond=60.0)
    found = verdict(ahead_of(("slow",)), ours=took(70.0), slow=slow)
    assert ("not measured", "without slow: ended after 60 s") == (found.state, found.why)
    thrice = verdict(ahead_of(("slow",), 1 / 3), ours=took(30.0), slow=slow)
    assert "not measured" == thrice.state


def test_who_was_not_prepared_is_named_beside_the_goal() -> None:
    lost = Series(problem="in preparation: ended after 60 s")
    found = verdict(ahead_of(("fast", "lost")), ours=took(1.0), fast=took(2.0), lost=lost)
    why = "beside fast; without lost: in preparation: ended after 60 s"
    assert ("met", why) == (found.state, found.why)


def test_ours_ended_is_a_goal_missed() -> None:
    ours = Series(problem="ended after 180 s", beyond=180.0)
    assert "MISSED" == verdict(within(2, FLOOR), ours=ours, floor=took(1.0)).state


def test_a_goal_for_each_piece_of_work_is_told_by_the_piece() -> None:
    found = verdict(Goal("at most 20 µs each", 20e-6, (), per=1000), ours=took(0.015))
    assert found.value == pytest.approx(15e-6)
    assert "met" == found.state


# The command


def test_a_table_has_eighty_columns_and_tells_where_the_time_went() -> None:
    results = Results({}, HERE)
    case = Case("work", "of a size", (shell(OURS, ""), shell("peer", "")), (ahead_of(("peer",)),))
    results.add(case, {OURS: took(1.0, 2.0), "peer": Series(problem="ended: " + 90 * "x")}, 75.0)
    table = results.table()
    assert "1 case in 1:15 min" in table
    assert '"seconds": 75.0' in results.json()
    assert 80 >= max(map(len, table.splitlines()))


def test_progress_tells_the_case_of_how_many(capsys: pytest.CaptureFixture[str]) -> None:
    progress = Progress(2)
    progress.case("import", "the package")
    progress.step("joblib")
    assert "case 1 of 2, 0:00  the package, import\n" == capsys.readouterr().err
    assert "case 1 of 2, 0:00  joblib, the package, import" == progress.line("joblib")


def test_an_unknown_case_is_told_with_those_that_there_are() -> None:
    words = [sys.executable, "-m", "benchmarks", "no-such-case"]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert 1 == done.returncode
    assert "no case is called no-such-case; there are:\n  import\n" in done.stderr
