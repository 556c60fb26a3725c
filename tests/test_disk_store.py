"""What only a store on a disk can get wrong: its layout, rights, damage, other processes."""

from __future__ import annotations

import importlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import pytest
from scenarios import (
    NOBODY,
    Counter,
    config_of,
    facts,
    files,
    listing,
    numbered,
    put,
    registered,
    unprivileged,
)

import pylightnix_fn
from pylightnix_fn import DiskStore, DRef, Folder, RRef, instantiate, mkconfig, realize
from pylightnix_fn.canonical import canonical
from pylightnix_fn.errors.store import (
    DamagedObject,
    StagingElsewhere,
    StoreIsFile,
    StoreMissing,
    StoreNotWritable,
)
from pylightnix_fn.locks import locked
from pylightnix_fn.store.inspection import OWN, damage_of
from pylightnix_fn.store.trash import binned_name

NOTHING: frozenset[str] = frozenset()
OTHER_DISK = Path("/dev/shm")


@pytest.fixture
def disk(tmp_path: Path) -> DiskStore:
    return DiskStore.open(tmp_path / "store")


@pytest.fixture
def place() -> Iterator[Path]:
    """A folder of an ordinary user, as whom the test then runs: rights mean nothing to root."""
    importlib.import_module("ctypes")  # later, root's interpreter may be closed to the user
    folder = Path(tempfile.mkdtemp())
    if os.geteuid() == 0:
        os.chown(folder, NOBODY, NOBODY)
    with unprivileged():
        yield folder
    shutil.rmtree(folder)


def _others_device() -> bool:
    return OTHER_DISK.is_dir() and (
        OTHER_DISK.stat().st_dev != Path(tempfile.gettempdir()).stat().st_dev
    )


def _open_up(folder: Path) -> None:
    for path in (folder, *(each for each in folder.rglob("*") if each.is_dir())):
        path.chmod(0o755)


# Layout


def test_new_store_holds_its_folders_and_no_objects(disk: DiskStore) -> None:
    expected = ["format.json", "locks", "reserve", "roots", "store-v1", "temproots", "tmp", "trash"]
    assert expected == sorted(os.listdir(disk.root))
    assert [] == os.listdir(disk.root / "store-v1")


def test_opening_a_store_again_changes_nothing(disk: DiskStore) -> None:
    put(disk, registered(disk), {"a.txt": "data"})
    disk.close()
    before = listing(disk.root)
    again = DiskStore.open(disk.root)
    assert 1 == len(again.drefs())
    assert before == listing(disk.root)


def test_objects_lie_where_the_layout_says(disk: DiskStore) -> None:
    dref = registered(disk, "model", rate=1)
    rref = put(disk, dref, {"a.txt": "data"}, started=7)
    folder = f"{dref.text.removeprefix('dref:')}"
    assert [folder] == os.listdir(disk.root / "store-v1")
    assert {"config.json", rref.digest} == set(os.listdir(disk.root / "store-v1" / folder))
    expected = {"__build__.json", "__buildtime__.txt", "__manifest__.json", "a.txt", "context.json"}
    assert expected == set(os.listdir(disk.root / "store-v1" / folder / rref.digest))


def test_config_file_is_canonical_json(disk: DiskStore) -> None:
    dref = registered(disk, "model", rate=1.0)
    assert '{"name":"model","rate":1.0}' == disk.layout.config(dref).read_text(encoding="utf-8")


def test_context_file_names_what_was_used(disk: DiskStore) -> None:
    dataset = registered(disk, "dataset")
    model = registered(disk, "model", data=str(dataset))
    data = put(disk, dataset, {"n": "1"})
    folder = disk.folder(put(disk, model, {"n": "2"}, context={dataset: (data,)}))
    expected = f'{{"{dataset}":["{data}"]}}'
    assert expected == (folder / "context.json").read_text(encoding="utf-8")


def test_build_time_file_says_when_the_build_began(disk: DiskStore) -> None:
    folder = disk.folder(put(disk, registered(disk), {"a.txt": "data"}, started=7))
    expected = "1970-01-01T00:00:07+00:00\n"
    assert expected == (folder / "__buildtime__.txt").read_text(encoding="utf-8")


def test_manifest_lists_every_entry(disk: DiskStore) -> None:
    folder = disk.folder(put(disk, registered(disk), {"in/a.txt": "data"}))
    manifest = json.loads((folder / "__manifest__.json").read_text(encoding="utf-8"))
    assert ["in", "in/a.txt"] == [entry["path"] for entry in manifest["entries"]]
    assert folder.name == manifest["digest"][:32]


