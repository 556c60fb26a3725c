"""What is explained before anything is built, and that it leaves no trace."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest
from scenarios import Counter, listing, numbered, put

from pylightnix_fn import (
    Build,
    Config,
    DiskStore,
    DRef,
    Folder,
    Manager,
    Many,
    Matcher,
    MemoryStore,
    Never,
    RRef,
    Store,
    at_least,
    best,
    build_wrapper,
    instantiate,
    latest,
    mkconfig,
    mkdrv,
    realize,
)
from pylightnix_fn.canonical import Json, canonical
from pylightnix_fn.comparison import Change
from pylightnix_fn.errors.build import RefusedByMatcher
from pylightnix_fn.errors.plan import BadParameter
from pylightnix_fn.explanation.step import Estimate, Hit, Miss, Moved
from pylightnix_fn.explanation.whole import Explanation
from pylightnix_fn.outlook import explain
from pylightnix_fn.realizer import Context
from pylightnix_fn.store_protocol import Facts


def _chain(m: Manager, counter: Counter) -> tuple[Manager, DRef[Folder]]:
    m, data = counter.stage(m, "data")
    m, model = counter.stage(m, "model", data)
    return counter.stage(m, "report", model)


def _kinds(told: Explanation) -> list[tuple[str, str]]:
    return [(type(step).__name__, step.dref.name) for step in told.steps]


def _nothing(b: Build[Config, Folder]) -> None:
    pass


def _plain(
    m: Manager,
    name: str,
    matcher: Matcher = latest(),  # noqa: B008, a frozen value
    /,
    **parameters: object,
) -> tuple[Manager, DRef[Folder]]:
    """A stage whose config is just these parameters."""
    return mkdrv(m, mkconfig({"name": name, **parameters}), matcher, build_wrapper(_nothing))


def _several(n: int) -> Matcher:
    """Wants so many."""
    return Matcher(frozenset(), lambda found: at_least(n).choose(found), f"of {n}")


def _only(told: Explanation) -> Miss:
    (miss,) = told.misses
    return miss


def _built(
    store: Store,
    seconds: float = 1,
    *,
    started: float = 0,
    artifacts: Mapping[str, str] | None = None,
    context: Context | None = None,
    **parameters: object,
) -> RRef[Folder]:
    """A realization of `_plain` that took so many seconds."""
    config = mkconfig(parameters)
    store.register({config.dref(): config})
    staging = store.stage(config.dref())
    for name, text in (artifacts or {}).items():
        (staging.folder / name).write_text(text, encoding="utf-8")
    begin, end = (datetime.fromtimestamp(each, UTC) for each in (started, started + seconds))
    return store.commit(staging, config.dref(), context or {}, Facts(begin, end)).rref


# No trace.


def test_explain_builds_nothing(store: Store) -> None:
    counter = Counter()
    explain(instantiate(_chain, counter), store)
    assert {} == counter.builds
    assert () == store.drefs()


@pytest.mark.parametrize("is_built", [False, True])
def test_explain_writes_nothing(tmp_path: Path, is_built: bool) -> None:
    store, counter = DiskStore.open(tmp_path / "store"), Counter(numbered)
    if is_built:
        realize(instantiate(_chain, counter), store)
    counter.write = lambda b, n: None
    before = listing(tmp_path)
    explain(instantiate(_chain, counter), store)
    explain(instantiate(_plain, "report", seed=1), store)
    assert before == listing(tmp_path)


# What would happen.


def test_explain_of_an_empty_store_misses_everything(store: Store) -> None:
    told = explain(instantiate(_chain, Counter()), store)
    assert [("Miss", "data"), ("Miss", "model"), ("Miss", "report")] == _kinds(told)
    assert told.steps == told.misses == told.unknown


def test_explain_hits_what_was_realized(store: Store) -> None:
    closure = instantiate(_chain, Counter())
    made = realize(closure, store)
    told = explain(closure, store)
    assert () == told.misses
    assert Hit(made.dref, (made.rref,), "latest() of 1") == told.steps[-1]


def test_explain_foretells_what_is_built_next(store: Store) -> None:
    counter = Counter()
    closure = instantiate(_chain, counter)
    *_, report = (each.dref for each in closure)
    store.remove(realize(closure, store).rref)
    assert [report] == [miss.dref for miss in explain(closure, store).misses]
    counter.builds.clear()
    realize(closure, store)
    assert {"report": 1} == counter.builds


def test_explain_says_for_which_number_a_realization_is_used(store: Store) -> None:
    _built(store, artifacts={"score.txt": "0.5"}, name="model")
    _built(store, artifacts={"score.txt": "0.75"}, name="model")
    (hit,) = explain(instantiate(_plain, "model", best("score.txt")), store).steps
    assert "best('score.txt') of 2: score.txt 0.75" == hit.why


def test_explain_tells_of_a_matcher_that_refuses(store: Store) -> None:
    refusing = Matcher(frozenset(), lambda found: Never("no hope"))
    with pytest.raises(RefusedByMatcher, match="no hope"):
        explain(instantiate(Counter().stage, "one", matcher=refusing), store)


def test_explain_refuses_to_do_without_workers() -> None:
    with pytest.raises(BadParameter, match="1 or more"):
        explain(instantiate(_plain, "one"), MemoryStore(), workers=0)


# Why.


def test_explain_says_why_something_is_built(store: Store) -> None:
    data, model, _ = explain(instantiate(_chain, Counter()), store).misses
    assert "1 wanted, 0 there (latest())" == data.why
    assert "its results depend on a build of data" == model.why


def test_explain_of_a_hungry_matcher_says_how_many_are_built(store: Store) -> None:
    _built(store, name="model")
    miss = _only(explain(instantiate(_plain, "model", _several(3)), store))
    assert (2, None) == (miss.builds, miss.relative)
    assert miss.why.startswith("3 wanted, 1 there")


def test_explain_names_the_parameter_that_changed(store: Store) -> None:
    before = _built(store, name="model", rate=0.1, layers=[8, 8])
    relative = _only(explain(instantiate(_plain, "model", rate=0.5, layers=[8, 8]), store)).relative
    assert relative is not None
    assert (before.dref, (Change(("rate",), 0.1, 0.5),)) == (relative.dref, relative.changes)


def test_explain_compares_with_the_relative_of_fewest_changes(store: Store) -> None:
    _built(store, name="model", rate=0.1, epochs=1, started=9)
    near = _built(store, name="model", rate=0.5, epochs=1)
    _built(store, name="other", rate=0.5, epochs=2)
    relative = _only(explain(instantiate(_plain, "model", rate=0.5, epochs=2), store)).relative
    assert relative is not None
    assert near.dref == relative.dref


def test_explain_compares_with_the_newest_of_equally_near_relatives(store: Store) -> None:
    for rate in (0.1, 0.2, 0.3):
        _built(store, name="model", rate=rate, started=5 if rate == 0.2 else 1)
    relative = _only(explain(instantiate(_plain, "model", rate=0.5), store)).relative
    assert relative is not None
    assert (Change(("rate",), 0.2, 0.5),) == relative.changes


def test_explain_compares_with_nothing_that_was_never_built(store: Store) -> None:
    config = mkconfig({"name": "model", "rate": 0.1})
    store.register({config.dref(): config})
    assert _only(explain(instantiate(_plain, "model", rate=0.5), store)).relative is None


def test_explain_finds_what_was_built_among_much_that_was_not(store: Store) -> None:
    for rate in range(10):
        config = mkconfig({"name": "model", "rate": rate, "epochs": 1})
        store.register({config.dref(): config})
    built = _built(store, name="model", rate=99, epochs=99)
    miss = _only(explain(instantiate(_plain, "model", rate=50, epochs=1), store))
    assert miss.relative is not None
    assert built.dref == miss.relative.dref


def test_explain_says_when_the_relative_was_built_last(store: Store) -> None:
    for number in (3, 5, 1, 4, 2):
        _built(store, started=number, artifacts={"a": str(number)}, name="model", rate=0.1)
    miss = _only(explain(instantiate(_plain, "model", rate=0.5), store))
    assert miss.relative is not None
    assert datetime.fromtimestamp(5, UTC) == miss.relative.built


def _joined(m: Manager) -> tuple[Manager, DRef[Folder]]:
    m, a = _plain(m, "a")
    m, b = _plain(m, "b")
    return _plain(m, "c", needs=[a.text, b.text])


def test_explain_compares_with_the_build_of_the_nearest_inputs(store: Store) -> None:
    a, b = (
        [_built(store, started=n, artifacts={"n": str(n)}, name=x) for n in (1, 2)] for x in "ab"
    )
    needs = [a[0].dref.text, b[0].dref.text]
    for number, (one, other) in enumerate([(a[0], b[0]), (a[1], b[0]), (a[0], b[0])]):
        context: Context = {one.dref: (one,), other.dref: (other,)}
        artifacts = {"n": str(number)}
        _built(
            store, 1, started=number, artifacts=artifacts, context=context, name="c", needs=needs
        )
    relative = _only(explain(instantiate(_joined), store)).relative
    assert relative is not None
    assert (Moved(b[0].dref, (b[0],), (b[1],)),) == relative.moved


def test_explain_says_no_numbers_of_several_realizations(store: Store) -> None:
    for score in ("0.5", "0.75"):
        _built(store, artifacts={"score.txt": score}, name="model")

    def stage(m: Manager) -> tuple[Manager, Many[Folder]]:
        return mkdrv(m, mkconfig({"name": "model"}), best("score.txt", 2), build_wrapper(_nothing))

    (hit,) = explain(instantiate(stage), store).steps
    assert "best('score.txt', 2) of 2" == hit.why


def test_explain_names_the_dependency_that_is_another_realization(store: Store) -> None:
    counter = Counter(numbered)
    closure = instantiate(_chain, counter)
    realize(closure, store)
    data, model, _ = closure.derivations
    (old,) = store.rrefs(data)
    new = put(store, data, {"number.txt": "9"}, started=2e9)
    step = explain(closure, store).steps[1]
    assert isinstance(step, Miss)
    assert step.relative is not None
    assert (model, (Moved(data, (old,), (new,)),)) == (step.relative.dref, step.relative.moved)


def test_explain_passes_over_damage(tmp_path: Path) -> None:
    store = DiskStore.open(tmp_path / "store")
    config = store.layout.config(_built(store, name="model", rate=0.1).dref)
    config.chmod(0o644)
    config.write_text("{")
    assert _only(explain(instantiate(_plain, "model", rate=0.5), store)).relative is None


# How long.


def test_explain_expects_the_middle_of_earlier_builds(store: Store) -> None:
    for number, seconds in enumerate((1, 5, 100)):
        _built(store, seconds, artifacts={"a": str(10**number)}, name="model", rate=0.1)
    miss = _only(explain(instantiate(_plain, "model", _several(5), rate=0.1), store))
    assert Estimate(miss.dref, 5.0, 2, 3) == miss.estimate


def test_explain_expects_what_the_nearest_relative_cost(store: Store) -> None:
    before = _built(store, 7, artifacts={"a": "123"}, name="model", rate=0.1)
    told = explain(instantiate(_plain, "model", rate=0.5), store)
    assert Estimate(before.dref, 7.0, 3, 1) == _only(told).estimate
    assert (7.0, 3) == (told.seconds, told.size)


def test_explain_counts_every_build_that_is_wanted(store: Store) -> None:
    _built(store, 7, artifacts={"a": "123"}, name="model")
    told = explain(instantiate(_plain, "model", _several(3)), store, workers=2)
    assert (14.0, 14.0, 6) == (told.seconds, told.makespan, told.size)


def _fan(m: Manager) -> tuple[Manager, DRef[Folder]]:
    """Three stages that need nothing, and one that needs two of them."""
    m, a = _plain(m, "a", seed=2)
    m, b = _plain(m, "b", seed=2)
    m, c = _plain(m, "c", seed=2)
    m, d = _plain(m, "d", needs=[a.text, c.text])
    return _plain(m, "e", needs=[b.text, d.text])


def test_explain_expects_less_time_with_more_workers(store: Store) -> None:
    for name, seconds in (("a", 1), ("b", 5), ("c", 4)):
        _built(store, seconds, name=name, seed=1)
    for name in ("d", "e"):
        _built(store, 2, name=name)
    told = [explain(instantiate(_fan), store, workers=workers) for workers in (1, 2, 3)]
    assert [14.0, 9.0, 8.0] == [each.makespan for each in told]
    assert ["c", "d", "e"] == [miss.dref.name for miss in told[0].chain]


def test_explain_counts_the_unknown_as_the_middle_of_the_others(store: Store) -> None:
    for name, seconds in (("a", 1), ("b", 5), ("c", 4)):
        _built(store, seconds, name=name, seed=1)
    told = explain(instantiate(_fan), store)
    assert ["d", "e"] == [miss.dref.name for miss in told.unknown]
    assert 18.0 == told.seconds


def test_explain_knows_no_time_where_nothing_was_built(store: Store) -> None:
    told = explain(instantiate(_chain, Counter()), store)
    assert (None, None) == (told.seconds, told.makespan)


def test_explain_needs_no_time_where_all_is_there(store: Store) -> None:
    _built(store, name="model")
    told = explain(instantiate(_plain, "model"), store)
    assert (0.0, 0.0, 0) == (told.seconds, told.makespan, told.size)


# In words.


def _story(m: Manager) -> tuple[Manager, DRef[Folder]]:
    m, data = _plain(m, "data")
    m, model = _plain(m, "model", _several(2), data=data.text, rate=0.5)
    return _plain(m, "report", model=model.text)


def _told() -> Explanation:
    store = MemoryStore()
    data = _built(store, name="data", started=0)
    rrefs = (data,)
    _built(store, 90, context={data.dref: rrefs}, name="model", data=data.dref.text, rate=0.1)
    put(store, data.dref, {"a": "1"}, started=60)
    return explain(instantiate(_story), store, workers=2)


def test_explanation_reads_as_a_list_of_steps() -> None:
    told = _told()
    data, model, report = told.steps
    assert isinstance(data, Hit)
    assert isinstance(model, Miss)
    assert model.relative is not None
    (new,), (old,) = data.rrefs, model.relative.moved[0].old
    expected = f"""\
