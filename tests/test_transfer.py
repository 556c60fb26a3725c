"""Transfer: closures from store to store, as an archive or directly."""

from __future__ import annotations

import io
import os
import pickle
import sys
import tarfile
import tempfile
import tracemalloc
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final, TypeAlias

import pytest
from attrs import frozen
from backports import zstd
from hypothesis import given, settings
from hypothesis import strategies as st
from scenarios import Counter, facts, files, listing, put, registered

from pylightnix_fn import DiskStore, DRef, Folder, RRef, instantiate, realize
from pylightnix_fn.errors.fetch import ChecksumMismatch, LocalFileMissing
from pylightnix_fn.errors.plan import BadParameter
from pylightnix_fn.errors.store import DamagedObject, MissingObject
from pylightnix_fn.errors.transfer import (
    ArchiveNotWritten,
    ClosureRefused,
    NotTransferable,
    PackageMissing,
)
from pylightnix_fn.manager import Manager
from pylightnix_fn.quantity import size_text
from pylightnix_fn.retention.inventory import Reference
from pylightnix_fn.transfer.moving import copy_closure, export_closure, import_closure
from pylightnix_fn.transfer.report import Received, Transferred
from pylightnix_fn.tree import PIECE
from pylightnix_fn.upkeep.verification import verify

# What a store holds, for comparisons: what each object is by its name, and the newest times.
State: TypeAlias = dict[str, str]

CONTENT: Final = "9b7279b830f8ce9853cfa06c891a96f3239a9cce4fd74b01f1e3755f9d5988f9"


def sealed(folder: Path) -> dict[str, tuple[int, int, str]]:
    """Everything in a realization: its mode, size, and content or link target."""
    found = listing(folder).items()
    return {name: (mode, size, content) for name, (mode, size, _, content) in found}


def opened(path: Path) -> DiskStore:
    return DiskStore.open(path, durability="off")


def state(store: DiskStore) -> State:
    """Every object of a store, and when it was built last."""
    found = {dref.text: store.config(dref).text for dref in store.drefs()}
    for dref in store.drefs():
        for rref in store.rrefs(dref):
            found[rref.text] = store.record(rref).facts.started.isoformat()
    return found


@pytest.fixture
def here(tmp_path: Path) -> DiskStore:
    return opened(tmp_path / "here")


@pytest.fixture
def there(tmp_path: Path) -> DiskStore:
    return opened(tmp_path / "there")


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    return tmp_path / "closure.tar.zst"


def digits(store: DiskStore, *, started: float = 0) -> RRef[Folder]:
    """A result of nothing, with all that an artifact may be."""

    def write(folder: Path) -> None:
        files({"images/a.txt": "a", "empty": None, "é" * 70: "long", "n" * 120: ""})(folder)
        (folder / "run.sh").write_text("#!/bin/sh\n", encoding="utf-8")
        (folder / "run.sh").chmod(0o755)
        (folder / "images" / "link").symlink_to("../run.sh")

    return put(store, registered(store, "digits"), write, started=started)


def model(store: DiskStore, *, started: float = 5) -> RRef[Folder]:
    """A result of digits."""
    data = digits(store)
    dref = registered(store, "model", data=data.dref.text)
    return put(store, dref, {"w.txt": "0.5"}, context={data.dref: (data,)}, started=started)


# Export and import.


def test_import_gives_the_objects_that_were_exported(
    here: DiskStore, there: DiskStore, archive: Path
) -> None:
    export_closure(here, [model(here)], archive)
    import_closure(there, archive)
    assert state(here) == state(there)


def test_import_gives_the_files_that_were_exported(
    here: DiskStore, there: DiskStore, archive: Path
) -> None:
    made = digits(here)
    export_closure(here, [made], archive)
    import_closure(there, archive)
    assert sealed(here.folder(made)) == sealed(there.folder(made))


def test_import_leaves_a_whole_store(here: DiskStore, there: DiskStore, archive: Path) -> None:
    export_closure(here, [model(here)], archive)
    import_closure(there, archive)
    assert (4, ()) == (verify(there).objects, verify(there).damages)


