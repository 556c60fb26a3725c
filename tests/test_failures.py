"""Failed builds: what they leave, how they are listed, and how they are forgotten."""

from __future__ import annotations

import errno
import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from attrs import evolve, frozen
from hypothesis import given
from hypothesis import strategies as st
from scenarios import put, registered, unprivileged
from trials import Failing, Note, Trial, Trying, built, doing, trial

from pylightnix_fn import (
    Build,
    DiskStore,
    DRef,
    Folder,
    Manager,
    MemoryStore,
    Store,
    derive,
    instantiate,
    logged,
    realize,
    retry,
    samples,
    timeout,
)
from pylightnix_fn.errors.build import MissingOutput, RealizerFailed, TimedOut, UnsupportedFile
from pylightnix_fn.errors.message import PylightnixError
from pylightnix_fn.errors.plan import BadParameter
from pylightnix_fn.failure import LONGEST_WHY, Failure, failure_from, failure_text
from pylightnix_fn.refs import dref_from, rref_from
from pylightnix_fn.remains import RECORD, forget_failures
from pylightnix_fn.store.liveness import clear_after_dead
from pylightnix_fn.store_protocol import Staging

DREF = f"dref:{'a' * 32}-train"
NEED = f"{'b' * 32}-data"
NOON = datetime(2026, 1, 2, 12, tzinfo=UTC)
MADE_UP = Failure(
    dref_from(DREF),
    {dref_from(f"dref:{NEED}"): (rref_from(f"rref:{'c' * 32}-{NEED}"),)},
    2,
    NOON,
    NOON + timedelta(seconds=1),
    "ValueError",
    "no\nmean",
    Path("/store/tmp/1/train-x"),
    (Path("/store/tmp/1/train-y"),),
)


def failed(
    realizer: Trying, store: Store, error: type[Exception] | tuple[type[Exception], ...] = Exception
) -> Failure:
    """The one failure that a realizer leaves in a store."""
    with pytest.raises(error):
        built(realizer, store)
    [failure] = store.failures()
    return failure


# What is left.


def test_store_without_failures_lists_none(store: Store) -> None:
    built(Failing(0), store)
    assert () == store.failures()


def test_failure_says_what_was_raised(store: Store) -> None:
    failure = failed(Failing(1), store)
    assert ("ValueError", "failure 1") == (failure.error, failure.why)
    assert "ValueError: failure 1" == failure.reason


def test_failure_says_what_was_built(store: Store) -> None:
    failure = failed(Failing(1), store)
    assert (trial(Failing(1)).targets[0], {}, 0) == (failure.dref, failure.context, failure.sample)


def test_failure_says_when_it_was(store: Store) -> None:
    before = datetime.now(UTC)
    failure = failed(Failing(1), store)
    assert before <= failure.started <= failure.stopped <= datetime.now(UTC)


def test_failure_keeps_what_was_written(store: Store) -> None:
    failure = failed(Failing(1), store)
    assert "left" == (failure.folder / "left-1").read_text(encoding="utf-8")


def test_failure_keeps_the_traceback(store: Store) -> None:
    told = failed(Failing(1), store).traceback.read_text(encoding="utf-8")
    assert told.endswith("ValueError: failure 1\n")
    assert "in __call__\n" in told


def test_failure_keeps_the_config(store: Store) -> None:
    failure = failed(Failing(1), store)
    assert store.config(failure.dref).text == failure.config.read_text(encoding="utf-8")


def test_failure_keeps_the_log(store: Store) -> None:
    def fail(folder: Path) -> None:
        print("last words")
        raise ValueError

    failure = failed(logged(doing(fail)), store)
    assert "last words\n" == failure.log.read_text(encoding="utf-8")


def test_paths_of_a_failure_are_those_of_its_staging() -> None:
    staging = Staging(MADE_UP.folder)
    expected = (staging.home, staging.error, staging.log)
    assert expected == (MADE_UP.place, MADE_UP.traceback, MADE_UP.log)


@frozen
class Report:
    """A config that refers to a trial."""

    trial: DRef[Note]