def test_nothing_of_a_build_stays_in_staging(disk: DiskStore) -> None:
    dref = registered(disk)
    for _ in range(2):
        put(disk, dref, {"in/a.txt": "data"})
    assert [] == list(disk.root.glob("tmp/*/*"))


def test_nothing_of_a_process_stays_when_it_lets_go(disk: DiskStore) -> None:
    put(disk, registered(disk), {"a.txt": "data"})
    disk.close()
    assert ([], []) == (os.listdir(disk.root / "tmp"), os.listdir(disk.root / "temproots"))


def test_store_that_was_let_go_can_be_used_again(disk: DiskStore) -> None:
    dref = registered(disk)
    disk.close()
    assert (put(disk, dref, {"a.txt": "data"}),) == disk.rrefs(dref)


def test_strange_names_among_the_objects_are_passed_over(disk: DiskStore) -> None:
    dref = registered(disk)
    rref = put(disk, dref, {"a.txt": "data"})
    for strange in ("lost+found", "0" * 32, f"{'g' * 32}-name", f"{'0' * 32}-a b"):
        (disk.layout.objects / strange).mkdir()
        (disk.layout.derivation(dref) / f"{strange}x").mkdir()
    assert (dref,) == disk.drefs()
    assert (rref,) == disk.rrefs(dref)


def test_store_is_found_again(disk: DiskStore) -> None:
    dref = registered(disk)
    rref = put(disk, dref, {"a.txt": "data"})
    again = DiskStore.open(str(disk.root), create=False)
    assert (rref,) == again.rrefs(dref)


def test_relative_root_survives_a_change_of_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    store = DiskStore.open("store")
    monkeypatch.chdir("/")
    assert (tmp_path / "store", ()) == (store.root, store.drefs())


# Roots


def test_root_that_is_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreIsFile) as caught:
        DiskStore.open(tmp_path / "file")
    assert str(tmp_path / "file") == caught.value.path


def test_root_below_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreIsFile) as caught:
        DiskStore.open(tmp_path / "file/deep/store")
    assert str(tmp_path / "file") == caught.value.path


def test_root_that_is_a_dangling_link_is_refused(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("absent")
    with pytest.raises(StoreIsFile):
        DiskStore.open(tmp_path / "link")


@pytest.mark.parametrize("create", [True, False])
def test_file_is_told_from_a_missing_store(tmp_path: Path, create: bool) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreIsFile):
        DiskStore.open(tmp_path / "file", create=create)


def test_missing_store_is_not_made_unasked(tmp_path: Path) -> None:
    with pytest.raises(StoreMissing, match="store"):
        DiskStore.open(tmp_path / "store", create=False)
    assert [] == os.listdir(tmp_path)


def test_staging_that_is_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreIsFile) as caught:
        DiskStore.open(tmp_path / "store", staging=tmp_path / "file")
    assert str(tmp_path / "file") == caught.value.path


def test_staging_may_lie_beside_the_store(tmp_path: Path) -> None:
    store = DiskStore.open(tmp_path / "store", staging=tmp_path / "staging")
    dref = registered(store)
    assert tmp_path / "staging" == store.stage(dref).home.parent.parent
    assert (put(store, dref, {"a.txt": "data"}),) == store.rrefs(dref)


@pytest.mark.skipif(not _others_device(), reason="needs /dev/shm on another file system")
def test_staging_on_another_file_system_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StagingElsewhere, match=str(OTHER_DISK)):
        DiskStore.open(tmp_path / "store", staging=OTHER_DISK / "absent" / "staging")
    assert not (OTHER_DISK / "absent").exists()


@pytest.mark.skipif(not _others_device(), reason="needs /dev/shm on another file system")
def test_staging_that_was_led_to_another_file_system_is_refused(disk: DiskStore) -> None:
    with tempfile.TemporaryDirectory(dir=OTHER_DISK) as elsewhere:
        (disk.root / "tmp").rmdir()
        (disk.root / "tmp").symlink_to(elsewhere)
        with pytest.raises(StagingElsewhere):
            registered(disk)
    assert () == disk.drefs()


# Rights


def test_ordinary_user_can_build_renew_and_remove(place: Path) -> None:
    store = DiskStore.open(place / "store")
    dref = registered(store)
    rref = put(store, dref, {"in/a.txt": "data"}, started=1)
    put(store, dref, {"in/a.txt": "data"}, started=2)
    assert facts(2) == store.record(rref).facts
    store.remove(rref)
    assert () == store.rrefs(dref)
    store.remove(dref)
    assert ([], []) == (list(store.root.glob("tmp/*/*")), os.listdir(store.root / "trash"))


