"""Imports of archives that somebody made to do harm, or that were damaged on their way.

Every test imports beside a canary, and fails if anything but whole objects came into the store, or
anything at all stayed in staging or changed outside.
"""

from __future__ import annotations

import hashlib
import tarfile
import tracemalloc
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final, TypeAlias

import pytest
from attrs import evolve, frozen
from backports import zstd
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scenarios import facts, listing

from pylightnix_fn import Config, DiskStore, DRef, Folder, RRef, mkconfig, rref_from
from pylightnix_fn.archive import member
from pylightnix_fn.archive.budget import Limits
from pylightnix_fn.archive.member import Member
from pylightnix_fn.errors.transfer import ClosureDamaged, ClosureRefused
from pylightnix_fn.store.manifests import own_files
from pylightnix_fn.store.records import Build
from pylightnix_fn.store_protocol import digest_of
from pylightnix_fn.transfer.declaration import Declaration
from pylightnix_fn.transfer.framing import framed
from pylightnix_fn.transfer.moving import import_closure
from pylightnix_fn.tree import Entry, Tree
from pylightnix_fn.upkeep.verification import verify

HEX: Final = "0" * 32
END: Final = 1024  # bytes behind the last member


@frozen
class Part:
    """A member of an archive as a value; ``target`` is that of a link."""

    name: str
    data: bytes = b""
    kind: str = "file"
    executable: bool = False
    target: str = ""

    def member(self) -> Member:
        if self.kind == "folder":
            return member.Folder(self.name)
        if self.kind == "link":
            return member.Symlink(self.name, self.target)
        return member.File(self.name, len(self.data), self.executable, iter((self.data,)))

    def bytes(self) -> bytes:
        return b"".join(framed([self.member()]))[:-END]


Parts: TypeAlias = list[Part]


@frozen
class Made:
    """A realization of somebody's making: its reference and its members."""

    rref: RRef[Folder]
    parts: Parts

    @property
    def prefix(self) -> str:
        return prefix(self.rref)

    def with_(self, *those: Part) -> Parts:
        """Its members and more, those of a name replaced; below the prefix, in order."""
        found = {each.name: each for each in self.parts}
        found.update(
            {self.prefix + each.name: evolve(each, name=self.prefix + each.name) for each in those}
        )
        return sorted(found.values(), key=lambda each: each.name.encode("utf-8", "surrogateescape"))

    def without(self, name: str) -> Parts:
        return [each for each in self.parts if each.name != self.prefix + name]


def prefix(rref: RRef[Folder]) -> str:
    return f"{rref.dref.text[5:]}/{rref.digest}/"


def realization(
    config: Config,
    files: Iterable[Part] = (Part("a.txt", b"a"),),
    context: Mapping[DRef[object], tuple[RRef[object], ...]] | None = None,
    size: int | None = None,
) -> Made:
    """A realization with these artifacts; all its hashes are right, whatever it holds."""
    artifacts = list(files)
    tree, needs = Tree([_entry(each) for each in artifacts]), context or {}
    whole = digest_of(tree, needs)
    build = Build(facts(), tree.size if size is None else size, facts().started, None)
    rref = rref_from(f"rref:{whole[:32]}-{config.dref().text[5:]}")
    own = [Part(name, text.encode()) for name, text in own_files(whole, tree, needs, build).items()]
    made = Made(rref, [])
    return Made(rref, made.with_(*own, *artifacts))


def _entry(part: Part) -> Entry:
    if part.kind == "folder":
        return Entry(part.name, "directory")
    if part.kind == "link":
        return Entry(part.name, "symlink", content=part.target)
    content = hashlib.sha256(part.data).hexdigest()
    return Entry(part.name, "file", len(part.data), part.executable, content)


def derivation(config: Config) -> Part:
    return Part(f"{config.dref().text[5:]}/config.json", config.text.encode())