def report(
    m: Manager, first: Trying, last: Callable[[Build[Report, Note]], None]
) -> tuple[Manager, DRef[Note]]:
    m, dref = derive(m, Trial(), Note(), first, code=None)
    return derive(m, Report(dref), Note(), last, code=None)


def breaking(b: Build[Report, Note]) -> None:
    raise ValueError


def test_failure_keeps_its_inputs(store: Store) -> None:
    with pytest.raises(RealizerFailed):
        realize(instantiate(report, Failing(0), breaking), store)
    [failure] = store.failures()
    made = built(Failing(0), store)
    assert {made.dref: (made.rref,)} == failure.context


# Every way to fail.


def silent(b: Build[Trial, Note]) -> None:
    """Writes nothing."""


def with_a_socket(folder: Path) -> None:
    here = Path.cwd()
    os.chdir(folder)  # the path of a socket is short
    with socket.socket(socket.AF_UNIX) as made:
        made.bind("socket")
    os.chdir(here)


def reserved(folder: Path) -> None:
    (folder / "context.json").touch()


def exiting(folder: Path) -> None:
    raise SystemExit(3)


def refusing(folder: Path) -> None:
    raise BadParameter("f", "x", "1", "2")


def destroying(folder: Path) -> None:
    shutil.rmtree(folder.parent)
    raise ZeroDivisionError


def asleep(folder: Path) -> None:
    time.sleep(60)


@pytest.mark.parametrize(
    ("realizer", "error"),
    [
        (silent, "MissingOutput"),
        (doing(with_a_socket), "UnsupportedFile"),
        (doing(reserved), "ReservedFile"),
        (doing(exiting), "SystemExit"),
        (doing(refusing), "BadParameter"),
        (timeout(0.2)(doing(asleep)), "TimedOut"),
        (doing(destroying), "ZeroDivisionError"),
    ],
)
def test_failure_of_every_kind_is_listed(realizer: Trying, error: str, tmp_path: Path) -> None:
    failure = failed(realizer, DiskStore.open(tmp_path))
    assert error == failure.error
    assert failure.traceback.is_file()


def test_missing_output_is_listed_with_what_was_written(store: Store) -> None:
    def forget(b: Build[Trial, Note]) -> None:
        (b.path / "other").touch()

    failure = failed(forget, store, MissingOutput)
    assert ["other"] == [each.name for each in failure.folder.iterdir()]


class Mute(PylightnixError, ValueError):
    """An error of the library without a text."""


def test_exception_without_a_text_is_listed(store: Store) -> None:
    failure = failed(Failing(1, lambda n: Mute()), store, Mute)
    assert ("Mute", "", "Mute") == (failure.error, failure.why, failure.reason)


def test_text_that_is_no_utf_8_is_spelled_out(store: Store) -> None:
    failure = failed(Failing(1, lambda n: ValueError("by \udcff")), store)
    assert "by \\udcff" == failure.why


def test_long_text_is_cut(store: Store) -> None:
    failure = failed(Failing(1, lambda n: ValueError("x" * 10**6)), store)
    assert "x" * LONGEST_WHY == failure.why


def test_build_of_several_samples_is_one_failure(store: Store) -> None:
    calls = iter(range(2))

    def second(b: Build[Trial, Note]) -> None:
        (b.path / f"sample-{b.site.sample}").touch()
        if next(calls):
            raise ValueError

    failure = failed(samples(3)(second), store)
    assert ["sample-0"] == [each.name for each in failure.folder.iterdir()]
    [other] = failure.others
    assert ["sample-1"] == [each.name for each in (other / "out").iterdir()]


def test_sample_that_cannot_be_committed_is_the_failure(store: Store) -> None:
    def odd(b: Build[Trial, Note]) -> None:
        b.out.text.write(f"sample {b.site.sample}")
        if b.site.sample:
            os.mkfifo(b.path / "pipe")

    failure = failed(samples(2)(odd), store, UnsupportedFile)
    assert 1 == failure.sample
    assert 1 == len(store.rrefs(failure.dref))


