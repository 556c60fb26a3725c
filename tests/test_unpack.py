"""Unpacking: what archives hold, and all that they must not be able to do.

Every test unpacks beside a canary folder, and fails if that folder has changed.
"""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import os
import pickle
import random
import shutil
import stat
import struct
import tarfile
import tempfile
import tracemalloc
import zipfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import TypeAlias

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pylightnix_fn.archive.unpack import Limits, unpack
from pylightnix_fn.errors.fetch import (
    ArchiveDamaged,
    ArchiveRefused,
    LocalFileMissing,
    NotRegularFile,
    UnknownArchive,
)
from pylightnix_fn.errors.message import PylightnixError

Tree: TypeAlias = dict[str, tuple[str, bytes]]
Entry: TypeAlias = tuple[tarfile.TarInfo, bytes]


def tree(folder: Path) -> Tree:
    """What a folder holds: kind and content by relative path; links are not followed."""
    found: Tree = {}
    for path in sorted(folder.rglob("*")):
        name = str(path.relative_to(folder))
        if path.is_symlink():
            found[name] = ("link", os.readlink(os.fsencode(path)))
        elif path.is_dir():
            found[name] = ("folder", b"")
        else:
            found[name] = ("file", path.read_bytes())
    return found


class Box:
    """A folder to unpack into, with a canary beside it."""

    def __init__(self, root: Path) -> None:
        self.folder = root / "folder"
        self.outside = root / "outside"
        self.outside.mkdir()
        (self.outside / "canary").write_bytes(b"alive")
        self._before = tree(self.outside)
        self._archive = root / "archive"

    def unpack(self, archive: bytes, limits: Limits | None = None) -> Tree:
        """Unpack an archive; what the folder holds then."""
        self._archive.write_bytes(archive)
        unpack(self._archive, self.folder, limits=limits or Limits())
        return tree(self.folder)

    def refusal(self, archive: bytes, limits: Limits | None = None) -> ArchiveRefused:
        """Why an archive is refused."""
        with pytest.raises(ArchiveRefused) as caught:
            self.unpack(archive, limits)
        return caught.value

    def check(self) -> None:
        """Fail if anything outside has changed."""
        assert self._before == tree(self.outside)
        names = {path.name for path in self.outside.parent.iterdir()}
        assert names <= {"folder", "outside", "archive"}


@pytest.fixture
def box(tmp_path: Path) -> Iterator[Box]:
    made = Box(tmp_path)
    yield made
    made.check()


def entry(
    name: str, data: bytes = b"", kind: bytes = tarfile.REGTYPE, link: str = "", mode: int = 0o644
) -> Entry:
    info = tarfile.TarInfo(name)
    info.type, info.linkname, info.mode, info.size = kind, link, mode, len(data)
    return info, data


def folder(name: str) -> Entry:
    return entry(name, kind=tarfile.DIRTYPE, mode=0o755)


def symlink(name: str, target: str) -> Entry:
    return entry(name, kind=tarfile.SYMTYPE, link=target)


def hardlink(name: str, target: str) -> Entry:
    return entry(name, kind=tarfile.LNKTYPE, link=target)


def tar(*entries: Entry, form: int = tarfile.PAX_FORMAT) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=form, errors="surrogateescape") as archive:
        for info, data in entries:
            archive.addfile(info, io.BytesIO(data))
    return out.getvalue()


def header(name: str, size: int, kind: bytes = tarfile.REGTYPE) -> bytes:
    """One header block, and nothing else."""
    info = tarfile.TarInfo(name)
    info.size, info.type = size, kind
    return info.tobuf(tarfile.GNU_FORMAT)


def pax(records: bytes, kind: bytes = tarfile.XHDTYPE) -> bytes:
    """A pax header with this content."""
    return header("pax", len(records), kind) + records + bytes(-len(records) % 512)


def zipped(
    *members: tuple[str, bytes],
    mode: int = 0,
    method: int = zipfile.ZIP_DEFLATED,
    system: int = 3,
) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, data in members:
            info = zipfile.ZipInfo(name)
            info.external_attr, info.create_system, info.compress_type = mode << 16, system, method
            archive.writestr(info, data)
    return out.getvalue()


END = bytes(1024)
SAMPLE = tar(folder("a"), entry("a/b", b"content"), entry("c", b"run", mode=0o755))
PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "plain": bytes,
    "gzip": gzip.compress,
    "bzip2": bz2.compress,
    "xz": lzma.compress,
}
HELD: Tree = {"a": ("folder", b""), "a/b": ("file", b"content"), "c": ("file", b"run")}
ZIP = zipped(("a/", b""), ("a/b", b"content"), ("c", b"run"))

all_packers = pytest.mark.parametrize("pack", PACKERS.values(), ids=PACKERS.keys())


# Formats


@all_packers
def test_tar_gives_its_members(pack: Callable[[bytes], bytes], box: Box) -> None:
    assert HELD == box.unpack(pack(SAMPLE))


def test_zip_gives_its_members(box: Box) -> None:
    assert HELD == box.unpack(ZIP)


def test_stored_zip_gives_its_members(box: Box) -> None:
    archive = zipped(("a/b", b"content"), method=zipfile.ZIP_STORED)
    assert b"content" == box.unpack(archive)["a/b"][1]


@all_packers
def test_empty_tar_gives_nothing(pack: Callable[[bytes], bytes], box: Box) -> None:
    assert {} == box.unpack(pack(tar()))


