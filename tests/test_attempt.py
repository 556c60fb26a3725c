"""Failures as results: `attempt`, `Attempted`, `succeeded`."""

from __future__ import annotations

import errno
import os
import pickle
import re
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest
from attrs import frozen
from trials import Failing, Note, Trial, Trying, doing, writing

from pylightnix_fn import (
    Artifact,
    Build,
    Closure,
    DiskStore,
    DRef,
    Folder,
    Manager,
    Many,
    Matcher,
    MemoryStore,
    Realization,
    Realizer,
    Store,
    all_of,
    artifact,
    at_least,
    best,
    derive,
    fallback,
    instantiate,
    latest,
    logged,
    number,
    realize,
    require,
    retry,
    samples,
    text,
    timeout,
)
from pylightnix_fn.canonical import parsed
from pylightnix_fn.combinator.attempt import LONGEST, OUTCOME_FILE, Attempted, attempt, succeeded
from pylightnix_fn.combinator.history import give_up
from pylightnix_fn.errors.build import DependencyFailed, RealizerFailed, UnsatisfiedMatcher
from pylightnix_fn.errors.plan import MalformedOutputs, UnpromisedRead
from pylightnix_fn.laws import check_matcher
from pylightnix_fn.matcher.candidate import Need, Use, candidate
from pylightnix_fn.outputs import outputs_text, promises
from pylightnix_fn.realizer import name_of
from pylightnix_fn.store_protocol import MAX_TEXT

Tried = Attempted[Note]
LATEST: Final = latest()


def fit(b: Build[Trial, Note]) -> None:
    """A realizer of a module, as users have them."""
    b.out.text.write("fit")


def attempted(
    realizer: Realizer[Trial, Tried], matcher: Matcher = LATEST
) -> Closure[Realization[Tried]]:
    """The closure of one attempt."""

    def stage(m: Manager) -> tuple[Manager, DRef[Tried]]:
        return derive(m, Trial(), Attempted(Note()), realizer, matcher, code=None)

    return instantiate(stage)


def tried(realizer: Trying, store: Store, matcher: Matcher = LATEST) -> Realization[Tried]:
    """What an attempt makes in a store."""
    return realize(attempted(attempt(realizer), matcher), store)


# Success.


def test_attempt_that_succeeds_has_a_value(store: Store) -> None:
    made = tried(fit, store)
    assert (True, "fit") == (made.out.succeeded, made.out.get().text.read())


def test_attempt_that_succeeds_says_so(store: Store) -> None:
    assert "succeeded\n" == tried(fit, store).out.outcome.read()


def test_value_lies_in_the_folder_of_the_realization(store: Store) -> None:
    made = tried(fit, store)
    assert made.path / "note.txt" == made.out.value.text.path


def test_attempt_that_succeeds_leaves_no_failure(store: Store) -> None:
    tried(fit, store)
    assert () == store.failures()


# Failure.


def test_attempt_that_fails_is_a_realization(store: Store) -> None:
    made = tried(Failing(1), store)
    assert [made.rref.text] == [each.text for each in store.rrefs(made.dref)]
    assert not made.out.succeeded


def test_failure_is_not_tried_again(store: Store) -> None:
    failing = Failing(1)
    assert tried(failing, store).rref == tried(failing, store).rref
    assert 1 == failing.calls


def test_outcome_tells_the_error_and_where_it_was_raised(store: Store) -> None:
    made = tried(Failing(1), store)
    first, reference, _, *traceback = made.out.outcome.read().splitlines()
    assert ("failed: ValueError: failure 1", made.dref.text) == (first, reference)
    assert "ValueError: failure 1" == traceback[-1]
    assert any("in __call__" in line for line in traceback)


def test_value_of_a_failure_is_refused(store: Store) -> None:
    made = tried(Failing(1), store)
    with pytest.raises(DependencyFailed) as caught:
        made.out.get()
    assert made.dref.text == caught.value.reference
    assert "failed: ValueError: failure 1" == caught.value.outcome
    assert str(made.path / OUTCOME_FILE) == caught.value.file