def test_tries_of_a_retry_are_one_failure(store: Store) -> None:
    assert "failure 3" == failed(retry(3)(Failing(9)), store).why


def test_interrupt_is_no_failure(store: Store) -> None:
    def interrupt(b: Build[Trial, Note]) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        built(interrupt, store)
    assert () == store.failures()


# A machine that has too little of something.


def no_room(folder: Path) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


def no_room_behind_another_error(folder: Path) -> None:
    try:
        no_room(folder)
    except OSError as error:
        raise ValueError("could not save") from error


def no_descriptors(folder: Path) -> None:
    raise OSError(errno.EMFILE, "Too many open files")


@pytest.mark.parametrize(
    ("act", "advice"),
    [
        (no_room, "Free some room on the disk"),
        (no_room_behind_another_error, "Free some room on the disk"),
        (no_descriptors, "Close files, or raise the limit"),
        (destroying, "Mend the realizer"),
    ],
)
def test_shortage_is_told_from_a_mistake(act: Callable[[Path], None], advice: str) -> None:
    with pytest.raises(RealizerFailed, match=advice):
        built(doing(act), MemoryStore())


def test_disk_that_takes_no_notes_does_not_hide_the_failure(tmp_path: Path) -> None:
    store = DiskStore.open(tmp_path)

    def fail(folder: Path) -> None:
        (folder.parent / "error.txt").mkdir()
        (folder.parent / RECORD).mkdir()
        raise ValueError("the first")

    with pytest.raises(RealizerFailed, match="the first"):
        built(doing(fail), store)
    assert () == store.failures()


# The list.


def test_failures_are_listed_oldest_first(store: Store) -> None:
    failing = Failing(9)
    for _ in range(3):
        with pytest.raises(RealizerFailed):
            built(failing, store)
    assert ["failure 1", "failure 2", "failure 3"] == [each.why for each in store.failures()]


def test_failures_of_another_derivation_are_left_out(store: Store) -> None:
    failure = failed(Failing(1), store)
    assert (failure,) == store.failures(failure.dref)
    assert () == store.failures(dref_from(DREF))


def test_failures_outlive_their_store_value(tmp_path: Path) -> None:
    store = DiskStore.open(tmp_path)
    failure = failed(Failing(1), store)
    store.close()
    assert (failure,) == DiskStore.open(tmp_path).failures()


def test_failures_lie_where_builds_do(tmp_path: Path) -> None:
    store = DiskStore.open(tmp_path / "store", staging=tmp_path / "staging")
    assert failed(Failing(1), store).place.is_relative_to(tmp_path / "staging")


PROGRAM = """
import sys
from trials import Failing, built
from pylightnix_fn import DiskStore
from pylightnix_fn.errors import RealizerFailed

try:
    built(Failing(1), DiskStore.open(sys.argv[1]))
except RealizerFailed:
    pass
"""


def test_failures_of_another_process_are_listed(tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parent)}
    subprocess.run([sys.executable, "-c", PROGRAM, str(tmp_path)], env=environment, check=True)
    [failure] = DiskStore.open(tmp_path).failures()
    assert "failure 1" == failure.why


def test_failures_survive_the_clearing_after_dead_processes(tmp_path: Path) -> None:
    store = DiskStore.open(tmp_path)
    failure = failed(samples(2)(Failing(1)), store)
    store.close()
    clear_after_dead(DiskStore.open(tmp_path).backing)
    assert (failure,) == DiskStore.open(tmp_path).failures()


def test_failures_at_once_are_all_listed(store: Store) -> None:
    def fail() -> None:
        with pytest.raises(RealizerFailed):
            built(Failing(1), store)

    with ThreadPoolExecutor(4) as threads:
        for done in [threads.submit(fail) for _ in range(6)]:
            done.result()
    assert 6 == len(store.failures())