def test_empty_zip_gives_nothing(box: Box) -> None:
    assert {} == box.unpack(zipped())


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"some text",
        gzip.compress(b"some text"),
        bytes(512),
        b"PK\5",
        random.Random(1).randbytes(4096),
    ],
    ids=["empty", "text", "text.gz", "zeros", "short", "random"],
)
def test_other_content_is_an_unknown_archive(data: bytes, box: Box) -> None:
    with pytest.raises(UnknownArchive):
        box.unpack(data)


def test_missing_archive_is_told(tmp_path: Path) -> None:
    with pytest.raises(LocalFileMissing):
        unpack(tmp_path / "missing", tmp_path / "folder")


def test_folder_is_no_archive(tmp_path: Path) -> None:
    with pytest.raises(NotRegularFile):
        unpack(tmp_path, tmp_path / "folder")


@pytest.mark.parametrize("form", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_tar_of_every_dialect_keeps_long_names(form: int, box: Box) -> None:
    name = "/".join(["d" * 70, "e" * 70, "f" * 60])
    assert ("file", b"x") == box.unpack(tar(entry(name, b"x"), form=form))[name]


@pytest.mark.parametrize("form", [tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_tar_keeps_long_targets(form: int, box: Box) -> None:
    target = "/".join(["d" * 70, "e" * 70, "f" * 60])
    found = box.unpack(tar(symlink("link", target), form=form))
    assert {"link": ("link", target.encode())} == found


def test_tar_keeps_names_beyond_ascii(box: Box) -> None:
    assert ["größe/\u65e5\u672c", "größe"] == sorted(
        box.unpack(tar(entry("größe/\u65e5\u672c"))), key=len, reverse=True
    )


def test_tar_of_the_oldest_dialect_marks_folders_by_a_slash(box: Box) -> None:
    assert {"a": ("folder", b"")} == box.unpack(tar(entry("a/", kind=tarfile.AREGTYPE)))


def test_tar_of_the_oldest_dialect_marks_folders_with_long_names_too(box: Box) -> None:
    archive = pax(b"11 path=a/\n") + header("x", 0, tarfile.AREGTYPE) + END
    assert {"a": ("folder", b"")} == box.unpack(archive)


def test_pax_header_may_be_padded_with_zeros(box: Box) -> None:
    archive = pax(b"12 path=a/b\n" + bytes(9)) + header("x", 0) + END
    assert ["a", "a/b"] == list(box.unpack(archive))


def test_tar_folder_may_claim_a_size(box: Box) -> None:
    archive = header("a", 4096, tarfile.DIRTYPE) + tar(entry("a/b", b"content"))
    assert {"a": HELD["a"], "a/b": HELD["a/b"]} == box.unpack(archive)


def test_tar_may_start_with_a_global_comment(box: Box) -> None:
    comment = pax(b"52 comment=" + b"a" * 40 + b"\n", tarfile.XGLTYPE)
    assert HELD == box.unpack(comment + SAMPLE)


def test_tar_of_a_folder_may_lead_all_names_with_a_dot(box: Box) -> None:
    archive = tar(folder("./"), folder("./a"), entry("./a/b", b"content"))
    assert {"a": HELD["a"], "a/b": HELD["a/b"]} == box.unpack(archive)


def test_tar_may_name_folders_after_their_members(box: Box) -> None:
    archive = tar(entry("a/b", b"content"), folder("a"))
    assert {"a": HELD["a"], "a/b": HELD["a/b"]} == box.unpack(archive)


def test_tar_may_leave_folders_out(box: Box) -> None:
    assert ("folder", b"") == box.unpack(tar(entry("a/b/c", b"x")))["a/b"]


def test_tar_names_may_hold_backslashes(box: Box) -> None:
    assert {"a\\b": ("file", b"x")} == box.unpack(tar(entry("a\\b", b"x")))


def test_gzip_of_several_pieces_is_one_tar(box: Box) -> None:
    assert HELD == box.unpack(gzip.compress(SAMPLE[:700]) + gzip.compress(SAMPLE[700:]))


def test_gzip_piece_may_end_where_a_read_ends(box: Box) -> None:
    first, second = gzip.compress(SAMPLE[:700]), gzip.compress(SAMPLE[700:])
    name = b"n" * ((1 << 16) - len(first) - 1) + b"\0"
    named = first[:3] + b"\x08" + first[4:10] + name + first[10:]
    assert 1 << 16 == len(named)
    assert HELD == box.unpack(named + second)


@all_packers
def test_tar_may_be_padded_with_zeros(pack: Callable[[bytes], bytes], box: Box) -> None:
    assert HELD == box.unpack(pack(SAMPLE) + bytes(4096))


def test_unpacking_adds_to_a_folder(box: Box) -> None:
    box.folder.mkdir()
    (box.folder / "there").write_bytes(b"before")
    assert {**HELD, "there": ("file", b"before")} == box.unpack(SAMPLE)


# Modes


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture
def umask() -> Iterator[None]:
    before = os.umask(0o022)
    yield
    os.umask(before)


@pytest.mark.parametrize(
    ("packed", "unpacked"),
    [(0o600, 0o644), (0o755, 0o755), (0o6777, 0o755), (0, 0o644), (0o011, 0o644)],
)
@pytest.mark.usefixtures("umask")
def test_tar_keeps_no_mode_but_executable(packed: int, unpacked: int, box: Box) -> None:
    box.unpack(tar(entry("a", b"x", mode=packed)))
    assert unpacked == mode_of(box.folder / "a")


@pytest.mark.parametrize(("packed", "unpacked"), [(0o100600, 0o644), (0o106755, 0o755), (0, 0o644)])
@pytest.mark.usefixtures("umask")
def test_zip_keeps_no_mode_but_executable(packed: int, unpacked: int, box: Box) -> None:
    box.unpack(zipped(("a", b"x"), mode=packed))
    assert unpacked == mode_of(box.folder / "a")


@pytest.mark.usefixtures("umask")
def test_folder_keeps_no_mode(box: Box) -> None:
    box.unpack(tar(entry("a", kind=tarfile.DIRTYPE, mode=0o7000), entry("a/b", b"x")))
    assert 0o755 == mode_of(box.folder / "a")


# Names


BAD_NAMES = {
    "parent": ("../canary", "'..' component"),
    "parent later": ("a/../../outside/canary", "'..' component"),
    "parent last": ("a/..", "'..' component"),
    "absolute": ("/tmp/canary", "absolute"),
    "doubly absolute": ("//tmp/canary", "absolute"),
    "empty component": ("a//b", "empty"),
    "dot component": ("a/./b", "'.'"),
    "two leading dots": ("././a", "'.'"),
    "control": ("a\nb", "control"),
    "escape": ("a\x1b[2Jb", "control"),
    "long component": ("a" * 256, "255 bytes"),
    "long component in bytes": ("\u00e4" * 128, "255 bytes"),
    "deep": ("/".join("a" * 65), "64 folders"),
    "long": ("/".join(["a" * 200] * 21), "4095 bytes"),
    "not UTF-8": ("a\udcff", "UTF-8"),
}
bad_names = pytest.mark.parametrize(("name", "why"), BAD_NAMES.values(), ids=BAD_NAMES.keys())


@bad_names
def test_tar_with_a_bad_name_is_refused(name: str, why: str, box: Box) -> None:
    error = box.refusal(tar(entry(name, b"dead"), form=tarfile.GNU_FORMAT))
    assert why in error.why
    assert name == error.member


@bad_names
def test_tar_folder_with_a_bad_name_is_refused(name: str, why: str, box: Box) -> None:
    assert why in box.refusal(tar(folder(name), form=tarfile.GNU_FORMAT)).why


@bad_names
def test_tar_link_with_a_bad_name_is_refused(name: str, why: str, box: Box) -> None:
    assert why in box.refusal(tar(symlink(name, "x"), form=tarfile.GNU_FORMAT)).why


@pytest.mark.parametrize(
    ("name", "why"), [pair for key, pair in BAD_NAMES.items() if key != "not UTF-8"]
)
def test_zip_with_a_bad_name_is_refused(name: str, why: str, box: Box) -> None:
    assert why in box.refusal(zipped((name, b"dead"))).why


@pytest.mark.parametrize(
    "name", ["..\\canary", "a\\b", "C:\\canary", "C:/canary", "c:canary", "\\\\host\\share"]
)
def test_zip_with_a_name_for_windows_is_refused(name: str, box: Box) -> None:
    assert "its name has a backslash or a drive" == box.refusal(zipped((name, b"dead"))).why


def test_zip_name_with_nul_is_refused(box: Box) -> None:
    archive = zipped(("a_b", b"dead")).replace(b"a_b", b"a\0b")
    assert "control" in box.refusal(archive).why


def test_pax_name_with_nul_is_refused(box: Box) -> None:
    archive = pax(b"12 path=a\0b\n") + header("x", 0) + END
    assert "control" in box.refusal(archive).why


def test_tar_file_without_a_name_is_refused(box: Box) -> None:
    assert "empty" in box.refusal(header("", 0) + END).why


@pytest.mark.parametrize("name", [".", "./"])
def test_tar_file_that_replaces_the_folder_is_refused(name: str, box: Box) -> None:
    assert "it has no name" == box.refusal(header(name, 0) + END).why


def test_zip_name_in_utf8_without_a_flag_is_read_as_such(box: Box) -> None:
    archive = zipped(("a__b", b"x")).replace(b"a__b", "aäb".encode())
    assert ["aäb"] == list(box.unpack(archive))


def test_zip_name_in_code_page_437_is_read_as_such(box: Box) -> None:
    archive = zipped(("a_b", b"x")).replace(b"a_b", "aäb".encode("cp437"))
    assert ["aäb"] == list(box.unpack(archive))


# Names that meet


@pytest.mark.parametrize(
    "entries",
    [
        (entry("a", b"1"), entry("a", b"2")),
        (folder("a"), folder("a")),
        (folder("a"), entry("a")),
        (entry("a"), folder("a")),
        (entry("a/b"), entry("a")),
        (entry("a/b"), symlink("a", "b")),
        (symlink("a", "b"), symlink("a", "c")),
        (symlink("a", "b"), entry("a")),
        (entry("a"), hardlink("a", "a")),
        (entry("./a"), entry("a")),
    ],
)
def test_name_that_occurs_twice_is_refused(entries: tuple[Entry, ...], box: Box) -> None:
    assert "its name occurs twice" == box.refusal(tar(*entries)).why


@pytest.mark.parametrize(
    "names",
    [
        ("a", "A"),
        ("a/b", "A/c"),
        ("stra\u00dfe", "STRASSE"),
        ("\u00e4", "a\u0308"),
        ("\u00c4", "a\u0308"),
        ("\u212b/x", "\u00e5/y"),
        ("k", "\u212a"),
        ("\u03b1\u0345\u0301", "\u03b1\u0301\u0345"),
    ],
)
def test_names_that_some_file_systems_take_for_one_are_refused(
    names: tuple[str, str], box: Box
) -> None:
    error = box.refusal(tar(*map(entry, names)))
    assert "but for case or Unicode form" in error.why


def test_zip_name_that_occurs_twice_is_refused(box: Box) -> None:
    archive = zipped(("a", b"1"), ("b", b"2")).replace(b"b", b"a")
    assert "its name occurs twice" == box.refusal(archive).why


@pytest.mark.parametrize("entries", [(entry("a"), entry("a/b")), (symlink("a", "c"), entry("a/b"))])
def test_name_below_what_is_no_folder_is_refused(entries: tuple[Entry, ...], box: Box) -> None:
    assert "it lies below 'a', which is no folder" == box.refusal(tar(*entries)).why


def test_file_that_is_there_already_is_not_replaced(box: Box) -> None:
    box.folder.mkdir()
    (box.folder / "c").write_bytes(b"before")
    assert "something in the folder already has its name" == box.refusal(SAMPLE).why
    assert b"before" == (box.folder / "c").read_bytes()


@pytest.mark.parametrize(
    "attack",
    [
        entry("there/canary", b"dead"),
        entry("there", b"dead"),
        folder("there/sub"),
        symlink("there/x", "y"),
    ],
)
def test_link_that_is_there_already_is_not_followed(attack: Entry, box: Box) -> None:
    box.folder.mkdir()
    (box.folder / "there").symlink_to(box.outside)
    assert "something in the folder already has its name" == box.refusal(tar(attack)).why


# Links


@pytest.mark.parametrize(
    ("name", "target"),
    [
        ("link", "a"),
        ("link", "a/b"),
        ("d/link", "../a"),
        ("d/link", ".."),
        ("d/e/link", "../../x/./y"),
        ("link", "."),
        ("link", "a/"),
    ],
)
def test_link_that_stays_inside_is_kept(name: str, target: str, box: Box) -> None:
    assert ("link", target.encode()) == box.unpack(tar(symlink(name, target)))[name]


@pytest.mark.parametrize(
    ("name", "target"),
    [
        ("link", "/etc/passwd"),
        ("link", ".."),
        ("link", "../outside/canary"),
        ("d/link", "../../outside"),
        ("d/link", "./../../outside"),
        ("link", "a/../../outside"),
        ("link", "a/.."),
        ("link", ""),
        ("link", "a\nb"),
        ("link", "a\udcff"),
        ("link", "a/" * 2100),
    ],
)
def test_link_that_could_lead_outside_is_refused(name: str, target: str, box: Box) -> None:
    error = box.refusal(tar(symlink(name, target), form=tarfile.GNU_FORMAT))
    assert name == error.member


def test_links_are_made_after_all_else(box: Box) -> None:
    box.refusal(tar(symlink("link", "a"), entry("a"), entry("../canary")))
    assert ["a"] == list(tree(box.folder))


def test_link_is_not_written_through(box: Box) -> None:
    archive = tar(symlink("a", "d"), folder("d"), entry("a/canary", b"dead"))
    assert "it lies below 'a', which is no folder" == box.refusal(archive).why


def test_links_do_not_lead_outside_together(box: Box) -> None:
    # 'a/..' looks like the folder itself, yet leads above it, since 'a' is the folder.
    archive = tar(symlink("a", "."), symlink("b", "a/../outside/canary"))
    assert "may lie outside" in box.refusal(archive).why


def path_max_chain() -> bytes:
    """The pattern of CVE-2025-4517: links too long to be resolved, hence not seen to lead out."""
    component, steps = "d" * 247, "abcdefghijklmnop"
    entries, path = [], ""
    for step in steps:
        entries += [folder(path + component), symlink(path + step, component)]
        path += component + "/"
    long_link = "/".join(steps) + "/" + "l" * 254
    entries += [
        symlink(long_link, "../" * len(steps)),
        symlink("escape", long_link + "/../outside"),
        hardlink("flag", "escape/canary"),
        entry("flag", b"dead"),
    ]
    return tar(*entries)


def test_chain_of_links_beyond_path_max_is_refused(box: Box) -> None:
    assert "which is no folder" in box.refusal(path_max_chain()).why


def test_control_extractall_writes_through_links(box: Box) -> None:
    attack = tar(symlink("a", str(box.outside)), entry("a/canary", b"dead"))
    with tarfile.open(fileobj=io.BytesIO(attack)) as archive:
        archive.extractall(box.folder, filter="fully_trusted")
    assert b"dead" == (box.outside / "canary").read_bytes()
    (box.outside / "canary").write_bytes(b"alive")


def test_hard_link_becomes_a_copy(box: Box) -> None:
    found = box.unpack(tar(entry("a/b", b"x", mode=0o755), hardlink("c/d", "a/b")))
    assert ("file", b"x") == found["c/d"]
    status = (box.folder / "c/d").stat()
    assert (1, True) == (status.st_nlink, bool(status.st_mode & 0o100))


@pytest.mark.parametrize(
    "target", ["../outside/canary", "/etc/passwd", "later", "link", "d", "A", "hard", ""]
)
def test_hard_link_to_anything_but_an_earlier_file_is_refused(target: str, box: Box) -> None:
    before = (entry("a", b"x"), folder("d"), symlink("link", "a"))
    error = box.refusal(tar(*before, hardlink("hard", target), entry("later")))
    assert f"it is a hard link to {target!r}, no earlier file" == error.why


def test_hard_link_does_not_follow_a_link_that_came_meanwhile(box: Box) -> None:
    box.folder.mkdir()
    (box.folder / "a").symlink_to(box.outside / "canary")
    assert (
        "something in the folder already has its name"
        == box.refusal(tar(entry("a", b"x"), hardlink("b", "a"))).why
    )


def test_zip_keeps_a_link_that_stays_inside(box: Box) -> None:
    assert {"link": ("link", b"a/b")} == box.unpack(zipped(("link", b"a/b"), mode=0o120777))


@pytest.mark.parametrize(
    "target", [b"../outside", b"/etc/passwd", b"a/../..", b"", b"\xff", b"a" * 4096, b"a\0b"]
)
def test_zip_link_that_could_lead_outside_is_refused(target: bytes, box: Box) -> None:
    assert "link" == box.refusal(zipped(("link", target), mode=0o120777)).member


def test_zip_link_with_a_long_target_is_not_read(box: Box) -> None:
    error = box.refusal(zipped(("link", bytes(4096)), mode=0o120777))
    assert "it links to a name of more than 4095 bytes" == error.why


def test_zip_of_a_system_without_links_holds_files(box: Box) -> None:
    archive = zipped(("a", b"/etc/passwd"), mode=0o120777, system=0)
    assert {"a": ("file", b"/etc/passwd")} == box.unpack(archive)


def test_zip_link_is_not_written_through(box: Box) -> None:
    out = io.BytesIO(zipped(("a", b"d"), mode=0o120777))
    with zipfile.ZipFile(out, "a") as archive:
        archive.writestr("a/canary", b"dead")
    assert "it lies below 'a', which is no folder" == box.refusal(out.getvalue()).why


# Kinds


@pytest.mark.parametrize(
    ("kind", "why"),
    [
        (tarfile.CHRTYPE, "it is a device"),
        (tarfile.BLKTYPE, "it is a device"),
        (tarfile.FIFOTYPE, "it is a pipe"),
        (tarfile.GNUTYPE_SPARSE, "it is a sparse file"),
        (b"Z", "it is of an unknown type"),
    ],
)
def test_tar_member_that_is_no_file_is_refused(kind: bytes, why: str, box: Box) -> None:
    assert why == box.refusal(header("a", 0, kind) + END).why


@pytest.mark.parametrize("record", [b"22 GNU.sparse.major=1\n", b"24 SCHILY.realsize=1000\n"])
def test_pax_header_of_a_sparse_file_is_refused(record: bytes, box: Box) -> None:
    assert "sparse" in box.refusal(pax(record) + header("a", 0) + END).why


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE])
def test_tar_link_with_content_is_refused(kind: bytes, box: Box) -> None:
    assert "it is a link with content" == box.refusal(header("a", 9, kind) + bytes(512) + END).why


@pytest.mark.parametrize("mode", [0o010644, 0o020644, 0o060644, 0o140644])
def test_zip_member_that_is_no_file_is_refused(mode: int, box: Box) -> None:
    error = box.refusal(zipped(("a", b""), mode=mode))
    assert "it is neither a file nor a folder nor a link" == error.why


@pytest.mark.parametrize(("data", "mode"), [(b"x", 0), (b"", 0o100644), (b"", 0o120777)])
def test_zip_folder_that_is_none_is_refused(data: bytes, mode: int, box: Box) -> None:
    assert "it is a folder by its name only" == box.refusal(zipped(("a/", data), mode=mode)).why


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_zip_that_is_not_deflated_is_refused(method: int, box: Box) -> None:
    assert "not deflate" in box.refusal(zipped(("a", b"x"), method=method)).why


def test_zip_that_is_encrypted_is_refused(box: Box) -> None:
    archive = bytearray(zipped(("a", b"x")))
    table = archive.index(b"PK\1\2")
    archive[table + 8] |= 1
    assert "it is encrypted" == box.refusal(bytes(archive)).why


def test_zip_whose_members_overlap_is_refused(box: Box) -> None:
    archive = bytearray(zipped(("a", b"x"), ("b", b"y"), method=zipfile.ZIP_STORED))
    table = archive.index(b"PK\1\2")
    archive[table + 20 : table + 28] = struct.pack("<LL", 20, 20)
    assert "it overlaps with the next member" == box.refusal(bytes(archive)).why


# Bounds


def test_entries_up_to_the_limit_are_unpacked(box: Box) -> None:
    assert 3 == len(box.unpack(tar(*map(entry, "abc")), Limits(entries=3)))


def test_one_entry_more_than_the_limit_is_refused(box: Box) -> None:
    error = box.refusal(tar(*map(entry, "abc")), Limits(entries=2))
    assert ("it holds more than 2 entries", "c") == (error.why, error.member)


def test_folders_that_names_imply_count_as_entries(box: Box) -> None:
    assert "it holds more than 2 entries" == box.refusal(tar(entry("a/b/c")), Limits(entries=2)).why


def test_zip_entries_are_counted(box: Box) -> None:
    assert "it holds more than 2 entries" == box.refusal(ZIP, Limits(entries=2)).why


@pytest.mark.parametrize(
    "pack", [tar, lambda each: zipped((each[0].name, each[1]))], ids=["tar", "zip"]
)
def test_bytes_up_to_the_limit_are_unpacked(pack: Callable[[Entry], bytes], box: Box) -> None:
    assert ["a"] == list(box.unpack(pack(entry("a", bytes(1000))), Limits(size=1000)))


@pytest.mark.parametrize(
    "pack", [tar, lambda each: zipped((each[0].name, each[1]))], ids=["tar", "zip"]
)
def test_one_byte_more_than_the_limit_is_refused(pack: Callable[[Entry], bytes], box: Box) -> None:
    error = box.refusal(pack(entry("a", bytes(1001))), Limits(size=1000))
    assert "it unfolds into more than 1000 bytes" == error.why
    assert {} == tree(box.folder)


@pytest.mark.parametrize(
    "last", [entry("abcd"), folder("abcd"), symlink("a", "bcd"), entry("a/b"), entry("äb")]
)
def test_bytes_of_names_and_targets_are_counted(last: Entry, box: Box) -> None:
    assert box.unpack(tar(entry("123456"), last), Limits(names=10))
    shutil.rmtree(box.folder)
    error = box.refusal(tar(entry("123456"), last), Limits(names=9))
    assert "its names have more than 9 bytes" == error.why


def test_bytes_of_all_members_are_counted(box: Box) -> None:
    archive = tar(entry("a", bytes(600)), entry("b", bytes(600)))
    assert "b" == box.refusal(archive, Limits(size=1000)).member


def test_bytes_of_hard_links_are_counted(box: Box) -> None:
    archive = tar(entry("a", bytes(600)), hardlink("b", "a"))
    assert "b" == box.refusal(archive, Limits(size=1000)).member


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress])
def test_bomb_of_zeros_is_refused_by_its_ratio(pack: Callable[[bytes], bytes], box: Box) -> None:
    bomb = pack(tar(entry("zeros", bytes(10 << 20))))
    assert "zeros" == box.refusal(bomb, Limits(ratio=100, free=1 << 20)).member


