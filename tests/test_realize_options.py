"""What is said to one `realize` alone: arguments for this run, and what must be there already."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from attrs import frozen

from pylightnix_fn import (
    Build,
    DiskStore,
    DRef,
    Folder,
    Manager,
    Many,
    MemoryStore,
    at_least,
    derive,
    instantiate,
    paused,
    realize,
)
from pylightnix_fn.combinator.control import samples
from pylightnix_fn.errors import BadParameter, NotRealized, WrongArgument


@frozen
class Size:
    size: int


@frozen
class Trained:
    data: DRef[Folder]


def data(b: Build[Size, Folder]) -> None:
    (b.path / "data.txt").write_text("x" * b.config.size)


def told(b: Build[Trained, Folder]) -> None:
    given = {"epochs": b.argument("epochs", 1), "verbose": b.argument("verbose", False)}
    (b.path / "told.json").write_text(json.dumps(given))


def stage(m: Manager) -> tuple[Manager, tuple[DRef[Folder], DRef[Folder]]]:
    m, one = derive(m, Size(3), Folder(), data)
    m, other = derive(m, Trained(one), Folder(), told)
    return m, (one, other)


def what_was_told(path: Path) -> object:
    return json.loads((path / "told.json").read_text())


def test_arguments_reach_the_realizer() -> None:
    closure = instantiate(stage)
    _, target = closure.targets
    _, made = realize(closure, MemoryStore(), arguments={target: {"epochs": 7, "verbose": True}})
    assert {"epochs": 7, "verbose": True} == what_was_told(made.out.path)


def test_arguments_that_are_not_given_have_their_defaults() -> None:
    _, made = realize(instantiate(stage), MemoryStore())
    assert {"epochs": 1, "verbose": False} == what_was_told(made.out.path)


def test_arguments_do_not_count_for_the_key() -> None:
    closure, store = instantiate(stage), MemoryStore()
    _, target = closure.targets
    _, before = realize(closure, store)
    _, after = realize(closure, store, arguments={target: {"epochs": 7}})
    assert before.rref == after.rref


def test_arguments_reach_threads() -> None:
    closure = instantiate(stage)
    _, target = closure.targets
    with ThreadPoolExecutor(2) as threads:
        given = {target: {"epochs": 5}}
        _, made = realize(closure, MemoryStore(), executor=threads, arguments=given)
    assert {"epochs": 5, "verbose": False} == what_was_told(made.out.path)


def test_arguments_reach_processes(tmp_path: Path) -> None:
    closure = instantiate(stage)
    _, target = closure.targets
    store = DiskStore.open(tmp_path / "store")
    _, made = realize(closure, store, jobs=2, arguments={target: {"epochs": 5}})
    assert {"epochs": 5, "verbose": False} == what_was_told(made.out.path)


def test_arguments_reach_further_samples() -> None:
    def several(m: Manager) -> tuple[Manager, Many[Folder]]:
        def write(b: Build[Size, Folder]) -> None:
            (b.path / "given").write_text(f"{b.argument('extra', 0)} {b.site.sample}")

        return derive(m, Size(1), Folder(), samples(2)(write), matcher=at_least(2))

    closure = instantiate(several)
    made = realize(closure, MemoryStore(), arguments={closure.targets[0]: {"extra": 9}})
    assert {"9 0", "9 1"} == {(each.out / "given").read_text() for each in made}


def test_arguments_reach_a_paused_build() -> None:
    closure = instantiate(stage)
    _, target = closure.targets
    b = paused(closure, MemoryStore(), target, arguments={"epochs": 4})
    assert 4 == b.argument("epochs", 1)
    b.cancel()


def test_argument_of_another_type_is_refused() -> None:
    closure = instantiate(stage)
    _, target = closure.targets
    with pytest.raises(WrongArgument, match="epochs"):
        realize(closure, MemoryStore(), arguments={target: {"epochs": "many"}})


def test_arguments_for_a_derivation_that_is_not_there_are_refused() -> None:
    other = DRef("dref:00000000000000000000000000000000-other", Folder())
    with pytest.raises(BadParameter, match="arguments"):
        realize(instantiate(stage), MemoryStore(), arguments={other: {}})


def test_asserting_what_is_there_gives_it() -> None:
    closure, store = instantiate(stage), MemoryStore()
    made = realize(closure, store)
    assert made == realize(closure, store, assert_realized=True)


def test_asserting_what_is_not_there_builds_nothing_of_it() -> None:
    closure, store = instantiate(stage), MemoryStore()
    one, other = closure.targets
    with pytest.raises(NotRealized) as caught:
        realize(closure, store, assert_realized=[other])
    assert caught.value.reference == other.text
    assert 1 == len(store.rrefs(one))
    assert () == store.rrefs(other)


def test_asserting_the_targets_builds_none_of_them() -> None:
    closure, store = instantiate(stage), MemoryStore()
    with pytest.raises(NotRealized):
        realize(closure, store, assert_realized=True)
    assert [(), ()] == [store.rrefs(each) for each in closure.targets]


def test_asserting_what_is_to_be_rebuilt_is_refused() -> None:
    closure, store = instantiate(stage), MemoryStore()
    realize(closure, store)
    with pytest.raises(NotRealized, match="a rebuild was asked for"):
        realize(closure, store, rebuild=True, assert_realized=True)


def test_asserting_with_keep_going_builds_the_rest() -> None:
    closure, store = instantiate(stage), MemoryStore()
    one, other = closure.targets
    with pytest.raises(ExceptionGroup) as caught:
        realize(closure, store, assert_realized=[other], keep_going=True)
    assert [NotRealized] == [type(each) for each in caught.value.exceptions]
    assert 1 == len(store.rrefs(one))


def test_asserting_a_derivation_that_is_not_there_is_refused() -> None:
    other = DRef("dref:00000000000000000000000000000000-other", Folder())
    with pytest.raises(BadParameter, match="assert_realized"):
        realize(instantiate(stage), MemoryStore(), assert_realized=[other])
