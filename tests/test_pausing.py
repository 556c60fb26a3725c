"""Paused builds: all that a derivation needs, and a person in the place of its realizer."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from threading import Event

import pytest
from attrs import evolve, field, frozen
from trials import Failing, Note, Trial, Trying, trial, writing

from pylightnix_fn import (
    Build,
    Closure,
    Config,
    DiskStore,
    DRef,
    Folder,
    Manager,
    Many,
    MemoryStore,
    Realization,
    Store,
    Waiting,
    at_least,
    derive,
    instantiate,
    latest,
    mkconfig,
    mkdrv,
    realize,
    retry,
    samples,
)
from pylightnix_fn.errors.build import (
    BeingBuilt,
    InputGone,
    MissingOutput,
    PauseEnded,
    RealizerFailed,
    UndeclaredInput,
    UnsupportedFile,
)
from pylightnix_fn.errors.plan import BadParameter
from pylightnix_fn.pausing import Paused, paused
from pylightnix_fn.remains import forget_failures


@frozen
class Report:
    """A config that refers to a note, and can be changed."""

    note: DRef[Note]
    words: list[str] = field(factory=lambda: ["about"])


def never(b: Build[Report, Note]) -> None:
    raise AssertionError("nobody runs this")


def report(
    m: Manager, first: Trying, last: Callable[[Build[Report, Note]], None]
) -> tuple[Manager, DRef[Note]]:
    m, note = derive(m, Trial(), Note(), first, code=None)
    m, _ = derive(m, Trial("unneeded"), Note(), Failing(9), code=None)
    return derive(m, Report(note), Note(), last, code=None)


def reporting(
    first: Trying | None = None, last: Callable[[Build[Report, Note]], None] = never
) -> Closure[Realization[Note]]:
    return instantiate(report, writing("first") if first is None else first, last)


def target(closure: Closure[Realization[Note]]) -> DRef[Note]:
    return DRef(closure.targets[0].text, Note())


def failed_report(store: Store) -> Closure[Realization[Note]]:
    """A closure whose target failed once, after it had written half of a note."""

    def fail(b: Build[Report, Note]) -> None:
        (b.path / "deep").mkdir()
        (b.path / "deep" / "half").write_text("half", encoding="utf-8")
        raise ValueError

    closure = reporting(last=fail)
    with pytest.raises(RealizerFailed):
        realize(closure, store)
    return closure


# In a block.


def test_block_is_a_build_that_is_committed(store: Store) -> None:
    closure = reporting()
    with paused(closure, store, target(closure), Report) as b:
        b.out.text.write(f"{b.config.words[0]} {b.deref(b.config.note).text.read()}")
    made = realize(closure, store)
    assert ("about first", b.rref) == (made.out.text.read(), made.rref)


def test_paused_build_has_what_its_realizer_would_have(store: Store) -> None:
    seen: list[tuple[object, ...]] = []

    def look(b: Build[Report, Note]) -> None:
        seen.append((b.config, b.dref, b.name, b.seed, b.site.context, b.site.sample))
        b.out.text.write("")

    closure = reporting(last=look)
    with paused(closure, store, target(closure), Report) as b:
        look(b)
        b.cancel()
    realize(closure, store)
    assert seen[0] == seen[1]


def test_user_can_run_the_realizer_in_a_block(store: Store) -> None:
    closure = trial(Failing(0))
    with paused(closure, store, DRef(closure.targets[0].text, Note()), Trial) as b:
        retry(2)(Failing(1))(b)
    assert "call 2" == realize(closure, store).out.text.read()


def test_what_a_paused_build_needs_is_realized(store: Store) -> None:
    failing = Failing(0)
    closure = reporting(failing)
    with paused(closure, store, target(closure)) as b:
        assert 1 == failing.calls
        b.cancel()


def test_what_a_paused_build_does_not_need_is_not_realized(store: Store) -> None:
    closure = reporting(last=never)
    note = next(iter(closure)).dref
    with paused(closure, store, note) as b:
        b.cancel()
    assert () == store.rrefs(closure.targets[0])


def test_inputs_of_a_paused_build_are_declared_ones(store: Store) -> None:
    closure = reporting()
    with paused(closure, store, target(closure)) as b:
        with pytest.raises(UndeclaredInput):
            b.deref(target(closure))
        b.cancel()


def test_facts_of_a_paused_build_are_its_own(store: Store) -> None:
    closure = reporting()
    before = datetime.now(UTC)
    with paused(closure, store, target(closure)) as b:
        b.out.text.write("a")
    facts = store.record(b.rref).facts
    assert before <= facts.started <= facts.stopped <= datetime.now(UTC)
    assert {"python"} <= facts.versions.keys()


def test_paused_builds_are_samples_of_their_own(store: Store) -> None:
    closure = reporting()
    numbers = []
    for word in ("a", "b"):
        with paused(closure, store, target(closure)) as b:
            b.out.text.write(word)
        numbers.append(store.record(b.rref).facts.sample)
    assert [0, 1] == numbers


def test_further_samples_of_a_paused_build_are_committed_with_it(store: Store) -> None:
    closure = reporting()

    def write(b: Build[Report, Note]) -> None:
        b.out.text.write(f"sample {b.site.sample}")

    with paused(closure, store, target(closure), Report) as b:
        samples(3)(write)(b)
    assert 3 == len(store.rrefs(b.dref))
    assert 0 == store.record(b.rref).facts.sample


def test_config_of_a_paused_build_can_be_changed_without_harm(store: Store) -> None:
    closure = reporting()
    for _ in range(2):
        with paused(closure, store, target(closure), Report) as b:
            assert ["about"] == b.config.words
            b.config.words.append("changed")
            b.cancel()


def test_paused_build_of_many_can_be_made(store: Store) -> None:
    def stage(m: Manager) -> tuple[Manager, Many[Note]]:
        return derive(m, Trial(), Note(), writing("a"), at_least(1), code=None)

    closure = instantiate(stage)
    many = Many(DRef(closure.targets[0].text, Note()))
    with paused(closure, store, many) as b:
        b.out.text.write("by hand")
    assert ["by hand"] == [each.out.text.read() for each in realize(closure, store)]


def test_paused_build_of_a_plain_config_has_that(store: Store) -> None:
    def stage(m: Manager) -> tuple[Manager, DRef[Folder]]:
        return mkdrv(m, mkconfig({"name": "plain", "rate": 3}), latest(), lambda b: None)

    closure = instantiate(stage)
    with paused(closure, store, closure.targets[0], Config) as b:
        assert 3 == b.config.value()["rate"]
    assert b.rref == realize(closure, store).rref


def test_paused_build_waits_for_nobody_who_builds_it(store: Store) -> None:
    began, done = Event(), Event()

    def slow(b: Build[Report, Note]) -> None:
        began.set()
        done.wait(60)
        b.out.text.write("slow")

    closure = reporting(last=slow)
    with ThreadPoolExecutor(1) as threads:
        running = threads.submit(realize, closure, store)
        began.wait(60)
        try:
            with pytest.raises(BeingBuilt, match="'report'"):
                paused(closure, store, target(closure))
        finally:
            done.set()
        assert "slow" == running.result().out.text.read()


def test_others_wait_for_a_paused_build(store: Store) -> None:
    closure, waiting = reporting(), Event()

    def hear(event: object) -> None:
        if isinstance(event, Waiting):
            waiting.set()

    with ThreadPoolExecutor(1) as threads:
        with paused(closure, store, target(closure)) as b:
            running = threads.submit(realize, closure, store, observe=hear)
            assert waiting.wait(60)
            b.out.text.write("by hand")
        assert b.rref == running.result().rref


# Other ends.


def test_cancelled_build_leaves_nothing(tmp_path: Path) -> None:
    store, closure = DiskStore.open(tmp_path), reporting()
    with paused(closure, store, target(closure)) as b:
        b.out.text.write("a")
        b.cancel()
    assert [] == list(tmp_path.glob("tmp/*/*"))
    assert ((), ()) == (store.rrefs(b.dref), store.failures())


def test_cancelled_build_has_no_realization(store: Store) -> None:
    closure = reporting()
    with paused(closure, store, target(closure)) as b:
        b.cancel()
    with pytest.raises(PauseEnded, match="it was cancelled"):
        _ = b.rref


def test_build_that_is_still_paused_has_no_realization(store: Store) -> None:
    closure = reporting()
    with paused(closure, store, target(closure)) as b:
        with pytest.raises(PauseEnded, match="it is paused"):
            _ = b.rref
        b.cancel()


@pytest.mark.parametrize("error", [ZeroDivisionError, KeyboardInterrupt])
def test_exception_in_a_block_makes_a_failed_build(
    error: type[BaseException], store: Store
) -> None:
    closure = reporting()
    b = paused(closure, store, target(closure))

    def work() -> None:
        with b:
            b.out.text.write("half")
            raise error

    with pytest.raises(error) as caught:
        work()
    [failure] = store.failures(b.dref)
    assert (error.__name__, b.site.context) == (failure.error, failure.context)
    assert "half" == (failure.folder / "note.txt").read_text(encoding="utf-8")
    assert str(failure.folder) in caught.value.__notes__[0]


def test_output_that_is_missing_makes_a_failed_build(store: Store) -> None:
    closure = reporting()
    with pytest.raises(MissingOutput), paused(closure, store, target(closure)) as b:
        (b.path / "other").touch()
    assert ["MissingOutput"] == [each.error for each in store.failures(b.dref)]


def test_build_can_be_paused_again_after_each_end(store: Store) -> None:
    closure = reporting()
    with paused(closure, store, target(closure)) as b:
        b.cancel()
    with pytest.raises(ZeroDivisionError), paused(closure, store, target(closure)):
        raise ZeroDivisionError
    with paused(closure, store, target(closure)) as b:
        b.out.text.write("a")
    with paused(closure, store, target(closure)) as b:
        b.out.text.write("b")
    assert 2 == len(store.rrefs(b.dref))


# Cell by cell.


def test_build_is_committed_without_a_block(store: Store) -> None:
    closure = reporting()
    b = paused(closure, store, target(closure), Report)
    b.out.text.write("by hand")
    assert b.commit() == b.rref
    assert "by hand" == realize(closure, store).out.text.read()


def test_commit_in_a_block_is_the_end_of_it(store: Store) -> None:
    closure = reporting()
    with paused(closure, store, target(closure)) as b:
        b.out.text.write("a")
        made = b.commit()
    assert [made.text] == [each.text for each in store.rrefs(b.dref)]


def test_second_commit_gives_the_same(store: Store) -> None:
    closure = reporting()
    b = paused(closure, store, target(closure))
    b.out.text.write("a")
    assert b.commit() == b.commit()


def test_commit_that_is_refused_can_be_mended(store: Store) -> None:
    closure = reporting()
    b = paused(closure, store, target(closure))
    with pytest.raises(MissingOutput):
        b.commit()
    b.out.text.write("a")
    os.mkfifo(b.path / "pipe")
    with pytest.raises(UnsupportedFile):
        b.commit()
    (b.path / "pipe").unlink()
    assert "a" == (store.folder(b.commit()) / "note.txt").read_text(encoding="utf-8")
    assert () == store.failures()


def test_build_that_ended_cannot_be_cancelled(store: Store) -> None:
    closure = reporting()
    b = paused(closure, store, target(closure))
    b.out.text.write("a")
    b.commit()
    with pytest.raises(PauseEnded, match="it is committed"):
        b.cancel()


def test_build_that_was_cancelled_cannot_be_committed(store: Store) -> None:
    closure = reporting()
    b = paused(closure, store, target(closure))
    b.cancel()
    with pytest.raises(PauseEnded, match="to commit"):
        b.commit()


def test_cell_that_runs_twice_is_refused(store: Store) -> None:
    closure = reporting()
    b = paused(closure, store, target(closure))
    with pytest.raises(BeingBuilt, match="commit or cancel"):
        paused(closure, store, target(closure))
    b.cancel()
    paused(closure, store, target(closure)).cancel()


def test_build_that_nobody_holds_is_not_paused(store: Store) -> None:
    closure = reporting()
    paused(closure, store, target(closure))
    paused(closure, store, target(closure)).cancel()


def test_paused_build_says_how_it_is(store: Store) -> None:
    closure = reporting()
    b = paused(closure, store, target(closure))
    b.cancel()
    assert f"<paused build of {b.dref}: it was cancelled>" == repr(b)


# What failed, again.


def test_failed_build_is_reopened_with_what_it_wrote(store: Store) -> None:
    closure = failed_report(store)
    [failure] = store.failures()
    with paused(closure, store, target(closure), failure=failure) as b:
        assert "half" == (b.path / "deep/half").read_text(encoding="utf-8")
        b.out.text.write("whole")
    assert b.rref == realize(closure, store).rref


def test_reopened_build_has_the_inputs_of_the_failed_one(store: Store) -> None:
    noted = Failing(0)

    def fail(b: Build[Report, Note]) -> None:
        raise ValueError

    closure = reporting(noted, fail)
    with pytest.raises(RealizerFailed):
        realize(closure, store)
    [failure] = store.failures()
    with pytest.raises(RealizerFailed):
        realize(closure, store, rebuild=[next(iter(closure)).dref])
    with paused(closure, store, target(closure), Report, failure=failure) as b:
        assert "call 1" == b.deref(b.config.note).text.read()
        b.cancel()
    with paused(closure, store, target(closure), Report) as b:
        assert "call 2" == b.deref(b.config.note).text.read()
        b.cancel()


def test_reopened_build_is_the_same_sample(store: Store) -> None:
    closure = failed_report(store)
    failure = evolve(store.failures()[0], sample=7)
    with paused(closure, store, target(closure), failure=failure) as b:
        assert 7 == b.site.sample
        b.cancel()


@pytest.mark.parametrize("end", ["commit", "cancel"])
def test_reopening_takes_nothing_from_what_failed(end: str, store: Store) -> None:
    closure = failed_report(store)
    [failure] = store.failures()
    with paused(closure, store, target(closure), failure=failure) as b:
        (b.path / "deep/half").write_text("other", encoding="utf-8")
        b.out.text.write("whole")
        if end == "cancel":
            b.cancel()
    assert (failure,) == store.failures()
    assert "half" == (failure.folder / "deep/half").read_text(encoding="utf-8")


def test_build_that_failed_at_its_commit_is_mended(store: Store) -> None:
    def odd(b: Build[Report, Note]) -> None:
        b.out.text.write("text")
        (b.path / "deep").mkdir()
        (b.path / "deep" / "a").touch(0o400)
        (b.path / "link").symlink_to("note.txt")
        (b.path / "context.json").touch()
        os.mkfifo(b.path / "pipe")
        (b.path / "deep").chmod(0o555)

    closure = reporting(last=odd)
    with pytest.raises(OSError, match="store cannot keep"):
        realize(closure, store)
    [failure] = store.failures()
    with paused(closure, store, target(closure), failure=failure) as b:
        (b.path / "deep" / "a").write_text("a", encoding="utf-8")
        (b.path / "deep" / "b").touch()
        b.out.text.write("mended")
    assert "mended" == realize(closure, store).out.text.read()
    assert "note.txt" == os.readlink(store.folder(b.rref) / "link")


def test_reopened_build_that_wrote_nothing_begins_anew(store: Store) -> None:
    def fail(b: Build[Report, Note]) -> None:
        shutil.rmtree(b.path)
        raise ValueError

    closure = reporting(last=fail)
    with pytest.raises(RealizerFailed):
        realize(closure, store)
    with paused(closure, store, target(closure), failure=store.failures()[0]) as b:
        assert [] == list(b.path.iterdir())
        b.cancel()


def test_failed_build_whose_input_is_gone_is_not_reopened(store: Store) -> None:
    closure = failed_report(store)
    [failure] = store.failures()
    [rref] = store.rrefs(next(iter(closure)).dref)
    store.remove(rref)
    with pytest.raises(InputGone) as caught:
        paused(closure, store, target(closure), failure=failure)
    assert rref.text == caught.value.reference


def test_failed_build_that_was_forgotten_is_not_reopened(store: Store) -> None:
    closure = failed_report(store)
    [failure] = store.failures()
    forget_failures(store)
    with pytest.raises(InputGone):
        paused(closure, store, target(closure), failure=failure)


def test_failure_of_another_derivation_is_refused(store: Store) -> None:
    closure = failed_report(store)
    [failure] = store.failures()
    with pytest.raises(BadParameter, match="a failure of 'trial'"):
        paused(closure, store, next(iter(closure)).dref, failure=failure)


def test_failure_with_other_inputs_than_the_config_is_refused(store: Store) -> None:
    closure = failed_report(store)
    failure = evolve(store.failures()[0], context={})
    with pytest.raises(BadParameter, match="a failure of 'report'"):
        paused(closure, store, target(closure), failure=failure)


# What is refused.


def test_derivation_outside_of_the_closure_is_refused() -> None:
    elsewhere = reporting().targets[0]
    with pytest.raises(BadParameter, match="a derivation of the closure"):
        paused(trial(writing("a")), MemoryStore(), elsewhere)


def test_config_of_another_class_is_refused() -> None:
    closure = reporting()
    with pytest.raises(BadParameter, match="class of the config of 'report'"):
        paused(closure, MemoryStore(), target(closure), Trial)


def test_failure_of_what_is_needed_leaves_no_pause(store: Store) -> None:
    closure = reporting(Failing(1))
    with pytest.raises(RealizerFailed):
        paused(closure, store, target(closure))
    b: Paused[object, Note] = paused(closure, store, target(closure))
    b.cancel()