def test_zip_bomb_of_zeros_is_refused_by_its_ratio(box: Box) -> None:
    bomb = zipped(("zeros", bytes(10 << 20)))
    assert "zeros" == box.refusal(bomb, Limits(ratio=100, free=1 << 20)).member


def test_ratio_does_not_matter_below_the_free_bytes(box: Box) -> None:
    archive = gzip.compress(tar(entry("zeros", bytes(1 << 20))))
    assert ["zeros"] == list(box.unpack(archive, Limits(ratio=2, free=1 << 20)))


def test_pax_header_above_its_limit_is_refused(box: Box) -> None:
    records = b"1048600 comment=".ljust(1048599, b"a") + b"\n"
    assert "more than 1048576 bytes" in box.refusal(pax(records) + SAMPLE).why


def test_pax_header_that_is_huge_takes_no_memory(box: Box) -> None:
    bomb = bz2.compress(header("pax", 64 << 20, tarfile.XHDTYPE) + bytes(64 << 20))
    tracemalloc.start()
    try:
        box.refusal(bomb)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 16 << 20


def test_bytes_of_headers_are_counted(box: Box) -> None:
    archive = pax(b"600 comment=".ljust(599, b"a") + b"\n") + SAMPLE
    assert "it unfolds into more than 500 bytes" == box.refusal(archive, Limits(size=500)).why


