"""What somebody else may put into a store, or in its way: refused, reported, never followed."""

from __future__ import annotations

import json
import os
import resource
import shutil
import stat
import subprocess
import sys
import tempfile
import tracemalloc
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import pytest
from scenarios import NOBODY, facts, files, listing, put, registered

from pylightnix_fn import DiskStore, DRef, Folder, RRef, dref_from, mkconfig, tree
from pylightnix_fn import config as configs
from pylightnix_fn.canonical import Json, canonical, digest
from pylightnix_fn.errors.build import UnsupportedFile
from pylightnix_fn.errors.message import PylightnixError
from pylightnix_fn.errors.store import (
    DamagedObject,
    HashCollision,
    StoreFailed,
    StoreNotWritable,
    StoreOfOthers,
)
from pylightnix_fn.filesystem import Disk
from pylightnix_fn.sealing import seal
from pylightnix_fn.store.inspection import damage_of
from pylightnix_fn.store.liveness import clear_after_dead
from pylightnix_fn.store.records import MAX_RECORD

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files to others")

HEX = "0" * 32


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[DiskStore]:
    store = DiskStore.open(tmp_path / "store")
    yield store
    store.close()


def _spoil(path: Path, data: bytes) -> None:
    path.parent.chmod(0o755)
    path.chmod(0o644)
    path.write_bytes(data)


# Records that were forged.

FORGED: dict[str, str] = {
    "not a number": '{"name":"thing","rate":NaN}',
    "infinity": '{"name":"thing","rate":Infinity}',
    "infinity by exponent": '{"name":"thing","rate":1e999}',
    "beyond 64 bits": '{"name":"thing","n":9223372036854775808}',
    "key twice": '{"name":"thing","name":"thing"}',
    "key twice inside": '{"a":{"b":1,"b":2},"name":"thing"}',
    "lone surrogate": '{"name":"thing","text":"\\ud800"}',
    "too deep": '{"name":"thing","text":' + "[" * 65 + "]" * 65 + "}",
    "far too deep": '{"name":"thing","text":' + "[" * 10**5 + "]" * 10**5 + "}",
    "white space": '{"name": "thing"}',
    "newline": '{"name":"thing"}\n',
    "order of keys": '{"rate":1,"name":"thing"}',
    "escaped letter": '{"name":"th\\u0069ng"}',
    "byte order mark": '\ufeff{"name":"thing"}',
    "two values": '{"name":"thing"}{}',
    "list": '["name","thing"]',
}


@pytest.mark.parametrize("name", ["config.json", "context.json", "__build__.json"])
@pytest.mark.parametrize("text", FORGED.values(), ids=FORGED.keys())
def test_json_that_is_not_canonical_is_damage(disk: DiskStore, name: str, text: str) -> None:
    dref = registered(disk)
    rref = put(disk, dref, {"a.txt": "data"})
    path = (disk.layout.derivation(dref) if name == "config.json" else disk.folder(rref)) / name
    _spoil(path, text.encode())
    with pytest.raises(DamagedObject) as caught:
        disk.config(dref) if name == "config.json" else disk.record(rref)
    assert name == caught.value.file


@pytest.mark.parametrize("name", ["config.json", "context.json", "__build__.json"])
def test_json_that_is_huge_is_refused_unread(disk: DiskStore, name: str) -> None:
    dref = registered(disk)
    rref = put(disk, dref, {"a.txt": "data"})
    path = (disk.layout.derivation(dref) if name == "config.json" else disk.folder(rref)) / name
    path.chmod(0o644)
    os.truncate(path, MAX_RECORD + 1)
    tracemalloc.start()
    try:
        with pytest.raises(DamagedObject, match="at most"):
            disk.config(dref) if name == "config.json" else disk.record(rref)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 2**22


@pytest.mark.parametrize("kind", ["link", "named pipe", "folder", "socket"])
def test_config_that_is_no_file_is_not_read(disk: DiskStore, tmp_path: Path, kind: str) -> None:
    dref = registered(disk)
    path = disk.layout.config(dref)
    path.rename(tmp_path / "config.json")
    if kind == "link":
        path.symlink_to(tmp_path / "config.json")
    elif kind == "named pipe":
        os.mkfifo(path)
    elif kind == "folder":
        path.mkdir()
    else:
        os.mknod(path, stat.S_IFSOCK | 0o600)
    with pytest.raises(DamagedObject, match=str(dref)):
        disk.config(dref)