def test_ordinary_user_cannot_change_artifacts(place: Path) -> None:
    store = DiskStore.open(place / "store")
    folder = store.folder(put(store, registered(store), {"in/a.txt": "data"}))
    for path in (folder / "in/a.txt", folder / "in/new", folder / "new", folder / "context.json"):
        with pytest.raises(PermissionError):
            path.open("a")


def test_ordinary_user_loses_no_race_for_an_equal_result(place: Path) -> None:
    store = DiskStore.open(place / "store")
    dref = registered(store)
    with ThreadPoolExecutor(8) as threads:
        made = list(threads.map(lambda n: put(store, dref, {"a": ""}, started=n), range(200)))
    assert {made[0]} == set(made)
    assert facts(199) == store.record(made[0]).facts
    assert 0o555 == store.folder(made[0]).stat().st_mode & 0o777


def _read_only(place: Path) -> tuple[DiskStore, RRef[Folder]]:
    store = DiskStore.open(place / "store")
    made = realize(instantiate(Counter(numbered).stage, "one"), store)
    for folder in (store.root, *(each for each in store.root.rglob("*") if each.is_dir())):
        folder.chmod(0o555)
    return store, made.rref


def test_read_only_store_can_be_read(place: Path) -> None:
    _, rref = _read_only(place)
    store = DiskStore.open(place / "store")
    counter = Counter(numbered)
    assert rref == realize(instantiate(counter.stage, "one"), store).rref
    assert {} == counter.builds
    _open_up(place)


def test_read_only_store_refuses_to_be_written(place: Path) -> None:
    store, rref = _read_only(place)
    before = listing(store.root)
    config = mkconfig({"name": "new"})
    closure = instantiate(Counter(numbered).stage, "one")
    with pytest.raises(StoreNotWritable):
        store.register({config.dref(): config})
    with pytest.raises(StoreNotWritable):
        realize(closure, store, rebuild=True)
    with pytest.raises(StoreNotWritable):
        store.remove(rref)
    assert before == listing(store.root)
    _open_up(place)


def test_store_cannot_be_made_in_a_read_only_folder(place: Path) -> None:
    place.chmod(0o555)
    with pytest.raises(StoreNotWritable, match="store"):
        DiskStore.open(place / "store")
    assert [] == os.listdir(place)
    place.chmod(0o755)


def test_store_in_a_closed_folder_is_refused(place: Path) -> None:
    DiskStore.open(place / "closed/store")
    (place / "closed").chmod(0)
    with pytest.raises(StoreNotWritable, match="store"):
        DiskStore.open(place / "closed/store")
    (place / "closed").chmod(0o755)


# Damage


def _spoil(path: Path, data: bytes) -> None:
    path.parent.chmod(0o755)
    path.chmod(0o644)
    path.write_bytes(data)


DAMAGE = [b"", b'{"name":', b"\xff", b"[1]", b'{"name":"other"}', b"{" * 10**5]


@pytest.mark.parametrize("data", DAMAGE)
def test_damaged_config_is_noticed(disk: DiskStore, data: bytes) -> None:
    dref = registered(disk)
    _spoil(disk.layout.config(dref), data)
    with pytest.raises(DamagedObject, match=str(dref)):
        disk.config(dref)


@pytest.mark.parametrize("data", DAMAGE)
def test_damaged_config_is_mended_by_registering(disk: DiskStore, data: bytes) -> None:
    dref = registered(disk)
    rref = put(disk, dref, {"a.txt": "data"})
    _spoil(disk.layout.config(dref), data)
    registered(disk)
    assert config_of(name="thing") == disk.config(dref)
    assert () == damage_of(disk.fs, disk.layout, dref)
    assert (rref,) == disk.rrefs(dref)


def test_lost_config_of_a_derivation_is_written_again(disk: DiskStore) -> None:
    dref = registered(disk)
    rref = put(disk, dref, {"a.txt": "data"})
    disk.layout.config(dref).unlink()
    registered(disk)
    assert (config_of(name="thing"), (rref,)) == (disk.config(dref), disk.rrefs(dref))
    assert [] == list(disk.root.glob("tmp/*/*"))


@pytest.mark.parametrize("name", ["context.json", "__build__.json"])
@pytest.mark.parametrize("data", DAMAGE)
def test_damaged_record_is_noticed(disk: DiskStore, name: str, data: bytes) -> None:
    rref = put(disk, registered(disk), {"a.txt": "data"})
    _spoil(disk.folder(rref) / name, data)
    with pytest.raises(DamagedObject, match=str(rref)):
        disk.record(rref)