def test_what_was_written_before_a_failure_is_no_part_of_the_result(store: Store) -> None:
    made = tried(Failing(1), store)
    names = [each.name for each in made.path.iterdir() if not each.name.startswith("__")]
    assert {OUTCOME_FILE} == {*names} - {"context.json"}


def test_what_was_written_before_a_failure_is_kept_on_record(store: Store) -> None:
    made = tried(Failing(1), store)
    [failure] = store.failures(made.dref)
    assert "failure 1" == failure.why
    assert "left" == (failure.folder / "left-1").read_text(encoding="utf-8")
    assert failure.traceback.read_text(encoding="utf-8").endswith("ValueError: failure 1\n")


def test_missing_output_is_an_outcome(store: Store) -> None:
    made = tried(lambda b: None, store)
    assert made.out.outcome.read().startswith("failed: MissingOutput: ")


def exiting(folder: Path) -> None:
    sys.exit(3)


def with_a_link_outside(folder: Path) -> None:
    (folder / "link").symlink_to("/etc")
    raise ValueError


def surrogates(folder: Path) -> None:
    raise ValueError("by \udcff")


@pytest.mark.parametrize(
    ("act", "outcome"),
    [
        (exiting, "failed: SystemExit: 3"),
        (with_a_link_outside, "failed: ValueError"),
        (surrogates, "failed: ValueError: by \\udcff"),
    ],
)
def test_failure_of_every_kind_is_an_outcome(
    act: Callable[[Path], None], outcome: str, store: Store
) -> None:
    assert outcome == tried(doing(act), store).out.outcome.read().splitlines()[0]


def test_interrupt_is_no_outcome(store: Store) -> None:
    def interrupt(folder: Path) -> None:
        raise KeyboardInterrupt

    closure = attempted(attempt(doing(interrupt)))
    with pytest.raises(KeyboardInterrupt):
        realize(closure, store)
    assert () == store.rrefs(closure.targets[0])


def test_full_disk_is_no_outcome(store: Store) -> None:
    def fill(folder: Path) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with pytest.raises(RealizerFailed, match="Free some room"):
        tried(doing(fill), store)


def test_what_cannot_be_committed_is_no_outcome(store: Store) -> None:
    with pytest.raises(OSError, match="named pipe"):
        tried(doing(lambda folder: os.mkfifo(folder / "pipe")), store)


def test_long_failure_can_be_seen_by_matchers(store: Store) -> None:
    made = tried(Failing(9, lambda n: ValueError("\U0001f600" * 10**5)), store)
    assert len(made.out.outcome.read().encode()) < MAX_TEXT
    assert "\U0001f600" * 100 in made.out.outcome.read()


def test_equal_failures_are_one_realization(store: Store) -> None:
    def fail(folder: Path) -> None:
        raise FileNotFoundError(str(folder / "weights"))

    closure = attempted(attempt(doing(fail)))
    one = realize(closure, store)
    assert "<folder>/weights" in one.out.outcome.read()
    assert one.rref == realize(closure, store, rebuild=True).rref
    assert 2 == len(store.failures())


# Matchers.


def test_failure_is_tried_again_where_success_is_wanted(store: Store) -> None:
    failing = Failing(2)
    made = tried(failing, store, succeeded(latest()))
    assert (3, "call 3") == (failing.calls, made.out.get().text.read())


def test_failure_of_an_earlier_run_is_tried_again_where_success_is_wanted(store: Store) -> None:
    failing = Failing(1)
    assert not tried(failing, store).out.succeeded
    assert tried(failing, store, succeeded(latest())).out.succeeded


def test_failure_that_repeats_itself_is_not_tried_for_ever(store: Store) -> None:
    def fail(folder: Path) -> None:
        raise ValueError("always")

    with pytest.raises(UnsatisfiedMatcher, match="3 builds in a row"):
        tried(doing(fail), store, succeeded(latest()))