def test_zip_with_a_huge_table_of_contents_takes_no_memory(tmp_path: Path) -> None:
    archive = tmp_path / "archive"
    with archive.open("wb") as file:
        file.write(b"PK\3\4")
        file.seek(200 << 20)
        file.write(b"PK\5\6" + struct.pack("<HHHHLLH", 0, 0, 0, 0, 190 << 20, 10 << 20, 0))
    with pytest.raises(ArchiveRefused, match="its table of contents has more than"):
        unpack(archive, tmp_path / "folder")


def test_zip_with_a_table_of_contents_larger_than_itself_is_damaged(box: Box) -> None:
    end = b"PK\5\6" + struct.pack("<HHHHLLH", 0, 0, 0, 0, 1000, 0, 0)
    assert isinstance(box.refusal(b"PK\3\4" + end), ArchiveDamaged)


def test_member_with_endless_headers_is_refused(box: Box) -> None:
    assert "more than 8 headers" in box.refusal(pax(b"10 a=bcde\n") * 9 + SAMPLE).why


def test_tar_with_endless_padding_is_refused(box: Box) -> None:
    assert "behind its end" in box.refusal(gzip.compress(SAMPLE + bytes(2 << 20))).why


def test_tar_of_large_files_takes_little_memory(box: Box) -> None:
    archive = gzip.compress(tar(entry("a", bytes(64 << 20))), 1)
    (box.folder.parent / "archive").write_bytes(archive)
    tracemalloc.start()
    try:
        unpack(box.folder.parent / "archive", box.folder)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 16 << 20


