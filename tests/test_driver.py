"""Realizing in order, over every store."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from itertools import count
from pathlib import Path

import pytest
from attrs import frozen
from scenarios import Counter, Part, numbered

from pylightnix_fn import (
    Artifact,
    Budget,
    Build,
    Built,
    Candidate,
    Closure,
    DRef,
    Event,
    Folder,
    Manager,
    Many,
    ManyMatcher,
    Matched,
    Matcher,
    MemoryStore,
    Need,
    Never,
    Planned,
    Started,
    Store,
    Use,
    all_of,
    artifact,
    at_least,
    best,
    derive,
    exact,
    instantiate,
    latest,
    mkconfig,
    mkdrv,
    number,
    realize,
)
from pylightnix_fn.closure import closure_of
from pylightnix_fn.errors.build import (
    MissingOutput,
    RealizerFailed,
    RefusedByMatcher,
    ReservedFile,
    SealedArtifact,
    UndeclaredInput,
    UnsatisfiedMatcher,
    UnsupportedFile,
)
from pylightnix_fn.errors.plan import BadParameter, DerivationOverwritten, MalformedVerdict, NotOne
from pylightnix_fn.realization import Realization

Pair = tuple[Manager, DRef[Folder]]


def _diamond(m: Manager, counter: Counter) -> Pair:
    m, top = counter.stage(m, "top")
    m, left = counter.stage(m, "left", top)
    m, right = counter.stage(m, "right", top)
    return counter.stage(m, "bottom", left, right)


def _chain(m: Manager, counter: Counter, length: int) -> Pair:
    m, last = counter.stage(m, "0")
    for position in range(1, length):
        m, last = counter.stage(m, str(position), last)
    return m, last


def _realizer(act: Callable[[Path], None]) -> Callable[[Manager], Pair]:
    """A stage of one derivation, whose realizer does this in its folder."""

    def stage(m: Manager) -> Pair:
        return derive(m, Part("act"), Folder(), lambda b: act(b.path), name="act", code=None)

    return stage


def _many(
    m: Manager, counter: Counter, matcher: ManyMatcher, label: str = "many"
) -> tuple[Manager, Many[Folder]]:
    return derive(m, Part(label), Folder(), counter, matcher, name=label, code=None)


# Builds


def test_stage_is_built_once_and_then_found(store: Store) -> None:
    counter = Counter()
    closure = instantiate(counter.stage, "one")
    first, second = realize(closure, store), realize(closure, store)
    assert first.rref == second.rref
    assert {"one": 1} == counter.builds


def test_realization_holds_what_the_realizer_wrote(store: Store) -> None:
    made = realize(instantiate(Counter().stage, "one"), store)
    assert "one" == (made.out / "label.txt").read_text(encoding="utf-8")
    assert made.path == made.out.path == store.folder(made.rref)


def test_diamond_builds_every_stage_once(store: Store) -> None:
    counter = Counter()
    realize(instantiate(_diamond, counter), store)
    assert {"top": 1, "left": 1, "right": 1, "bottom": 1} == counter.builds


def test_context_holds_direct_dependencies_only(store: Store) -> None:
    closure = instantiate(_chain, Counter(), 3)
    made = realize(closure, store)
    assert [closure.derivations[made.dref].dependencies[0]] == list(made.context)


def test_chain_of_two_thousand_stages_is_realized() -> None:
    counter = Counter()
    realize(instantiate(_chain, counter, 2000), MemoryStore())
    assert 2000 == len(counter.builds)


def test_what_is_there_is_used_by_another_pipeline(store: Store) -> None:
    counter = Counter()
    realize(instantiate(_chain, counter, 2), store)
    realize(instantiate(_chain, counter, 3), store)
    assert {"0": 1, "1": 1, "2": 1} == counter.builds


def test_removed_realization_is_built_again(store: Store) -> None:
    counter = Counter()
    closure = instantiate(counter.stage, "one")
    made = realize(closure, store)
    store.remove(made.rref)
    assert made.rref == realize(closure, store).rref
    assert {"one": 2} == counter.builds


def test_derivation_with_no_realization_is_registered(store: Store) -> None:
    closure = instantiate(_many, Counter(), all_of())
    assert () == realize(closure, store)
    assert closure.targets == store.drefs()


# Targets


def test_tuple_of_targets_gives_a_tuple(store: Store) -> None:
    def stage(m: Manager, counter: Counter) -> tuple[Manager, tuple[DRef[Folder], DRef[Folder]]]:
        m, one = counter.stage(m, "one")
        m, other = counter.stage(m, "other")
        return m, (one, other)

    one, other = realize(instantiate(stage, Counter()), store)
    assert ("one", "other") == (one.dref.name, other.dref.name)


def test_list_of_targets_gives_a_list(store: Store) -> None:
    def stage(m: Manager, counter: Counter) -> tuple[Manager, list[DRef[Folder]]]:
        m, one = counter.stage(m, "one")
        return m, [one, one]

    assert ["one", "one"] == [
        each.dref.name for each in realize(instantiate(stage, Counter()), store)
    ]


def test_dict_of_targets_gives_a_dict(store: Store) -> None:
    def stage(m: Manager, counter: Counter) -> tuple[Manager, dict[str, DRef[Folder]]]:
        m, one = counter.stage(m, "one")
        return m, {"a": one}

    found = realize(instantiate(stage, Counter()), store)
    assert {"a": "one"} == {key: each.dref.name for key, each in found.items()}


def test_no_targets_build_nothing(store: Store) -> None:
    def stage(m: Manager, counter: Counter) -> tuple[Manager, list[DRef[Folder]]]:
        m, _ = counter.stage(m, "one")
        return m, []

    assert [] == realize(instantiate(stage, Counter()), store)
    assert () == store.drefs()


def test_notes_of_the_manager_stay_with_the_closure(store: Store) -> None:
    def stage(m: Manager, one: Counter, other: Counter) -> Pair:
        m, _ = one.stage(m, "same")
        return other.stage(m, "same")

    one, other = Counter(), Counter()
    closure = instantiate(stage, one, other)
    assert closure.targets == tuple(note.dref for note in closure.notes)
    with pytest.warns(DerivationOverwritten, match="Overwriting matcher or realizer"):
        realize(closure, store)
    assert ({}, {"same": 1}) == (one.builds, other.builds)


# Rebuilding


def test_rebuild_builds_the_targets_alone(store: Store) -> None:
    counter = Counter(numbered)
    closure = instantiate(_chain, counter, 2)
    first = realize(closure, store)
    second = realize(closure, store, rebuild=True)
    assert {"0": 1, "1": 2} == counter.builds
    assert first.rref != second.rref


def test_rebuild_of_a_dependency_builds_what_needs_it(store: Store) -> None:
    counter = Counter(numbered)
    closure = instantiate(_chain, counter, 3)
    realize(closure, store)
    first, *_ = closure
    realize(closure, store, rebuild={first.dref})
    assert {"0": 2, "1": 2, "2": 2} == counter.builds


def test_rebuild_with_an_equal_result_builds_nothing_else(store: Store) -> None:
    counter = Counter()
    closure = instantiate(_chain, counter, 3)
    made = realize(closure, store)
    first, *_ = closure
    assert made.rref == realize(closure, store, rebuild=[first.dref]).rref
    assert {"0": 2, "1": 1, "2": 1} == counter.builds


def test_rebuild_with_an_equal_result_renews_its_time(store: Store) -> None:
    closure = instantiate(Counter().stage, "one")
    before, after = realize(closure, store), realize(closure, store, rebuild=True)
    assert before.rref == after.rref
    assert before.started < after.started


def test_rebuild_of_what_was_never_built_builds_once(store: Store) -> None:
    counter = Counter()
    realize(instantiate(counter.stage, "one"), store, rebuild=True)
    assert {"one": 1} == counter.builds


def test_rebuild_of_a_stranger_is_refused(store: Store) -> None:
    closure, stranger = (instantiate(Counter().stage, label) for label in ("one", "stranger"))
    with pytest.raises(BadParameter, match=str(stranger.targets[0])):
        realize(closure, store, rebuild=stranger.targets)
    assert () == store.drefs()


# Matchers


def test_matcher_can_ask_for_more(store: Store) -> None:
    counter = Counter(numbered)
    found = realize(instantiate(_many, counter, at_least(3)), store)
    assert {"many": 3} == counter.builds
    assert set(store.rrefs(found[0].dref)) == {each.rref for each in found}


def test_matcher_asks_only_for_what_is_missing(store: Store) -> None:
    counter = Counter(numbered)
    realize(instantiate(_many, counter, at_least(3)), store)
    realize(instantiate(_many, counter, at_least(5)), store)
    assert {"many": 5} == counter.builds


def test_matcher_can_ask_one_by_one(store: Store) -> None:
    def choose(found: tuple[Candidate, ...]) -> Use | Need:
        return Use((found[0].rref,)) if len(found) == 4 else Need(1, "not four yet")

    counter = Counter(numbered)
    matcher = Matcher(frozenset(), choose)
    realize(instantiate(counter.stage, "one", matcher=matcher), store)
    assert {"one": 4} == counter.builds


def test_best_realization_is_chosen(store: Store) -> None:
    numbers = iter(["0.2", "0.7", "0.4"])

    def write(b: Build[Part, Folder], n: int) -> None:
        (b.path / "accuracy.txt").write_text(next(numbers), encoding="utf-8")

    counter = Counter(write)
    matcher = best("accuracy.txt")
    closure = instantiate(counter.stage, "one", matcher=matcher)
    for _ in range(2):
        realize(closure, store, rebuild=True)
    made = realize(closure, store, rebuild=True)
    assert "0.7" == (made.out / "accuracy.txt").read_text(encoding="utf-8")


def test_exact_realization_is_chosen(store: Store) -> None:
    counter = Counter(numbered)
    first = realize(instantiate(counter.stage, "one"), store)
    realize(instantiate(counter.stage, "one"), store, rebuild=True)
    made = realize(instantiate(counter.stage, "one", matcher=exact(first.rref)), store)
    assert first.rref == made.rref


def test_matcher_sees_the_candidates_of_the_current_context_only(store: Store) -> None:
    counter = Counter(numbered)
    closure = instantiate(_chain, counter, 2)
    realize(closure, store)
    _, last = closure
    seen: list[int] = []

    def choose(found: tuple[object, ...]) -> Never:
        seen.append(len(found))
        return Never("just looking")

    def looking(m: Manager) -> Pair:
        m, one = counter.stage(m, "0")
        return counter.stage(m, "1", one, matcher=Matcher(frozenset(), choose))

    realize(instantiate(counter.stage, "0"), store, rebuild=True)
    with pytest.raises(RefusedByMatcher):
        realize(instantiate(looking), store)
    assert [0] == seen
    assert 1 == len(store.rrefs(last.dref))


def test_deterministic_realizer_stops_a_matcher_that_wants_many(store: Store) -> None:
    counter = Counter()
    with pytest.raises(UnsatisfiedMatcher, match="3 builds in a row"):
        realize(instantiate(_many, counter, at_least(100)), store, budget=Budget(repeats=3))
    assert {"many": 4} == counter.builds


def test_repeats_are_counted_in_a_row(store: Store) -> None:
    def write(b: Build[Part, Folder], n: int) -> None:
        (b.path / "number.txt").write_text(str(n // 3), encoding="utf-8")

    counter = Counter(write)
    realize(instantiate(_many, counter, at_least(5)), store, budget=Budget(repeats=3))
    assert {"many": 12} == counter.builds


def test_budget_of_builds_ends_a_matcher_that_is_never_satisfied(store: Store) -> None:
    counter = Counter(numbered)
    greedy = ManyMatcher(frozenset(), lambda found: Need(2, "ever more"))
    with pytest.raises(UnsatisfiedMatcher, match="ever more"):
        realize(instantiate(_many, counter, greedy), store, budget=Budget(builds=5))
    assert {"many": 5} == counter.builds


def test_budget_of_time_ends_builds_that_were_asked_for_at_once(store: Store) -> None:
    def write(b: Build[Part, Folder], n: int) -> None:
        time.sleep(0.02)
        numbered(b, n)

    counter = Counter(write)
    with pytest.raises(UnsatisfiedMatcher, match="seconds"):
        realize(instantiate(_many, counter, at_least(50)), store, budget=Budget(seconds=0.1))
    assert 1 <= counter.builds["many"] <= 5


def test_exhausted_budget_keeps_what_was_built(store: Store) -> None:
    counter = Counter(numbered)
    closure = instantiate(_many, counter, at_least(9))
    with pytest.raises(UnsatisfiedMatcher):
        realize(closure, store, budget=Budget(builds=4))
    assert 4 == len(store.rrefs(closure.targets[0]))


def test_refusing_matcher_ends_the_realization(store: Store) -> None:
    refusing = Matcher(frozenset(), lambda found: Never("no hope"))
    with pytest.raises(RefusedByMatcher, match="no hope"):
        realize(instantiate(Counter().stage, "one", matcher=refusing), store)


def test_matcher_that_chooses_a_stranger_is_refused(store: Store) -> None:
    stranger = realize(instantiate(Counter().stage, "stranger"), store)
    choosing = Matcher(frozenset(), lambda found: Use((stranger.rref,)))
    with pytest.raises(MalformedVerdict, match=str(stranger.rref)):
        realize(instantiate(Counter().stage, "one", matcher=choosing), store)


# Realizers


def test_realizer_sees_all_realizations_that_a_matcher_chose(store: Store) -> None:
    @frozen
    class Ensemble:
        models: Many[Folder]

    seen: list[list[str]] = []

    def look(b: Build[Ensemble, Folder]) -> None:
        folders = b.deref(b.config.models)
        seen.append(sorted((each / "number.txt").read_text(encoding="utf-8") for each in folders))

    def stage(m: Manager) -> Pair:
        m, models = _many(m, Counter(numbered), at_least(3))
        return derive(m, Ensemble(models), Folder(), look, code=None)

    realize(instantiate(stage), store)
    assert [["1", "2", "3"]] == seen


def test_realizer_that_wants_one_of_many_is_refused(store: Store) -> None:
    def want(b: Build[Part, Folder]) -> None:
        b.deref(b.config.inputs[0])

    def stage(m: Manager) -> Pair:
        m, models = _many(m, Counter(numbered), at_least(2))
        return derive(m, Part("one", [models.dref]), Folder(), want, code=None)

    with pytest.raises(NotOne, match="2"):
        realize(instantiate(stage), store)


def test_realizer_cannot_reach_what_its_config_lacks(store: Store) -> None:
    def stage(m: Manager) -> Pair:
        m, other = Counter().stage(m, "other")

        def reach(b: Build[Part, Folder]) -> None:
            b.deref(other)

        return derive(m, Part("one"), Folder(), reach, name="one", code=None)

    with pytest.raises(UndeclaredInput, match="other"):
        realize(instantiate(stage), store)


def _fails(folder: Path) -> None:
    (folder / "partial.txt").write_text("half", encoding="utf-8")
    raise ZeroDivisionError("by \udcff zero")


def test_exception_of_a_realizer_is_the_cause(store: Store) -> None:
    with pytest.raises(RealizerFailed, match="realizer of 'act' raised") as caught:
        realize(instantiate(_realizer(_fails)), store)
    assert isinstance(caught.value.__cause__, ZeroDivisionError)


def test_failed_build_leaves_what_it_wrote_and_its_traceback(store: Store) -> None:
    with pytest.raises(RealizerFailed) as caught:
        realize(instantiate(_realizer(_fails)), store)
    staging = Path(caught.value.staging)
    assert "half" == (staging / "partial.txt").read_text(encoding="utf-8")
    error = (staging.parent / "error.txt").read_text(encoding="utf-8")
    assert error.endswith("ZeroDivisionError: by \\udcff zero\n")


def test_failed_build_adds_nothing_to_the_store(store: Store) -> None:
    closure = instantiate(_realizer(_fails))
    with pytest.raises(RealizerFailed):
        realize(closure, store)
    assert () == store.rrefs(closure.targets[0])


def test_failed_build_can_be_repeated(store: Store) -> None:
    attempts = count()

    def flaky(folder: Path) -> None:
        if next(attempts) == 0:
            raise OSError("not yet")

    closure = instantiate(_realizer(flaky))
    with pytest.raises(RealizerFailed):
        realize(closure, store)
    assert (realize(closure, store).rref,) == store.rrefs(closure.targets[0])


def test_error_of_the_library_in_a_realizer_names_the_staging_folder(store: Store) -> None:
    seen: list[Path] = []

    def refuse(folder: Path) -> None:
        seen.append(folder)
        raise BadParameter("f", "x", "1", "2")

    with pytest.raises(BadParameter) as caught:
        realize(instantiate(_realizer(refuse)), store)
    assert [str(seen[0]) in note for note in caught.value.__notes__] == [True]


def test_realizer_that_deletes_its_staging_fails_with_its_own_error(store: Store) -> None:
    def destroy(folder: Path) -> None:
        shutil.rmtree(folder.parent)
        raise ZeroDivisionError

    with pytest.raises(RealizerFailed) as caught:
        realize(instantiate(_realizer(destroy)), store)
    assert isinstance(caught.value.__cause__, ZeroDivisionError)


def test_realizer_that_deletes_its_folder_is_refused(store: Store) -> None:
    with pytest.raises(UnsupportedFile, match="not a folder"):
        realize(instantiate(_realizer(Path.rmdir)), store)


def test_reserved_file_of_a_realizer_is_refused(store: Store) -> None:
    stage = _realizer(lambda folder: (folder / "context.json").touch())
    with pytest.raises(ReservedFile, match="context"):
        realize(instantiate(stage), store)


@frozen
class Weights:
    """Outputs of a model."""

    weights: Path = Path("deep/model.h5")


def _training(
    m: Manager, act: Callable[[Build[Part, Weights]], None]
) -> tuple[Manager, DRef[Weights]]:
    return derive(m, Part("train"), Weights(), act, name="train", code=None)


def test_missing_output_is_named_with_what_was_found(store: Store) -> None:
    def forget(b: Build[Part, Weights]) -> None:
        (b.out.weights.parent.parent / "train.log").touch()

    with pytest.raises(MissingOutput) as caught:
        realize(instantiate(_training, forget), store)
    assert "Weights.weights" == caught.value.output
    assert "deep, train.log" == caught.value.found


def test_missing_output_of_a_deleted_folder_is_named(store: Store) -> None:
    def destroy(b: Build[Part, Weights]) -> None:
        shutil.rmtree(b.path)

    with pytest.raises(MissingOutput, match="nothing"):
        realize(instantiate(_training, destroy), store)


def test_missing_output_leaves_what_was_written(store: Store) -> None:
    written: list[Path] = []

    def forget(b: Build[Part, Weights]) -> None:
        written.append(b.path / "train.log")
        written[0].write_text("loss", encoding="utf-8")

    with pytest.raises(MissingOutput):
        realize(instantiate(_training, forget), store)
    assert "loss" == written[0].read_text(encoding="utf-8")


def test_folders_of_promised_outputs_are_there_before_the_realizer(store: Store) -> None:
    made = realize(instantiate(_training, lambda b: b.out.weights.touch()), store)
    assert made.path / "deep/model.h5" == made.out.weights


def test_promise_of_a_plain_config_must_be_kept(store: Store) -> None:
    def stage(m: Manager) -> Pair:
        config = mkconfig({"name": "plain", "out": ["__self__", "a", "b.txt"]})
        return mkdrv(m, config, latest(), lambda b: None)

    with pytest.raises(MissingOutput, match=r"a/b\.txt"):
        realize(instantiate(stage), store)


# Observers


def _names(events: list[Event]) -> list[tuple[str, str]]:
    return [
        (type(each).__name__, each.dref.name) for each in events if not isinstance(each, Planned)
    ]


def test_observer_hears_of_builds_in_order(store: Store) -> None:
    events: list[Event] = []
    realize(instantiate(_chain, Counter(), 2), store, observe=events.append)
    kinds = ("Started", "Built", "Matched")
    assert [(kind, name) for name in "01" for kind in kinds] == _names(events)


def test_observer_hears_first_what_is_planned(store: Store) -> None:
    events: list[Event] = []
    closure = instantiate(_chain, Counter(), 2)
    realize(closure, store, observe=events.append)
    planned = [event for event in events if isinstance(event, Planned)]
    assert [Planned(tuple(each.dref for each in closure))] == planned == events[:1]


def test_observer_hears_why_a_build_began(store: Store) -> None:
    closure, events = instantiate(Counter().stage, "one"), list[Event]()
    realize(closure, store, observe=events.append)
    realize(closure, store, observe=events.append, rebuild=True)
    whys = [event.why for event in events if isinstance(event, Started)]
    assert ["1 wanted, 0 there", "a rebuild was asked for"] == whys


def test_observer_hears_of_what_is_found(store: Store) -> None:
    closure, events = instantiate(Counter().stage, "one"), list[Event]()
    made = realize(closure, store)
    realize(closure, store, observe=events.append)
    assert [Planned((made.dref,)), Matched(made.dref, (made.rref,))] == events


def test_observer_hears_of_what_was_built(store: Store) -> None:
    events: list[Event] = []
    made = realize(instantiate(Counter().stage, "one"), store, observe=events.append)
    built = [event for event in events if isinstance(event, Built)]
    assert [made.rref] == [event.rref for event in built]


# Any order of independent stages


def test_closure_of_a_manager_gives_the_same_as_instantiate(store: Store) -> None:
    m, target = _diamond(Manager(), Counter())
    closure: Closure[object] = closure_of(m, target, "diamond")
    made = realize(closure, store)
    assert isinstance(made, Realization)
    assert made.rref == realize(instantiate(_diamond, Counter()), store).rref


def test_realization_of_a_dropped_store_can_be_read() -> None:
    # Nothing but the result is held: the store in memory must not take its folders with it.
    realized = realize(instantiate(Counter(numbered).stage, "one"), MemoryStore())
    assert realized.path.is_dir()


def test_many_can_be_rebuilt(store: Store) -> None:
    closure = instantiate(_many, Counter(numbered), at_least(1))
    before = realize(closure, store)
    after = realize(closure, store, rebuild=[Many(before[0].dref)])
    assert len(before) + 1 == len(after)


@frozen
class Growing:
    layers: list[int]


def test_realizer_that_changes_its_config_does_not_change_the_next_one(store: Store) -> None:
    numbers = count()

    def grow(b: Build[Growing, Folder]) -> None:
        b.config.layers.append(next(numbers))
        (b.path / "layers").write_text(str(b.config.layers), encoding="utf-8")

    def stage(m: Manager) -> tuple[Manager, Many[Folder]]:
        return derive(m, Growing([7]), Folder(), grow, at_least(2), code=None)

    found = realize(instantiate(stage), store)
    texts = sorted((each.out / "layers").read_text(encoding="utf-8") for each in found)
    assert ["[7, 0]", "[7, 1]"] == texts


def test_realizer_that_exits_has_failed(store: Store) -> None:
    def leave(b: Build[Part, Folder]) -> None:
        raise SystemExit(0)

    def stage(m: Manager) -> Pair:
        return derive(m, Part("a"), Folder(), leave, code=None)

    with pytest.raises(RealizerFailed, match="SystemExit"):
        realize(instantiate(stage), store)


def test_file_that_is_still_open_for_writing_is_refused(store: Store) -> None:
    kept = []

    def leave_open(b: Build[Part, Folder]) -> None:
        kept.append((b.path / "log.txt").open("w", encoding="utf-8"))

    def stage(m: Manager) -> Pair:
        return derive(m, Part("a"), Folder(), leave_open, code=None)

    with pytest.raises(UnsupportedFile, match="still open for writing"):
        realize(instantiate(stage), store)
    kept[0].close()


@frozen
class Score:
    value: Artifact[float] = artifact("value.txt", number)


@frozen
class Scored:
    score: DRef[Score]


def scored(m: Manager) -> tuple[Manager, DRef[Score]]:
    def write(b: Build[Part, Score]) -> None:
        b.out.value.write(0.5)

    return derive(m, Part("score"), Score(), write, code=None)


def test_artifact_of_a_realization_cannot_be_written(store: Store) -> None:
    realized = realize(instantiate(scored), store)
    with pytest.raises(SealedArtifact, match="value"):
        realized.out.value.write(1.0)
    assert 0.5 == realized.out.value.read()


def test_artifact_of_a_dependency_cannot_be_written(store: Store) -> None:
    def overwrite(b: Build[Scored, Folder]) -> None:
        b.deref(b.config.score).value.write(1.0)

    def stage(m: Manager) -> Pair:
        m, score = scored(m)
        return derive(m, Scored(score), Folder(), overwrite, code=None)

    with pytest.raises(SealedArtifact):
        realize(instantiate(stage), store)


def test_folder_in_the_place_of_an_artifact_is_a_missing_output(store: Store) -> None:
    def make(b: Build[Part, Score]) -> None:
        b.out.value.path.mkdir()

    def stage(m: Manager) -> tuple[Manager, DRef[Score]]:
        return derive(m, Part("score"), Score(), make, code=None)

    with pytest.raises(MissingOutput):
        realize(instantiate(stage), store)
