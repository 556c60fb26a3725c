"""Questions to a store: what a text stands for, who needs whom, what is where, what differs."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scenarios import Writer, facts, put, registered, unprivileged

from pylightnix_fn import DiskStore, DRef, Folder, MemoryStore, RRef, Store, add_root, best
from pylightnix_fn.canonical import canonical, digest
from pylightnix_fn.comparison import Change
from pylightnix_fn.errors.inquiry import AmbiguousObject, NotComparable, UnknownObject
from pylightnix_fn.errors.store import DamagedObject, MissingObject
from pylightnix_fn.findings.alteration import (
    Array,
    ArrayChange,
    ArtifactChange,
    ContentChange,
    NumberChange,
    OneSided,
    TextChange,
)
from pylightnix_fn.findings.detail import DerivationSheet, RealizationSheet
from pylightnix_fn.findings.needs import Hold
from pylightnix_fn.inquiry.arrays import largest_difference
from pylightnix_fn.inquiry.comparing import compare
from pylightnix_fn.inquiry.detail import artifacts, describe
from pylightnix_fn.inquiry.lookup import completions, lookup, matching
from pylightnix_fn.inquiry.overview import failures, info, listing
from pylightnix_fn.inquiry.relations import deps, rdeps, users, why
from pylightnix_fn.inquiry.runs import runs
from pylightnix_fn.inquiry.search import find
from pylightnix_fn.realizer import Context
from pylightnix_fn.refs import dref_from, rref_from
from pylightnix_fn.retention.inventory import Reference
from pylightnix_fn.store.layout import BUILD_FILE


@pytest.fixture
def disk(tmp_path: Path) -> DiskStore:
    return DiskStore.open(tmp_path / "store", durability="off")


def at(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def objects(store: Store) -> list[Reference]:
    return [*store.drefs(), *chain.from_iterable(map(store.rrefs, store.drefs()))]


def trained(store: Store) -> tuple[DRef[object], RRef[Folder], list[RRef[Folder]]]:
    """A derivation for data with one realization, from which two models have two each."""
    data = registered(store, "data", size=100)
    dataset = put(store, data, {"x.txt": "1"})
    models = [
        registered(store, "model", fields={"rate": rate, "data": data.text}, code={"m:fit": "00"})
        for rate in (0.1, 0.01)
    ]
    results = [
        put(store, model, {"accuracy.txt": f"0.9{n}\n"}, context={data: (dataset,)}, started=n)
        for model, numbers in zip(models, [(1, 2), (3, 4)], strict=True)
        for n in numbers
    ]
    return data, dataset, results


# Lookup.


def test_lookup_finds_every_object_by_its_reference(store: Store) -> None:
    trained(store)
    assert objects(store) == [lookup(store, each.text) for each in objects(store)]


def test_lookup_finds_every_object_by_every_unique_beginning_of_its_hash(store: Store) -> None:
    trained(store)
    texts = [each.text for each in objects(store)]
    for each in objects(store):
        for length in range(1, 33):
            begin = each.text[5 : 5 + length]
            if sum(text[5:].startswith(begin) for text in texts) == 1:
                assert [each, each] == [lookup(store, begin), lookup(store, each.text[:5] + begin)]


def test_lookup_finds_a_derivation_by_its_name(store: Store) -> None:
    data, _, _ = trained(store)
    assert data == lookup(store, "data")


def test_lookup_takes_a_name_for_a_name_though_a_hash_begins_so(store: Store) -> None:
    named = registered(store, registered(store, "thing").digest[:4])
    assert named == lookup(store, named.name)


def test_lookup_finds_a_realization_below_a_name(store: Store) -> None:
    _, dataset, _ = trained(store)
    assert [dataset, dataset] == [
        lookup(store, f"data/{dataset.digest[:3]}"),
        lookup(store, "data/"),
    ]


def test_lookup_finds_a_realization_below_the_beginning_of_a_hash(store: Store) -> None:
    _, _, (_, _, third, _) = trained(store)
    text = f"{third.dref.digest[:8]}/{third.digest[:8]}"
    assert third == lookup(store, text)


def test_lookup_finds_what_tables_show(store: Store) -> None:
    data, dataset, _ = trained(store)
    texts = [f"dref:{data.digest[:8]}…-data", f"rref:{dataset.digest[:8]}…-data"]
    assert [data, dataset] == [lookup(store, text) for text in texts]


def test_lookup_finds_an_object_by_its_path(disk: DiskStore) -> None:
    data, dataset, _ = trained(disk)
    paths = [disk.layout.derivation(data), disk.layout.realization(dataset)]
    assert [data, dataset] == [lookup(disk, f"{path}/") for path in paths]


def test_lookup_of_a_name_that_several_bear_lists_them(store: Store) -> None:
    trained(store)
    with pytest.raises(AmbiguousObject) as raised:
        lookup(store, "model")
    assert tuple(each.text for each in store.drefs() if each.name == "model") == (
        raised.value.candidates
    )


def test_lookup_of_a_name_that_nothing_bears_lists_those_near(store: Store) -> None:
    trained(store)
    with pytest.raises(UnknownObject) as raised:
        lookup(store, "modle")
    assert ("model",) == raised.value.near


@pytest.mark.parametrize(
    "text", ["", " ", "/", "dref:", "rref:", "…", "../..", "mode", f"dref:{'0' * 32}-data"]
)
def test_lookup_of_a_text_that_stands_for_nothing_is_refused(store: Store, text: str) -> None:
    trained(store)
    with pytest.raises(UnknownObject):
        lookup(store, text)


def test_lookup_does_not_find_a_realization_whose_derivation_is_gone(store: Store) -> None:
    with pytest.raises(UnknownObject):
        lookup(store, f"rref:{'0' * 32}-{'0' * 32}-data")


def test_texts_are_completed_by_name_and_by_hash(store: Store) -> None:
    data, dataset, _ = trained(store)
    found = [matching(store, "dat"), matching(store, dataset.text[:20]), matching(store, "data/")]
    assert [(data,), (dataset,), (dataset,)] == found


def test_every_object_is_among_those_that_the_beginning_of_its_reference_matches(
    store: Store,
) -> None:
    trained(store)
    for each in objects(store):
        assert all(each in matching(store, each.text[:length]) for length in range(5, 60))


@pytest.mark.parametrize("length", [0, 1, 4, 8, 20])
def test_texts_offered_for_the_beginning_of_any_go_on_from_it(store: Store, length: int) -> None:
    trained(store)
    for begun in ["model", "data/", *(each.text for each in objects(store))]:
        offered = completions(store, begun[:length])
        assert [True] == list({each.startswith(begun[:length]) for each in offered})


def test_texts_offered_stand_for_what_they_were_offered_for(store: Store) -> None:
    data, dataset, _ = trained(store)
    begun = ["da", "data/", dataset.text[:9], dataset.digest[:6]]
    offered = [lookup(store, text) for each in begun for text in completions(store, each)]
    assert [data, dataset, dataset, dataset] == offered


# Relations.


def test_deps_of_a_realization_are_its_derivation_and_what_it_was_built_from(store: Store) -> None:
    data, dataset, (first, *_) = trained(store)
    assert {data, dataset, first.dref} == set(deps(store, first).direct)


def test_deps_beyond_the_direct_ones_are_further(store: Store) -> None:
    data, dataset, (first, *_) = trained(store)
    last = registered(store, "last", model=first.dref.text)
    result = put(store, last, {}, context={first.dref: (first,)})
    assert {data, dataset} == set(deps(store, result).further)


def test_rdeps_of_data_are_all_that_was_made_from_it(store: Store) -> None:
    _, dataset, results = trained(store)
    assert set(results) == set(rdeps(store, dataset).all)


@settings(max_examples=15, deadline=None)
@given(st.lists(st.sets(st.integers(0, 4)), min_size=1, max_size=5))
def test_deps_and_rdeps_are_inverse(needs: list[set[int]]) -> None:
    store = MemoryStore()
    made: list[RRef[Folder]] = []
    for number, wanted in enumerate(needs):
        inputs = [made[each] for each in sorted(wanted) if each < number]
        dref = registered(store, f"n{number}", inputs=[each.dref.text for each in inputs])
        context: Context = {each.dref: (each,) for each in inputs}
        made.append(put(store, dref, {"n.txt": str(number)}, context=context))
    everything = objects(store)
    for direction in ("direct", "all"):
        forth = {(a, b) for a in everything for b in getattr(deps(store, a), direction)}
        back = {(a, b) for b in everything for a in getattr(rdeps(store, b), direction)}
        assert forth == back


def test_deps_of_what_is_not_there_are_an_error(store: Store) -> None:
    with pytest.raises(MissingObject):
        deps(store, dref_from(f"dref:{'0' * 32}-data"))


def test_users_of_a_derivation_are_not_its_own_realizations(store: Store) -> None:
    data, _, results = trained(store)
    assert {*results, *(each.dref for each in results)} == set(users(store, data))


def test_object_is_kept_by_the_root_of_what_was_made_from_it(disk: DiskStore) -> None:
    _, dataset, (first, *_) = trained(disk)
    add_root(disk, "the-one", first)
    disk.close()
    assert (Hold("root 'the-one'", (first, dataset)),) == why(disk, dataset).holds


def test_object_is_kept_by_a_process_that_uses_it(disk: DiskStore) -> None:
    _, dataset, _ = trained(disk)
    (hold,) = why(disk, dataset).holds
    assert (True, (dataset,)) == (f"process {os.getpid()}" in hold.by, hold.way)


def test_object_that_no_root_leads_to_is_garbage(disk: DiskStore) -> None:
    data, _, (first, second, *_) = trained(disk)
    add_root(disk, "the-one", first)
    disk.close()
    assert [True, False] == [why(disk, each).is_garbage for each in (second, data)]


def test_relations_do_without_what_a_damaged_object_needs(disk: DiskStore) -> None:
    data, dataset, (first, *others) = trained(disk)
    disk.layout.realization(first).chmod(0o755)
    (disk.layout.realization(first) / "context.json").unlink()
    assert set(others) == set(rdeps(disk, dataset).direct)
    assert (first.dref, data) == deps(disk, first).all


# Search.


def test_find_gives_derivations_where_only_configs_are_asked_for(store: Store) -> None:
    _, _, (_, _, third, _) = trained(store)
    assert (third.dref,) == find(store, ["rate<0.05"]).references


def test_find_gives_realizations_by_what_is_in_an_artifact(store: Store) -> None:
    _, _, (_, second, *_) = trained(store)
    assert (second,) == find(store, ["rate>0.05", "accuracy.txt>0.915"]).references


def test_find_shows_what_it_looked_at(store: Store) -> None:
    trained(store)
    (match,) = find(store, ["rate>0.05", "accuracy.txt>0.915"]).matches
    assert {"rate": 0.1, "accuracy.txt": 0.92} == match.values


def test_find_takes_a_path_that_leads_nowhere_in_a_config_for_an_artifact(store: Store) -> None:
    _, dataset, _ = trained(store)
    assert (dataset,) == find(store, ["x.txt=1"]).references


def test_find_looks_for_an_artifact_by_a_dot_and_a_slash(store: Store) -> None:
    dref = registered(store, "thing", label="config")
    rref = put(store, dref, {"label": "artifact"})
    found = [find(store, [text]).references for text in ("label=artifact", "./label=artifact")]
    assert [(), (rref,)] == found


@pytest.mark.parametrize(
    "path", ["../context.json", "/etc/hostname", "context.json", f"./{'a' * 300}", "./"]
)
def test_find_reads_nothing_but_artifacts(store: Store, path: str) -> None:
    trained(store)
    assert () == find(store, [f"{path}~" + '""']).references


def test_find_reads_an_artifact_behind_a_link(store: Store) -> None:
    def write(folder: Path) -> None:
        (folder / "sub").mkdir()
        (folder / "sub" / "n.txt").write_text("7", encoding="utf-8")
        (folder / "latest").symlink_to("sub/n.txt")

    rref = put(store, registered(store), write)
    assert (rref,) == find(store, ["latest=7"]).references


def test_find_goes_by_the_pattern_of_a_name(store: Store) -> None:
    data, _, _ = trained(store)
    assert (data,) == find(store, name="d*").references


def test_find_gives_realizations_where_they_are_asked_for(store: Store) -> None:
    _, dataset, _ = trained(store)
    assert (dataset,) == find(store, name="data", realizations=True).references


def test_find_goes_by_when_builds_ended(store: Store) -> None:
    _, _, (_, second, third, _) = trained(store)
    found = find(store, name="model", newer=at(3), older=at(4)).references
    assert {second, third} == set(found)


def test_find_passes_over_what_is_damaged(disk: DiskStore) -> None:
    _, dataset, results = trained(disk)
    disk.layout.config(dataset.dref).chmod(0o644)
    disk.layout.config(dataset.dref).write_text("{}", encoding="utf-8")
    found = find(disk, ["rate>0"], realizations=True).references
    assert set(results) == set(found)


# Comparison.


def test_comparison_of_derivations_tells_config_from_code(store: Store) -> None:
    old = registered(store, fields={"x": 1}, code={"m:f": "00", "m:g": "11"})
    new = registered(store, fields={"x": 2}, code={"m:f": "00", "m:g": "22"})
    difference = compare(store, old, new)
    config, code = Change(("fields", "x"), 1, 2), Change(("code", "m:g"), "11", "22")
    assert ((config,), (code,)) == (difference.config, difference.code)


def test_comparison_with_itself_is_empty(store: Store) -> None:
    _, _, (first, *_) = trained(store)
    assert compare(store, first, first).is_empty


def test_comparison_tells_contexts(store: Store) -> None:
    data, dataset, (first, *_) = trained(store)
    other = put(store, data, {"x.txt": "2"})
    second = put(store, first.dref, {"accuracy.txt": "0.91\n"}, context={data: (other,)})
    expected = Change((data.text, 0), dataset.text, other.text)
    assert (expected,) == compare(store, first, second).context


def test_comparison_tells_times_apart_from_what_counts(store: Store) -> None:
    dref = registered(store)
    data = registered(store, "data")
    one, two = (put(store, data, {"x": text}) for text in "12")
    old = put(store, dref, {"a": "same"}, context={data: (one,)}, started=0)
    new = put(store, dref, {"a": "same"}, context={data: (two,)}, started=60)
    difference = compare(store, old, new)
    assert ["started", "stopped"] == [each.path for each in difference.facts]


def test_derivation_is_not_compared_with_a_realization(store: Store) -> None:
    data, dataset, _ = trained(store)
    with pytest.raises(NotComparable):
        compare(store, data, dataset)


Write = Callable[[Path], object]


def changes(store: Store, old: Write, new: Write) -> tuple[ArtifactChange, ...]:
    dref = registered(store)
    return compare(store, *(put(store, dref, _wrote(each)) for each in (old, new))).artifacts


def _wrote(write: Write) -> Writer:
    def write_all(folder: Path) -> None:
        write(folder)

    return write_all


def text(name: str, content: str) -> Write:
    return lambda folder: (folder / name).write_text(content, encoding="utf-8")


def arrays(**members: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> Write:
    def write(folder: Path) -> None:
        with (folder / "w.npz").open("wb") as file:
            np.savez(file, allow_pickle=False, **members)

    return write


def test_artifact_on_one_side_is_told_with_its_side(store: Store) -> None:
    found = changes(store, text("a", "xx"), text("b", "xxx"))
    assert (OneSided("a", "old", 2), OneSided("b", "new", 3)) == found


def test_numbers_are_told_as_numbers(store: Store) -> None:
    assert (NumberChange("a", 0.5, 2),) == changes(store, text("a", "0.5\n"), text("a", "2"))


def test_texts_are_told_by_lines(store: Store) -> None:
    found = changes(store, text("a", "one\ntwo\n"), text("a", "one\n2\n"))
    assert (TextChange("a", ("@@ -1,2 +1,2 @@", " one", "-two", "+2")),) == found


def test_texts_that_differ_in_the_ends_of_lines_are_told_by_their_hashes(store: Store) -> None:
    (change,) = changes(store, text("a", "x\n"), text("a", "x"))
    assert isinstance(change, ContentChange)


def test_number_spelled_otherwise_is_told_as_a_text(store: Store) -> None:
    (change,) = changes(store, text("a", "0.5"), text("a", "0.50"))
    assert isinstance(change, TextChange)


def test_bytes_are_told_by_sizes_and_hashes(store: Store) -> None:
    (change,) = changes(
        store,
        lambda folder: (folder / "a").write_bytes(b"\xff"),
        lambda folder: (folder / "a").write_bytes(b"\xff\xff"),
    )
    assert isinstance(change, ContentChange)
    assert (1, 2) == (change.old.size, change.new.size)


def test_right_to_execute_is_told(store: Store) -> None:
    def executable(folder: Path) -> None:
        text("a", "x")(folder)
        (folder / "a").chmod(0o755)

    (change,) = changes(store, text("a", "x"), executable)
    assert ["a 1 B 2d711642 (file -> executable)"] == list(change.lines())


def test_arrays_are_told_by_their_largest_difference(store: Store) -> None:
    old, new = (lambda folder, n=n: np.save(folder / "w.npy", np.arange(3.0) * n) for n in (1, 3))
    kind = Array("float64", (3,))
    assert (ArrayChange("w.npy", "", kind, kind, 4.0),) == changes(store, old, new)


def test_arrays_in_an_archive_are_told_one_by_one(store: Store) -> None:
    same, zeros, ones = np.ones(1), np.zeros(2), np.ones(2)
    found = changes(store, arrays(a=zeros, b=same), arrays(a=ones, b=same, c=ones))
    kind = Array("float64", (2,))
    expected = (
        ArrayChange("w.npz", "a", kind, kind, 1.0),
        ArrayChange("w.npz", "c", None, kind, None),
    )
    assert expected == found


def test_file_that_only_calls_itself_an_array_is_told_by_its_hash(store: Store) -> None:
    (change,) = changes(store, text("w.npy", "a"), text("w.npy", "b"))
    assert isinstance(change, ContentChange)


def test_array_of_objects_is_not_read(store: Store) -> None:
    def objects_of(value: object) -> Write:
        array = np.array([value], dtype=object)
        return lambda folder: np.save(folder / "w.npy", array, allow_pickle=True)

    (change,) = changes(store, objects_of("a"), objects_of("b"))
    assert isinstance(change, ContentChange)


def test_largest_difference_of_whole_numbers_is_exact() -> None:
    large = np.array([2**62], dtype="int64")
    assert 1.0 == largest_difference(large, large + 1)


def test_largest_difference_is_infinite_where_one_is_no_number() -> None:
    one, other = np.array([np.nan, 1.0]), np.array([np.nan, np.nan])
    assert [0.0, float("inf")] == [largest_difference(one, each) for each in (one, other)]


def test_largest_difference_of_other_shapes_or_of_texts_is_none() -> None:
    pairs = [(np.zeros(2), np.zeros(3)), (np.array(["a"]), np.array(["b"]))]
    assert [None, None] == [largest_difference(*pair) for pair in pairs]


def test_comparison_is_told_in_80_columns_and_as_canonical_json(store: Store) -> None:
    _, _, (first, second, *_) = trained(store)
    difference = compare(store, first, second)
    assert all(len(line) <= 80 for line in str(difference).split("\n"))
    assert "accuracy.txt" in canonical(difference.json())


# Runs.


def test_runs_of_a_name_are_those_of_all_its_derivations(store: Store) -> None:
    _, _, results = trained(store)
    assert set(results) == {each.rref for each in runs(store, "model").runs}


def test_runs_have_numbers_and_the_fields_that_vary(store: Store) -> None:
    trained(store)
    assert ("accuracy.txt", "rate") == runs(store, "model").columns[:2]


def test_runs_are_marked_by_what_a_matcher_chooses_of_each_derivation(store: Store) -> None:
    _, _, (_, second, _, fourth) = trained(store)
    table = runs(store, "model", best("accuracy.txt"), by="accuracy.txt")
    assert [fourth, second] == [each.rref for each in table.runs if each.chosen]


def test_matcher_sees_the_runs_of_one_context_at_a_time(store: Store) -> None:
    data, _, (first, second, *_) = trained(store)
    other = put(store, data, {"x.txt": "2"})
    worse = put(store, first.dref, {"accuracy.txt": "0.1"}, context={data: (other,)})
    table = runs(store, first.dref, best("accuracy.txt"))
    assert {second, worse} == {each.rref for each in table.runs if each.chosen}


def test_runs_of_a_hash_are_those_of_what_it_begins(store: Store) -> None:
    _, _, (first, second, *_) = trained(store)
    table = runs(store, first.dref.text[:20])
    assert {first, second} == {each.rref for each in table.runs}


def test_runs_of_an_unknown_name_are_an_error(store: Store) -> None:
    with pytest.raises(UnknownObject):
        runs(store, "model")


def test_runs_of_a_derivation_without_results_are_none(store: Store) -> None:
    assert "no realizations" == str(runs(store, registered(store)))


# Overview and detail.


def test_listing_counts_what_there_is_of_each_name(store: Store) -> None:
    trained(store)
    expected = [("data", 1, 1, at(1), 1), ("model", 2, 4, at(5), 20)]
    assert expected == [
        (each.name, each.derivations, each.realizations, each.newest, each.size)
        for each in listing(store).names
    ]


def test_listing_goes_by_a_pattern(store: Store) -> None:
    trained(store)
    assert ["model"] == [each.name for each in listing(store, "m*").names]


def test_listing_counts_what_is_damaged(disk: DiskStore) -> None:
    _, dataset, _ = trained(disk)
    folder = disk.layout.realization(dataset)
    folder.chmod(0o755)
    (folder / BUILD_FILE).unlink()
    listed = listing(disk, "data").names[0]
    assert (1, None, 0) == (listed.realizations, listed.newest, listed.size)


def test_info_counts_what_a_store_holds(disk: DiskStore) -> None:
    _, dataset, _ = trained(disk)
    add_root(disk, "the-one", dataset)
    found = info(disk)
    expected = (3, 5, 0, 1, 21, 0)
    assert expected == (
        found.derivations,
        found.realizations,
        found.failures,
        found.roots,
        found.size,
        found.trash,
    )


def test_info_names_the_processes_that_use_a_store(disk: DiskStore) -> None:
    trained(disk)
    before = info(disk).processes
    disk.close()
    assert (1, ()) == (len(before or ()), info(disk).processes)


def test_info_does_without_the_processes_where_it_may_not_look() -> None:
    if os.geteuid() != 0:
        pytest.skip("needs a store of another user")
    home = Path(tempfile.mkdtemp())
    home.chmod(0o755)
    store = DiskStore.open(home / "store", durability="off")
    trained(store)
    with unprivileged():
        found = info(DiskStore.open(home / "store", create=False))
    shutil.rmtree(home)
    assert (5, None) == (found.realizations, found.processes)


def test_info_knows_what_is_in_the_trash(disk: DiskStore) -> None:
    place = disk.layout.trash / "damaged-x"
    place.mkdir()
    (place / "file").write_text("12345", encoding="utf-8")
    found = info(disk)
    assert (1, 5) == (found.trash, found.trash_size)


def test_info_is_told_in_80_columns_and_as_canonical_json(disk: DiskStore) -> None:
    found = info(disk)
    assert all(len(line) <= 80 for line in str(found).split("\n"))
    assert '"durability":"off"' in canonical(found.json())


def test_artifacts_are_what_was_written(store: Store) -> None:
    rref = put(store, registered(store), {"a/b.txt": "text", "c": ""})
    assert ["a", "a/b.txt", "c"] == [each.path for each in artifacts(store, rref).tree.entries]


def test_shown_derivation_has_its_realizations_and_users(store: Store) -> None:
    data, dataset, results = trained(store)
    sheet = describe(store, data)
    assert isinstance(sheet, DerivationSheet)
    assert ((dataset,), {*results, *(each.dref for each in results)}) == (
        sheet.realizations,
        set(sheet.users),
    )


def test_shown_realization_has_the_end_of_its_log(store: Store) -> None:
    dref = registered(store)
    staging = store.stage(dref)
    staging.folder.mkdir(exist_ok=True)
    staging.log.write_text("".join(f"{n}\n" for n in range(100)), encoding="utf-8")
    rref = store.commit(staging, dref, {}, facts()).rref
    sheet = describe(store, rref, log_lines=2)
    assert isinstance(sheet, RealizationSheet)
    assert ("98", "99") == sheet.log


def test_shown_realization_has_context_times_and_versions(store: Store) -> None:
    data, dataset, (first, *_) = trained(store)
    sheet = describe(store, first)
    assert isinstance(sheet, RealizationSheet)
    assert ({data: (dataset,)}, at(1), {"python": "3"}) == (
        sheet.context,
        sheet.started,
        sheet.versions,
    )


def test_shown_objects_have_canonical_json(store: Store) -> None:
    trained(store)
    assert all(each.text in canonical(describe(store, each).json()) for each in objects(store))


def test_what_is_not_there_is_not_shown(store: Store) -> None:
    with pytest.raises(MissingObject):
        describe(store, rref_from(f"rref:{'0' * 32}-{'0' * 32}-data"))


def test_what_is_damaged_is_not_shown(disk: DiskStore) -> None:
    data, _, _ = trained(disk)
    disk.layout.config(data).chmod(0o644)
    disk.layout.config(data).write_text("{}", encoding="utf-8")
    with pytest.raises(DamagedObject):
        describe(disk, data)


def test_store_without_failures_says_so(store: Store) -> None:
    assert "no failures" == str(failures(store))


def test_large_store_is_listed_while_one_blinks(tmp_path: Path) -> None:
    store = DiskStore.open(tmp_path / "store")
    record = store.layout.realization(put(store, registered(store), {"a": "12345"})) / BUILD_FILE
    for number in range(300):
        derivation = store.layout.objects / f"{digest(str(number))[:32]}-n{number % 50}"
        derivation.mkdir()
        for result in range(10):
            place = f"{derivation}/{digest(f'{number}.{result}')[:32]}"
            os.mkdir(place)
            os.link(record, f"{place}/{BUILD_FILE}")
    seconds = min(_seconds_of_listing(store) for _ in range(3))
    shutil.rmtree(store.layout.objects)
    assert seconds < 0.1  # so ten thousand in 0.3


def _seconds_of_listing(store: DiskStore) -> float:
    start = time.process_time()  # whatever else the machine does
    sizes = [each.size for each in listing(store, "n*").names]
    seconds = time.process_time() - start
    assert [300] * 50 == sizes
    return seconds