def test_config_under_another_name_is_damage(disk: DiskStore) -> None:
    dref = registered(disk)
    shutil.copytree(disk.layout.derivation(dref), disk.layout.objects / f"{dref.digest}-other")
    with pytest.raises(DamagedObject, match="its name is 'thing'"):
        disk.config(dref_from(f"dref:{dref.digest}-other"))


def test_config_under_another_hash_is_damage(disk: DiskStore) -> None:
    dref = registered(disk)
    disk.layout.derivation(dref).rename(disk.layout.objects / f"{HEX}-thing")
    with pytest.raises(DamagedObject, match="its hash is not the one in its name"):
        disk.config(dref_from(f"dref:{HEX}-thing"))


@pytest.mark.parametrize("text", ["dref:../../x", f"dref:{HEX}-a\n", f"rref:{HEX}-{HEX}-a"])
def test_config_with_a_bad_reference_is_damage(disk: DiskStore, text: str) -> None:
    config: Json = {"data": text, "name": "forged"}
    dref = dref_from(f"dref:{digest(canonical(config))[:32]}-forged")
    disk.layout.derivation(dref).mkdir()
    disk.layout.config(dref).write_text(canonical(config), encoding="utf-8")
    with pytest.raises(DamagedObject, match=str(dref)):
        disk.config(dref)


CONTEXTS: dict[str, Json] = {
    "reference that leads outside": {"dref:../../x": []},
    "name with a newline": {f"dref:{HEX}-a\n": []},
    "realization as a key": {f"rref:{HEX}-{HEX}-a": []},
    "realization that leads outside": {f"dref:{HEX}-a": ["rref:../../x"]},
    "realization of another": {f"dref:{HEX}-a": [f"rref:{HEX}-{HEX}-b"]},
    "derivation as a value": {f"dref:{HEX}-a": [f"dref:{HEX}-a"]},
    "text for a list": {f"dref:{HEX}-a": f"rref:{HEX}-{HEX}-a"},
    "number for a text": {f"dref:{HEX}-a": [1]},
    "nothing for a list": {f"dref:{HEX}-a": None},
}


@pytest.mark.parametrize("context", CONTEXTS.values(), ids=CONTEXTS.keys())
def test_context_with_a_bad_reference_is_damage(disk: DiskStore, context: Json) -> None:
    rref = put(disk, registered(disk), {"a.txt": "data"})
    _spoil(disk.folder(rref) / "context.json", canonical(context).encode())
    with pytest.raises(DamagedObject, match=r"context\.json"):
        disk.record(rref)


def test_context_that_was_changed_is_not_what_the_name_stands_for(disk: DiskStore) -> None:
    dataset = registered(disk, "dataset")
    model = registered(disk, "model", data=str(dataset))
    one, other = (put(disk, dataset, {"n": number}) for number in "12")
    rref = put(disk, model, {"a.txt": "data"}, context={dataset: (one,)})
    path = disk.folder(rref) / "context.json"
    _spoil(path, canonical({dataset.text: [other.text]}).encode())
    path.chmod(0o444)
    path.parent.chmod(0o555)
    assert ["context.json"] == [each.file for each in damage_of(disk.fs, disk.layout, rref)]


def _rewritten(folder: Path, **changes: Json) -> None:
    """Let the record of a build say something else, with a check that fits."""
    path = folder / "__build__.json"
    value: dict[str, Json] = {**json.loads(path.read_bytes()), **changes}
    del value["check"]
    _spoil(path, canonical({**value, "check": digest(canonical(value))}).encode())


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"started": "2026-11-22T10:55:51"}, id="time without a zone"),
        pytest.param({"stopped": "yesterday"}, id="no time"),
        pytest.param({"started": 1}, id="number for a time"),
        pytest.param({"sample": "1"}, id="text for a number"),
        pytest.param({"sample": True}, id="truth for a number"),
        pytest.param({"size": 1.0}, id="float for a number"),
        pytest.param({"versions": []}, id="list for versions"),
        pytest.param({"versions": {"python": 3}}, id="number for a version"),
        pytest.param({"log": 1}, id="number for a hash"),
    ],
)
def test_record_of_a_build_that_makes_no_sense_is_damage(
    disk: DiskStore, changes: dict[str, Json]
) -> None:
    rref = put(disk, registered(disk), {"a.txt": "data"})
    _rewritten(disk.folder(rref), **changes)
    with pytest.raises(DamagedObject, match=r"__build__\.json"):
        disk.record(rref)


