"""The format of a store: what FORMAT.md says is so, and enough for a program of another kind."""

from __future__ import annotations

import ast
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import foreign_store
import pytest
from scenarios import files, listing, put, registered

import pylightnix_fn
from pylightnix_fn import (
    Build,
    Config,
    DiskStore,
    DRef,
    Folder,
    Manager,
    RRef,
    dref_from,
    instantiate,
    latest,
    logged,
    mkconfig,
    mkdrv,
    realize,
    rref_from,
)
from pylightnix_fn.errors.store import StillNeeded, StoreIncomplete, StoreMissing, UnknownFormat
from pylightnix_fn.inquiry.comparing import compare
from pylightnix_fn.store.inspection import damage_of
from pylightnix_fn.store.liveness import clear_after_dead
from pylightnix_fn.transfer.moving import copy_closure, export_closure, import_closure
from pylightnix_fn.tree import PIECE

PAGE = (Path(pylightnix_fn.__file__).parent / "store/FORMAT.md").read_text(encoding="utf-8")
EXAMPLE, CHECK, CHECK_LARGE = re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL)

FORMAT = b'{"format":1,"locks":"flock"}'


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[DiskStore]:
    store = DiskStore.open(tmp_path / "store")
    yield store
    store.close()


@pytest.fixture
def other(disk: DiskStore) -> Iterator[foreign_store.Writer]:
    writer = foreign_store.Writer(disk.root)
    yield writer
    writer.close()


def _talk(b: Build[Config, Folder]) -> None:
    print("built")
    files({"a.txt": "data"})(b.path)


def _various(folder: Path) -> None:
    files({"in/a.txt": "data", "in/ü b.txt": "", "in.txt": "\n", "empty": None})(folder)
    (folder / "in/a.txt").chmod(0o755)
    (folder / "link").symlink_to("in/a.txt")
    (folder / "in/back").symlink_to("../absent")


def _library_store(store: DiskStore) -> DiskStore:
    """A store with all that there can be: links, logs, contexts, equal results, odd names."""
    dataset = registered(store, "dataset", rate=1.0, text="ü\n")
    model = registered(store, "model", data=str(dataset))
    some = [put(store, dataset, _various, started=time) for time in (1.5, 3)]
    some.append(put(store, dataset, {"n": "2"}))
    put(store, model, {"a.txt": "data"}, context={dataset: tuple(some[1:])})
    registered(store, "unbuilt")

    def stage(m: Manager) -> tuple[Manager, DRef[Folder]]:
        return mkdrv(m, mkconfig({"name": "talk"}), latest(), logged(_talk))

    realize(instantiate(stage), store)
    (store.layout.objects / "lost+found").mkdir()
    return store


# Another program reads.