def test_import_leaves_nothing_in_staging(here: DiskStore, there: DiskStore, archive: Path) -> None:
    export_closure(here, [model(here)], archive)
    import_closure(there, archive)
    assert ["spare"] == [each.name for each in there.layout.staging.glob("*/*")]
    assert [] == list(there.layout.staging.glob("*/*/*"))


def test_export_takes_what_a_reference_needs_and_nothing_else(
    here: DiskStore, there: DiskStore, archive: Path
) -> None:
    model(here)
    data = digits(here)
    export_closure(here, [data], archive)
    import_closure(there, archive)
    assert {data.text, data.dref.text} == state(there).keys()


def test_export_of_a_derivation_takes_configs_alone(
    here: DiskStore, there: DiskStore, archive: Path
) -> None:
    made = model(here)
    export_closure(here, [made.dref], archive)
    import_closure(there, archive)
    assert {dref.text for dref in here.drefs()} == state(there).keys()


def test_export_names_what_nothing_else_refers_to(here: DiskStore, archive: Path) -> None:
    made = model(here)
    exported = export_closure(here, [digits(here), made, made.dref], archive)
    assert (made,) == exported.references


def test_import_names_what_the_export_named(
    here: DiskStore, there: DiskStore, archive: Path
) -> None:
    exported = export_closure(here, [model(here)], archive)
    assert exported.references == import_closure(there, archive).references


def test_log_travels_with_its_result(here: DiskStore, there: DiskStore, archive: Path) -> None:
    staging = here.stage(registered(here))
    staging.folder.joinpath("a").write_text("a", encoding="utf-8")
    staging.log.write_text("epoch 1\n", encoding="utf-8")
    made = here.commit(staging, registered(here), {}, facts()).rref
    export_closure(here, [made], archive)
    import_closure(there, archive)
    assert sealed(here.folder(made)) == sealed(there.folder(made))


def test_what_was_imported_is_not_built_again(
    here: DiskStore, there: DiskStore, archive: Path
) -> None:
    counter = Counter()

    def pipeline(m: Manager) -> tuple[Manager, DRef[Folder]]:
        m, data = counter.stage(m, "data")
        return counter.stage(m, "net", data)

    made = realize(instantiate(pipeline), here)
    export_closure(here, [made.rref], archive)
    import_closure(there, archive)
    realize(instantiate(pipeline), there)
    assert {"data": 1, "net": 1} == counter.builds


def test_import_twice_adds_nothing(here: DiskStore, there: DiskStore, archive: Path) -> None:
    export_closure(here, [model(here)], archive)
    import_closure(there, archive)
    assert "nothing added; 4 objects there already" == str(import_closure(there, archive))


def test_import_keeps_the_newest_times(here: DiskStore, there: DiskStore, archive: Path) -> None:
    made = digits(here, started=9)
    digits(there, started=3)
    export_closure(here, [made], archive)
    import_closure(there, archive)
    assert facts(9) == there.record(made).facts


def test_import_of_older_times_changes_none(
    here: DiskStore, there: DiskStore, archive: Path
) -> None:
    made = digits(here, started=3)
    digits(there, started=9)
    export_closure(here, [made], archive)
    import_closure(there, archive)
    assert facts(9) == there.record(made).facts


def test_import_replaces_what_is_damaged(here: DiskStore, there: DiskStore, archive: Path) -> None:
    made = digits(here)
    export_closure(here, [made], archive)
    import_closure(there, archive)
    spoil(there, made, "images/a.txt")
    import_closure(there, archive)
    assert "a" == (there.folder(made) / "images/a.txt").read_text(encoding="utf-8")


def spoil(store: DiskStore, rref: RRef[Folder], name: str, text: str = "b") -> None:
    """Write into a file of a store, as nobody should."""
    path = store.folder(rref) / name
    path.chmod(0o644)
    path.write_text(text, encoding="utf-8")


def test_import_that_was_stopped_leaves_what_is_whole_and_closed(
    here: DiskStore, there: DiskStore, archive: Path
) -> None:
    stopped_import(here, there, archive)
    assert (3, ()) == (verify(there).objects, verify(there).damages)


