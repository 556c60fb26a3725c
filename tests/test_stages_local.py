"""`fetchlocal`, and archives that are unpacked, whatever fetched them."""

from __future__ import annotations

import io
import os
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import assert_type

import pytest
from fetched import DATA, Words, fetched, is_unchanged, names, packed_tar, packed_zip, sha256
from http_server import Server, content

from pylightnix_fn import (
    DRef,
    Manager,
    Store,
    fetchlocal,
    fetchurl,
    instantiate,
    realize,
)
from pylightnix_fn.errors.build import ReservedFile
from pylightnix_fn.errors.fetch import (
    ArchiveRefused,
    ChecksumMismatch,
    LocalFileMissing,
    NotRegularFile,
    UnknownArchive,
)
from pylightnix_fn.stages.fetch import Mode

URL = "http://127.0.0.1:9/data.txt"


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as running:
        yield running


# Archives.


@pytest.mark.parametrize(
    ("pack", "name"), [(packed_tar, "words.tar.gz"), (packed_zip, "words.zip")]
)
@pytest.mark.parametrize(
    ("mode", "found"),
    [
        ("as-is", ["<archive>"]),
        ("unpack", ["<archive>", "sub/words.txt"]),
        ("unpack,remove", ["sub/words.txt"]),
    ],
)
def test_archive_is_unpacked_as_told(
    pack: Callable[[dict[str, bytes]], bytes],
    name: str,
    mode: Mode,
    found: list[str],
    store: Store,
) -> None:
    made = fetched(store, pack({"sub/words.txt": b"a b"}), name, mode)
    expected = sorted(each.replace("<archive>", name) for each in found)
    assert expected == names(made.path)


@pytest.mark.parametrize("mode", ["unpack", "unpack,remove"])
@pytest.mark.parametrize(
    ("pack", "name"), [(packed_tar, "words.tar.gz"), (packed_zip, "words.zip")]
)
@pytest.mark.parametrize("member", ["../escaped", "/tmp/escaped-pylightnix", "a/../../escaped"])
def test_hostile_archive_is_refused_and_the_store_unchanged(
    pack: Callable[[dict[str, bytes]], bytes],
    name: str,
    member: str,
    mode: Mode,
    server: Server,
    store: Store,
) -> None:
    url = server.serve(f"/{name}", content(data := pack({"good": b"", member: b""})))
    closure = instantiate(fetchurl, url, sha256(data), mode=mode)
    with pytest.raises(ArchiveRefused):
        realize(closure, store)
    assert is_unchanged(store, closure)
    assert not Path("/tmp/escaped-pylightnix").exists()


def test_archive_that_links_out_is_refused(server: Server, store: Store) -> None:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:gz") as archive:
        link = tarfile.TarInfo("link")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(link)
    url = server.serve("/a.tar.gz", content(stream.getvalue()))
    closure = instantiate(fetchurl, url, sha256(stream.getvalue()), mode="unpack")
    with pytest.raises(ArchiveRefused):
        realize(closure, store)
    assert is_unchanged(store, closure)


def test_archive_with_the_store_s_own_names_is_refused(store: Store) -> None:
    with pytest.raises(ReservedFile, match=r"context\.json"):
        fetched(store, packed_tar({"context.json": b"{}"}), "a.tar.gz", "unpack")


@pytest.mark.parametrize("mode", ["unpack", "unpack,remove"])
def test_archive_with_a_member_of_its_own_name_is_refused(mode: Mode, store: Store) -> None:
    with pytest.raises(ArchiveRefused, match="already has its name"):
        fetched(store, packed_tar({"a.tar.gz": b""}), "a.tar.gz", mode)


def test_what_is_no_archive_cannot_be_unpacked(store: Store) -> None:
    with pytest.raises(UnknownArchive):
        fetched(store, DATA, "data.txt", "unpack")


# Local files.


def test_local_file_is_copied(tmp_path: Path, store: Store) -> None:
    (tmp_path / "data.txt").write_bytes(DATA)
    closure = instantiate(fetchlocal, tmp_path / "data.txt", sha256(DATA))
    made = realize(closure, store)
    (tmp_path / "data.txt").write_bytes(b"changed later")
    assert DATA == (made.out / "data.txt").read_bytes()


def test_path_is_no_part_of_the_key(tmp_path: Path) -> None:
    _, here = fetchlocal(Manager(), tmp_path / "data.txt", sha256(DATA))
    _, there = fetchlocal(Manager(), "elsewhere/data.txt", sha256(DATA))
    assert here == there


def test_local_file_that_is_there_is_not_needed_again(tmp_path: Path, store: Store) -> None:
    (tmp_path / "data.txt").write_bytes(DATA)
    first = realize(instantiate(fetchlocal, tmp_path / "data.txt", sha256(DATA)), store)
    again = realize(instantiate(fetchlocal, "gone/data.txt", sha256(DATA)), store)
    assert first.rref == again.rref


def test_relative_path_starts_where_the_program_runs(
    tmp_path: Path, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "data.txt").write_bytes(DATA)
    monkeypatch.chdir(tmp_path)
    assert ["data.txt"] == names(
        realize(instantiate(fetchlocal, "data.txt", sha256(DATA)), store).path
    )


def test_local_archive_is_unpacked(tmp_path: Path, store: Store) -> None:
    (tmp_path / "words.zip").write_bytes(data := packed_zip({"sub/words.txt": b"a b"}))

    def stage(m: Manager) -> tuple[Manager, DRef[Words]]:
        path = tmp_path / "words.zip"
        made = fetchlocal(m, path, sha256(data), mode="unpack,remove", outputs=Words())
        assert_type(made, tuple[Manager, DRef[Words]])
        return made

    made = realize(instantiate(stage), store)
    assert ("a b", ["sub/words.txt"]) == (made.out.path.read_text("utf-8"), names(made.path))


def make_folder(path: Path) -> None:
    path.mkdir()


def make_pipe(path: Path) -> None:
    os.mkfifo(path)


def make_other(path: Path) -> None:
    path.write_bytes(b"other")


def make_nothing(path: Path) -> None:
    pass


@pytest.mark.parametrize(
    ("make", "error"),
    [
        (make_nothing, LocalFileMissing),
        (make_folder, NotRegularFile),
        (make_pipe, NotRegularFile),
        (make_other, ChecksumMismatch),
    ],
)
def test_local_file_that_will_not_do_is_refused(
    make: Callable[[Path], None], error: type[Exception], tmp_path: Path, store: Store
) -> None:
    make(tmp_path / "data.txt")
    closure = instantiate(fetchlocal, tmp_path / "data.txt", sha256(DATA))
    with pytest.raises(error):
        realize(closure, store)
    assert is_unchanged(store, closure)
