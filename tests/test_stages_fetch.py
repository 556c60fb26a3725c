"""`fetchurl`: content of the network by its checksum, planned and realized."""

from __future__ import annotations

from collections.abc import Iterator
from typing import assert_type

import pytest
from fetched import DATA, Words, is_unchanged, names, packed_tar, sha256
from http_server import Server, content, in_turn, stopping

from pylightnix_fn import (
    DRef,
    Manager,
    MemoryStore,
    Store,
    fetchlocal,
    fetchurl,
    instantiate,
    realize,
    step,
)
from pylightnix_fn.errors.build import MissingOutput
from pylightnix_fn.errors.fetch import (
    ChecksumMalformed,
    ChecksumMismatch,
    DownloadFailed,
    UrlRefused,
)
from pylightnix_fn.errors.plan import (
    BadParameter,
    MalformedName,
)
from pylightnix_fn.stages.fetch import Mode

URL = "http://127.0.0.1:9/data.txt"


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as running:
        yield running


def test_content_of_a_url_is_kept(server: Server, store: Store) -> None:
    url = server.serve("/data.txt", content(DATA))
    made = realize(instantiate(fetchurl, url, sha256(DATA)), store)
    assert DATA == (made.out / "data.txt").read_bytes()
    assert "data-txt" == made.dref.name


def test_planning_asks_nobody(server: Server) -> None:
    url = server.serve("/data.txt", content(DATA))
    instantiate(fetchurl, url, sha256(DATA), mirrors=[server.serve("/mirror", content(DATA))])
    assert ((), ()) == (server.requests("/data.txt"), server.requests("/mirror"))


def test_content_is_fetched_once(server: Server, store: Store) -> None:
    closure = instantiate(fetchurl, server.serve("/data.txt", content(DATA)), sha256(DATA))
    realize(closure, store)
    realize(closure, store)
    assert 1 == len(server.requests("/data.txt"))


def test_mirror_serves_where_the_url_does_not(server: Server, store: Store) -> None:
    mirror = server.serve("/mirror", content(DATA))
    closure = instantiate(
        fetchurl, server.url("/gone"), sha256(DATA), filename="data.txt", mirrors=[mirror]
    )
    assert DATA == (realize(closure, store).out / "data.txt").read_bytes()


def key(url: str = URL, sha: str = sha256(DATA), *, mirrors: tuple[str, ...] = ()) -> str:
    return fetchurl(Manager(), url, sha, mirrors=mirrors)[1].text


def test_mirrors_are_no_part_of_the_key() -> None:
    assert key() == key(mirrors=("https://example.org/a", "https://example.org/b"))


def test_url_and_checksum_are_part_of_the_key() -> None:
    assert 3 == len({key(), key("http://127.0.0.1:9/x/data.txt"), key(sha=sha256(b""))})


def test_checksum_in_capitals_has_the_same_key() -> None:
    assert key() == key(sha=sha256(DATA).upper())


def test_mode_filename_name_and_outputs_are_part_of_the_key() -> None:
    m, sha = Manager(), sha256(DATA)
    others = [
        fetchurl(m, URL, sha, mode="unpack")[1].text,
        fetchurl(m, URL, sha, filename="other")[1].text,
        fetchurl(m, URL, sha, name="other")[1].text,
        fetchurl(m, URL, sha, outputs=Words())[1].text,
    ]
    assert 5 == len({key(), *others})


def test_outputs_of_a_url_are_typed(server: Server, store: Store) -> None:
    url = server.serve("/words.tar.gz", content(data := packed_tar({"sub/words.txt": b"a b"})))

    def stage(m: Manager) -> tuple[Manager, DRef[Words]]:
        made = fetchurl(m, url, sha256(data), mode="unpack,remove", outputs=Words())
        assert_type(made, tuple[Manager, DRef[Words]])
        return made

    assert "a b" == realize(instantiate(stage), store).out.path.read_text("utf-8")


def test_promised_file_that_is_not_in_the_archive_is_missed(server: Server) -> None:
    url = server.serve("/words.tar.gz", content(data := packed_tar({"other.txt": b""})))
    closure = instantiate(
        step(fetchurl, url, sha256(data), mode="unpack", outputs=Words(), name="words")
    )
    with pytest.raises(MissingOutput, match=r"Words\.path"):
        realize(closure, MemoryStore())


def test_other_content_is_refused(server: Server, store: Store) -> None:
    closure = instantiate(fetchurl, server.serve("/data.txt", content(b"other")), sha256(DATA))
    with pytest.raises(ChecksumMismatch) as caught:
        realize(closure, store)
    assert (sha256(DATA), sha256(b"other")) == (caught.value.expected, caught.value.found)
    assert is_unchanged(store, closure)