def test_import_that_was_stopped_goes_on_when_it_is_run_again(
    here: DiskStore, there: DiskStore, archive: Path
) -> None:
    stopped_import(here, there, archive)
    again = import_closure(there, archive)
    assert (1, state(here)) == (len(again.added), state(there))


def stopped_import(here: DiskStore, there: DiskStore, archive: Path) -> None:
    export_closure(here, [model(here)], archive)

    def stop(event: Transferred) -> None:
        if event.done == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        import_closure(there, archive, observe=stop)


def test_import_tells_of_each_object(here: DiskStore, there: DiskStore, archive: Path) -> None:
    seen: list[Transferred] = []
    export_closure(here, [model(here)], archive)
    import_closure(there, archive, observe=seen.append)
    assert [(1, 4), (2, 4), (3, 4), (4, 4)] == [(each.done, each.total) for each in seen]


def test_sizes_of_objects_add_up_to_that_of_the_export(
    here: DiskStore, there: DiskStore, archive: Path
) -> None:
    seen: list[Transferred] = []
    exported = export_closure(here, [model(here)], archive)
    import_closure(there, archive, observe=seen.append)
    assert exported.size == sum(each.size for each in seen)


def test_export_tells_of_each_object(here: DiskStore, archive: Path) -> None:
    seen: list[Transferred] = []
    exported = export_closure(here, [model(here)], archive, observe=seen.append)
    assert [1, 2, 3, 4] == [each.done for each in seen]
    assert exported.size == sum(each.size for each in seen)


def test_many_may_import_at_once(here: DiskStore, there: DiskStore, archive: Path) -> None:
    export_closure(here, [model(here)], archive)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: import_closure(there, archive), range(8)))
    assert (state(here), ()) == (state(there), verify(there).damages)


def test_import_goes_on_though_its_observer_fails(
    here: DiskStore, there: DiskStore, archive: Path
) -> None:
    export_closure(here, [digits(here)], archive)

    def fail(event: Transferred) -> None:
        raise ValueError(event)

    assert 2 == len(import_closure(there, archive, observe=fail).added)


# The archive.


def test_equal_stores_give_equal_archives(
    here: DiskStore, there: DiskStore, tmp_path: Path
) -> None:
    one = export_closure(here, [model(here)], tmp_path / "one")
    export_closure(there, [model(there)], tmp_path / "other")
    assert one.path.read_bytes() == (tmp_path / "other").read_bytes()


def test_an_import_exports_to_the_same_archive(
    here: DiskStore, there: DiskStore, archive: Path
) -> None:
    first = export_closure(here, [model(here)], archive)
    import_closure(there, archive)
    assert first.sha256 == export_closure(there, first.references, archive).sha256


def test_order_of_references_does_not_change_an_archive(here: DiskStore, archive: Path) -> None:
    one, other = model(here), put(here, registered(here, "b"), {"x": "y"})
    first = export_closure(here, [one, other], archive)
    assert first.sha256 == export_closure(here, [other, one, one], archive).sha256


def test_other_times_give_another_archive(here: DiskStore, there: DiskStore, archive: Path) -> None:
    first = export_closure(here, [digits(here, started=1)], archive)
    assert first.sha256 != export_closure(there, [digits(there, started=2)], archive).sha256


def test_content_of_an_archive_is_the_same_everywhere(here: DiskStore, archive: Path) -> None:
    assert CONTENT == export_closure(here, [model(here)], archive).content


def test_archive_is_read_by_any_tar(here: DiskStore, archive: Path) -> None:
    made = digits(here)
    export_closure(here, [made], archive)
    with tarfile.open(fileobj=io.BytesIO(zstd.decompress(archive.read_bytes()))) as tar:
        names = tar.getnames()
    prefix = f"{made.text[38:]}/{made.digest}"
    assert f"{prefix}/{'é' * 70}" in names


def test_sha256_is_that_of_the_archive(here: DiskStore, there: DiskStore, archive: Path) -> None:
    exported = export_closure(here, [digits(here)], archive)
    assert 2 == len(import_closure(there, archive, sha256=exported.sha256).added)


def test_import_of_another_archive_than_was_told_is_refused(
    here: DiskStore, there: DiskStore, archive: Path
) -> None:
    export_closure(here, [digits(here)], archive)
    with pytest.raises(ChecksumMismatch):
        import_closure(there, archive, sha256="0" * 64)
    assert {} == state(there)


