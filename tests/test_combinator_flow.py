"""Order and failure: `then`, `before`, `after`, `retry`, `fallback`, `require`."""

from __future__ import annotations

import math
import os
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import assert_type

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from scenarios import unprivileged
from trials import Failing, Note, Trial, Trying, built, doing, trial, writing

from pylightnix_fn import (
    Build,
    DiskStore,
    DRef,
    Folder,
    Manager,
    MemoryStore,
    Realizer,
    Store,
    after,
    before,
    derive,
    fallback,
    instantiate,
    logged,
    realize,
    require,
    retry,
    run,
    samples,
    seeded,
    then,
    timeout,
)
from pylightnix_fn.errors.build import RealizerFailed, RequirementFailed
from pylightnix_fn.errors.plan import BadParameter
from pylightnix_fn.realizer import name_of

quick = settings(
    max_examples=25,
    derandomize=True,
    database=None,
    deadline=None,
    phases=[Phase.generate],  # each example realizes: to shrink one takes long
)

a, b, c = writing("a"), writing("b"), writing("c")


def fit(b: Build[Trial, Note]) -> None:
    """A realizer of a module, as users have them."""
    b.out.text.write("fit")


def other(b: Build[Trial, Note]) -> None:
    b.out.text.write("other")


def is_long(note: Note) -> bool:
    return len(note.text.read()) > 3


def told(realizer: Trying) -> str:
    store = MemoryStore()
    return built(realizer, store).out.text.read()


def pieces(store: DiskStore) -> list[str]:
    """What lies in the staging of a store, below the folder of this process."""
    (ours,) = (store.root / "tmp").iterdir()
    return sorted(str(each.relative_to(ours)) for each in ours.rglob("*"))


# Order.


def test_then_runs_in_order() -> None:
    assert "abc" == told(then(a, b, c))


def test_then_of_one_is_that_one() -> None:
    assert told(a) == told(then(a))


def test_before_runs_first() -> None:
    assert "ab" == told(before(a)(b))


def test_after_runs_last() -> None:
    assert "ba" == told(after(a)(b))


def test_then_stops_at_a_failure() -> None:
    failing, last = Failing(1), Failing(0)
    with pytest.raises(RealizerFailed):
        told(then(a, failing, last))
    assert (1, 0) == (failing.calls, last.calls)


def then_associates(join: Callable[[Trying, Trying], Trying]) -> None:
    texts = st.text("xyz", min_size=1, max_size=2).map(writing)

    @quick
    @given(texts, texts, texts)
    def law(one: Trying, two: Trying, three: Trying) -> None:
        assert told(join(one, join(two, three))) == told(join(join(one, two), three))

    law()


def twice_the_first(first: Trying, second: Trying) -> Trying:
    return then(first, first, second)


def test_then_associates() -> None:
    then_associates(then)


def test_law_of_then_catches_what_runs_twice() -> None:
    with pytest.raises(AssertionError):
        then_associates(twice_the_first)


# Again.


@pytest.mark.parametrize("failures", [0, 1, 2])
def test_retry_tries_until_it_succeeds(store: Store, failures: int) -> None:
    failing = Failing(failures)
    built(retry(3)(failing), store)
    assert failures + 1 == failing.calls


def test_retry_raises_the_last_failure() -> None:
    failing = Failing(9)
    with pytest.raises(RealizerFailed) as caught:
        told(retry(3)(failing))
    assert 3 == failing.calls
    assert "ValueError: failure 3" == caught.value.error
    assert isinstance(caught.value.__cause__, ValueError)


def test_retry_of_one_tries_once() -> None:
    failing = Failing(1)
    with pytest.raises(RealizerFailed):
        told(retry(1)(failing))
    assert 1 == failing.calls


@pytest.mark.parametrize(
    ("on", "calls"),
    [(ValueError, 2), (Exception, 2), ((KeyError, ValueError), 2), (KeyError, 1), ((), 1)],
)
def test_retry_tries_again_only_on_what_it_names(
    on: type[Exception] | tuple[type[Exception], ...], calls: int
) -> None:
    failing = Failing(9)
    with pytest.raises(RealizerFailed):
        told(retry(2, on=on)(failing))
    assert calls == failing.calls


def test_retry_does_not_stop_an_interrupt() -> None:
    def interrupted(b: Build[Trial, Note]) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        told(retry(3)(interrupted))