use    rref:{new.digest[:8]}…-data, latest() of 2
build  dref:{model.dref.digest[:8]}…-model
       2 wanted, 0 there (of 2)
       unlike dref:{model.relative.dref.digest[:8]}…-model of 1970-01-01 00:00:
         rate 0.1 -> 0.5
         dependency data is another realization: {old.digest[:8]} -> {new.digest[:8]}
       some 2 times 1 min 30 s, 0 B (1 build of that)
build  dref:{report.dref.digest[:8]}…-report
       its results depend on a build of model

2 of 3 derivations are to be built.
Expected: 4 min 30 s, with 2 workers 4 min 30 s; 0 B.
A guess, for nothing of the name was built before: report.
Longest chain: model (3 min), report (?)."""
    assert expected == str(told)


def test_explanation_of_a_large_change_stays_short(store: Store) -> None:
    _built(store, name="model", fields={f"field{i}": 1 for i in range(20)})
    changed = {f"field{i}": "x" * 200 for i in range(20)}
    text = str(explain(instantiate(_plain, "model", fields=changed), store))
    assert "and 14 more" in text
    assert 80 >= max(map(len, text.splitlines()))


def test_explanation_of_a_closure_that_is_there_says_so(store: Store) -> None:
    _built(store, name="model")
    text = str(explain(instantiate(_plain, "model"), store))
    assert text.endswith("\n\nNothing is to be built.")


def test_explanation_as_json_says_all() -> None:
    told = _told()
    hit, model, report = told.steps
    assert isinstance(hit, Hit)
    assert isinstance(model, Miss)
    assert model.relative is not None
    expected: Json = {
        "steps": [
            {"dref": hit.dref.text, "step": "use", "rrefs": [hit.rrefs[0].text], "why": hit.why},
            {
                "dref": model.dref.text,
                "step": "build",
                "why": "2 wanted, 0 there (of 2)",
                "builds": 2,
                "relative": {
                    "dref": model.relative.dref.text,
                    "built": "1970-01-01T00:00:00+00:00",
                    "changes": [{"path": "rate", "old": 0.1, "new": 0.5}],
                    "dependencies": [model.relative.moved[0].json()],
                },
                "estimate": {
                    "dref": model.relative.dref.text,
                    "seconds": 90.0,
                    "size": 0,
                    "builds": 1,
                },
            },
            {
                "dref": report.dref.text,
                "step": "build",
                "why": "its results depend on a build of model",
                "builds": 1,
                "relative": None,
                "estimate": None,
            },
        ],
        "builds": 3,
        "unknown": [report.dref.text],
        "seconds": 270.0,
        "size": 0,
        "workers": 2,
        "makespan": 270.0,
        "chain": [model.dref.text, report.dref.text],
    }
    assert canonical(expected) == canonical(told.json())
