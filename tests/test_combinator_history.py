"""The history of failures as a reason not to begin: `give_up`."""

from __future__ import annotations

from pathlib import Path

import pytest
from trials import Failing, Note, Trial, built, writing

from pylightnix_fn import Build, DiskStore, Manager, MemoryStore, Store, derive, retry, then
from pylightnix_fn.combinator.history import give_up
from pylightnix_fn.errors.build import GivenUp, RealizerFailed
from pylightnix_fn.errors.plan import BadParameter
from pylightnix_fn.realizer import name_of
from pylightnix_fn.remains import forget_failures


def fit(b: Build[Trial, Note]) -> None:
    """A realizer of a module, as users have them."""
    b.out.text.write("fit")


def fail(failing: Failing, store: Store, times: int) -> None:
    for _ in range(times):
        with pytest.raises(RealizerFailed):
            built(give_up(after=2)(failing), store)


def test_realizer_runs_where_nothing_failed(store: Store) -> None:
    assert "call 1" == built(give_up(after=1)(Failing(0)), store).out.text.read()


def test_realizer_runs_while_few_failures_are_on_record(store: Store) -> None:
    failing = Failing(1)
    fail(failing, store, 1)
    assert "call 2" == built(give_up(after=2)(failing), store).out.text.read()


def test_realizer_is_given_up_after_so_many_failures(store: Store) -> None:
    failing = Failing(9)
    fail(failing, store, 2)
    with pytest.raises(GivenUp) as caught:
        built(give_up(after=2)(failing), store)
    assert 2 == failing.calls
    assert (2, "ValueError: failure 2") == (caught.value.failures, caught.value.last)


def test_giving_up_names_what_the_last_failure_left(store: Store) -> None:
    failing = Failing(9)
    fail(failing, store, 2)
    with pytest.raises(GivenUp) as caught:
        built(give_up(after=2)(failing), store)
    assert "left" == (Path(caught.value.place) / "out/left-2").read_text(encoding="utf-8")


def test_giving_up_is_no_failure_itself(store: Store) -> None:
    failing = Failing(9)
    fail(failing, store, 2)
    for _ in range(2):
        with pytest.raises(GivenUp):
            built(give_up(after=2)(failing), store)
    assert 2 == len(store.failures())


def test_giving_up_leaves_nothing_behind(tmp_path: Path) -> None:
    store = DiskStore.open(tmp_path)
    failing = Failing(9)
    fail(failing, store, 2)
    there = sorted(tmp_path.glob("tmp/*/*"))
    with pytest.raises(GivenUp):
        built(then(writing("a"), give_up(after=2)(failing)), store)
    assert there == sorted(tmp_path.glob("tmp/*/*"))


def test_failures_of_an_earlier_run_count(tmp_path: Path) -> None:
    store = DiskStore.open(tmp_path)
    fail(Failing(9), store, 2)
    store.close()
    with pytest.raises(GivenUp):
        built(give_up(after=2)(Failing(0)), DiskStore.open(tmp_path))


def test_what_was_forgotten_is_tried_again(store: Store) -> None:
    failing = Failing(2)
    fail(failing, store, 2)
    forget_failures(store)
    assert "call 3" == built(give_up(after=2)(failing), store).out.text.read()


def test_tries_of_a_retry_inside_are_one_failure(store: Store) -> None:
    failing = Failing(4)
    with pytest.raises(RealizerFailed):
        built(give_up(after=2)(retry(4)(failing)), store)
    assert "call 5" == built(give_up(after=2)(retry(4)(failing)), store).out.text.read()


@pytest.mark.parametrize("after", [0, -1])
def test_giving_up_before_the_first_try_is_refused(after: int) -> None:
    with pytest.raises(BadParameter, match="1 or more"):
        give_up(after)


def test_name_is_how_a_user_writes_it() -> None:
    assert "give_up(after=3)(fit)" == name_of(give_up()(fit))


def test_equal_parts_make_equal_realizers() -> None:
    assert give_up(2)(fit) == give_up(2)(fit)
    assert give_up(2)(fit) != give_up(3)(fit)


def test_giving_up_is_no_part_of_the_key() -> None:
    _, plain = derive(Manager(), Trial(), Note(), fit)
    _, patient = derive(Manager(), Trial(), Note(), give_up(3)(fit))
    assert plain == patient


def test_memory_forgets_failures_with_the_program() -> None:
    fail(Failing(9), MemoryStore(), 2)
    assert "call 1" == built(give_up(after=1)(Failing(0)), MemoryStore()).out.text.read()
