"""What every store must do: the same scenarios run over each."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from children import in_child
from scenarios import facts, files, listing, put, registered

from pylightnix_fn import DRef, MemoryStore, RRef, Store, dref_from, mkconfig, rref_from
from pylightnix_fn.errors.build import ReservedFile, UnsupportedFile
from pylightnix_fn.errors.store import MissingObject, StillNeeded

NOTHING: frozenset[str] = frozenset()
UNKNOWN = dref_from(f"dref:{'0' * 32}-unknown")
NOWHERE = rref_from(f"rref:{'0' * 32}-{'0' * 32}-unknown")


# Configs


def test_config_comes_back_as_it_was_registered(store: Store) -> None:
    config = mkconfig({"name": "model", "rate": 0.001, "layers": [1, 2]})
    store.register({config.dref(): config})
    assert config == store.config(config.dref())


def test_config_read_back_knows_its_references(store: Store) -> None:
    dataset = registered(store, "dataset")
    model = registered(store, "model", data=[dataset, "mnist.npz"])
    assert (dataset,) == tuple(each.dref for each in store.config(model).references)


def test_registering_again_changes_nothing(store: Store) -> None:
    dref = registered(store)
    rref = put(store, dref, {"a.txt": "data"})
    assert dref == registered(store)
    assert (rref,) == store.rrefs(dref)


def test_config_of_an_unknown_derivation_is_missing(store: Store) -> None:
    with pytest.raises(MissingObject, match="unknown"):
        store.config(UNKNOWN)


def test_drefs_are_sorted(store: Store) -> None:
    made = [registered(store, "thing", seed=seed) for seed in range(5)]
    assert tuple(sorted(made, key=str)) == store.drefs()


def test_drefs_of_an_empty_store_are_none(store: Store) -> None:
    assert () == store.drefs()


# Staging


def test_staging_folder_is_empty(store: Store) -> None:
    assert [] == list(store.stage(registered(store)).folder.iterdir())


def test_staging_folders_of_one_derivation_are_apart(store: Store) -> None:
    dref = registered(store)
    assert store.stage(dref).home != store.stage(dref).home


def test_staged_files_are_no_realization(store: Store) -> None:
    dref = registered(store)
    files({"a.txt": "data"})(store.stage(dref).folder)
    assert () == store.rrefs(dref)


@pytest.mark.parametrize("before", [None, 5, 20], ids=["the first", "newer", "older"])
def test_commit_gives_the_record(store: Store, before: int | None) -> None:
    dref = registered(store)
    if before is not None:
        put(store, dref, {"a.txt": "data"}, started=before)
    staging = store.stage(dref)
    files({"a.txt": "data"})(staging.folder)
    made = store.commit(staging, dref, {}, facts(10))
    assert store.record(made.rref) == made
    assert facts(max(10, before or 0)).started == made.facts.started


def test_what_a_child_of_this_process_wrote_is_kept(store: Store) -> None:
    dref = registered(store)
    staging = store.stage(dref)
    assert 0 == in_child(lambda: (staging.folder / "a.txt").write_text("data", encoding="utf-8"))
    rref = store.commit(staging, dref, {}, facts()).rref
    assert "data" == (store.folder(rref) / "a.txt").read_text(encoding="utf-8")


def test_committed_staging_is_gone(store: Store) -> None:
    dref = registered(store)
    staging = store.stage(dref)
    store.commit(staging, dref, {}, facts())
    assert not staging.home.exists()


def test_longest_name_can_be_staged_and_committed(store: Store) -> None:
    dref = registered(store, "n" * 222)
    assert (put(store, dref, {"a.txt": "data"}),) == store.rrefs(dref)


# Realizations


def test_artifacts_come_back_as_they_were_written(store: Store) -> None:
    rref = put(store, registered(store), {"a.txt": "data", "folder/ü b.txt": "more"})
    assert "data" == (store.folder(rref) / "a.txt").read_text(encoding="utf-8")
    assert "more" == (store.folder(rref) / "folder/ü b.txt").read_text(encoding="utf-8")


def test_realization_of_nothing_is_one(store: Store) -> None:
    dref = registered(store)
    assert (put(store, dref, {}),) == store.rrefs(dref)


def test_realization_belongs_to_its_derivation(store: Store) -> None:
    dref = registered(store)
    assert dref == put(store, dref, {"a.txt": "data"}).dref


def test_rrefs_are_sorted(store: Store) -> None:
    dref = registered(store)
    made = [put(store, dref, {"a.txt": str(number)}) for number in range(5)]
    assert tuple(sorted(made, key=str)) == store.rrefs(dref)


def test_rrefs_of_an_unknown_derivation_are_none(store: Store) -> None:
    assert () == store.rrefs(UNKNOWN)


def test_folder_of_an_unknown_realization_is_missing(store: Store) -> None:
    with pytest.raises(MissingObject, match="unknown"):
        store.folder(NOWHERE)


def test_record_of_an_unknown_realization_is_missing(store: Store) -> None:
    with pytest.raises(MissingObject, match="unknown"):
        store.record(NOWHERE)


def test_commit_to_an_unknown_derivation_is_refused(store: Store) -> None:
    staging = store.stage(UNKNOWN)
    files({"a.txt": "data"})(staging.folder)
    with pytest.raises(MissingObject, match="unknown"):
        store.commit(staging, UNKNOWN, {}, facts())
    assert "data" == (staging.folder / "a.txt").read_text(encoding="utf-8")


def test_record_holds_context_facts_and_size(store: Store) -> None:
    dataset = registered(store, "dataset")
    data = put(store, dataset, {"data": "x"})
    model = registered(store, "model", data=str(dataset))
    rref = put(store, model, {"a.txt": "12345"}, context={dataset: (data,)}, started=7)
    record = store.record(rref)
    assert (rref, {dataset: (data,)}, facts(7), 5) == (
        record.rref,
        record.context,
        record.facts,
        record.size,
    )


def test_artifacts_are_read_only(store: Store) -> None:
    folder = store.folder(put(store, registered(store), {"in/a.txt": "data"}))
    modes = [(folder / name).stat().st_mode & 0o777 for name in ("", "in", "in/a.txt")]
    assert [0o555, 0o555, 0o444] == modes


def test_executable_bits_survive(store: Store) -> None:
    def write(folder: Path) -> None:
        files({"run.sh": "true"})(folder)
        (folder / "run.sh").chmod(0o740)

    folder = store.folder(put(store, registered(store), write))
    assert 0o555 == (folder / "run.sh").stat().st_mode & 0o7777


def test_links_inside_a_realization_are_kept(store: Store) -> None:
    def write(folder: Path) -> None:
        files({"in/a.txt": "data"})(folder)
        (folder / "in/link").symlink_to("a.txt")
        (folder / "in/up").symlink_to("../link")
        (folder / "link").symlink_to("in/a.txt")

    folder = store.folder(put(store, registered(store), write))
    targets = [os.readlink(folder / name) for name in ("in/link", "in/up", "link")]
    assert ["a.txt", "../link", "in/a.txt"] == targets
    assert "data" == (folder / "in/up").read_text(encoding="utf-8")


def test_empty_folders_are_kept(store: Store) -> None:
    assert (store.folder(put(store, registered(store), {"empty/er": None})) / "empty/er").is_dir()


# What counts for the reference


def _executable(folder: Path) -> None:
    files({"a.txt": "data"})(folder)
    (folder / "a.txt").chmod(0o755)


def _link(target: str) -> Callable[[Path], None]:
    def write(folder: Path) -> None:
        files({"a.txt": "data", "b.txt": "data"})(folder)
        (folder / "link").symlink_to(target)

    return write


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param({"a.txt": "data"}, {"b.txt": "data"}, id="names"),
        pytest.param({"a": "ab", "b": "c"}, {"a": "a", "b": "bc"}, id="boundaries of contents"),
        pytest.param({"ab": "c"}, {"a": "bc"}, id="boundary of name and content"),
        pytest.param({"a/b": "c"}, {"a": None, "b": "c"}, id="folders"),
        pytest.param({}, {"empty": None}, id="empty folders"),
        pytest.param({"a": ""}, {"a": None}, id="kinds"),
        pytest.param(files({"a.txt": "data"}), _executable, id="executable bits"),
        pytest.param(_link("a.txt"), _link("b.txt"), id="targets of links"),
        pytest.param(
            _link("a.txt"), {"a.txt": "data", "b.txt": "data", "link": "data"}, id="links"
        ),
    ],
)
def test_reference_depends_on(
    store: Store,
    one: Callable[[Path], None] | dict[str, str | None],
    other: Callable[[Path], None] | dict[str, str | None],
) -> None:
    dref = registered(store)
    assert put(store, dref, one) != put(store, dref, other)


def test_reference_is_the_same_in_every_store(store: Store) -> None:
    elsewhere = MemoryStore()
    write = _link("a.txt")
    one, other = (put(each, registered(each), write) for each in (store, elsewhere))
    assert one == other


def test_reference_does_not_depend_on_the_order_of_writing(store: Store) -> None:
    dref = registered(store)
    one, other = {"a": "1", "b": "2", "c/d": "3"}, {"c/d": "3", "b": "2", "a": "1"}
    assert put(store, dref, one) == put(store, dref, other)


def test_reference_does_not_depend_on_modes_beyond_the_executable_bit(store: Store) -> None:
    def write(folder: Path) -> None:
        files({"in/a.txt": "data"})(folder)
        (folder / "in/a.txt").chmod(0o600)
        (folder / "in").chmod(0o700)

    dref = registered(store)
    assert put(store, dref, {"in/a.txt": "data"}) == put(store, dref, write)


def test_reference_depends_on_the_context(store: Store) -> None:
    dataset = registered(store, "dataset")
    model = registered(store, "model", data=str(dataset))
    contexts = [{dataset: (put(store, dataset, {"n": number}),)} for number in "12"]
    one, other = (put(store, model, {"same": ""}, context=context) for context in contexts)
    assert one != other


# Equal results


def test_equal_result_is_the_same_realization(store: Store) -> None:
    dref = registered(store)
    one, other = (put(store, dref, {"a.txt": "data"}, started=time) for time in (1, 2))
    assert one == other
    assert (one,) == store.rrefs(dref)


@pytest.mark.parametrize("times", [(1, 2), (2, 1)])
def test_newest_build_time_of_equal_results_counts(store: Store, times: tuple[int, int]) -> None:
    dref = registered(store)
    rref, _ = (put(store, dref, {"a.txt": "data"}, started=time) for time in times)
    assert facts(2) == store.record(rref).facts
    (candidate,) = store.candidates(dref, {}, NOTHING)
    assert facts(2).started == candidate.started


def test_equal_result_leaves_the_folder_as_it_was(store: Store) -> None:
    dref = registered(store)
    rref = put(store, dref, {"in/a.txt": "data"}, started=2)
    before = listing(store.folder(rref))
    put(store, dref, {"in/a.txt": "data"}, started=1)
    assert before == listing(store.folder(rref))


def test_threads_can_commit_equal_results_at_once(store: Store) -> None:
    dref = registered(store)
    with ThreadPoolExecutor(8) as threads:
        made = list(
            threads.map(lambda n: put(store, dref, {"a.txt": "data"}, started=n), range(64))
        )
    assert set(store.rrefs(dref)) == set(made)
    assert facts(63) == store.record(made[0]).facts


def test_threads_can_ask_for_a_folder_at_once(store: Store) -> None:
    content: dict[str, str | None] = {f"{n}.txt": str(n) for n in range(200)}
    rref = put(store, registered(store), content)
    with ThreadPoolExecutor(8) as threads:
        counts = list(
            threads.map(lambda _: len(list(store.folder(rref).glob("[0-9]*.txt"))), range(8))
        )
    assert [200] * 8 == counts


# Candidates


def test_candidates_are_those_of_the_current_context(store: Store) -> None:
    dataset = registered(store, "dataset")
    model = registered(store, "model", data=str(dataset))
    old, new = ({dataset: (put(store, dataset, {"n": number}),)} for number in "12")
    stale = put(store, model, {"a.txt": "data"}, context=old)
    fresh = put(store, model, {"a.txt": "data"}, context=new)
    assert {stale, fresh} == set(store.rrefs(model))
    assert [fresh] == [each.rref for each in store.candidates(model, new, NOTHING)]


def test_candidates_of_a_context_depend_on_its_order(store: Store) -> None:
    # A realizer sees several realizations in the order in which a matcher chose them.
    dataset = registered(store, "dataset")
    model = registered(store, "model", data=str(dataset))
    one, other = (put(store, dataset, {"n": number}) for number in "12")
    made = put(store, model, {"a.txt": "data"}, context={dataset: (one, other)})
    found = store.candidates(model, {dataset: (one, other)}, NOTHING)
    assert [made] == [each.rref for each in found]
    assert () == store.candidates(model, {dataset: (other, one)}, NOTHING)


def test_candidates_of_an_unknown_derivation_are_none(store: Store) -> None:
    assert () == store.candidates(UNKNOWN, {}, NOTHING)


def test_candidate_holds_times_and_size(store: Store) -> None:
    dref = registered(store)
    rref = put(store, dref, {"a.txt": "12345"}, started=3)
    (found,) = store.candidates(dref, {}, NOTHING)
    expected = (rref, facts(3).started, facts(3).stopped, 5)
    assert expected == (found.rref, found.started, found.stopped, found.size)


def _various(folder: Path) -> None:
    files({"accuracy.txt": "0.5", "in/a.txt": "inside", "large.txt": "0" * 2**17})(folder)
    (folder / "binary").write_bytes(b"\xff\xfe")
    (folder / "link").symlink_to("accuracy.txt")
    (folder / "in/link").symlink_to("../link")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("accuracy.txt", "0.5"),
        ("in/a.txt", "inside"),
        ("link", "0.5"),
        ("in/link", "0.5"),
        ("absent.txt", None),
        ("in", None),
        ("binary", None),
        ("large.txt", None),
    ],
)
def test_matcher_reads_small_texts(store: Store, name: str, expected: str | None) -> None:
    dref = registered(store)
    put(store, dref, _various)
    (candidate,) = store.candidates(dref, {}, frozenset({name}))
    assert {name: expected} == candidate.texts


# What a store cannot keep


@pytest.mark.parametrize("name", ["context.json", "__x__", "__manifest__.json"])
def test_reserved_names_are_refused(store: Store, name: str) -> None:
    dref = registered(store)
    with pytest.raises(ReservedFile, match=name):
        put(store, dref, {name: "mine"})
    assert () == store.rrefs(dref)


def test_reserved_names_are_free_in_folders(store: Store) -> None:
    rref = put(store, registered(store), {"in/context.json": "mine"})
    assert "mine" == (store.folder(rref) / "in/context.json").read_text(encoding="utf-8")


def test_refused_result_stays_in_its_staging_folder(store: Store) -> None:
    dref = registered(store)
    staging = store.stage(dref)
    files({"a.txt": "data", "__x__": ""})(staging.folder)
    with pytest.raises(ReservedFile):
        store.commit(staging, dref, {}, facts())
    assert "data" == (staging.folder / "a.txt").read_text(encoding="utf-8")


def test_folder_that_became_a_link_is_refused(store: Store, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    files({"a.txt": "data"})(outside)
    before = listing(outside)

    def write(folder: Path) -> None:
        folder.rmdir()
        folder.symlink_to(outside)

    with pytest.raises(UnsupportedFile, match="not a folder"):
        put(store, registered(store), write)
    assert before == listing(outside)


# Removing


def test_removed_realization_is_gone(store: Store) -> None:
    dref = registered(store)
    gone, kept = (put(store, dref, {"in/a.txt": number}) for number in "12")
    store.remove(gone)
    assert (kept,) == store.rrefs(dref)
    with pytest.raises(MissingObject):
        store.folder(gone)


def test_removed_realization_can_be_built_again(store: Store) -> None:
    dref = registered(store)
    rref = put(store, dref, {"a.txt": "data"}, started=2)
    store.remove(rref)
    assert rref == put(store, dref, {"a.txt": "data"}, started=1)
    assert facts(1) == store.record(rref).facts


def test_removed_derivation_is_gone_with_its_realizations(store: Store) -> None:
    dref = registered(store)
    rref = put(store, dref, {"a.txt": "data"})
    store.remove(dref)
    assert () == store.drefs()
    assert () == store.rrefs(dref)
    with pytest.raises(MissingObject):
        store.folder(rref)


def test_derivation_that_a_config_refers_to_cannot_be_removed(store: Store) -> None:
    dataset = registered(store, "dataset")
    model = registered(store, "model", data=[str(dataset), "file"])
    with pytest.raises(StillNeeded, match=str(model)):
        store.remove(dataset)
    assert dataset in store.drefs()


def test_realization_that_another_was_built_from_cannot_be_removed(store: Store) -> None:
    dataset = registered(store, "dataset")
    model = registered(store, "model", data=str(dataset))
    used, free = (put(store, dataset, {"n": number}) for number in "12")
    user = put(store, model, {"a.txt": "data"}, context={dataset: (used,)})
    with pytest.raises(StillNeeded, match=str(user)):
        store.remove(used)
    store.remove(free)
    assert (used,) == store.rrefs(dataset)


def test_users_can_be_removed_before_what_they_use(store: Store) -> None:
    dataset = registered(store, "dataset")
    model = registered(store, "model", data=str(dataset))
    used = put(store, dataset, {"n": "1"})
    user = put(store, model, {"a.txt": "data"}, context={dataset: (used,)})
    for each in (user, used, model, dataset):
        store.remove(each)
    assert () == store.drefs()


@pytest.mark.parametrize("reference", [UNKNOWN, NOWHERE], ids=["dref", "rref"])
def test_unknown_object_cannot_be_removed(
    store: Store, reference: DRef[object] | RRef[object]
) -> None:
    with pytest.raises(MissingObject, match="unknown"):
        store.remove(reference)