def test_matcher_for_many_sees_those_that_succeeded(store: Store) -> None:
    failing = Failing(1)

    def stage(m: Manager) -> tuple[Manager, Many[Tried]]:
        several = succeeded(at_least(2))
        return derive(m, Trial(), Attempted(Note()), attempt(failing), several, code=None)

    made = realize(instantiate(stage), store)
    assert ["call 2", "call 3"] == sorted(each.out.get().text.read() for each in made)


def test_succeeded_chooses_among_those_that_did() -> None:
    good = candidate("a", started=1, outcome_txt="succeeded\n")
    bad = candidate("b", started=2, outcome_txt="failed: ValueError")
    assert Use((good.rref,)) == succeeded(latest()).choose((good, bad))
    assert isinstance(succeeded(latest()).choose((bad,)), Need)


def test_succeeded_is_a_lawful_matcher() -> None:
    good = [candidate(word, started=1, outcome_txt="succeeded\n") for word in ("a", "b")]
    bad = candidate("c", started=2, outcome_txt="failed: ValueError")
    check_matcher(succeeded(all_of()), [*good, bad])


def test_succeeded_says_its_name() -> None:
    assert "succeeded(best('accuracy'))" == succeeded(best("accuracy")).label


def test_succeeded_of_what_is_no_attempt_is_refused() -> None:
    with pytest.raises(UnpromisedRead, match=re.escape(OUTCOME_FILE)):
        derive(Manager(), Trial(), Note(), fit, succeeded(latest()))


@frozen
class Score:
    """Outputs of one number."""

    score: Artifact[float] = artifact("score.txt", number)


def test_best_reads_what_attempts_that_succeeded_wrote(store: Store) -> None:
    scores = iter((0.2, None, 0.1))

    def rate(b: Build[Trial, Score]) -> None:
        score = next(scores)
        if score is None:
            raise ValueError
        b.out.score.write(score)

    def stage(m: Manager) -> tuple[Manager, DRef[Attempted[Score]]]:
        return derive(m, Trial(), Attempted(Score()), attempt(rate), best("score.txt"), code=None)

    closure = instantiate(stage)
    for _ in range(3):
        realize(closure, store, rebuild=True)
    assert 0.2 == realize(closure, store).out.get().score.read()


# Dependents.


@frozen
class After:
    """A config that refers to an attempt."""

    first: DRef[Tried]


def chain(
    m: Manager, first: Trying, last: Callable[[Build[After, Note]], None]
) -> tuple[Manager, DRef[Note]]:
    m, dref = derive(m, Trial(), Attempted(Note()), attempt(first), code=None)
    return derive(m, After(dref), Note(), last, name="after", code=None)


def demanding(b: Build[After, Note]) -> None:
    b.out.text.write(f"after {b.deref(b.config.first).get().text.read()}")


def lenient(b: Build[After, Note]) -> None:
    first = b.deref(b.config.first)
    b.out.text.write(first.get().text.read() if first.succeeded else "without")


def test_dependent_uses_a_success(store: Store) -> None:
    assert "after fit" == realize(instantiate(chain, fit, demanding), store).out.text.read()


def test_dependent_that_demands_success_refuses_a_failure(store: Store) -> None:
    with pytest.raises(DependencyFailed, match="failed: ValueError: failure 1"):
        realize(instantiate(chain, Failing(1), demanding), store)


def test_dependent_can_go_on_without(store: Store) -> None:
    made = realize(instantiate(chain, Failing(1), lenient), store)
    assert "without" == made.out.text.read()


# With other combinators.


def test_retry_inside_comes_before_the_outcome(store: Store) -> None:
    assert "call 3" == tried(retry(3)(Failing(2)), store).out.get().text.read()
    assert () == store.failures()


def test_retry_outside_finds_nothing_to_try_again(store: Store) -> None:
    failing = Failing(2)
    made = realize(attempted(retry(3)(attempt(failing))), store)
    assert (1, False) == (failing.calls, made.out.succeeded)