# Names that are equal where contents are not.


def _weak(text: str) -> str:
    """A sha256 of which somebody has broken the half that stands in names."""
    return "ab" * 16 + sha256(text.encode()).hexdigest()[32:]


def test_two_results_with_the_name_of_one_are_a_collision(
    disk: DiskStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    dref = registered(disk)
    monkeypatch.setattr(tree, "digest", _weak)
    rref = put(disk, dref, {"a.txt": "one"})
    with pytest.raises(HashCollision) as caught:
        put(disk, dref, {"a.txt": "other"})
    assert rref.text == caught.value.reference
    assert caught.value.there[:32] == caught.value.new[:32]
    assert "other" == Path(caught.value.staging, "a.txt").read_text(encoding="utf-8")
    assert "one" == (disk.folder(rref) / "a.txt").read_text(encoding="utf-8")


def test_two_configs_with_the_name_of_one_are_a_collision(
    disk: DiskStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(configs, "digest", _weak)
    dref = registered(disk, "thing", rate=1)
    with pytest.raises(HashCollision, match=str(dref)):
        registered(disk, "thing", rate=2)
    assert mkconfig({"name": "thing", "rate": 1}) == disk.config(dref)


# Links and odd files in a store.


def test_text_behind_a_link_that_leads_outside_is_not_read(disk: DiskStore, tmp_path: Path) -> None:
    files({"secret.txt": "secret"})(tmp_path)
    dref = registered(disk)
    rref = put(disk, dref, {"a.txt": "data", "in/b.txt": "data"})
    folder = disk.folder(rref)
    for path in (folder, folder / "in"):
        path.chmod(0o755)
    (folder / "a.txt").unlink()
    (folder / "a.txt").symlink_to(tmp_path / "secret.txt")
    (candidate,) = disk.candidates(dref, {}, frozenset({"a.txt"}))
    assert {"a.txt": None} == candidate.texts


def test_text_in_a_folder_that_leads_outside_is_not_read(disk: DiskStore, tmp_path: Path) -> None:
    files({"outside/b.txt": "secret"})(tmp_path)
    dref = registered(disk)
    folder = disk.folder(put(disk, dref, {"in/b.txt": "data"}))
    folder.chmod(0o755)
    (folder / "in").rename(tmp_path / "aside")
    (folder / "in").symlink_to(tmp_path / "outside")
    (candidate,) = disk.candidates(dref, {}, frozenset({"in/b.txt"}))
    assert {"in/b.txt": None} == candidate.texts


def test_link_in_the_place_of_a_derivation_is_no_way_to_remove_what_lies_outside(
    disk: DiskStore, tmp_path: Path
) -> None:
    files({f"outside/{HEX}/a.txt": "mine"})(tmp_path)
    dref = registered(disk)
    shutil.rmtree(disk.layout.derivation(dref))
    disk.layout.derivation(dref).symlink_to(tmp_path / "outside")
    before = listing(tmp_path / "outside")
    rref = RRef(f"rref:{HEX}-{dref.text.removeprefix('dref:')}", Folder())
    for reference in (rref, dref):
        with pytest.raises(PylightnixError):
            disk.remove(reference)
    assert before == listing(tmp_path / "outside")


@pytest.mark.parametrize("where", ["realization", "folder in it"])
def test_removing_follows_no_link_that_was_put_into_a_result(
    disk: DiskStore, tmp_path: Path, where: str
) -> None:
    files({"outside/a.txt": "mine"})(tmp_path)
    rref = put(disk, registered(disk), {"in/a.txt": "data"})
    folder = disk.folder(rref) / ("" if where == "realization" else "in")
    folder.chmod(0o755)
    (folder / "link").symlink_to(tmp_path / "outside")
    before = listing(tmp_path / "outside")
    disk.remove(rref)
    assert ((), before) == (disk.rrefs(rref.dref), listing(tmp_path / "outside"))


def test_clearing_a_staging_folder_elsewhere_leaves_what_is_not_the_stores(tmp_path: Path) -> None:
    mine: dict[str, str | None] = {"notes.txt": "mine", "work/a.txt": "mine", "empty": None}
    files(mine)(tmp_path / "scratch")
    before = listing(tmp_path / "scratch")
    store = DiskStore.open(tmp_path / "store", staging=tmp_path / "scratch")
    put(store, registered(store), {"a.txt": "data"})
    store.close()
    clear_after_dead(store.backing)
    assert before == listing(tmp_path / "scratch")


def test_stores_that_share_a_staging_folder_leave_each_others_builds(tmp_path: Path) -> None:
    one, other = (
        DiskStore.open(tmp_path / name, staging=tmp_path / "scratch") for name in ("one", "other")
    )
    staging = one.stage(registered(one))
    clear_after_dead(other.backing)
    assert staging.folder.is_dir()
    one.close()


@pytest.mark.parametrize("where", ["tmp/left", "tmp/left/build", "tmp/left/build/out"])
def test_clearing_follows_no_link_that_was_left_in_staging(
    disk: DiskStore, tmp_path: Path, where: str
) -> None:
    files({"outside/in/a.txt": "mine"})(tmp_path)
    before = listing(tmp_path / "outside")
    (disk.root / where).parent.mkdir(parents=True, exist_ok=True)
    (disk.root / where).symlink_to(tmp_path / "outside")
    clear_after_dead(disk.backing)
    assert ([], before) == (os.listdir(disk.root / "tmp"), listing(tmp_path / "outside"))


def _deepen(folder: Path, levels: int) -> None:
    here = os.open(folder, os.O_RDONLY)
    for _ in range(levels):
        os.mkdir("d", dir_fd=here)
        below = os.open("d", os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = below
    os.close(here)


@pytest.fixture
def few_descriptors(tmp_path: Path) -> Iterator[None]:
    """So few that no tree is walked by holding all of it; what a failed test leaves goes, too."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (len(os.listdir("/proc/self/fd")) + 128, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, before)
    subprocess.run(["rm", "-rf", str(tmp_path)], check=True)  # pytest deletes by recursion


@pytest.mark.usefixtures("few_descriptors")
def test_result_that_was_made_very_deep_is_damaged_and_can_be_removed(disk: DiskStore) -> None:
    rref = put(disk, registered(disk), {"a.txt": "data"})
    disk.folder(rref).chmod(0o755)
    _deepen(disk.folder(rref), 2_000)
    assert ("d", "extra") in {(d.file, d.aspect) for d in damage_of(disk.fs, disk.layout, rref)}
    disk.remove(rref)
    assert ((), []) == (disk.rrefs(rref.dref), os.listdir(disk.layout.trash))


@pytest.mark.usefixtures("few_descriptors")
def test_what_is_staged_very_deep_is_refused_and_cleared(disk: DiskStore) -> None:
    dref = registered(disk)
    staging = disk.stage(dref)
    _deepen(staging.folder, 2_000)
    with pytest.raises(UnsupportedFile, match="deeper than 64 folders"):
        seal(staging.folder, "thing")
    disk.close()
    clear_after_dead(disk.backing)
    assert [] == os.listdir(disk.root / "tmp")


# Locks that are something else.


def _paths_of_locks(store: DiskStore, dref: DRef[object]) -> tuple[Path, Path]:
    return store.layout.gate, store.layout.lock(dref, digest("{}"))


@pytest.mark.parametrize("which", [0, 1], ids=["gate", "build"])
def test_lock_that_is_a_link_is_not_followed(disk: DiskStore, tmp_path: Path, which: int) -> None:
    dref = registered(disk)
    path = _paths_of_locks(disk, dref)[which]
    files({"mine.txt": "mine"})(tmp_path)
    path.unlink(missing_ok=True)
    path.symlink_to(tmp_path / "mine.txt")
    with pytest.raises(StoreFailed, match="symbolic links"):
        _use(disk, dref)
    assert "mine" == (tmp_path / "mine.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize("which", [0, 1], ids=["gate", "build"])
def test_lock_that_is_a_dangling_link_makes_no_file(
    disk: DiskStore, tmp_path: Path, which: int
) -> None:
    dref = registered(disk)
    path = _paths_of_locks(disk, dref)[which]
    path.unlink(missing_ok=True)
    path.symlink_to(tmp_path / "new.txt")
    with pytest.raises(StoreFailed, match="symbolic links"):
        _use(disk, dref)
    assert not (tmp_path / "new.txt").exists()


@pytest.mark.parametrize("which", [0, 1], ids=["gate", "build"])
def test_lock_that_is_a_named_pipe_is_refused_without_waiting(disk: DiskStore, which: int) -> None:
    dref = registered(disk)
    path = _paths_of_locks(disk, dref)[which]
    path.unlink(missing_ok=True)
    os.mkfifo(path)
    with pytest.raises(StoreNotWritable, match="no file of ours"):
        _use(disk, dref)


@as_root
@pytest.mark.parametrize("which", [0, 1], ids=["gate", "build"])
def test_lock_of_another_user_is_refused_and_left(disk: DiskStore, which: int) -> None:
    dref = registered(disk)
    path = _paths_of_locks(disk, dref)[which]
    path.write_text("theirs", encoding="utf-8")
    os.chown(path, NOBODY, NOBODY)
    with pytest.raises(StoreNotWritable, match="no file of ours"):
        _use(disk, dref)
    assert "theirs" == path.read_text(encoding="utf-8")


def _use(store: DiskStore, dref: DRef[object]) -> None:
    with store.building(dref, {}, lambda who: None):
        put(store, dref, {"a.txt": "data"})


# Roots that others could replace.


@as_root
@pytest.mark.parametrize("name", ["", "above", "above/store", "above/store/store-v1"])
def test_store_below_a_folder_of_another_user_is_refused(tmp_path: Path, name: str) -> None:
    DiskStore.open(tmp_path / "above/store")
    os.chown(tmp_path / name, NOBODY, NOBODY)
    with pytest.raises(StoreOfOthers, match=f"belongs to user {NOBODY}") as caught:
        DiskStore.open(tmp_path / "above/store")
    assert str(tmp_path / name) == caught.value.path


@pytest.mark.parametrize("name", ["above", "above/store", "above/store/tmp", "above/store/locks"])
def test_store_below_a_folder_of_everybody_is_refused(tmp_path: Path, name: str) -> None:
    DiskStore.open(tmp_path / "above/store")
    (tmp_path / name).chmod(0o777)
    with pytest.raises(StoreOfOthers, match="everybody may write to it") as caught:
        DiskStore.open(tmp_path / "above/store")
    assert str(tmp_path / name) == caught.value.path


def test_store_is_not_made_in_a_folder_of_everybody(tmp_path: Path) -> None:
    tmp_path.chmod(0o777)
    with pytest.raises(StoreOfOthers):
        DiskStore.open(tmp_path / "store")
    assert [] == os.listdir(tmp_path)


def test_folder_of_everybody_where_nobody_replaces_what_is_anothers_is_fine(tmp_path: Path) -> None:
    tmp_path.chmod(0o1777)
    assert () == DiskStore.open(tmp_path / "store").drefs()


@pytest.mark.parametrize("name", ["store", "store/store-v1"])
def test_store_to_which_everybody_may_add_is_refused(tmp_path: Path, name: str) -> None:
    DiskStore.open(tmp_path / "store")
    (tmp_path / name).chmod(0o1777)
    with pytest.raises(StoreOfOthers):
        DiskStore.open(tmp_path / "store")


def test_store_of_others_is_opened_in_trust(tmp_path: Path) -> None:
    DiskStore.open(tmp_path / "store")
    (tmp_path / "store").chmod(0o777)
    assert () == DiskStore.open(tmp_path / "store", trust=True).drefs()


def test_store_behind_a_link_is_judged_by_where_it_lies(tmp_path: Path) -> None:
    (tmp_path / "open").mkdir()
    DiskStore.open(tmp_path / "open/store")
    (tmp_path / "link").symlink_to("open/store")
    assert () == DiskStore.open(tmp_path / "link").drefs()
    (tmp_path / "open").chmod(0o777)
    with pytest.raises(StoreOfOthers):
        DiskStore.open(tmp_path / "link")


@pytest.mark.parametrize("way", ["open/link", "open/up/store"])
def test_link_that_others_could_turn_is_refused(tmp_path: Path, way: str) -> None:
    DiskStore.open(tmp_path / "store")
    (tmp_path / "open").mkdir()
    (tmp_path / "open/link").symlink_to("../store")
    (tmp_path / "open/up").symlink_to("..")
    assert () == DiskStore.open(tmp_path / way).drefs()
    (tmp_path / "open").chmod(0o777)
    with pytest.raises(StoreOfOthers):
        DiskStore.open(tmp_path / way)


def test_staging_in_a_folder_of_everybody_is_refused(tmp_path: Path) -> None:
    (tmp_path / "open").mkdir()
    (tmp_path / "open").chmod(0o777)
    with pytest.raises(StoreOfOthers):
        DiskStore.open(tmp_path / "store", staging=tmp_path / "open/staging")


def test_nothing_in_a_store_can_be_written_by_others() -> None:
    before = os.umask(0)
    try:
        with tempfile.TemporaryDirectory() as place:
            store = DiskStore.open(Path(place) / "store")
            dref = registered(store)
            put(store, dref, {"in/a.txt": "data"})
            store.stage(dref)
            paths = [each for each in (store.root, *store.root.rglob("*")) if not each.is_symlink()]
            open_to_others = [each for each in paths if each.stat().st_mode & 0o022]
            store.close()
    finally:
        os.umask(before)
    assert [] == open_to_others


# Results that change behind the store's back.

LATE = """
import sys
with open(sys.argv[1], "r+") as file:
    print("opened", flush=True)
    sys.stdin.readline()
    file.write("late")
"""


def test_change_through_a_kept_descriptor_of_another_process_is_found(disk: DiskStore) -> None:
    dref = registered(disk)
    staging = disk.stage(dref)
    files({"a.txt": "data"})(staging.folder)
    with subprocess.Popen(
        [sys.executable, "-c", LATE, str(staging.folder / "a.txt")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as late:
        assert late.stdout is not None
        assert "opened\n" == late.stdout.readline()
        rref = put(disk, dref, lambda folder: os.rename(staging.folder / "a.txt", folder / "a.txt"))
        assert () == damage_of(disk.fs, disk.layout, rref)
        late.communicate("now\n")
    found = [(each.file, each.aspect) for each in damage_of(disk.fs, disk.layout, rref)]
    assert [("a.txt", "content")] == found


class Meddling(Disk):
    """A file system where somebody writes to a file while it is hashed."""

    def __init__(self, path: Path) -> None:
        self.keeper = path.open("r+b")

    def pread(self, descriptor: int, size: int, offset: int) -> bytes:
        data = super().pread(descriptor, size, offset)
        self.keeper.write(b"x")
        self.keeper.flush()
        return data


def test_file_that_is_written_while_it_is_hashed_is_refused(tmp_path: Path) -> None:
    files({"out/a.txt": "data"})(tmp_path)
    (tmp_path / "name.txt").hardlink_to(tmp_path / "out/a.txt")
    meddling = Meddling(tmp_path / "name.txt")
    (tmp_path / "name.txt").unlink()
    with meddling.keeper, pytest.raises(UnsupportedFile, match="still being written"):
        seal(tmp_path / "out", "thing", meddling)


def test_file_kept_open_in_a_store_behind_a_link_is_refused(tmp_path: Path) -> None:
    DiskStore.open(tmp_path / "store")
    (tmp_path / "link").symlink_to("store")
    store = DiskStore.open(tmp_path / "link")
    staging = store.stage(registered(store))
    with (staging.folder / "a.txt").open("w"), pytest.raises(UnsupportedFile, match="still open"):
        seal(staging.folder, "thing")
    store.close()


@pytest.mark.parametrize("kind", ["named pipe", "link", "hard link"])
def test_log_that_a_realizer_put_something_else_for_does_no_harm(
    disk: DiskStore, tmp_path: Path, kind: str
) -> None:
    files({"mine.txt": "mine"})(tmp_path)
    before = (tmp_path / "mine.txt").stat().st_mode
    dref = registered(disk)
    staging = disk.stage(dref)
    if kind == "named pipe":
        os.mkfifo(staging.log)
    elif kind == "link":
        staging.log.symlink_to(tmp_path / "mine.txt")
    else:
        staging.log.hardlink_to(tmp_path / "mine.txt")
    try:
        disk.commit(staging, dref, {}, facts())
    except PylightnixError:
        assert () == disk.rrefs(dref)
    else:
        (rref,) = disk.rrefs(dref)
        assert () == damage_of(disk.fs, disk.layout, rref)
        assert 1 == (disk.folder(rref) / "__log__.txt").stat().st_nlink
    assert before == (tmp_path / "mine.txt").stat().st_mode