def test_other_program_imports_nothing_but_the_standard_library() -> None:
    tree = ast.parse(Path(foreign_store.__file__).read_text(encoding="utf-8"))
    names = {
        each.name for node in ast.walk(tree) if isinstance(node, ast.Import) for each in node.names
    }
    names |= {str(node.module) for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert set() == {name.partition(".")[0] for name in names} - sys.stdlib_module_names


def test_other_program_finds_all_that_the_library_wrote(disk: DiskStore) -> None:
    _library_store(disk)
    expected = {str(dref): list(map(str, disk.rrefs(dref))) for dref in disk.drefs()}
    assert 5 == sum(map(len, expected.values()), start=1)
    assert expected == foreign_store.read(disk.root)


@pytest.mark.parametrize("name", ["config.json", "in.txt", "__log__.txt", "__build__.json"])
def test_other_program_notices_a_byte_that_changed(disk: DiskStore, name: str) -> None:
    _library_store(disk)
    path = next(iter(sorted(disk.layout.objects.rglob(name))))
    data, mode = bytearray(path.read_bytes()), path.stat().st_mode
    data[-1] ^= 1
    path.chmod(0o644)
    path.write_bytes(data)
    path.chmod(mode)
    with pytest.raises((AssertionError, ValueError)):
        foreign_store.read(disk.root)


# Another program writes.


def test_library_serves_what_another_program_wrote(
    disk: DiskStore, other: foreign_store.Writer
) -> None:
    dref = dref_from(other.derivation({"name": "greeting", "text": "hello"}))
    rref = rref_from(other.realization(dref.text, {"greeting.txt": b"hello\n"}, {}))
    assert ((dref,), (rref,)) == (disk.drefs(), disk.rrefs(dref))
    assert mkconfig({"name": "greeting", "text": "hello"}) == disk.config(dref)
    assert "hello\n" == (disk.folder(rref) / "greeting.txt").read_text(encoding="utf-8")
    assert 6 == disk.record(rref).size


def test_what_another_program_wrote_is_whole(disk: DiskStore, other: foreign_store.Writer) -> None:
    dataset = other.derivation({"name": "dataset", "rate": 0.5, "text": "ü"})
    data = other.realization(dataset, {"in/a.txt": b"1", "in.txt": b"", "in/ü/b": b"2"}, {})
    model = other.derivation({"name": "model", "data": dataset})
    made = other.realization(model, {"b.txt": b"3"}, {dataset: [data]})
    for dref in (dataset, model):
        assert () == damage_of(disk.fs, disk.layout, dref_from(dref))
    for rref in (data, made):
        assert () == damage_of(disk.fs, disk.layout, rref_from(rref))


def _unwanted(b: Build[Config, Folder]) -> None:
    raise AssertionError("it is there already")


def _greeting(m: Manager) -> tuple[Manager, DRef[Folder]]:
    m, name = mkdrv(m, mkconfig({"name": "name"}), latest(), _unwanted)
    return mkdrv(m, mkconfig({"name": "greeting", "of": str(name)}), latest(), _unwanted)


def test_library_builds_nothing_that_another_program_wrote(
    disk: DiskStore, other: foreign_store.Writer
) -> None:
    name = other.derivation({"name": "name"})
    data = other.realization(name, {"name.txt": b"you"}, {})
    greeting = other.derivation({"name": "greeting", "of": name})
    made = other.realization(greeting, {"greeting.txt": b"hello you"}, {name: [data]})
    assert made == realize(instantiate(_greeting), disk).rref.text


def test_equal_results_of_both_are_one(disk: DiskStore, other: foreign_store.Writer) -> None:
    dref = registered(disk)
    rref = put(disk, dref, {"a.txt": "data"})
    assert dref.text == other.derivation({"name": "thing"})
    assert rref.text == other.realization(dref.text, {"a.txt": b"data"}, {})
    assert rref == put(disk, dref, {"a.txt": "data"})
    assert (rref,) == disk.rrefs(dref)


def test_other_program_keeps_what_it_wrote_while_it_lives(disk: DiskStore) -> None:
    registered(disk, "else")
    writer = foreign_store.Writer(disk.root)
    dref = writer.derivation({"name": "thing"})
    rref = rref_from(writer.realization(dref, {"a.txt": b"data"}, {}))
    with pytest.raises(StillNeeded, match="another program"):
        disk.remove(rref)
    writer.close()
    disk.remove(rref)
    assert () == disk.rrefs(rref.dref)


@pytest.mark.parametrize("is_gone", [False, True])
def test_what_another_program_staged_goes_when_it_is_gone(disk: DiskStore, is_gone: bool) -> None:
    writer = foreign_store.Writer(disk.root)
    (writer.place / "half").mkdir()
    if is_gone:
        os.close(writer.notes)  # as the kernel does for a process that was killed
    clear_after_dead(disk.backing)
    assert [is_gone, is_gone] == [not writer.place.exists(), not writer.file.exists()]
    if not is_gone:
        (writer.place / "half").rmdir()
        writer.close()


# The page.


def _ran(script: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["sh", "-c", script], cwd=folder, capture_output=True, text=True, check=False
    )


has_sha256sum = pytest.mark.skipif(not shutil.which("sha256sum"), reason="needs sha256sum")


@has_sha256sum
def test_hashes_of_the_example_are_those_of_sha256sum(tmp_path: Path) -> None:
    expected = "".join(f"{line}\n" for line in re.findall("^# (.*)$", EXAMPLE, re.MULTILINE))
    assert 4 == expected.count("\n")
    assert expected == _ran(EXAMPLE, tmp_path).stdout


def test_example_lies_where_the_page_says(disk: DiskStore) -> None:
    rref = put(disk, registered(disk, "greeting", text="hello"), {"greeting.txt": "hello\n"})
    (said,) = re.findall(r"^`(store-v1/08f.*)/`", PAGE, re.MULTILINE)
    assert said == str(disk.folder(rref).relative_to(disk.root))


@has_sha256sum
def test_sha256sum_accepts_every_realization(disk: DiskStore) -> None:
    _library_store(disk)
    for dref in disk.drefs():
        for rref in disk.rrefs(dref):
            ended = _ran(CHECK, disk.folder(rref))
            assert (0, "") == (ended.returncode, ended.stderr)
            assert ended.stdout.endswith(": OK\n")


@has_sha256sum
def test_sha256sum_refuses_a_changed_artifact(disk: DiskStore) -> None:
    folder = disk.folder(put(disk, registered(disk), {"in/a.txt": "data"}))
    (folder / "in/a.txt").chmod(0o644)
    (folder / "in/a.txt").write_text("date", encoding="utf-8")
    assert (1, "in/a.txt: FAILED\n") == (
        _ran(CHECK, folder).returncode,
        _ran(CHECK, folder).stdout,
    )


LARGE = PIECE + 1


def _with_large(store: DiskStore) -> Path:
    return store.folder(put(store, registered(store), _sparse))


def _sparse(folder: Path) -> None:
    files({"small": "data", "in/large": ""})(folder)
    os.truncate(folder / "in/large", LARGE)
    (folder / "piece").touch()
    os.truncate(folder / "piece", PIECE)


def test_other_program_reads_large_files(disk: DiskStore) -> None:
    _with_large(disk)
    (rrefs,) = foreign_store.read(disk.root).values()
    assert 1 == len(rrefs)


def test_large_file_that_another_program_wrote_is_whole(
    disk: DiskStore, other: foreign_store.Writer
) -> None:
    dref = other.derivation({"name": "large"})
    rref = rref_from(other.realization(dref, {"large": bytes(LARGE)}, {}))
    assert () == damage_of(disk.fs, disk.layout, rref)


@has_sha256sum
def test_page_tells_how_large_files_are_looked_at(disk: DiskStore) -> None:
    folder = _with_large(disk)
    assert "piece: OK\nsmall: OK\n" == _ran(CHECK, folder).stdout
    assert "in/large: OK\n" == _ran(CHECK_LARGE, folder).stdout
    (folder / "in/large").chmod(0o644)
    with (folder / "in/large").open("r+b") as file:
        file.write(b"x")
    assert "in/large: FAILED\n" == _ran(CHECK_LARGE, folder).stdout


@pytest.mark.skipif(not shutil.which("xxd") or not shutil.which("split"), reason="needs both")
def test_page_tells_how_a_large_file_is_hashed_without_python(disk: DiskStore) -> None:
    folder = _with_large(disk)
    (line,) = re.findall("`(split .*)`", PAGE)
    entries = json.loads((folder / "__manifest__.json").read_bytes())["entries"]
    (content,) = [each["content"] for each in entries if each["path"] == "in/large"]
    found = _ran(line.replace("FILE", "in/large"), folder).stdout.split()
    assert content == f"pieces:{found[0]}"


def test_page_names_everything_at_the_top_of_a_store(disk: DiskStore) -> None:
    for name in os.listdir(disk.root):
        assert re.search(rf"^\| `{name}[/`]", PAGE, re.MULTILINE)


def test_page_names_every_field_of_the_own_files(disk: DiskStore) -> None:
    folder = disk.folder(put(disk, registered(disk), {"a.txt": ""}))
    for name in ("__manifest__.json", "__build__.json"):
        (row,) = re.findall(rf"^\| `{name}` \| (.*) \|$", PAGE, re.MULTILINE)
        assert set() == set(json.loads((folder / name).read_bytes())) - set(
            re.findall("`(.*?)`", row)
        )


# Versions.


@pytest.mark.parametrize(
    ("data", "found"),
    [
        (b'{"format":2,"locks":"flock"}', '{"format": 2, "locks": "flock"}'),
        (b'{"format":1,"locks":"lease"}', '{"format": 1, "locks": "lease"}'),
        (b'{"format":1,"locks":"flock","more":1}', '"more": 1'),
        (b"{}", "{}"),
        (b"", "Expecting value"),
        (b"\xff", "no text"),
        (b'{"format": 1, "locks": "flock"}', "not spelled as the store spells it"),
    ],
)
def test_unknown_format_is_refused_and_left_alone(disk: DiskStore, data: bytes, found: str) -> None:
    put(disk, registered(disk), {"a.txt": "data"})
    disk.close()
    disk.layout.format.chmod(0o644)
    disk.layout.format.write_bytes(data)
    shutil.rmtree(disk.layout.trash)  # so that there is something to complete
    before = listing(disk.root)
    with pytest.raises(UnknownFormat) as caught:
        DiskStore.open(disk.root)
    assert (str(disk.root), "1") == (caught.value.path, caught.value.known)
    assert found in caught.value.found
    assert before == listing(disk.root)


@pytest.mark.parametrize("kind", ["folder", "link", "named pipe"])
def test_format_that_is_no_file_is_refused(disk: DiskStore, kind: str) -> None:
    disk.layout.format.rename(disk.root / "aside")
    if kind == "folder":
        disk.layout.format.mkdir()
    elif kind == "link":
        disk.layout.format.symlink_to("aside")
    else:
        os.mkfifo(disk.layout.format)
    with pytest.raises(UnknownFormat):
        DiskStore.open(disk.root)


def test_store_without_objects_is_incomplete(disk: DiskStore) -> None:
    disk.close()
    disk.layout.objects.rmdir()
    before = listing(disk.root)
    with pytest.raises(StoreIncomplete) as caught:
        DiskStore.open(disk.root)
    assert (str(disk.root), "store-v1") == (caught.value.path, caught.value.missing)
    assert before == listing(disk.root)


def test_store_of_a_later_layout_is_not_taken_for_an_incomplete_one(tmp_path: Path) -> None:
    (tmp_path / "store-v2").mkdir()
    (tmp_path / "format.json").write_bytes(b'{"format":2,"locks":"flock"}')
    with pytest.raises(UnknownFormat):
        DiskStore.open(tmp_path)
    assert ["format.json", "store-v2"] == sorted(os.listdir(tmp_path))


def _aged(store: DiskStore) -> None:
    """Leave of a store what there was before it had a format."""
    store.close()
    store.layout.format.unlink()
    for name in ("temproots", "roots", "trash", "locks"):
        shutil.rmtree(store.root / name)
    store.layout.reserve.unlink()


def test_older_store_is_completed(disk: DiskStore) -> None:
    dref = registered(disk)
    rref = put(disk, dref, {"a.txt": "data"})
    names = sorted(os.listdir(disk.root))
    _aged(disk)
    again = DiskStore.open(disk.root)
    assert ((dref,), (rref,)) == (again.drefs(), again.rrefs(dref))
    assert (names, FORMAT) == (sorted(os.listdir(disk.root)), disk.layout.format.read_bytes())


def test_store_half_made_is_completed(disk: DiskStore) -> None:
    _aged(disk)
    assert () == DiskStore.open(disk.root).drefs()
    assert FORMAT == disk.layout.format.read_bytes()


def test_folder_without_a_store_is_left_alone(tmp_path: Path) -> None:
    files({"notes.txt": "mine"})(tmp_path)
    with pytest.raises(StoreMissing):
        DiskStore.open(tmp_path, create=False)
    assert ["notes.txt"] == os.listdir(tmp_path)


# Before there were pieces.


@pytest.fixture
def older(disk: DiskStore, monkeypatch: pytest.MonkeyPatch) -> RRef[Folder]:
    """A large file that a program wrote which knew of no pieces."""
    monkeypatch.setattr(foreign_store, "PIECE", 4 * PIECE)
    writer = foreign_store.Writer(disk.root)
    dref = writer.derivation({"name": "thing"})
    rref = writer.realization(dref, {"in/large": bytes(LARGE), "small": b"data"}, {})
    writer.close()
    return rref_from(rref)


def test_large_file_of_before_is_whole(disk: DiskStore, older: RRef[Folder]) -> None:
    assert () == damage_of(disk.fs, disk.layout, older)


def test_large_file_of_before_that_was_changed_is_damaged(
    disk: DiskStore, older: RRef[Folder]
) -> None:
    path = disk.folder(older) / "in/large"
    path.chmod(0o644)
    with path.open("r+b") as file:
        file.write(b"x")
    path.chmod(0o444)
    (damage,) = damage_of(disk.fs, disk.layout, older)
    before, now = (sha256(first + bytes(LARGE - 1)).hexdigest() for first in (b"\0", b"x"))
    assert (f"sha256 {before}", f"sha256 {now}") == (damage.expected, damage.found)


def test_large_file_of_before_can_be_exported_and_imported(
    disk: DiskStore, older: RRef[Folder], tmp_path: Path
) -> None:
    there = DiskStore.open(tmp_path / "there", durability="off")
    export_closure(disk, [older], tmp_path / "closure.tar.zst")
    import_closure(there, tmp_path / "closure.tar.zst")
    assert () == damage_of(there.fs, there.layout, older)
    assert disk.record(older) == there.record(older)


def test_large_file_of_before_can_be_copied(
    disk: DiskStore, older: RRef[Folder], tmp_path: Path
) -> None:
    there = DiskStore.open(tmp_path / "there", durability="off")
    copy_closure(disk, [older], there)
    assert () == damage_of(there.fs, there.layout, older)


def test_large_file_of_before_equals_the_one_of_now(disk: DiskStore, older: RRef[Folder]) -> None:
    def write(folder: Path) -> None:
        files({"in/large": "", "small": "data"})(folder)
        os.truncate(folder / "in/large", LARGE)

    newer = put(disk, older.dref, write)
    assert older != newer
    for old, new in ((older, newer), (newer, older)):
        found = compare(disk, old, new)
        assert ((), 2) == (found.artifacts, found.same)


def test_large_file_of_before_that_differs_from_the_one_of_now_is_told(
    disk: DiskStore, older: RRef[Folder]
) -> None:
    def write(folder: Path) -> None:
        files({"in/large": "x", "small": "data"})(folder)
        os.truncate(folder / "in/large", LARGE)

    (change,) = compare(disk, older, put(disk, older.dref, write)).artifacts
    assert "in/large" == change.path