def test_fallback_inside_comes_before_the_outcome(store: Store) -> None:
    assert "fit" == tried(fallback(fit)(Failing(1)), store).out.get().text.read()


def test_requirement_inside_is_part_of_the_outcome(store: Store) -> None:
    def is_good(note: Note) -> bool:
        return note.text.read() == "good"

    made = tried(require(is_good)(fit), store)
    assert made.out.outcome.read().startswith("failed: RequirementFailed")


def test_requirement_outside_sees_the_outcome(store: Store) -> None:
    def goes_well(outputs: Tried) -> bool:
        return outputs.succeeded

    made = realize(attempted(require(goes_well)(attempt(fit))), store)
    assert made.out.succeeded


def asleep(folder: Path) -> None:
    time.sleep(60)


def test_timeout_inside_is_an_outcome(store: Store) -> None:
    made = tried(timeout(0.3)(doing(asleep)), store)
    assert made.out.outcome.read().startswith("failed: TimedOut")


def test_timeout_outside_keeps_the_outcome(store: Store) -> None:
    made = realize(attempted(timeout(30)(attempt(Failing(1)))), store)
    assert made.out.outcome.read().startswith("failed: ValueError: failure 1\n")
    assert ["failure 1"] == [each.why for each in store.failures()]


def test_build_after_a_failure_in_another_process_is_not_mixed_with_it(store: Store) -> None:
    closure = attempted(timeout(30)(attempt(Failing(1))))
    realize(closure, store)
    again = realize(closure, store, rebuild=True)
    assert not (again.path / "left-1").exists()


def test_log_of_a_failure_is_kept_with_it(store: Store) -> None:
    def fail(folder: Path) -> None:
        print("last words")
        raise ValueError

    for made in (
        tried(logged(doing(fail)), store),
        realize(attempted(logged(attempt(doing(fail)))), MemoryStore()),
    ):
        assert "last words\n" == (made.path / "__log__.txt").read_text(encoding="utf-8")
    [failure] = store.failures()
    assert "last words\n" == failure.log.read_text(encoding="utf-8")


def several(m: Manager, realizer: Realizer[Trial, Tried], n: int) -> tuple[Manager, Many[Tried]]:
    return derive(m, Trial(), Attempted(Note()), realizer, at_least(n), code=None)


def test_each_of_several_samples_has_its_outcome(store: Store) -> None:
    realizer = samples(3)(attempt(Failing(1)))
    made = realize(instantiate(several, realizer, 3), store)
    assert [False, True, True] == sorted(each.out.succeeded for each in made)


def test_samples_inside_that_all_succeed_have_outcomes(store: Store) -> None:
    made = realize(instantiate(several, attempt(samples(3)(Failing(0))), 3), store)
    assert [True] * 3 == [each.out.succeeded for each in made]


def test_samples_inside_fail_together(store: Store) -> None:
    calls = iter(range(9))

    def second(b: Build[Trial, Note]) -> None:
        if next(calls) == 1:
            raise ValueError
        b.out.text.write(f"sample {b.site.sample}")

    made = realize(instantiate(several, attempt(samples(3)(second)), 1), store)
    assert [False] == [each.out.succeeded for each in made]


def test_samples_inside_promise_each_for_itself(store: Store) -> None:
    def first(b: Build[Trial, Note]) -> None:
        if b.site.sample == 0:
            b.out.text.write("first")

    [made] = realize(instantiate(several, attempt(samples(2)(first)), 1), store)
    assert made.out.outcome.read().startswith("failed: MissingOutput")


def test_attempt_at_a_folder_can_fail(store: Store) -> None:
    def stage(m: Manager) -> tuple[Manager, DRef[Attempted[Folder]]]:
        def fail(b: Build[Trial, Folder]) -> None:
            raise ValueError

        return derive(m, Trial(), Attempted(Folder()), attempt(fail), code=None)

    assert not realize(instantiate(stage), store).out.succeeded