def test_xz_that_asks_for_too_much_memory_is_refused(box: Box) -> None:
    filters = [{"id": lzma.FILTER_LZMA2, "preset": 0, "dict_size": 1 << 29}]
    archive = lzma.compress(SAMPLE, filters=filters)
    assert "Memory usage limit exceeded" in box.refusal(archive).why


# Damage


def spliced(block: bytes, at: int, data: bytes) -> bytes:
    """A header with other bytes at some place, and the checksum that belongs to them."""
    changed = bytearray(block[:at] + data + block[at + len(data) :])
    changed[148:156] = b" " * 8
    changed[148:156] = b"%06o\0 " % sum(changed)
    return bytes(changed)


def negative(kind: bytes) -> bytes:
    return spliced(header("a", 0, kind), 124, b"\xff" * 12) + END


@pytest.mark.parametrize(
    "archive",
    [
        SAMPLE[: 512 * 5],
        SAMPLE[:512] + b"\1" + SAMPLE[513:],
        SAMPLE[:512] + b"garbage!" * 64 + SAMPLE[1024:],
        pax(b"12 path=a/b\n") + END,
        pax(b"12 size=abc\n") + header("a", 0) + END,
        pax(b"2 a=b\n") + header("a", 0) + END,
        pax(b"99 a=b\n") + header("a", 0) + END,
        pax(b"6 a=bc") + header("a", 0) + END,
        pax(b"path=a\n") + header("a", 0) + END,
    ],
    ids=[
        "no end",
        "bad checksum",
        "garbage for a header",
        "header without a member",
        "pax size is no number",
        "pax record too short",
        "pax record too long",
        "pax record without an end",
        "pax record without a length",
    ],
)
def test_tar_that_contradicts_itself_is_damaged(archive: bytes, box: Box) -> None:
    assert isinstance(box.refusal(archive), ArchiveDamaged)