def test_every_attempt_finds_an_empty_folder(store: Store) -> None:
    failing = Failing(2)
    made = built(retry(3)(failing), store)
    assert [[], [], []] == failing.found
    assert ["left-3", "note.txt"] == sorted(
        each.name for each in made.path.iterdir() if each.name in ("left-1", "left-3", "note.txt")
    )


def test_failed_attempts_are_kept_until_one_succeeds(tmp_path: Path) -> None:
    store = DiskStore.open(tmp_path / "store")
    seen: list[list[str]] = []
    failing = Failing(1)
    built(retry(2)(then(doing(lambda _: seen.append(pieces(store))), failing)), store)
    assert [0, 1] == [sum("left-1" in path for path in paths) for paths in seen]
    assert [] == pieces(store)


def test_failed_attempts_are_kept_where_none_succeeds(tmp_path: Path) -> None:
    store = DiskStore.open(tmp_path / "store")
    with pytest.raises(RealizerFailed) as caught:
        built(retry(2)(Failing(9)), store)
    home = Path(caught.value.staging).parent
    assert ["left-2"] == os.listdir(caught.value.staging)
    assert ["left-1"] == [path.name for path in home.glob("failed-*/out/*")]


def test_attempt_that_removed_its_folder_is_tried_again(store: Store) -> None:
    calls: list[str] = []

    def remove(b: Build[Trial, Note]) -> None:
        calls.append("once")
        if len(calls) == 1:
            b.path.rmdir()
            raise ValueError
        b.out.text.write("there")

    assert "there" == built(retry(2)(remove), store).out.text.read()


def test_attempt_that_left_its_folder_read_only_is_tried_again(tmp_path: Path) -> None:
    calls: list[str] = []

    def close(b: Build[Trial, Note]) -> None:
        calls.append("once")
        if len(calls) == 1:
            b.path.chmod(0o555)
            raise ValueError
        b.out.text.write("there")

    for above in (tmp_path, *tmp_path.parents[:-2]):
        above.chmod(0o755)
    tmp_path.chmod(0o1777)
    with unprivileged():
        store = DiskStore.open(tmp_path / "store")
        assert "there" == built(retry(2)(close), store).out.text.read()


# Waits are recorded by a function, which says zero: no test waits.


def test_wait_is_asked_for_the_number_of_failures() -> None:
    asked: list[int] = []

    def wait(failures: int) -> float:
        asked.append(failures)
        return 0

    with pytest.raises(RealizerFailed):
        told(retry(4, wait=wait)(Failing(9)))
    assert [1, 2, 3] == asked


def test_number_is_waited_between_attempts(store: Store) -> None:
    made = built(retry(3, wait=0.1)(Failing(2)), store)
    assert 0.2 <= made.seconds < 5


@pytest.mark.parametrize("wait", [-1.0, math.nan, math.inf, 1e300])
def test_wait_that_makes_no_sense_is_refused(wait: float) -> None:
    with pytest.raises(BadParameter, match="wait"):
        retry(3, wait=wait)


@pytest.mark.parametrize("wait", [-1.0, math.nan, math.inf])
def test_function_that_gives_no_wait_is_refused(wait: float) -> None:
    with pytest.raises(BadParameter, match="wait") as caught:
        told(retry(3, wait=lambda n: wait)(Failing(1)))
    assert isinstance(caught.value.__context__, ValueError)


@pytest.mark.parametrize("n", [0, -1])
def test_retry_of_no_attempt_is_refused(n: int) -> None:
    with pytest.raises(BadParameter, match="1 or more"):
        retry(n)


# In each other's place.


def test_fallback_is_not_asked_where_the_first_succeeds() -> None:
    second = Failing(0)
    assert "fit" == told(fallback(second)(fit))
    assert 0 == second.calls


def test_fallback_starts_on_an_empty_folder(store: Store) -> None:
    second = Failing(0)
    built(fallback(second)(Failing(9)), store)
    assert [[]] == second.found


def test_fallback_that_fails_too_raises_its_own_failure() -> None:
    second = Failing(9, KeyError)
    with pytest.raises(RealizerFailed, match="KeyError") as caught:
        told(fallback(second)(Failing(9)))
    assert isinstance(caught.value.__cause__, KeyError)
    assert isinstance(caught.value.__cause__.__context__, ValueError)