def test_what_is_given_up_is_an_outcome(store: Store) -> None:
    closure = attempted(attempt(give_up(after=1)(Failing(9))))
    realize(closure, store)
    made = realize(closure, store, rebuild=True)
    assert made.out.outcome.read().startswith("failed: GivenUp")
    assert 1 == len(store.failures())


# As a record and a value.


def test_outputs_of_an_attempt_are_promised_with_a_doubt() -> None:
    found = {each.label: (each.path, each.certain) for each in promises(Attempted(Note()))}
    expected = {"Attempted.outcome": (OUTCOME_FILE, True), "Note.text": ("note.txt", False)}
    assert expected == found


def test_outputs_of_an_attempt_stand_in_the_key() -> None:
    note = {"text": {"path": "note.txt", "codec": "text"}}
    outcome = {"path": OUTCOME_FILE, "codec": "text"}
    assert {"value": note, "outcome": outcome} == parsed(outputs_text(Attempted(Note())))


@frozen
class Clashing:
    """Outputs that an attempt cannot have."""

    mine: Artifact[str] = artifact(OUTCOME_FILE, text)


@frozen
class Outside:
    """Outputs that nothing can have."""

    path: Path = Path("../x")


def test_output_in_the_place_of_the_outcome_is_refused() -> None:
    with pytest.raises(MalformedOutputs, match="same path"):
        promises(Attempted(Clashing()))


@pytest.mark.parametrize("outputs", [Outside(), Note, "note.txt"])
def test_attempt_at_what_are_no_outputs_is_refused(outputs: object) -> None:
    with pytest.raises(MalformedOutputs):
        promises(Attempted(outputs))


def test_folder_can_be_attempted(store: Store) -> None:
    def write(b: Build[Trial, Folder]) -> None:
        (b.out / "a").touch()

    def stage(m: Manager) -> tuple[Manager, DRef[Attempted[Folder]]]:
        return derive(m, Trial(), Attempted(Folder()), attempt(write), code=None)

    assert (realize(instantiate(stage), store).out.get() / "a").exists()


def test_attempts_of_equal_realizers_are_equal() -> None:
    assert attempt(fit) == attempt(fit)
    assert attempt(fit) == pickle.loads(pickle.dumps(attempt(fit)))


def test_attempt_is_named_as_a_user_writes_it() -> None:
    assert "attempt(fit)" == name_of(attempt(fit))


def test_attempt_is_no_part_of_the_code() -> None:
    def code(realizer: Realizer[Trial, Tried]) -> object:
        m, dref = derive(Manager(), Trial(), Attempted(Note()), realizer)
        return m.derivations[dref].config.value()["code"]

    def attempting(b: Build[Trial, Tried]) -> None:
        fit(Build(b.config, DRef(b.dref.text, Note()), b.site))

    assert code(attempt(fit)) == code(attempt(retry(2)(fit)))
    assert code(attempt(fit)) != code(attempting)


def test_cut_of_a_failure_is_marked(tmp_path: Path) -> None:
    made = tried(Failing(9, lambda n: ValueError("x" * 2 * LONGEST)), DiskStore.open(tmp_path))
    assert "\n\n...\n" in made.out.outcome.read()


def test_words_that_were_written_do_not_survive_a_failure(store: Store) -> None:
    def fail(b: Build[Trial, Note]) -> None:
        writing("half")(b)
        raise ValueError

    made = tried(fail, store)
    assert not made.out.value.text.path.exists()


@frozen
class Measured:
    """Outputs with a method."""

    path: Path = Path("measured")

    def words(self) -> int:
        return len(self.path.read_text(encoding="utf-8").split())


def measure(b: Build[Trial, Measured]) -> None:
    b.out.path.touch()


def test_methods_of_what_is_attempted_stand_in_the_key() -> None:
    m, dref = derive(Manager(), Trial(), Attempted(Measured()), attempt(measure))
    code = m.derivations[dref].config.value()["code"]
    assert isinstance(code, dict)
    assert "test_attempt:Measured.words" in code