@pytest.mark.parametrize("kind", [tarfile.REGTYPE, tarfile.DIRTYPE, tarfile.XHDTYPE])
def test_tar_member_with_a_negative_size_is_damaged(kind: bytes, box: Box) -> None:
    assert "its size is negative" == box.refusal(negative(kind)).why


def test_global_header_that_names_members_is_refused(box: Box) -> None:
    archive = pax(b"12 path=a/b\n", tarfile.XGLTYPE) + SAMPLE
    assert "a global header of it names or sizes members" == box.refusal(archive).why


@pytest.mark.parametrize(
    "archive",
    [SAMPLE[:3072], gzip.compress(SAMPLE), bz2.compress(SAMPLE), lzma.compress(SAMPLE), ZIP],
    ids=[*PACKERS, "zip"],
)
def test_archive_that_is_cut_short_is_told(archive: bytes, box: Box) -> None:
    for size in range(0, len(archive), 1 + len(archive) // 300):
        with pytest.raises((ArchiveDamaged, UnknownArchive)):
            box.unpack(archive[:size])
        shutil.rmtree(box.folder, ignore_errors=True)


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress])
def test_last_byte_of_compressed_tar_is_needed(pack: Callable[[bytes], bytes], box: Box) -> None:
    assert isinstance(box.refusal(pack(SAMPLE)[:-1]), ArchiveDamaged)


