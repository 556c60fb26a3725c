"""What a dry run tells, and that it leaves no trace."""

from __future__ import annotations

from pathlib import Path

import pytest
from scenarios import Counter, listing, numbered

from pylightnix_fn import (
    DiskStore,
    DRef,
    Folder,
    Hit,
    Manager,
    Matcher,
    Miss,
    Never,
    Store,
    at_least,
    dry_run,
    instantiate,
    realize,
)
from pylightnix_fn.errors.build import RefusedByMatcher
from pylightnix_fn.outlook import DryRun


def _chain(m: Manager, counter: Counter) -> tuple[Manager, DRef[Folder]]:
    m, data = counter.stage(m, "data")
    m, model = counter.stage(m, "model", data)
    return counter.stage(m, "report", model)


def _kinds(run: DryRun) -> list[tuple[str, str]]:
    return [(type(step).__name__, step.dref.name) for step in run.steps]


def test_dry_run_builds_nothing(store: Store) -> None:
    counter = Counter()
    dry_run(instantiate(_chain, counter), store)
    assert {} == counter.builds
    assert () == store.drefs()


def test_dry_run_writes_nothing(tmp_path: Path) -> None:
    store, counter = DiskStore.open(tmp_path / "store"), Counter(numbered)
    closure = instantiate(_chain, counter)
    before = listing(tmp_path)
    dry_run(closure, store)
    assert before == listing(tmp_path)
    realize(closure, store)
    before = listing(tmp_path)
    dry_run(closure, store)
    assert before == listing(tmp_path)


def test_dry_run_of_an_empty_store_misses_everything(store: Store) -> None:
    run = dry_run(instantiate(_chain, Counter()), store)
    assert [("Miss", "data"), ("Miss", "model"), ("Miss", "report")] == _kinds(run)
    assert run.steps == run.misses


def test_dry_run_says_why_something_is_built(store: Store) -> None:
    data, model, _ = dry_run(instantiate(_chain, Counter()), store).misses
    assert "1 wanted, 0 there (latest())" == data.why
    assert "its results depend on a build of data" == model.why


def test_dry_run_hits_what_was_realized(store: Store) -> None:
    closure = instantiate(_chain, Counter())
    made = realize(closure, store)
    run = dry_run(closure, store)
    assert () == run.misses
    assert Hit(made.dref, (made.rref,)) == run.steps[-1]


def test_dry_run_foretells_what_is_built_next(store: Store) -> None:
    counter = Counter()
    closure = instantiate(_chain, counter)
    *_, report = (each.dref for each in closure)
    store.remove(realize(closure, store).rref)
    assert [report] == [miss.dref for miss in dry_run(closure, store).misses]
    counter.builds.clear()
    realize(closure, store)
    assert {"report": 1} == counter.builds


def test_dry_run_of_a_hungry_matcher_is_a_miss(store: Store) -> None:
    def stage(m: Manager, counter: Counter, n: int) -> tuple[Manager, DRef[Folder]]:
        return counter.stage(m, "one", matcher=Matcher(frozenset(), at_least(n).choose, "some"))

    realize(instantiate(stage, Counter(), 1), store)
    (miss,) = dry_run(instantiate(stage, Counter(), 3), store).misses
    assert "3 wanted, 1 there (some)" == miss.why


def test_dry_run_tells_of_a_matcher_that_refuses(store: Store) -> None:
    refusing = Matcher(frozenset(), lambda found: Never("no hope"))
    with pytest.raises(RefusedByMatcher, match="no hope"):
        dry_run(instantiate(Counter().stage, "one", matcher=refusing), store)


def test_dry_run_reads_as_a_list_of_steps(store: Store) -> None:
    def stage(m: Manager, counter: Counter) -> tuple[Manager, DRef[Folder]]:
        m, data = counter.stage(m, "data")
        return counter.stage(m, "model", data)

    made = realize(instantiate(Counter().stage, "data"), store)
    run = dry_run(instantiate(stage, Counter()), store)
    expected = (
        f"use    {made.rref}\nbuild  {run.steps[1].dref}\n       1 wanted, 0 there (latest())"
    )
    assert expected == str(run)
    assert isinstance(run.steps[1], Miss)