def test_url_that_leads_nowhere_is_refused(server: Server, store: Store) -> None:
    closure = instantiate(fetchurl, server.url("/gone.txt"), sha256(DATA))
    with pytest.raises(DownloadFailed, match="404") as caught:
        realize(closure, store)
    assert ["In realizer 'fetchurl'"] == [note.split(";")[0] for note in caught.value.__notes__]
    assert is_unchanged(store, closure)


def test_every_url_that_failed_is_told_of(server: Server) -> None:
    urls = [server.url("/gone.txt"), server.url("/away.txt")]
    closure = instantiate(fetchurl, urls[0], sha256(DATA), mirrors=urls[1:])
    with pytest.raises(DownloadFailed) as caught:
        realize(closure, MemoryStore())
    assert urls == [url for url, _ in caught.value.attempts]


def test_transfer_that_stops_half_way_is_resumed(server: Server, store: Store) -> None:
    tag = {"ETag": '"1"'}
    behaviour = in_turn(stopping(DATA, 5000, tag), content(DATA, tag))
    url = server.serve("/data.txt", behaviour)
    made = realize(instantiate(fetchurl, url, sha256(DATA)), store)
    first, second = server.requests("/data.txt")
    assert ("bytes=5000-", True) == (second.headers["range"], "range" not in first.headers)
    assert ["data.txt"] == names(made.path)
    assert DATA == (made.out / "data.txt").read_bytes()


@pytest.mark.parametrize("url", ["ftp://a/b", "file:///etc/passwd", "https://", "a b", "http:///x"])
def test_url_that_cannot_be_asked_is_refused_while_planning(url: str) -> None:
    with pytest.raises(UrlRefused):
        fetchurl(Manager(), url, sha256(DATA))
    with pytest.raises(UrlRefused):
        fetchurl(Manager(), URL, sha256(DATA), mirrors=[url])


@pytest.mark.parametrize("sha", ["", "0" * 63, "g" * 64, "0" * 65, "0" * 64 + "\n"])
def test_malformed_checksum_is_refused_while_planning(sha: str) -> None:
    with pytest.raises(ChecksumMalformed):
        fetchurl(Manager(), URL, sha)
    with pytest.raises(ChecksumMalformed):
        fetchlocal(Manager(), "data.txt", sha)


@pytest.mark.parametrize("mode", ["", "unzip", "unpack, remove"])
def test_unknown_mode_is_refused_while_planning(mode: Mode) -> None:
    with pytest.raises(BadParameter, match="'as-is', 'unpack', 'unpack,remove'"):
        fetchurl(Manager(), URL, sha256(DATA), mode=mode)
    with pytest.raises(BadParameter, match="'as-is', 'unpack', 'unpack,remove'"):
        fetchlocal(Manager(), "data.txt", sha256(DATA), mode=mode)


BAD_NAMES = ["", ".", "..", "a/b", "/a", "a\nb", "a\0b", "__log__.txt", "context.json", "x" * 256]


@pytest.mark.parametrize("name", BAD_NAMES)
def test_filename_that_cannot_be_is_refused_while_planning(name: str) -> None:
    with pytest.raises(BadParameter, match="the name of a file"):
        fetchurl(Manager(), URL, sha256(DATA), filename=name)
    with pytest.raises(BadParameter, match="the name of a file"):
        fetchlocal(Manager(), "data.txt", sha256(DATA), filename=name)


@pytest.mark.parametrize("end", ["", "/", "/a%2Fb", "/%2e%2e", "/a%0Ab", "/context.json", "/a/.."])
def test_url_that_gives_no_filename_is_refused_while_planning(end: str) -> None:
    with pytest.raises(BadParameter, match="filename"):
        fetchurl(Manager(), f"http://127.0.0.1:9{end}", sha256(DATA))


@pytest.mark.parametrize(
    ("end", "name"), [("a.txt?x=1/b#c/d", "a.txt"), ("a%20b.txt", "a b.txt"), ("x/", "x")]
)
def test_file_is_named_as_the_url_ends(end: str, name: str) -> None:
    m, made = fetchurl(Manager(), f"http://127.0.0.1:9/{end}", sha256(DATA))
    assert f'"filename":"{name}"' in m.derivations[made].config.text


def test_empty_name_is_refused() -> None:
    with pytest.raises(MalformedName):
        fetchurl(Manager(), URL, sha256(DATA), name="")
    with pytest.raises(MalformedName):
        fetchlocal(Manager(), "data.txt", sha256(DATA), name="")