@pytest.mark.parametrize("garbage", [b"garbage", bytes(512) + b"garbage", SAMPLE])
@all_packers
def test_bytes_behind_the_end_are_damage(
    pack: Callable[[bytes], bytes], garbage: bytes, box: Box
) -> None:
    assert isinstance(box.refusal(pack(SAMPLE) + garbage), ArchiveDamaged)


def test_zip_may_have_a_comment(box: Box) -> None:
    out = io.BytesIO(ZIP)
    with zipfile.ZipFile(out, "a") as archive:
        archive.comment = b"by me"
    assert HELD == box.unpack(out.getvalue())


def test_bytes_behind_a_zip_are_damage(box: Box) -> None:
    assert "it has other bytes behind its end" == box.refusal(ZIP + b"garbage").why


def test_zip_behind_a_zip_is_damage(box: Box) -> None:
    assert "it has other bytes before its start" == box.refusal(ZIP + zipped(("x", b"y"))).why


def test_zip_with_a_wrong_sum_is_damaged(box: Box) -> None:
    archive = zipped(("a", b"content"), method=zipfile.ZIP_STORED).replace(b"content", b"CONTENT")
    assert isinstance(box.refusal(archive), ArchiveDamaged)


def test_zip_that_names_a_member_twice_differently_is_damaged(box: Box) -> None:
    archive = zipped(("aa", b"x")).replace(b"aa", b"bb", 1)
    assert isinstance(box.refusal(archive), ArchiveDamaged)


@pytest.mark.parametrize("size", [6, 8])
def test_zip_with_a_wrong_size_is_damaged(size: int, box: Box) -> None:
    archive = bytearray(zipped(("a", b"content")))
    table = archive.index(b"PK\1\2")
    archive[table + 24 : table + 28] = struct.pack("<L", size)
    assert isinstance(box.refusal(bytes(archive)), ArchiveDamaged)


# Laws