def test_folder_of_somebody_else_is_left_out(tmp_path: Path) -> None:
    store = DiskStore.open(tmp_path)
    failure = failed(Failing(1), store)
    os.chmod(tmp_path, 0o755)
    for parent in tmp_path.parents[:3]:
        parent.chmod(0o755)
    failure.place.parent.chmod(0o700)
    assert (failure,) == store.failures()
    with unprivileged():
        found = store.failures() if os.geteuid() != 0 else ()
    assert () == found


def test_artifact_is_not_taken_for_a_failure() -> None:
    store = MemoryStore()
    text = failure_text(MADE_UP)
    made = put(store, registered(store), {RECORD: text, "error.txt": "", "out/a": "a"})
    assert text == (store.folder(made) / RECORD).read_text(encoding="utf-8")
    assert () == store.failures()


# What is not to be trusted.


WHOLE = json.loads(failure_text(MADE_UP))


@pytest.mark.parametrize(
    "changes",
    [
        {"dref": "dref:../../x"},
        {"dref": 1},
        {"context": []},
        {"context": {"a": []}},
        {"context": {f"dref:{NEED}": f"rref:{'c' * 32}-{NEED}"}},
        {"context": {f"dref:{NEED}": [f"rref:{'c' * 32}-{'d' * 32}-data"]}},
        {"context": {f"dref:{NEED}": [1]}},
        {"sample": "0"},
        {"sample": None},
        {"started": "yesterday"},
        {"started": "2026-01-02T12:00:00"},
        {"stopped": "2026-01-02T12:00:00+01:00"},
        {"error": 1},
        {"why": []},
        {"others": "train-y"},
        {"others": ["../../store-v1"]},
        {"others": [".."]},
        {"others": ["a/b"]},
        {"others": [""]},
        {"others": ["."]},
        {"others": ["a\0"]},
        {"others": [1]},
    ],
    ids=str,
)
def test_record_that_makes_no_sense_is_none(changes: dict[str, object]) -> None:
    failure_from(json.dumps(WHOLE), MADE_UP.place)
    with pytest.raises(ValueError, match=r"\S"):
        failure_from(json.dumps({**WHOLE, **changes}), MADE_UP.place)


@pytest.mark.parametrize("field", sorted(WHOLE))
def test_record_without_a_field_is_none(field: str) -> None:
    rest = {name: value for name, value in WHOLE.items() if name != field}
    with pytest.raises(ValueError, match="no failure"):
        failure_from(json.dumps(rest), MADE_UP.place)


@pytest.mark.parametrize(
    "content", [b"", b"{", b"\xff", b"[" * 10**5, b"{}", b"[]", b"null", b'{"a": NaN}']
)
def test_file_that_is_no_record_is_passed_over(content: bytes, tmp_path: Path) -> None:
    store = DiskStore.open(tmp_path)
    failure = failed(Failing(1), store)
    (failure.place / RECORD).write_bytes(content)
    assert () == store.failures()


def test_link_in_the_place_of_a_record_is_passed_over(tmp_path: Path) -> None:
    store = DiskStore.open(tmp_path)
    failure = failed(Failing(1), store)
    (failure.place / RECORD).rename(tmp_path / "elsewhere")
    (failure.place / RECORD).symlink_to(tmp_path / "elsewhere")
    assert () == store.failures()


def test_link_in_the_place_of_a_failure_is_passed_over(tmp_path: Path) -> None:
    store = DiskStore.open(tmp_path / "store")
    failure = failed(Failing(1), store)
    failure.place.rename(tmp_path / "elsewhere")
    failure.place.symlink_to(tmp_path / "elsewhere")
    assert () == store.failures()


def test_file_among_the_folders_of_processes_is_passed_over(tmp_path: Path) -> None:
    store = DiskStore.open(tmp_path)
    (store.layout.staging / "stray").touch()
    assert () == store.failures()


@given(
    sample=st.integers(0, 2**31),
    started=st.datetimes(timezones=st.just(UTC)),
    error=st.text(st.characters(codec="utf-8")),
    why=st.text(st.characters(codec="utf-8")),
)
def test_failure_comes_back_from_its_text(
    sample: int, started: datetime, error: str, why: str
) -> None:
    failure = evolve(MADE_UP, sample=sample, started=started, error=error, why=why)
    assert failure == failure_from(failure_text(failure), failure.place)