def _forged(folder: Path) -> bytes:
    """A manifest that claims to be that of another result."""
    manifest = json.loads((folder / "__manifest__.json").read_text(encoding="utf-8"))
    return canonical({**manifest, "digest": manifest["digest"][:32] + "0" * 32}).encode()


HARM: dict[str, tuple[str, Callable[[Path], bytes]]] = {
    **{f"empty {name}": (name, lambda _: b"") for name in sorted(OWN - {"__log__.txt"})},
    "changed artifact": ("a.txt", lambda _: b"mine"),
    "cut artifact": ("a.txt", lambda _: b"dat"),
    "forged manifest": ("__manifest__.json", _forged),
    "other context": ("context.json", lambda _: b'{"x":[]}'),
}


@pytest.mark.parametrize(("name", "data"), HARM.values(), ids=HARM.keys())
def test_damaged_realization_is_replaced_when_it_is_built_again(
    disk: DiskStore, name: str, data: Callable[[Path], bytes]
) -> None:
    dref = registered(disk)
    rref = put(disk, dref, {"a.txt": "data"})
    folder = disk.folder(rref)
    harm = data(folder)
    _spoil(folder / name, harm)
    assert rref == put(disk, dref, {"a.txt": "data"})
    assert () == damage_of(disk.fs, disk.layout, rref)
    (aside,) = (disk.root / "trash").glob(f"damaged-*/{binned_name(rref)}")
    assert harm == (aside / name).read_bytes()


def test_lost_artifact_comes_back_when_it_is_built_again(disk: DiskStore) -> None:
    dref = registered(disk)
    rref = put(disk, dref, {"in/a.txt": "data"})
    (disk.folder(rref) / "in").chmod(0o755)
    (disk.folder(rref) / "in/a.txt").unlink()
    put(disk, dref, {"in/a.txt": "data"})
    assert () == damage_of(disk.fs, disk.layout, rref)


def test_mode_that_was_changed_is_no_reason_to_build_again(disk: DiskStore) -> None:
    dref = registered(disk)
    rref = put(disk, dref, {"a.txt": "data"})
    (disk.folder(rref) / "a.txt").chmod(0o644)
    put(disk, dref, {"a.txt": "data"})
    assert ["mode"] == [each.aspect for each in damage_of(disk.fs, disk.layout, rref)]
    assert [] == os.listdir(disk.root / "trash")


def test_damaged_objects_can_be_removed(disk: DiskStore) -> None:
    one, other = (registered(disk, name) for name in ("one", "other"))
    _spoil(disk.layout.config(one), b"")
    _spoil(disk.layout.config(other), b"")
    disk.remove(one)
    assert (other,) == disk.drefs()


def test_damaged_realizations_can_be_removed(disk: DiskStore) -> None:
    dref, other = registered(disk), registered(disk, "other")
    made = [put(disk, each, {"n": str(n)}) for each in (dref, other) for n in range(2)]
    for rref in made:
        _spoil(disk.folder(rref) / "__build__.json", b"")
    for rref in made:
        disk.remove(rref)
    assert ((), ()) == (disk.rrefs(dref), disk.rrefs(other))


def test_damaged_context_is_never_a_candidate(disk: DiskStore) -> None:
    dref = registered(disk)
    rref = put(disk, dref, {"a.txt": "data"})
    _spoil(disk.folder(rref) / "context.json", b"")
    assert () == disk.candidates(dref, {}, NOTHING)


def test_config_of_several_megabytes_comes_back(disk: DiskStore) -> None:
    config = mkconfig({"name": "large", "text": "x" * 2**22})
    for _ in range(2):
        disk.register({config.dref(): config})
    assert config == disk.config(config.dref())


# Other threads and processes

REMOVING = """
import sys
from pylightnix_fn import DiskStore

store = DiskStore.open(sys.argv[1])
store.remove(store.drefs()[0])
"""


def test_first_thing_that_a_process_does_can_be_to_remove(disk: DiskStore) -> None:
    registered(disk)
    disk.close()
    command = [sys.executable, "-c", REMOVING, str(disk.root)]
    subprocess.run(command, cwd=Path(pylightnix_fn.__file__).parents[1], check=True, timeout=60)
    assert () == disk.drefs()


def _commit(root: str, n: int) -> set[str]:
    store = DiskStore.open(root)
    return {str(put(store, registered(store), {"a.txt": ""}, started=n)) for _ in range(20)}