COMPONENTS = st.sampled_from(
    [
        "a",
        "b",
        "A",
        "\u00e4",
        "a\u0308",
        "..",
        ".",
        "",
        "outside",
        "canary",
        "folder",
        "C:",
        "x" * 256,
        *["a\\b", "\\", "a\nb", "a\0b", "\udcff", " ", "__manifest__.json", "-rf", "\u202e"],
    ]
)
NAMES = st.builds(
    lambda lead, parts, end: lead + "/".join(parts) + end,
    st.sampled_from(["", "", "", "/", "./", "../"]),
    st.lists(COMPONENTS, min_size=1, max_size=4),
    st.sampled_from(["", "", "/"]),
)
KINDS = st.sampled_from(
    [
        *[tarfile.REGTYPE, tarfile.DIRTYPE, tarfile.SYMTYPE, tarfile.LNKTYPE] * 3,
        *[tarfile.AREGTYPE, tarfile.CONTTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE],
    ]
)
NASTY = st.builds(entry, NAMES, st.binary(max_size=600), KINDS, NAMES, st.integers(0, 0o7777))
# Good names that meet each other: what is left to go wrong is who leads where.
NEAR = st.sampled_from(["a", "b", "c", "a/b", "a/canary", "b/a", "c/a/b", "c/b"])
FAR = st.sampled_from(["", ".", "..", "../..", "../outside", "../../outside", "a/..", "b/../.."])
MEETING = (
    st.builds(entry, NEAR, st.binary(max_size=9))
    | st.builds(folder, NEAR)
    | st.builds(hardlink, NEAR, NEAR)
    | st.builds(symlink, NEAR, NEAR | FAR)
    | st.builds(symlink, NEAR, st.builds("{}/{}".format, FAR, NEAR))
)
FORMS = st.sampled_from([tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])


def check_contained(archive: bytes) -> None:
    """Unpack, and fail if anything outside changes, can be reached, or another error comes out."""
    with tempfile.TemporaryDirectory() as root:
        box = Box(Path(root))
        with suppress(ArchiveRefused, UnknownArchive):
            box.unpack(archive, Limits(entries=100, size=1 << 20))
        box.check()
        inside = box.folder.resolve()
        for path in box.folder.rglob("*"):
            if path.is_symlink():
                end = Path(os.path.realpath(path))
                assert end == inside or inside in end.parents


@settings(max_examples=300, deadline=None)
@given(st.lists(NASTY, max_size=4), FORMS, st.sampled_from(list(PACKERS.values())))
def test_no_name_in_a_tar_reaches_outside(
    entries: list[Entry], form: int, pack: Callable[[bytes], bytes]
) -> None:
    try:
        archive = tar(*entries, form=form)
    except (ValueError, UnicodeError):  # ustar cannot hold such a name
        return
    check_contained(pack(archive))


@settings(max_examples=700, deadline=None)
@given(st.lists(MEETING, max_size=6))
def test_no_links_in_a_tar_reach_outside(entries: list[Entry]) -> None:
    check_contained(tar(*entries))


@settings(max_examples=300, deadline=None)
@given(
    st.lists(
        st.tuples(
            NAMES | NEAR,
            st.binary(max_size=50) | (NEAR | FAR).map(str.encode),
            st.sampled_from([0, 0o100755, 0o120777, 0o040755, 0o010644]),
        ),
        max_size=6,
    )
)
@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_no_zip_reaches_outside(members: list[tuple[str, bytes, int]]) -> None:
    out = io.BytesIO()
    try:
        with zipfile.ZipFile(out, "w") as archive:
            for name, data, mode in members:
                info = zipfile.ZipInfo("placeholder")
                info.filename, info.external_attr, info.create_system = name, mode << 16, 3
                archive.writestr(info, data)
    except UnicodeError:  # a zip cannot hold such a name
        return
    check_contained(out.getvalue())


@settings(max_examples=1000, deadline=None)
@given(
    st.sampled_from(
        [SAMPLE, path_max_chain()[:4096], ZIP, *(pack(SAMPLE) for pack in PACKERS.values())]
    ),
    st.lists(
        st.tuples(st.floats(0, 1, exclude_max=True), st.binary(max_size=4), st.integers(0, 4)),
        min_size=1,
        max_size=4,
    ),
)
def test_no_mutation_of_an_archive_reaches_outside(
    archive: bytes, changes: list[tuple[float, bytes, int]]
) -> None:
    for place, data, dropped in changes:
        at = int(place * len(archive))
        archive = archive[:at] + data + archive[at + dropped :]
    check_contained(archive)


@settings(max_examples=500, deadline=None)
@given(st.sampled_from([*b"0123456789LKxgXSDMNV", 0]), st.integers(0, 500), st.binary(max_size=12))
def test_no_header_of_a_tar_reaches_outside(kind: int, at: int, data: bytes) -> None:
    block = spliced(header("a/b", 12, bytes([kind])), at, data)
    check_contained(block + b"12 path=a/b\n" + bytes(500) + SAMPLE)


# Errors

REFUSED = """\
archive 'x.tar' was refused: its name is absolute

  archive  /tmp/x.tar
  member   /etc/passwd

Fetch it without unpacking, and take what you need in a stage of your own."""


def test_archive_refused_reads_well() -> None:
    error = ArchiveRefused(Path("/tmp/x.tar"), "/etc/passwd", "its name is absolute")
    assert REFUSED == str(error)


def test_archive_refused_shows_names_without_their_control_characters() -> None:
    error = ArchiveRefused(Path("x.tar"), "a\x1b[2J\udcff", "bad")
    assert "member   'a\\x1b[2J\\udcff'" in str(error)


@pytest.mark.parametrize(
    "error",
    [
        ArchiveRefused(Path("a"), None, "why"),
        ArchiveDamaged(Path("a"), "member", "why"),
        UnknownArchive(Path("a")),
    ],
    ids=lambda error: type(error).__name__,
)
def test_error_survives_a_pickle(error: PylightnixError) -> None:
    again = pickle.loads(pickle.dumps(error))
    assert (type(error), str(error)) == (type(again), str(again))