def test_fallback_serves_only_failures_that_it_names() -> None:
    second = Failing(0)
    with pytest.raises(RealizerFailed, match="ValueError"):
        told(fallback(second, on=KeyError)(Failing(9)))
    assert 0 == second.calls


# Requirements.


def test_requirement_that_is_met_changes_nothing() -> None:
    assert "other" == told(require(is_long)(other))


def test_requirement_that_is_not_met_is_named(tmp_path: Path) -> None:
    with pytest.raises(RequirementFailed) as caught:
        built(require(is_long)(fit), MemoryStore())
    expected = (
        "outputs of 'trial' do not meet what is required of them\n\n"
        "  realizer     fit\n  requirement  is_long\n\n"
        "Mend the realizer, or the requirement; what was written is kept."
    )
    assert expected == str(caught.value)


def test_result_that_does_not_meet_a_requirement_is_not_kept(store: Store) -> None:
    closure = trial(require(is_long)(fit))
    with pytest.raises(RequirementFailed):
        realize(closure, store)
    assert () == store.rrefs(closure.targets[0])


def test_requirement_can_be_tried_again() -> None:
    failing = Failing(0)
    notes = iter([False, False, True])
    built(retry(3)(require(lambda note: next(notes))(failing)), MemoryStore())
    assert 3 == failing.calls


# Names, equality, pickles, types.


@pytest.mark.parametrize(
    ("realizer", "name"),
    [
        (retry(3)(logged(fit)), "retry(3)(logged(fit))"),
        (retry(3)(seeded(logged(fit))), "retry(3)(seeded(logged(fit)))"),
        (then(fit, other), "then(fit, other)"),
        (before(other)(fit), "then(other, fit)"),
        (after(other)(fit), "then(fit, other)"),
        (fallback(other)(timeout(1.5)(fit)), "fallback(other)(timeout(1.5)(fit))"),
        (require(is_long)(samples(2)(fit)), "require(is_long)(samples(2)(fit))"),
        (then(fit, run("touch a")), "then(fit, run('touch a'))"),
    ],
)
def test_realizer_introduces_itself_as_it_was_written(realizer: Trying, name: str) -> None:
    assert name == name_of(realizer)


def test_error_names_the_realizer_as_it_was_written() -> None:
    def failing(b: Build[Trial, Note]) -> None:
        raise ValueError

    with pytest.raises(RealizerFailed) as caught:
        told(retry(3)(logged(failing)))
    assert "retry(3)(logged(failing))" == caught.value.realizer


def combined() -> list[Trying]:
    return [
        then(fit, other),
        before(fit)(other),
        retry(3, on=(KeyError, ValueError), wait=1)(fit),
        fallback(other)(fit),
        require(is_long)(fit),
        timeout(3)(fit),
        logged(fit),
        seeded(fit),
        samples(3)(fit),
        run("touch {out.text}"),
    ]


def test_equal_combinations_are_equal() -> None:
    assert combined() == combined()


def test_different_combinations_differ() -> None:
    every = [*combined()[1:], retry(4)(fit), retry(3)(other), timeout(4)(fit), run("true")]
    assert all(one != two for i, one in enumerate(every) for two in every[:i])


@pytest.mark.parametrize("realizer", combined(), ids=name_of)
def test_combination_comes_back_from_a_pickle(realizer: Trying) -> None:
    assert realizer == pickle.loads(pickle.dumps(realizer))


def test_combinators_keep_types() -> None:
    assert_type(retry(3)(fit), Realizer[Trial, Note])
    assert_type(retry(3)(seeded(logged(fit))), Realizer[Trial, Note])
    assert_type(then(fit, other), Realizer[Trial, Note])
    assert_type(before(other)(fit), Realizer[Trial, Note])
    assert_type(fallback(other)(timeout(1)(fit)), Realizer[Trial, Note])
    assert_type(require(is_long)(samples(2)(fit)), Realizer[Trial, Note])
    assert "fit" == told(retry(3)(seeded(logged(fit))))


def test_retrying_what_never_asked_for_its_folder_goes_on(store: Store) -> None:
    tries: list[int] = []

    def fail(b: Build[Trial, Folder]) -> None:
        tries.append(1)
        if len(tries) < 3:
            raise ValueError

    def stage(m: Manager) -> tuple[Manager, DRef[Folder]]:
        return derive(m, Trial(), Folder(), retry(3)(fail), code=None)

    realize(instantiate(stage), store)
    assert 3 == len(tries)