def declaration(parts: Iterable[Part], *references: str) -> Declaration:
    those = list(parts)
    objects = {each.name.rpartition("/")[0] for each in those if each.name.endswith("config.json")}
    objects |= {"/".join(each.name.split("/")[:2]) for each in those if each.name.count("/") > 1}
    return Declaration(len(objects), len(those), sum(len(each.data) for each in those), references)


def compressed(data: bytes) -> bytes:
    return zstd.compress(data)


def tar(parts: Iterable[Part], told: Declaration) -> bytes:
    first = Part("closure.json", told.text.encode())
    return b"".join(each.bytes() for each in (first, *parts)) + bytes(END)


DATA: Final = mkconfig({"name": "data"})
MODEL: Final = mkconfig({"name": "model", "data": DATA.dref().text})
GOOD: Final = realization(DATA)
NET: Final = realization(MODEL, context={DATA.dref(): (GOOD.rref,)})
WHOLE: Final = [derivation(DATA), derivation(MODEL), *GOOD.parts, *NET.parts]


class Box:
    """A store to import into, with a canary beside it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.store = DiskStore.open(root / "store", durability="off")
        (root / "outside").mkdir()
        (root / "outside" / "canary").write_text("alive", encoding="utf-8")
        self._before = self._surroundings()
        self._archive = root / "archive"

    def put(self, archive: bytes, limits: Limits | None = None) -> int:
        """Import these bytes; how many objects came."""
        self._archive.write_bytes(archive)
        return len(import_closure(self.store, self._archive, limits=limits or Limits()).added)

    def take(self, parts: Iterable[Part], *references: str) -> int:
        """Import these members, rightly declared."""
        those = list(parts)
        wanted = references or (NET.rref.text,)
        return self.put(compressed(tar(those, declaration(those, *wanted))))

    def refusal(self, parts: Iterable[Part], *references: str) -> ClosureRefused:
        """Why these members are refused, rightly declared."""
        with pytest.raises(ClosureRefused) as caught:
            self.take(parts, *references)
        return caught.value

    def refused(self, archive: bytes, limits: Limits | None = None) -> ClosureRefused:
        """Why these bytes are refused."""
        with pytest.raises(ClosureRefused) as caught:
            self.put(archive, limits)
        return caught.value

    def held(self) -> set[str]:
        """Every object that is there."""
        drefs = self.store.drefs()
        rrefs = [rref for dref in drefs for rref in self.store.rrefs(dref)]
        return {dref.text for dref in drefs} | {rref.text for rref in rrefs}

    def check(self) -> None:
        """Fail if anything is there that should not be."""
        assert self._before == self._surroundings()
        assert {"spare"} >= {each.name for each in self.store.layout.staging.glob("*/*")}
        assert [] == list(self.store.layout.staging.glob("*/*/*"))
        report = verify(self.store)
        assert ((), ()) == (report.damages, report.foreign)

    def _surroundings(self) -> dict[str, tuple[int, int, int, str]]:
        found = listing(self.root)
        inside = (
            "store/store-v1/",
            "store/tmp",
            "store/temproots",
            "store/locks",
            "store/unsynced",
        )
        return {
            name: what
            for name, what in found.items()
            if not name.startswith(inside) and name not in ("archive", "store", "store/store-v1")
        }


@pytest.fixture
def box(tmp_path: Path) -> Iterator[Box]:
    made = Box(tmp_path)
    yield made
    made.check()


def test_archive_of_the_tests_own_making_is_taken(box: Box) -> None:
    assert 4 == box.take(WHOLE)


# Names and kinds of members.


@pytest.mark.parametrize(
    "name",
    [
        "../a",
        "../../../outside/a",
        "b/../../a",
        "/a",
        "b//a",
        "b/./a",
        "./b",
        "b/",
        "",
        "b\n",
        "\x1b[2J",
        "b" * 256,
        "/".join("b" * 65),
        "__evil__",
        "A.txt",
    ],
)
def test_name_that_no_artifact_bears_is_refused(box: Box, name: str) -> None:
    made = realization(DATA, [Part("a.txt", b"a"), Part(name, b"b")])
    box.refusal([derivation(DATA), *made.parts], made.rref.text)
    assert {DATA.dref().text} >= box.held()


@pytest.mark.parametrize(
    "name",
    [
        "a",
        "closure.json",
        "../a",
        "/a",
        "roots/a",
        f"{HEX}-data/config.json/a",
        f"{HEX}-data/a",
        f"{HEX}-data/{HEX}",
        f"{HEX}-../{HEX}/a",
        f"{HEX.upper()}a-data/{HEX}/a",
    ],
)
def test_name_that_is_of_no_object_is_refused(box: Box, name: str) -> None:
    box.refusal([derivation(DATA), Part(name, b"a")])


def test_names_that_differ_by_their_unicode_form_are_refused(box: Box) -> None:
    made = realization(DATA, [Part("e\u0301", b"a"), Part("\u00e9", b"b")])
    assert "Unicode form" in box.refusal([derivation(DATA), *made.parts], made.rref.text).why


@pytest.mark.parametrize(
    "target", ["/etc/passwd", "..", "../../../../outside", "b/../../..", "", "a\n"]
)
def test_link_that_leads_out_is_refused(box: Box, target: str) -> None:
    made = realization(DATA, [Part("a", kind="link", target=target)])
    box.refusal([derivation(DATA), *made.parts], made.rref.text)


def test_file_below_a_link_is_refused(box: Box) -> None:
    made = realization(DATA, [Part("a", kind="link", target="b"), Part("a/c", b"c")])
    box.refusal([derivation(DATA), *made.parts], made.rref.text)


def raw(kind: bytes, **fields: object) -> bytes:
    """The header of a member that no export writes."""
    info = tarfile.TarInfo(GOOD.prefix + "z")
    info.type, info.mtime, info.mode = kind, 1, 0o444
    for field, value in fields.items():
        setattr(info, field, value)
    return info.tobuf(tarfile.GNU_FORMAT)


@pytest.mark.parametrize(
    "header",
    [
        raw(tarfile.LNKTYPE, linkname=GOOD.prefix + "a.txt"),
        raw(tarfile.CHRTYPE, devmajor=1, devminor=3),
        raw(tarfile.BLKTYPE),
        raw(tarfile.FIFOTYPE),
        raw(tarfile.GNUTYPE_SPARSE),
        raw(tarfile.CONTTYPE),
        raw(b"V"),
        raw(tarfile.REGTYPE),  # in GNU's form, as all of these
        raw(tarfile.REGTYPE, name=GOOD.prefix + "z" * 120),
        raw(tarfile.REGTYPE, name=GOOD.prefix + "\udcff"),
    ],
)
def test_member_that_no_export_writes_is_refused(box: Box, header: bytes) -> None:
    parts = [derivation(DATA), *GOOD.parts]
    told = evolve(declaration(parts, GOOD.rref.text), members=len(parts) + 1)
    box.refused(compressed(tar(parts, told)[:-END] + header + bytes(END)))


@pytest.mark.parametrize(
    ("field", "value"),
    [("mode", 0o4755), ("mtime", 0), ("uid", 1), ("uname", "root"), ("pax_headers", {"a": "b"})],
)
def test_member_with_other_marks_than_an_export_gives_is_refused(
    box: Box, field: str, value: object
) -> None:
    info = tarfile.TarInfo(derivation(DATA).name)
    info.mode, info.mtime, info.size = 0o444, 1, len(DATA.text)
    plain = info.tobuf(tarfile.PAX_FORMAT, "utf-8", "strict")
    setattr(info, field, value)
    archive = tar([derivation(DATA)], declaration([derivation(DATA)], DATA.dref().text))
    assert 1 == archive.count(plain)
    changed = archive.replace(plain, info.tobuf(tarfile.PAX_FORMAT, "utf-8", "strict"))
    assert "not spelled" in box.refused(compressed(changed)).why


# Order and number of members.


def test_member_twice_is_refused(box: Box) -> None:
    twice = [each for each in GOOD.parts for _ in range(1 + each.name.endswith("a.txt"))]
    assert "order of names" in box.refusal([derivation(DATA), *twice], GOOD.rref.text).why


def test_members_out_of_order_are_refused(box: Box) -> None:
    parts = [derivation(DATA), *reversed(GOOD.parts)]
    assert "order of names" in box.refusal(parts, GOOD.rref.text).why


def test_object_twice_is_refused(box: Box) -> None:
    parts = [derivation(DATA), derivation(MODEL), derivation(DATA)]
    assert "twice" in box.refusal(parts, MODEL.dref().text).why


def test_config_twice_is_refused(box: Box) -> None:
    assert "twice" in box.refusal([derivation(DATA), derivation(DATA)], DATA.dref().text).why


def test_folder_that_only_a_name_tells_of_is_refused(box: Box) -> None:
    made = realization(DATA, [Part("b", kind="folder"), Part("b/c", b"c")])
    parts = [derivation(DATA), *made.without("b")]
    told = declaration(parts, made.rref.text)
    refusal = box.refused(compressed(tar(parts, evolve(told, members=told.members + 1))))
    assert "leaves out a folder" in refusal.why


def test_name_that_is_not_spelled_plainly_is_refused(box: Box) -> None:
    parts = [*GOOD.without("a.txt"), Part(GOOD.prefix + "./a.txt", b"a")]
    parts.sort(key=lambda each: each.name)
    assert "begins with" in box.refusal([derivation(DATA), *parts], GOOD.rref.text).why


@pytest.mark.parametrize("field", ["objects", "members", "size"])
@pytest.mark.parametrize("more", [-1, 1])
def test_wrong_number_in_the_declaration_is_refused(box: Box, field: str, more: int) -> None:
    right = declaration(WHOLE, NET.rref.text)
    wrong = evolve(right, **{field: getattr(right, field) + more})
    box.refused(compressed(tar(WHOLE, wrong)))


def test_declared_reference_that_is_not_there_is_refused(box: Box) -> None:
    assert "not closed" in box.refusal([derivation(DATA)], NET.rref.text).why


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        "nonsense",
        "[" * 100_000,
        '{"a":1,"a":2}',
        '{"format":NaN}',
        '{"format":"\\ud800"}',
        '{"format":' + "9" * 5000 + "}",
        declaration(WHOLE, NET.rref.text).text.replace('"version":1', '"version":2'),
        declaration(WHOLE, NET.rref.text).text.replace('"version":1', '"version": 1'),
        declaration(WHOLE, NET.rref.text).text.replace('"version":1', '"version":1,"x":1'),
        declaration(WHOLE, NET.rref.text).text.replace('"size":', '"size":-'),
        declaration(WHOLE, NET.rref.text).text.replace('"objects":4', '"objects":true'),
        declaration(WHOLE, NET.rref.text).text.replace("rref:", "rref:../"),
        declaration(WHOLE).text,
    ],
)
def test_declaration_that_declares_nothing_is_refused(box: Box, text: str) -> None:
    first = Part("closure.json", text.encode()).bytes()
    body = b"".join(each.bytes() for each in WHOLE)
    box.refused(compressed(first + body + bytes(END)))
    assert set() == box.held()


def test_archive_without_a_declaration_is_refused(box: Box) -> None:
    box.refused(compressed(b"".join(framed(each.member() for each in WHOLE))))
    assert set() == box.held()


# Configs.


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "null",
        "[" * 100_000,
        '{"name":"data","a":' + "[" * 70 + "]" * 70 + "}",
        '{"name": "data"}',
        '{"name":"data","name":"data"}',
        '{"a":NaN,"name":"data"}',
        '{"a":1e999,"name":"data"}',
        '{"a":"\\ud800","name":"data"}',
        '{"a":' + "9" * 5000 + ',"name":"data"}',
        '{"a":' + str(2**64) + ',"name":"data"}',
        '{"name":"model"}',
        '{"a":"dref:../../x","name":"data"}',
        '{"a":"' + GOOD.rref.text + '","name":"data"}',
    ],
)
def test_config_that_is_none_is_refused_though_its_hash_is_that_of_its_name(
    box: Box, text: str
) -> None:
    name = f"{hashlib.sha256(text.encode()).hexdigest()[:32]}-data"
    box.refusal([Part(f"{name}/config.json", text.encode())], f"dref:{name}")
    assert set() == box.held()


def test_config_whose_hash_is_not_that_of_its_name_is_refused(box: Box) -> None:
    parts = [evolve(derivation(DATA), data=b'{"a":1,"name":"data"}')]
    assert "its hash" in box.refusal(parts, DATA.dref().text).why


def test_config_that_is_a_link_is_refused(box: Box) -> None:
    parts = [evolve(derivation(DATA), data=b"", kind="link", target="/etc/passwd")]
    assert "no plain file" in box.refusal(parts, DATA.dref().text).why


def test_configs_that_refer_to_each_other_are_refused(box: Box) -> None:
    names = [f"{digit * 32}-data" for digit in "ab"]
    texts = [mkconfig({"a": f"dref:{each}", "name": "data"}).text for each in reversed(names)]
    pairs = zip(names, texts, strict=True)
    parts = [Part(f"{name}/config.json", text.encode()) for name, text in pairs]
    box.refusal(parts, f"dref:{names[0]}")
    assert set() == box.held()


# What is not closed.


def test_config_before_what_it_refers_to_is_refused(box: Box) -> None:
    parts = [derivation(MODEL), derivation(DATA)]
    assert "not closed" in box.refusal(parts, MODEL.dref().text).why


def test_realization_without_its_config_is_refused(box: Box) -> None:
    assert "not closed" in box.refusal(GOOD.parts, GOOD.rref.text).why


def test_realization_before_what_it_was_built_from_is_refused(box: Box) -> None:
    parts = [derivation(DATA), derivation(MODEL), *NET.parts, *GOOD.parts]
    assert "not closed" in box.refusal(parts).why


def test_what_is_in_the_store_already_does_not_close_an_archive(box: Box) -> None:
    box.take(WHOLE)
    parts = [derivation(DATA), derivation(MODEL), *NET.parts]
    assert "not closed" in box.refusal(parts).why


def test_context_that_leaves_out_a_dependency_is_refused(box: Box) -> None:
    made = realization(MODEL, context={})
    parts = [derivation(DATA), derivation(MODEL), *GOOD.parts, *made.parts]
    assert "its config refers to" in box.refusal(parts, made.rref.text).why


def test_context_that_names_another_derivation_is_refused(box: Box) -> None:
    made = realization(DATA, context={MODEL.dref(): (NET.rref,)})
    parts = [*WHOLE, *made.parts]
    assert "its config refers to" in box.refusal(parts, made.rref.text).why


def test_context_with_results_of_another_derivation_is_refused(box: Box) -> None:
    made = realization(MODEL, context={DATA.dref(): (NET.rref,)})
    parts = [*WHOLE, *made.parts]
    assert "is no realization of" in box.refusal(parts, made.rref.text).why


# Contents that are not what they should be.


@pytest.mark.parametrize(
    "part",
    [
        Part("a.txt", b"b"),
        Part("a.txt", b"a", executable=True),
        Part("a.txt", kind="folder"),
        Part("b.txt", b"b"),
        Part("context.json", b"{}\n"),
        Part("context.json", b"["),
        Part("context.json", b"[" * 100_000),
        Part("context.json", kind="folder"),
        Part("__manifest__.json", b"{}"),
        Part("__build__.json", b"{}"),
        Part("__buildtime__.txt", b"1970-01-01T00:00:00\n"),
        Part("__log__.txt", b"a log that the record of the build does not know"),
        Part("__evil__", b""),
    ],
)
def test_realization_that_was_changed_is_refused(box: Box, part: Part) -> None:
    box.refusal([derivation(DATA), *GOOD.with_(part)], GOOD.rref.text)
    assert {DATA.dref().text} == box.held()


@pytest.mark.parametrize(
    "name", ["a.txt", "context.json", "__manifest__.json", "__build__.json", "__buildtime__.txt"]
)
def test_realization_that_lacks_a_file_is_refused(box: Box, name: str) -> None:
    box.refusal([derivation(DATA), *GOOD.without(name)], GOOD.rref.text)
    assert {DATA.dref().text} == box.held()


def test_realization_under_another_name_is_refused(box: Box) -> None:
    name = f"{DATA.dref().text[5:]}/{HEX}/"
    parts = [evolve(each, name=each.name.replace(GOOD.prefix, name)) for each in GOOD.parts]
    box.refusal([derivation(DATA), *parts], f"rref:{HEX}-{DATA.dref().text[5:]}")
    assert {DATA.dref().text} == box.held()


def test_contents_of_another_name_are_told(box: Box) -> None:
    parts = [derivation(DATA), *GOOD.with_(Part("a.txt", b"b"))]
    assert "its contents are not those of its name" == box.refusal(parts, GOOD.rref.text).why


def test_name_that_the_store_keeps_is_told(box: Box) -> None:
    parts = [derivation(DATA), *GOOD.with_(Part("__evil__", b"b"))]
    assert "the store keeps its name for itself" == box.refusal(parts, GOOD.rref.text).why


def test_record_of_another_size_is_refused(box: Box) -> None:
    made = realization(DATA, size=2**40)
    refusal = box.refusal([derivation(DATA), *made.parts], made.rref.text)
    assert "its size is not that of the files" in refusal.why


def test_record_of_another_build_is_refused(box: Box) -> None:
    other = realization(DATA, [Part("b", b"b")])
    record = next(each.data for each in other.parts if each.name.endswith("__build__.json"))
    parts = GOOD.with_(Part("__build__.json", record))
    assert "another realization" in box.refusal([derivation(DATA), *parts], GOOD.rref.text).why


def test_what_came_before_a_refusal_stays(box: Box) -> None:
    changed = NET.with_(Part("a.txt", b"b"))
    box.refusal([derivation(DATA), derivation(MODEL), *GOOD.parts, *changed])
    assert {DATA.dref().text, MODEL.dref().text, GOOD.rref.text} == box.held()


# Damage on the way, and bombs.


def test_archive_that_is_cut_short_is_damaged(box: Box) -> None:
    archive = compressed(tar(WHOLE, declaration(WHOLE, NET.rref.text)))
    for length in (4, 5, 100, len(archive) // 2, len(archive) - 5, len(archive) - 1):
        assert isinstance(box.refused(archive[:length]), ClosureDamaged)


def test_content_that_is_cut_short_is_damaged(box: Box) -> None:
    content = tar(WHOLE, declaration(WHOLE, NET.rref.text))
    for length in (0, 100, 512, len(content) // 2, len(content) - 512):
        box.refused(compressed(content[:length]))


@pytest.mark.parametrize(
    "more",
    [
        b"x",
        b"\0",
        bytes(1024),
        compressed(b""),
        compressed(bytes(10)),
        b"\x50\x2a\x4d\x18\x04\x00\x00\x00abcd",
    ],
)
def test_bytes_behind_an_archive_are_refused(box: Box, more: bytes) -> None:
    box.refused(compressed(tar(WHOLE, declaration(WHOLE, NET.rref.text))) + more)


@pytest.mark.parametrize("more", [b"x", bytes(512), bytes(2**21), b"x" * 512])
def test_bytes_behind_the_end_of_the_content_are_refused(box: Box, more: bytes) -> None:
    box.refused(compressed(tar(WHOLE, declaration(WHOLE, NET.rref.text)) + more))


@pytest.mark.parametrize("file", [b"", b"x", b"PK\x03\x04", b"\x28\xb5\x2f\xfd", bytes(2048)])
def test_file_that_is_no_archive_is_refused(box: Box, file: bytes) -> None:
    box.refused(file)


def test_window_beyond_the_bound_is_refused(box: Box) -> None:
    frame = b"\x28\xb5\x2f\xfd\x00%c\x09\x00\x00x"  # 2**(10 + x // 8) bytes for x; then one block
    assert "it ends too early" in box.refused(frame % (17 * 8)).why
    assert "memory" in box.refused(frame % (18 * 8)).why


def bomb(told: Declaration, size: int) -> bytes:
    """An archive whose artifact is so many zeros."""
    large = Part(GOOD.prefix + "bomb")
    parts = [Part("closure.json", told.text.encode()), derivation(DATA), large]
    start = b"".join(each.bytes() for each in parts[:2])
    chunks = iter([bytes(2**20)] * (size // 2**20))
    pieces = framed([member.File(large.name, size, False, chunks)])
    compressor = zstd.ZstdCompressor(level=1)
    return b"".join(
        [compressor.compress(start), *map(compressor.compress, pieces), compressor.flush()]
    )


@pytest.mark.parametrize("declared", [len(DATA.text) + 100, len(DATA.text) + 2**30])
def test_bomb_is_refused_in_little_memory(box: Box, declared: int) -> None:
    archive = bomb(Declaration(2, 2, declared, (GOOD.rref.text,)), 2**30)
    assert 2**17 > len(archive)
    tracemalloc.start()
    try:
        box.refused(archive)
        assert 2**24 > tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_bomb_is_told_by_its_declaration_before_anything_is_written(box: Box) -> None:
    refusal = box.refused(bomb(Declaration(2, 2, 2**30, (GOOD.rref.text,)), 2**20))
    assert "more than 105 MB" in refusal.why


def test_config_that_is_a_bomb_is_refused_in_little_memory(box: Box) -> None:
    large = evolve(derivation(DATA), data=b"[" + b"[]," * 2_500_000)
    tracemalloc.start()
    try:
        assert "values" in box.refusal([large], DATA.dref().text).why
        assert 2**26 > tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_limits_bound_what_is_taken(box: Box) -> None:
    archive = compressed(tar(WHOLE, declaration(WHOLE, NET.rref.text)))
    assert "members, more than 3" in box.refused(archive, Limits(entries=3)).why


STREAM: Final = tar(WHOLE, declaration(WHOLE, NET.rref.text))


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    at=st.integers(0, len(STREAM) - 1),
    new=st.binary(max_size=4),
    gone=st.integers(0, 4),
)
def test_any_other_stream_is_refused(box: Box, at: int, new: bytes, gone: int) -> None:
    changed = STREAM[:at] + new + STREAM[at + gone :]
    if changed != STREAM:
        box.refused(compressed(changed))
    box.check()


def test_store_is_still_of_use_after_refusals(box: Box) -> None:
    box.refusal([derivation(DATA), *GOOD.with_(Part("a.txt", b"b"))], GOOD.rref.text)
    assert 3 == box.take(WHOLE)


def test_refusal_tells_what_to_do(box: Box, tmp_path: Path) -> None:
    refusal = box.refusal([derivation(DATA), *GOOD.with_(Part("A.txt", b"b"))], GOOD.rref.text)
    expected = f"""\
archive 'archive' was refused: its name is like 'A.txt' but for case or Unicode form

  archive  {tmp_path}/archive
  member   a.txt

Have it exported anew by whom you trust; where it is only large, raise `limits`."""
    assert expected == str(refusal)