def test_failure_reads_as_a_sentence() -> None:
    expected = (
        "'train' failed at 2026-01-02 12:00:01 UTC: ValueError: no mean; see /store/tmp/1/train-x"
    )
    assert expected == str(MADE_UP)


# Forgetting.


def test_forgotten_failures_are_gone(store: Store) -> None:
    failure = failed(Failing(1), store)
    assert 1 == forget_failures(store)
    assert (False, ()) == (failure.place.exists(), store.failures())


def test_forgetting_nothing_is_no_error(store: Store) -> None:
    assert 0 == forget_failures(store)


def test_failures_of_another_derivation_are_not_forgotten(store: Store) -> None:
    failure = failed(Failing(1), store)
    assert 0 == forget_failures(store, dref_from(DREF))
    assert (failure,) == store.failures()


def test_further_samples_are_forgotten_with_the_first(store: Store) -> None:
    calls = iter(range(2))

    def second(b: Build[Trial, Note]) -> None:
        if next(calls):
            raise ValueError

    failure = failed(samples(2)(second), store)
    assert [True] == [each.exists() for each in failure.others]
    forget_failures(store)
    assert [False] == [each.exists() for each in failure.others]


def test_build_under_way_is_not_forgotten_whatever_a_record_says(tmp_path: Path) -> None:
    store = DiskStore.open(tmp_path)
    failure = failed(Failing(1), store)
    staging = store.stage(failure.dref)
    record = failure_text(evolve(failure, others=(staging.home,)))
    (failure.place / RECORD).write_text(record, encoding="utf-8")
    assert 1 == forget_failures(store)
    assert (False, True) == (failure.place.exists(), staging.folder.exists())


def test_what_was_sealed_already_can_be_forgotten(tmp_path: Path) -> None:
    store = DiskStore.open(tmp_path)

    def deep(folder: Path) -> None:
        (folder / "a").mkdir()
        (folder / "a" / "b").touch()
        (folder / "a").chmod(0o555)
        raise ValueError

    failed(doing(deep), store)
    assert 1 == forget_failures(store)
    assert () == store.failures()


def test_store_goes_on_after_forgetting(store: Store) -> None:
    failed(Failing(1), store)
    forget_failures(store)
    assert "call 1" == built(Failing(0), store).out.text.read()


# What a realizer sees.


def test_build_sees_failures_of_earlier_runs(store: Store) -> None:
    seen: list[list[str]] = []

    def look(b: Build[Trial, Note]) -> None:
        seen.append([each.why for each in b.failures])
        raise ValueError(f"failure {len(seen)}")

    for _ in range(3):
        with pytest.raises(RealizerFailed):
            built(look, store)
    assert [[], ["failure 1"], ["failure 1", "failure 2"]] == seen


def test_build_does_not_see_failures_from_other_inputs(store: Store) -> None:
    seen: list[int] = []

    def look(b: Build[Report, Note]) -> None:
        seen.append(len(b.failures))
        raise ValueError

    changing = Failing(0)
    closure = instantiate(report, changing, look)
    for rebuild in ([], [], [trial(changing).targets[0]]):
        with pytest.raises(RealizerFailed):
            realize(closure, store, rebuild=rebuild)
    assert [0, 1, 0] == seen
    assert 3 == len(store.failures(closure.targets[0]))


def test_folder_of_a_plain_outputs_record_fails_like_any_other(store: Store) -> None:
    def fail(b: Build[Trial, Folder]) -> None:
        raise TimedOut("trial", "fail", 1.0)

    def stage(m: Manager) -> tuple[Manager, DRef[Folder]]:
        return derive(m, Trial(), Folder(), fail, code=None)

    with pytest.raises(TimedOut):
        realize(instantiate(stage), store)
    assert ["TimedOut"] == [each.error for each in store.failures()]