def test_processes_can_commit_equal_results_at_once(tmp_path: Path) -> None:
    root = str(tmp_path / "store")
    with ProcessPoolExecutor(4, get_context("spawn")) as processes:
        made = set().union(*processes.map(_commit, [root] * 8, range(8)))
    store = DiskStore.open(root)
    (dref,) = store.drefs()
    (rref,) = store.rrefs(dref)
    assert {str(rref)} == made
    assert facts(7) == store.record(rref).facts
    assert ([], []) == (os.listdir(store.root / "tmp"), os.listdir(store.root / "temproots"))


def test_threads_can_register_at_once(disk: DiskStore) -> None:
    with ThreadPoolExecutor(8) as threads:
        made = set(threads.map(lambda _: registered(disk), range(64)))
    assert tuple(made) == disk.drefs()


KILLED = """
import os, signal, sys
from pylightnix_fn import DiskStore, Folder, derive, instantiate, latest, realize
from scenarios import Counter, Part

def die(b, n):
    (b.path / "partial.txt").write_text("half")
    os.kill(os.getpid(), signal.SIGKILL)

realize(instantiate(Counter(die).stage, "one"), DiskStore.open(sys.argv[1]))
"""


def test_killed_build_stands_in_nobodys_way(tmp_path: Path) -> None:
    paths = [str(Path(each).parent) for each in (pylightnix_fn.__path__[0], __file__)]
    killed = subprocess.run(
        [sys.executable, "-c", KILLED, str(tmp_path / "store")],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
        check=False,
    )
    assert -signal.SIGKILL == killed.returncode
    store = DiskStore.open(tmp_path / "store")
    closure = instantiate(Counter().stage, "one")
    assert (closure.targets, ()) == (store.drefs(), store.rrefs(closure.targets[0]))
    made = realize(closure, store)
    assert ["label.txt"] == [name for name in os.listdir(made.path) if name.startswith("label")]
    assert not (made.path / "partial.txt").exists()


def test_dependency_that_was_removed_during_a_build_is_noticed(disk: DiskStore) -> None:
    dataset = registered(disk, "dataset")
    model = registered(disk, "model", data=str(dataset))
    data = put(disk, dataset, {"n": "1"})
    staging = disk.stage(model)
    files({"a.txt": "data"})(staging.folder)
    disk.remove(data)
    with pytest.raises(LookupError, match=str(data)):
        disk.commit(staging, model, {dataset: (data,)}, facts())
    assert () == disk.rrefs(model)


def _fill(store: DiskStore, dref: DRef[object], made: list[RRef[Folder]]) -> None:
    for number in range(1000):
        made.append(put(store, dref, {"a.txt": str(number)}))


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount a small file system")
def test_full_disk_is_told_and_leaves_the_store_whole(tmp_path: Path) -> None:
    (tmp_path / "small").mkdir()
    mounted = ["mount", "-t", "tmpfs", "-o", "size=256k", "none", str(tmp_path / "small")]
    if subprocess.run(mounted, capture_output=True, check=False).returncode:
        pytest.skip("this machine mounts nothing")
    try:
        store = DiskStore.open(tmp_path / "small" / "store")
        dref = registered(store)
        made: list[RRef[Folder]] = []
        with pytest.raises(OSError, match="No space left on device"):
            _fill(store, dref, made)
        assert made
        assert sorted(map(str, made)) == [str(rref) for rref in store.rrefs(dref)]
        assert [0] * len(made) == [store.record(rref).facts.sample for rref in made]
        assert [()] * len(made) == [damage_of(store.fs, store.layout, rref) for rref in made]
        store.close()  # or else the file system is in use
    finally:
        subprocess.run(["umount", str(tmp_path / "small")], check=True)


def test_what_this_process_removed_is_not_taken_for_pinned(tmp_path: Path) -> None:
    store = DiskStore.open(tmp_path)
    rref = put(store, registered(store), {"a": ""})
    assert store.pin([rref])
    store.remove(rref)
    assert not store.pin([rref])


def test_what_went_with_its_derivation_is_not_taken_for_pinned(tmp_path: Path) -> None:
    store = DiskStore.open(tmp_path)
    rref = put(store, registered(store), {"a": ""})
    assert store.pin([rref])
    store.remove(rref.dref)
    assert not store.pin([rref])


def test_what_is_pinned_once_is_not_looked_for_again(tmp_path: Path) -> None:
    store = DiskStore.open(tmp_path)
    rref = put(store, registered(store), {"a": ""})
    assert store.pin([rref])
    with locked(store.fs, store.layout.gate):  # or it would wait
        assert store.pin([rref])
