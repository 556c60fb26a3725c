"""Gathering graphs from stores: what is there, what must be built, what failed or is damaged."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from scenarios import Counter, Part, files, listing, numbered, put, registered

from pylightnix_fn import (
    Build,
    Closure,
    DiskStore,
    DRef,
    Folder,
    Manager,
    Many,
    Matcher,
    MemoryStore,
    Never,
    Realization,
    RRef,
    Store,
    at_least,
    derive,
    instantiate,
    realize,
)
from pylightnix_fn.canonical import canonical
from pylightnix_fn.errors.build import RealizerFailed
from pylightnix_fn.errors.store import MissingObject
from pylightnix_fn.graph.gathering import MOST_ARTIFACTS, gather_closure, gather_objects
from pylightnix_fn.graph.node import Node, State
from pylightnix_fn.graph.value import Graph
from pylightnix_fn.tree import Entry

COUNTER = Counter(numbered)


def pipeline(m: Manager) -> tuple[Manager, DRef[Folder]]:
    m, data = COUNTER.stage(m, "data")
    m, model = COUNTER.stage(m, "model", data)
    return COUNTER.stage(m, "report", data, model)


def break_down(b: Build[Part, Folder]) -> None:
    raise ValueError("there is no mean")


def fragile(m: Manager) -> tuple[Manager, DRef[Folder]]:
    m, data = COUNTER.stage(m, "data")
    m, broken = derive(m, Part("broken", [data]), Folder(), break_down, name="broken", code=None)
    return COUNTER.stage(m, "report", broken)


def states(graph: Graph) -> dict[str, State]:
    return {node.name: node.state for node in graph.nodes}


def named(graph: Graph, name: str) -> Node:
    return next(node for node in graph.nodes if node.name == name)


@pytest.fixture
def disk(tmp_path: Path) -> DiskStore:
    return DiskStore.open(tmp_path / "store")


@pytest.fixture(params=["disk", "memory"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    return DiskStore.open(tmp_path / "store") if request.param == "disk" else MemoryStore()


def spoil(store: DiskStore, rref: RRef[object], name: str, text: str) -> None:
    """Write another text into an artifact."""
    path = store.folder(rref) / name
    path.chmod(0o644)
    path.write_text(text, encoding="utf-8")
    path.chmod(0o444)


# Closures


def test_closure_is_to_be_built_where_a_store_is_empty(store: Store) -> None:
    graph = gather_closure(instantiate(pipeline), store)
    assert {"data": "miss", "model": "miss", "report": "miss"} == states(graph)
    assert "its results depend on a build of data, model" == named(graph, "report").why


def test_closure_is_there_after_it_was_realized(store: Store) -> None:
    made = realize(instantiate(pipeline), store)
    graph = gather_closure(instantiate(pipeline), store)
    assert {"data": "hit", "model": "hit", "report": "hit"} == states(graph)
    assert [made.rref] == [each.rref for each in named(graph, "report").results]


def test_closure_has_the_artifacts_that_were_written(store: Store) -> None:
    made = realize(instantiate(pipeline), store)
    (found,) = named(gather_closure(instantiate(pipeline), store), "report").results
    expected = (Entry("label.txt", "file", 6), Entry("number.txt", "file", 1))
    assert (expected, 7, made.started) == (found.artifacts, found.size, found.started)


def test_closure_in_part_there_waits_for_the_rest(store: Store) -> None:
    realize(instantiate(lambda m: COUNTER.stage(m, "data")), store)
    graph = gather_closure(instantiate(pipeline), store)
    assert {"data": "hit", "model": "miss", "report": "miss"} == states(graph)


def test_closure_whose_build_failed_says_why(store: Store) -> None:
    with pytest.raises(RealizerFailed):
        realize(instantiate(fragile), store)
    graph = gather_closure(instantiate(fragile), store)
    assert {"data": "hit", "broken": "failed", "report": "miss"} == states(graph)
    assert "there is no mean" in named(graph, "broken").why


def test_closure_whose_build_failed_with_other_inputs_is_only_to_be_built(store: Store) -> None:
    with pytest.raises(RealizerFailed):
        realize(instantiate(fragile), store)
    realize(instantiate(lambda m: COUNTER.stage(m, "data")), store, rebuild=True)
    assert "miss" == states(gather_closure(instantiate(fragile), store))["broken"]


@pytest.mark.parametrize(("started", "state"), [(0, "failed"), (4e9, "miss")])
def test_closure_whose_build_failed_before_another_did_not_is_only_to_be_built(
    store: Store, started: float, state: State
) -> None:
    def twice(m: Manager) -> tuple[Manager, Many[Folder]]:
        config = Part("broken")
        return derive(m, config, Folder(), break_down, at_least(2), name="broken", code=None)

    closure = instantiate(twice)
    with pytest.raises(RealizerFailed):
        realize(closure, store)
    put(store, closure.targets[0], {}, started=started)
    assert {"broken": state} == states(gather_closure(closure, store))


def test_closure_whose_matcher_refuses_says_why(store: Store) -> None:
    never = Matcher(frozenset(), lambda candidates: Never("of no use"))
    graph = gather_closure(instantiate(lambda m: COUNTER.stage(m, "x", matcher=never)), store)
    assert {"x": "refused"} == states(graph)
    assert "of no use" in named(graph, "x").why


def spoilt(disk: DiskStore, text: str) -> Closure[Realization[Folder]]:
    """A closure that was realized, and whose first result was changed since."""
    closure = instantiate(pipeline)
    realize(closure, disk)
    (data,) = named(gather_closure(closure, disk), "data").results
    spoil(disk, data.rref, "label.txt", text)
    return closure


def test_closure_built_from_something_damaged_says_where(disk: DiskStore) -> None:
    graph = gather_closure(spoilt(disk, "longer than it was"), disk)
    assert {"data": "damaged", "model": "hit", "report": "hit"} == states(graph)
    assert "label.txt: expected 4 bytes, found 18 bytes" == named(graph, "data").why


@pytest.mark.parametrize(("thorough", "state"), [(False, "hit"), (True, "damaged")])
def test_closure_is_read_byte_by_byte_where_it_is_asked_for(
    disk: DiskStore, thorough: bool, state: State
) -> None:
    closure = spoilt(disk, "DATA")
    assert state == states(gather_closure(closure, disk, thorough=thorough))["data"]


def test_closure_with_a_damaged_record_says_so(disk: DiskStore) -> None:
    closure = instantiate(pipeline)
    rref = realize(closure, disk).rref
    spoil(disk, rref, "__build__.json", "{}")
    assert "damaged" == states(gather_closure(closure, disk))["report"]


def test_gathering_changes_nothing(disk: DiskStore) -> None:
    realize(instantiate(pipeline), disk)
    before = listing(disk.root)
    gather_closure(instantiate(fragile), disk, thorough=True)
    assert before == listing(disk.root)


def test_equal_stores_give_equal_data(disk: DiskStore) -> None:
    realize(instantiate(pipeline), disk)
    one, other = (canonical(gather_closure(instantiate(pipeline), disk).json()) for _ in range(2))
    assert one == other


# Objects


def two_builds(store: Store) -> tuple[RRef[Folder], RRef[Folder], DRef[object]]:
    """A derivation with two realizations, and another one that was built from the first."""
    data = registered(store, "data")
    first, _ = (put(store, data, {"n.txt": text}, started=n) for n, text in enumerate("ab"))
    model = registered(store, "model", of=data)
    return first, put(store, model, {}, context={data: (first,)}), data


def test_realization_needs_what_it_was_built_from(store: Store) -> None:
    data, model, _ = two_builds(store)
    graph = gather_objects(store, model)
    assert [data, model] == [node.reference for node in graph.nodes]
    assert [(data, model)] == list(graph.edges)


def test_derivation_needs_what_its_config_names(store: Store) -> None:
    _, model, data = two_builds(store)
    graph = gather_objects(store, model.dref)
    assert [(data, model.dref)] == list(graph.edges)
    assert 2 == len(named(graph, "data").results)


def test_objects_share_what_they_both_need(store: Store) -> None:
    data, model, _ = two_builds(store)
    other = put(store, model.dref, {"x": "x"}, context={data.dref: (data,)})
    assert 3 == len(gather_objects(store, model, other).nodes)


def test_realization_shows_the_config_of_its_derivation(store: Store) -> None:
    _, model, data = two_builds(store)
    expected = f'{{"name":"model","of":"{data}"}}'
    assert expected == named(gather_objects(store, model), "model").config


def test_derivation_without_realizations_is_to_be_built(store: Store) -> None:
    assert {"data": "miss"} == states(gather_objects(store, registered(store, "data")))


def test_derivation_whose_only_build_failed_says_so(store: Store) -> None:
    with pytest.raises(RealizerFailed):
        realize(instantiate(fragile), store)
    (broken,) = (each for each in store.drefs() if each.name == "broken")
    assert "failed" == states(gather_objects(store, broken))["broken"]


@pytest.mark.parametrize("pick", [lambda rref: rref, lambda rref: rref.dref])
def test_object_that_is_not_there_is_an_error(
    store: Store, pick: Callable[[RRef[Folder]], RRef[Folder] | DRef[Folder]]
) -> None:
    reference = pick(two_builds(MemoryStore())[1])
    with pytest.raises(MissingObject) as caught:
        gather_objects(store, reference)
    assert reference.text == caught.value.reference


def test_need_that_is_gone_is_missing(disk: DiskStore) -> None:
    data, model, _ = two_builds(disk)
    folder = disk.folder(data)
    folder.chmod(0o755)
    folder.rename(disk.root / "elsewhere")
    assert {"data": "missing", "model": "hit"} == states(gather_objects(disk, model))


@pytest.mark.parametrize("file", ["context.json", "__build__.json", "__manifest__.json"])
def test_realization_with_a_damaged_file_of_the_store_says_so(disk: DiskStore, file: str) -> None:
    model = two_builds(disk)[1]
    spoil(disk, model, file, "[]")
    node = named(gather_objects(disk, model), "model")
    assert ("damaged", True) == (node.state, file in node.why)


def test_derivation_with_a_damaged_config_says_so(disk: DiskStore) -> None:
    _, model, data = two_builds(disk)
    path = disk.layout.config(data)
    path.chmod(0o644)
    path.write_text("{}", encoding="utf-8")
    assert {"data": "damaged", "model": "hit"} == states(gather_objects(disk, model.dref))


def test_realization_whose_modes_changed_is_not_damaged(disk: DiskStore) -> None:
    model = two_builds(disk)[1]
    disk.folder(model).chmod(0o755)
    assert "hit" == states(gather_objects(disk, model))["model"]


def test_realization_lists_links_folders_and_programs(store: Store) -> None:
    def write(folder: Path) -> None:
        files({"run.sh": "x", "sub/__init__.py": "y", "sub0": None})(folder)
        (folder / "run.sh").chmod(0o755)
        (folder / "link").symlink_to("run.sh")

    rref = put(store, registered(store, "data"), write)
    (found,) = gather_objects(store, rref).nodes[0].results
    expected = (
        Entry("link", "symlink", content="run.sh"),
        Entry("run.sh", "file", 1, executable=True),
        Entry("sub", "directory"),
        Entry("sub/__init__.py", "file", 1),
        Entry("sub0", "directory"),
    )
    assert expected == found.artifacts


def test_realization_of_many_files_lists_some_and_counts_the_rest(store: Store) -> None:
    names: dict[str, str | None] = {f"{n:04}": "" for n in range(MOST_ARTIFACTS + 3)}
    rref = put(store, registered(store, "data"), names)
    (found,) = gather_objects(store, rref).nodes[0].results
    assert (MOST_ARTIFACTS, 3) == (len(found.artifacts), found.unlisted)


def test_stray_file_whose_name_is_no_text_is_shown_as_data(disk: DiskStore) -> None:
    rref = two_builds(disk)[0]
    folder = disk.folder(rref)
    folder.chmod(0o755)
    Path(os.fsdecode(os.fsencode(folder) + b"/\xff")).touch()
    graph = gather_objects(disk, rref)
    assert r"\\udcff" in canonical(graph.json())
    assert "damaged" == graph.nodes[0].state


def test_chain_of_realizations_is_gathered_however_deep(store: Store) -> None:
    dref = registered(store, "n", number=0)
    rref = put(store, dref, {})
    for number in range(1, 120):
        below, dref = dref, registered(store, "n", number=number, of=dref)
        rref = put(store, dref, {}, context={below: (rref,)})
    assert 120 == len(gather_objects(store, rref).nodes)