def test_export_replaces_a_file(here: DiskStore, there: DiskStore, archive: Path) -> None:
    archive.write_text("old", encoding="utf-8")
    export_closure(here, [digits(here)], archive)
    assert 2 == len(import_closure(there, archive).added)


def test_memory_does_not_grow_with_files(here: DiskStore, there: DiskStore, archive: Path) -> None:
    def write(folder: Path) -> None:
        (folder / "noise").write_bytes(os.urandom(2**25))

    made = put(here, registered(here), write)
    tracemalloc.start()
    try:
        export_closure(here, [made], archive)
        import_closure(there, archive)
        assert 2**24 > tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


# What cannot be exported.


def test_export_of_nothing_is_refused(here: DiskStore, archive: Path) -> None:
    with pytest.raises(BadParameter):
        export_closure(here, [], archive)


@pytest.mark.parametrize("kind", ["dref", "rref"])
def test_export_of_what_is_not_there_is_refused(
    here: DiskStore, there: DiskStore, archive: Path, kind: str
) -> None:
    made = digits(there)
    wanted: Reference = made if kind == "rref" else made.dref
    with pytest.raises(MissingObject):
        export_closure(here, [wanted], archive)


def test_export_that_fails_leaves_the_old_file(here: DiskStore, archive: Path) -> None:
    made = digits(here)
    archive.write_text("old", encoding="utf-8")
    spoil(here, made, "images/a.txt")
    with pytest.raises(DamagedObject):
        export_closure(here, [made], archive)
    assert "old" == archive.read_text(encoding="utf-8")


@pytest.mark.parametrize("text", ["", "b", "ab"])
def test_export_finds_a_file_of_another_size_or_content(
    here: DiskStore, archive: Path, text: str
) -> None:
    made = digits(here)
    spoil(here, made, "images/a.txt", text)
    with pytest.raises(DamagedObject, match=r"images/a\.txt"):
        export_closure(here, [made], archive)


def test_export_that_fails_leaves_no_new_file(here: DiskStore, archive: Path) -> None:
    made = digits(here)
    spoil(here, made, "images/a.txt")
    with pytest.raises(DamagedObject):
        export_closure(here, [made], archive)
    assert ["here"] == [each.name for each in archive.parent.iterdir()]


def test_export_refuses_a_context_that_is_not_that_of_the_config(
    here: DiskStore, archive: Path
) -> None:
    made = put(here, registered(here), {}, context={digits(here).dref: (digits(here),)})
    with pytest.raises(DamagedObject, match="config refers to"):
        export_closure(here, [made], archive)


@pytest.mark.parametrize("names", [["a", "A"], ["e\u0301", "\u00e9"], ["\u0085"]])
def test_export_refuses_names_that_an_import_would(
    here: DiskStore, archive: Path, names: list[str]
) -> None:
    made = put(here, registered(here), dict.fromkeys(names, "x"))
    with pytest.raises(NotTransferable):
        export_closure(here, [made], archive)


def test_export_refuses_a_config_that_an_import_would(here: DiskStore, archive: Path) -> None:
    dref = registered(here, text="x" * 2**23)
    with pytest.raises(NotTransferable, match="bytes"):
        export_closure(here, [dref], archive)


def test_export_into_a_folder_that_is_not_there_is_refused(here: DiskStore, tmp_path: Path) -> None:
    with pytest.raises(ArchiveNotWritten):
        export_closure(here, [digits(here)], tmp_path / "no" / "archive")


def test_import_of_a_file_that_is_not_there_is_refused(there: DiskStore, archive: Path) -> None:
    with pytest.raises(LocalFileMissing):
        import_closure(there, archive)


def test_without_zstd_the_package_is_named(
    here: DiskStore, archive: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = digits(here)
    monkeypatch.setitem(sys.modules, "backports", None)
    with pytest.raises(PackageMissing):
        export_closure(here, [made], archive)


# Copies.


def test_copy_gives_what_an_import_gives(
    here: DiskStore, there: DiskStore, archive: Path, tmp_path: Path
) -> None:
    made = model(here)
    export_closure(here, [made], archive)
    import_closure(there, archive)
    other = opened(tmp_path / "other")
    copy_closure(here, [made], other)
    assert (state(there), sealed(there.folder(made))) == (
        state(other),
        sealed(other.folder(made)),
    )


def test_copy_reads_nothing_that_is_there(here: DiskStore, there: DiskStore) -> None:
    made, seen = model(here), list[Transferred]()
    copy_closure(here, [digits(here)], there)
    copy_closure(here, [made], there, observe=seen.append)
    assert [made.text] == [each.reference.text for each in seen if isinstance(each.reference, RRef)]


def test_copy_tells_what_was_there(here: DiskStore, there: DiskStore) -> None:
    copy_closure(here, [digits(here)], there)
    again = copy_closure(here, [model(here)], there)
    assert (2, 2) == (len(again.added), len(again.kept))


def test_copy_keeps_the_newest_times(here: DiskStore, there: DiskStore) -> None:
    made = digits(here, started=9)
    digits(there, started=3)
    copy_closure(here, [made], there)
    assert facts(9) == there.record(made).facts


def test_copy_replaces_what_has_lost_a_file(here: DiskStore, there: DiskStore) -> None:
    made = digits(here)
    copy_closure(here, [made], there)
    (there.folder(made) / "images").chmod(0o755)
    (there.folder(made) / "images/a.txt").unlink()
    copy_closure(here, [made], there)
    assert sealed(here.folder(made)) == sealed(there.folder(made))


def test_copy_passes_no_damage_on(here: DiskStore, there: DiskStore) -> None:
    made = digits(here)
    spoil(here, made, "images/a.txt")
    with pytest.raises(DamagedObject):
        copy_closure(here, [made], there)
    assert {made.dref.text} == state(there).keys()


def test_copy_into_the_same_store_changes_nothing(here: DiskStore) -> None:
    made = model(here)
    before = listing(here.layout.objects)
    copy_closure(here, [made], here)
    assert before == listing(here.layout.objects)


# Laws.


@frozen
class Held:
    """What a small store holds: times of results, by the stages that they are of."""

    results: Mapping[str, float]


names = st.sampled_from(["a", "ab", "abc", "b", "bc"])
stores = st.dictionaries(names, st.integers(0, 9).map(float), max_size=4).map(Held)
few = settings(max_examples=6, deadline=None)


def filled(store: DiskStore, held: Held) -> DiskStore:
    """A store with these results; each of several letters was built from those of its first."""
    for name, started in held.results.items():
        _result(store, name, started)
    return store


def _result(store: DiskStore, name: str, started: float) -> RRef[Folder]:
    if len(name) == 1:
        return put(store, registered(store, name), {"f": name}, started=started)
    need = _result(store, name[:-1], 0)
    dref = registered(store, name, of=need.dref.text)
    return put(store, dref, {"f": name}, context={need.dref: (need,)}, started=started)


def all_of(store: DiskStore) -> tuple[Reference, ...]:
    drefs = store.drefs()
    return (*drefs, *(rref for dref in drefs for rref in store.rrefs(dref)))


Merge: TypeAlias = Callable[[DiskStore, DiskStore], None]


def by_copy(source: DiskStore, target: DiskStore) -> None:
    if all_of(source):
        copy_closure(source, all_of(source), target)


def by_archive(source: DiskStore, target: DiskStore) -> None:
    if all_of(source):
        path = source.root.parent / f"{source.root.name}.tar.zst"
        export_closure(source, all_of(source), path)
        import_closure(target, path)


def merged(merge: Merge, *those: Held) -> State:
    """What an empty store holds after these were merged into it, one after the other."""
    with tempfile.TemporaryDirectory() as place:
        target = opened(Path(place, "target"))
        for number, held in enumerate(those):
            merge(filled(opened(Path(place, str(number))), held), target)
        return state(target)


def union(*those: Held) -> State:
    """What the stores hold together, the newest times of each."""
    found: State = {}
    with tempfile.TemporaryDirectory() as place:
        for number, held in enumerate(those):
            for name, value in state(filled(opened(Path(place, str(number))), held)).items():
                found[name] = max(found.get(name, ""), value)
    return found


@pytest.mark.parametrize("merge", [by_copy, by_archive])
@few
@given(one=stores)
def test_moving_a_store_gives_the_same_objects(merge: Merge, one: Held) -> None:
    assert union(one) == merged(merge, one)


@pytest.mark.parametrize("merge", [by_copy, by_archive])
@few
@given(one=stores, other=stores)
def test_merging_is_the_union_in_any_order(merge: Merge, one: Held, other: Held) -> None:
    both = union(one, other)
    assert [both] * 3 == [merged(merge, *each) for each in _orders(one, other)]


def _orders(one: Held, other: Held) -> tuple[tuple[Held, ...], ...]:
    return (one, other), (other, one), (one, other, one, one)


@few
@given(one=stores, two=stores, three=stores)
def test_merging_is_associative(one: Held, two: Held, three: Held) -> None:
    with tempfile.TemporaryDirectory() as place:
        inner, outer = opened(Path(place, "inner")), opened(Path(place, "outer"))
        for number, (held, target) in enumerate([(two, inner), (three, inner), (one, outer)]):
            by_copy(filled(opened(Path(place, str(number))), held), target)
        by_copy(inner, outer)
        assert merged(by_copy, one, two, three) == state(outer)


def test_law_of_union_catches_a_merge_that_keeps_old_times() -> None:
    def careless(source: DiskStore, target: DiskStore) -> None:
        new = [each for each in all_of(source) if each.text not in state(target)]
        if new:
            copy_closure(source, new, target)

    one, other = Held({"a": 1}), Held({"a": 2})
    assert union(one, other) != merged(careless, one, other)


# Reports.


def test_export_tells_what_it_wrote(here: DiskStore, tmp_path: Path) -> None:
    exported = export_closure(here, [model(here)], tmp_path / "x")
    expected = f"""\
2 derivations and 2 realizations, 2.4 kB in {size_text(exported.archive_size)}
  archive  {tmp_path}/x
  sha256   {exported.sha256}"""
    assert expected == str(exported)


def test_import_tells_what_it_added(here: DiskStore, there: DiskStore) -> None:
    received = copy_closure(here, [digits(here)], there)
    assert "1 derivation and 1 realization added, 1.6 kB" == str(received)


def test_json_of_a_report_holds_all_of_it(here: DiskStore, there: DiskStore) -> None:
    made = digits(here)
    received = copy_closure(here, [made], there)
    expected = {
        "references": [made.text],
        "added": [made.dref.text, made.text],
        "kept": [],
        "size": received.size,
    }
    assert expected == received.json()


def test_reports_survive_a_pickle(here: DiskStore, there: DiskStore) -> None:
    received: Received = copy_closure(here, [digits(here)], there)
    assert received == pickle.loads(pickle.dumps(received))


def test_refusal_is_an_error_of_archives_and_survives_a_pickle(
    there: DiskStore, archive: Path
) -> None:
    archive.write_bytes(b"nothing")
    with pytest.raises(ClosureRefused) as caught:
        import_closure(there, archive)
    assert str(caught.value) == str(pickle.loads(pickle.dumps(caught.value)))


# Large files


def with_large_file(store: DiskStore) -> RRef[Folder]:
    def write(folder: Path) -> None:
        files({"in/large": "data"})(folder)
        os.truncate(folder / "in/large", PIECE + 1)

    return put(store, registered(store), write)


def test_large_file_comes_in_as_it_was(here: DiskStore, there: DiskStore, archive: Path) -> None:
    rref = with_large_file(here)
    export_closure(here, [rref], archive)
    import_closure(there, archive)
    assert (rref,) == there.rrefs(rref.dref)
    assert verify(there).is_clean


def test_large_file_that_was_damaged_is_not_passed_on(here: DiskStore, archive: Path) -> None:
    rref = with_large_file(here)
    path = here.folder(rref) / "in/large"
    path.chmod(0o644)
    with path.open("r+b") as file:
        file.seek(PIECE)
        file.write(b"x")
    with pytest.raises(DamagedObject, match="its bytes are not those of its manifest"):
        export_closure(here, [rref], archive)
