"""Downloads and checked copies, against a local server that misbehaves to order."""

from __future__ import annotations

import gzip
import hashlib
import os
import pickle
import pty
import random
import subprocess
import sys
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import StringIO
from pathlib import Path

import pytest
from http_server import (
    Behaviour,
    Server,
    chunked,
    content,
    failing,
    gzipped,
    in_turn,
    raw,
    redirect,
    refusing,
    stalling,
    status,
    stopping,
    unframed,
    wrong_length,
)
from rich.console import Console

from pylightnix_fn.content.download import download
from pylightnix_fn.content.local_file import copy_checked
from pylightnix_fn.content.progress import Report, bar, on_terminal, silent
from pylightnix_fn.content.source import redirected
from pylightnix_fn.errors.fetch import (
    ChecksumMalformed,
    ChecksumMismatch,
    DownloadFailed,
    LocalFileMissing,
    NotRegularFile,
    UrlRefused,
)
from pylightnix_fn.errors.message import PylightnixError

DATA = random.Random(1).randbytes(1024)
OTHER = random.Random(2).randbytes(1024)
TAG = {"ETag": '"v1"'}


def never(seconds: float) -> None:
    raise AssertionError(f"asked to wait for {seconds} s")


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setenv("NO_PROXY", "*")
    with Server() as running:
        yield running


class Fetch:
    """A download of `DATA` into a folder, with the waits that it asked for."""

    def __init__(self, folder: Path) -> None:
        self.target = folder / "data.bin"
        self.part = folder / "data.bin.part"
        self.waits: list[float] = []

    def __call__(
        self, *urls: str, data: bytes = DATA, attempts: int = 5, limit: int = 1 << 40
    ) -> None:
        download(
            urls,
            sha256(data),
            self.target,
            sleep=self.waits.append,
            timeout=0.3,
            attempts=attempts,
            limit=limit,
            progress=silent,
        )

    def failure(self, *urls: str, attempts: int = 5) -> str:
        """Why the last URL gave nothing."""
        with pytest.raises(DownloadFailed) as caught:
            self(*urls, attempts=attempts)
        return caught.value.attempts[-1][1]


@pytest.fixture
def fetch(tmp_path: Path) -> Fetch:
    return Fetch(tmp_path)


def test_download_writes_the_content(server: Server, fetch: Fetch) -> None:
    fetch(server.serve("/a", content(DATA)))
    assert DATA == fetch.target.read_bytes()


def test_download_leaves_nothing_but_the_target(server: Server, fetch: Fetch) -> None:
    fetch(server.serve("/a", content(DATA)))
    assert [fetch.target] == list(fetch.target.parent.iterdir())


def test_download_replaces_an_older_target(server: Server, fetch: Fetch) -> None:
    fetch.target.write_bytes(OTHER)
    fetch(server.serve("/a", content(DATA)))
    assert DATA == fetch.target.read_bytes()


def test_download_accepts_a_checksum_in_upper_case(server: Server, tmp_path: Path) -> None:
    url = server.serve("/a", content(DATA))
    download([url], sha256(DATA).upper(), tmp_path / "a", sleep=never, progress=silent)
    assert DATA == (tmp_path / "a").read_bytes()


def test_download_of_an_empty_file(server: Server, fetch: Fetch) -> None:
    fetch(server.serve("/a", content(b"")), data=b"")
    assert b"" == fetch.target.read_bytes()


def test_download_takes_no_error_for_an_empty_file(server: Server, fetch: Fetch) -> None:
    with pytest.raises(DownloadFailed):
        fetch(server.url("/missing"), data=b"")


def test_download_asks_for_bytes_as_they_are(server: Server, fetch: Fetch) -> None:
    fetch(server.serve("/a", content(DATA)))
    assert "identity" == server.requests("/a")[0].headers["accept-encoding"]


def test_download_holds_little_in_memory(server: Server, fetch: Fetch) -> None:
    data = bytes(64 << 20)
    url = server.serve("/a", content(data))
    tracemalloc.start()
    try:
        fetch(url, data=data)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 8 << 20


# Statuses


@pytest.mark.parametrize("code", [400, 401, 403, 404, 410, 451])
def test_download_goes_to_the_next_mirror_at_once_after(
    code: int, server: Server, fetch: Fetch
) -> None:
    fetch(server.serve("/a", status(code)), server.serve("/b", content(DATA)))
    assert ([], 1) == (fetch.waits, len(server.requests("/a")))


@pytest.mark.parametrize("code", [408, 429, 500, 502, 503, 504])
def test_download_tries_again_after(code: int, server: Server, fetch: Fetch) -> None:
    fetch(server.serve("/a", in_turn(status(code), content(DATA))))
    assert ([1.0], DATA) == (fetch.waits, fetch.target.read_bytes())


def test_download_waits_longer_each_time(server: Server, fetch: Fetch) -> None:
    fetch(server.serve("/a", failing(4, content(DATA))))
    assert [1.0, 2.0, 4.0, 8.0] == fetch.waits


def test_download_gives_up_a_url_after_so_many_attempts(server: Server, fetch: Fetch) -> None:
    url = server.serve("/a", status(503))
    assert "503 Service Unavailable, 3 times" == fetch.failure(url, attempts=3)


def test_download_does_not_wait_after_the_last_attempt(server: Server, fetch: Fetch) -> None:
    fetch(server.serve("/a", status(503)), server.serve("/b", content(DATA)), attempts=3)
    assert [1.0, 2.0] == fetch.waits


@pytest.mark.parametrize(("asked", "waited"), [("7", 7.0), ("0", 1.0), ("1000000", 300.0)])
def test_download_waits_as_long_as_the_server_asks(
    asked: str, waited: float, server: Server, fetch: Fetch
) -> None:
    busy = status(429, {"Retry-After": asked})
    fetch(server.serve("/a", in_turn(busy, content(DATA))))
    assert [waited] == fetch.waits


def test_download_ignores_what_a_server_calls_its_status(server: Server, fetch: Fetch) -> None:
    assert "status 499" == fetch.failure(server.serve("/a", status(499)))


def test_download_lists_every_url_with_its_reason(server: Server, fetch: Fetch) -> None:
    gone, closed = server.serve("/a", status(410)), refusing()
    with pytest.raises(DownloadFailed) as caught:
        fetch(gone, closed, attempts=1)
    assert ((gone, "410 Gone"), (closed, "connection refused")) == caught.value.attempts


def test_download_without_urls_fails(fetch: Fetch) -> None:
    with pytest.raises(DownloadFailed, match="Give at least one URL"):
        fetch()


# Broken connections


def test_download_tells_of_an_unknown_host(server: Server, fetch: Fetch) -> None:
    assert "host not found" == fetch.failure("http://no-such-host.invalid/", attempts=1)


def test_download_tells_of_a_server_without_tls(server: Server, fetch: Fetch) -> None:
    url = server.serve("/a", content(DATA)).replace("http:", "https:")
    assert "TLS failed" == fetch.failure(url, attempts=1)


def test_download_tells_of_a_silent_server(server: Server, fetch: Fetch) -> None:
    url = server.serve("/a", stalling(DATA, -1))
    assert "no answer within 0.3 s" == fetch.failure(url, attempts=1)


def test_download_tells_of_a_server_that_falls_silent(server: Server, fetch: Fetch) -> None:
    url = server.serve("/a", stalling(DATA, 512))
    reason = "stopped after 512 of 1024 bytes (no answer within 0.3 s)"
    assert reason == fetch.failure(url, attempts=1)


def test_download_tells_where_a_server_stopped(server: Server, fetch: Fetch) -> None:
    url = server.serve("/a", stopping(DATA, 512))
    reason = "stopped after 512 of 1024 bytes (connection closed), 2 times"
    assert reason == fetch.failure(url, attempts=2)


def test_download_tells_where_chunks_stopped(server: Server, fetch: Fetch) -> None:
    url = server.serve("/a", chunked(DATA, at=512))
    assert "stopped after 512 bytes (connection closed)" == fetch.failure(url, attempts=1)


def test_download_leaves_what_has_come(server: Server, fetch: Fetch) -> None:
    fetch.failure(server.serve("/a", stopping(DATA, 512)), server.url("/missing"))
    assert (DATA[:512], False) == (fetch.part.read_bytes(), fetch.target.exists())


def test_download_leaves_no_empty_file(server: Server, fetch: Fetch) -> None:
    fetch.failure(server.url("/missing"))
    assert [] == list(fetch.target.parent.iterdir())


@pytest.mark.parametrize("behaviour", [chunked(DATA), unframed(DATA)])
def test_download_takes_content_without_a_length(
    behaviour: Behaviour, server: Server, fetch: Fetch
) -> None:
    fetch(server.serve("/a", behaviour))
    assert DATA == fetch.target.read_bytes()


# Resuming


def test_download_resumes_by_a_strong_etag(server: Server, fetch: Fetch) -> None:
    fetch(server.serve("/a", in_turn(stopping(DATA, 512, TAG), content(DATA, TAG))))
    headers = server.requests("/a")[1].headers
    assert ("bytes=512-", '"v1"') == (headers["range"], headers["if-range"])
    assert DATA == fetch.target.read_bytes()


def test_download_resumes_by_an_old_date(server: Server, fetch: Fetch) -> None:
    dated = {"Last-Modified": "Sun, 01 Nov 2020 10:00:00 GMT"}
    fetch(server.serve("/a", in_turn(stopping(DATA, 512, dated), content(DATA, dated))))
    assert dated["Last-Modified"] == server.requests("/a")[1].headers["if-range"]
    assert DATA == fetch.target.read_bytes()


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"ETag": 'W/"v1"'},
        {**TAG, "Accept-Ranges": "none"},
        {"ETag": "v1"},
        {"Last-Modified": "Sun, 01 Nov 2099 10:00:00 GMT"},
    ],
)
def test_download_starts_anew_where_nothing_names_the_version(
    headers: dict[str, str], server: Server, fetch: Fetch
) -> None:
    fetch(server.serve("/a", in_turn(stopping(DATA, 512, headers), content(DATA, headers))))
    assert "range" not in server.requests("/a")[1].headers
    assert DATA == fetch.target.read_bytes()


def test_download_starts_anew_when_the_version_changes(server: Server, fetch: Fetch) -> None:
    new = content(DATA, {"ETag": '"v2"'})
    fetch(server.serve("/a", in_turn(stopping(OTHER, 512, TAG), new)))
    assert (DATA, 2) == (fetch.target.read_bytes(), len(server.requests("/a")))


def test_download_starts_anew_when_versions_were_mixed(server: Server, fetch: Fetch) -> None:
    liar = in_turn(stopping(OTHER, 512, TAG), content(DATA, TAG))
    fetch(server.serve("/a", liar))
    assert DATA == fetch.target.read_bytes()
    assert ["range" in each.headers for each in server.requests("/a")] == [False, True, False]


@pytest.mark.parametrize(
    "nonsense",
    [
        raw(206, {"Content-Range": "bytes 0-511/1024", "Content-Length": "512"}, DATA[:512]),
        raw(206, {"Content-Range": "bytes 512-1023/4096", "Content-Length": "512"}, DATA[512:]),
        raw(206, {"Content-Length": "512"}, DATA[512:]),
        raw(206, {"ETag": '"v2"', "Content-Range": "bytes 512-1023/1024"}, DATA[512:]),
        status(416, {"Content-Range": "bytes */1024"}),
    ],
)
def test_download_starts_anew_after_a_wrong_range(
    nonsense: Behaviour, server: Server, fetch: Fetch
) -> None:
    fetch(server.serve("/a", in_turn(stopping(DATA, 512, TAG), nonsense, content(DATA, TAG))))
    assert DATA == fetch.target.read_bytes()
    assert "range" not in server.requests("/a")[2].headers


def test_download_goes_on_after_a_range_shorter_than_asked(server: Server, fetch: Fetch) -> None:
    short = raw(206, {**TAG, "Content-Range": "bytes 512-767/1024"}, DATA[512:768])
    fetch(server.serve("/a", in_turn(stopping(DATA, 512, TAG), short, content(DATA, TAG))))
    assert "bytes=768-" == server.requests("/a")[2].headers["range"]
    assert DATA == fetch.target.read_bytes()


def test_download_does_not_mix_mirrors(server: Server, fetch: Fetch) -> None:
    first = server.serve("/a", stopping(DATA, 512, TAG))
    fetch(first, server.serve("/b", content(DATA, TAG)), attempts=1)
    assert "range" not in server.requests("/b")[0].headers
    assert DATA == fetch.target.read_bytes()


def test_download_counts_attempts_anew_while_a_file_grows(server: Server, fetch: Fetch) -> None:
    data = random.Random(3).randbytes(4 << 20)
    stops = [stopping(data, at << 20, TAG) for at in (1, 2, 3, 4)]
    fetch(server.serve("/a", in_turn(*stops)), data=data, attempts=2)
    assert (4, [1.0, 1.0, 1.0]) == (len(server.requests("/a")), fetch.waits)


# Content


def test_download_refuses_wrong_content(server: Server, fetch: Fetch) -> None:
    url = server.serve("/a", content(OTHER))
    with pytest.raises(ChecksumMismatch) as caught:
        fetch(url)
    error = caught.value
    expected = (url, sha256(DATA), sha256(OTHER), 1024)
    assert expected == (error.source, error.expected, error.found, error.size)


def test_download_asks_only_once_for_wrong_content(server: Server, fetch: Fetch) -> None:
    with pytest.raises(ChecksumMismatch):
        fetch(server.serve("/a", content(OTHER)))
    assert ([], 1) == (fetch.waits, len(server.requests("/a")))


def test_download_asks_only_once_for_wrong_content_after_a_stop(
    server: Server, fetch: Fetch
) -> None:
    url = server.serve("/a", in_turn(stopping(DATA, 512, TAG), content(OTHER, {"ETag": '"v2"'})))
    with pytest.raises(ChecksumMismatch):
        fetch(url)
    assert 2 == len(server.requests("/a"))


def test_download_keeps_nothing_of_longer_content_before(server: Server, fetch: Fetch) -> None:
    fetch(server.serve("/a", content(OTHER * 2)), server.serve("/b", content(DATA)))
    assert DATA == fetch.target.read_bytes()


def test_download_never_names_wrong_content(server: Server, fetch: Fetch) -> None:
    with pytest.raises(ChecksumMismatch):
        fetch(server.serve("/a", content(OTHER)), server.url("/missing"))
    assert (OTHER, False) == (fetch.part.read_bytes(), fetch.target.exists())


def test_download_goes_to_the_next_mirror_after_wrong_content(server: Server, fetch: Fetch) -> None:
    fetch(server.serve("/a", content(OTHER)), server.serve("/b", content(DATA)))
    assert DATA == fetch.target.read_bytes()


def test_download_tells_what_the_other_mirrors_did(server: Server, fetch: Fetch) -> None:
    missing = server.url("/missing")
    with pytest.raises(ChecksumMismatch) as caught:
        fetch(missing, server.serve("/b", content(OTHER)))
    assert ((missing, "404 Not Found"),) == caught.value.others


def test_download_trusts_the_checksum_over_a_length_too_long(server: Server, fetch: Fetch) -> None:
    fetch(server.serve("/a", wrong_length(DATA, 2048)))
    assert DATA == fetch.target.read_bytes()


def test_download_refuses_what_a_length_too_short_cuts_off(server: Server, fetch: Fetch) -> None:
    with pytest.raises(ChecksumMismatch) as caught:
        fetch(server.serve("/a", wrong_length(DATA, 1000)))
    assert 1000 == caught.value.size


def test_download_refuses_encoded_content(server: Server, fetch: Fetch) -> None:
    url = server.serve("/a", gzipped(DATA))
    assert "sent 'gzip'-encoded, which was not asked for" == fetch.failure(url)


def test_download_takes_an_archive_that_is_labelled_as_encoded(
    server: Server, fetch: Fetch
) -> None:
    fetch(server.serve("/a.gz", gzipped(DATA)), data=gzip.compress(DATA))
    assert gzip.compress(DATA) == fetch.target.read_bytes()


def test_download_refuses_a_length_above_the_limit(server: Server, fetch: Fetch) -> None:
    with pytest.raises(DownloadFailed, match="1024 bytes are more than the limit of 1023"):
        fetch(server.serve("/a", content(DATA)), limit=1023)


def test_download_refuses_more_bytes_than_the_limit(server: Server, fetch: Fetch) -> None:
    with pytest.raises(DownloadFailed, match="more bytes than the limit of 1023"):
        fetch(server.serve("/a", unframed(DATA)), limit=1023)


# Redirects and URLs


@pytest.mark.parametrize("code", [301, 302, 303, 307, 308])
def test_download_follows_a_redirect(code: int, server: Server, fetch: Fetch) -> None:
    server.serve("/b", content(DATA))
    fetch(server.serve("/a", redirect("b", code)))
    assert DATA == fetch.target.read_bytes()


def test_download_follows_five_redirects(server: Server, fetch: Fetch) -> None:
    server.serve("/5", content(DATA))
    for number in range(5):
        server.serve(f"/{number}", redirect(f"/{number + 1}"))
    fetch(server.url("/0"))
    assert DATA == fetch.target.read_bytes()


def test_download_follows_no_sixth_redirect(server: Server, fetch: Fetch) -> None:
    url = server.serve("/a", redirect("/a"))
    assert "redirect refused: more than 5 in a row" == fetch.failure(url)
    assert 6 == len(server.requests("/a"))


@pytest.mark.parametrize(
    ("location", "why"),
    [
        ("file:///etc/passwd", "scheme 'file' is neither http nor https"),
        ("ftp://127.0.0.1/a", "scheme 'ftp' is neither http nor https"),
        ("http://me:secret@127.0.0.1/a", "it contains credentials"),
        ("http://[broken/", "it is malformed"),
        ("https:///a", "it names no host"),
    ],
)
def test_download_follows_no_redirect_to(
    location: str, why: str, server: Server, fetch: Fetch
) -> None:
    assert f"redirect refused: {why}" == fetch.failure(server.serve("/a", redirect(location)))


def test_download_does_not_read_the_body_of_a_redirect(server: Server, fetch: Fetch) -> None:
    server.serve("/b", content(DATA))
    endless = raw(302, {"Location": "/b", "Content-Length": str(1 << 40)}, DATA)
    fetch(server.serve("/a", endless))
    assert DATA == fetch.target.read_bytes()


def test_redirect_from_https_to_http_is_refused() -> None:
    with pytest.raises(UrlRefused, match="it leaves https for http"):
        redirected("https://example.org/a", "http://example.org/a")


def test_redirect_from_http_to_https_is_allowed() -> None:
    there = "https://example.org/b"
    assert there == redirected("http://example.org/a", there)


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd",
        "ftp://example.org/a",
        "data.bin",
        "http:///a",
        "http://me:secret@example.org/a",
        "http://me:sec?ret@example.org/a",
        "me:secret@example.org/a",
        "http://example.org/a b",
        "http://example.org\\@secret/a",
        "http://exam\nple.org/secret@",
        "http://example.org:port/a",
        "",
    ],
)
def test_download_asks_nothing_if_one_url_is_refused(
    url: str, server: Server, fetch: Fetch
) -> None:
    good = server.serve("/a", content(DATA))
    with pytest.raises(UrlRefused):
        fetch(good, url)
    assert () == server.requests("/a")


@pytest.mark.parametrize(
    "url",
    [
        "http://me:secret@example.org/a",
        "http://me:sec?ret@example.org/a",
        "http://me:secret/@example.org/a",
        "me:secret@example.org/a",
        "ftp://example.org/a?token=secret",
    ],
)
def test_refused_url_is_shown_without_secrets(url: str, fetch: Fetch) -> None:
    with pytest.raises(UrlRefused) as caught:
        fetch(url)
    assert "sec" not in str(caught.value)


@pytest.mark.parametrize("checksum", ["", "ab" * 20, "g" * 64, "ab" * 32 + "\n"])
def test_download_refuses_what_is_no_sha256(checksum: str, tmp_path: Path) -> None:
    with pytest.raises(ChecksumMalformed):
        download(["http://example.org"], checksum, tmp_path / "a", sleep=never)


def test_download_writes_through_no_link(server: Server, fetch: Fetch, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.write_bytes(OTHER)
    fetch.part.symlink_to(outside)
    with pytest.raises(OSError, match="symbolic links"):
        fetch(server.serve("/a", content(DATA)))
    assert OTHER == outside.read_bytes()


# Progress


class Recorder:
    """A display that writes down what it is told."""

    def __init__(self) -> None:
        self.names: list[str] = []
        self.seen: list[tuple[int, int | None]] = []

    @contextmanager
    def __call__(self, name: str) -> Iterator[Report]:
        self.names.append(name)
        yield lambda received, total: self.seen.append((received, total))


def test_download_reports_from_nothing_to_all(server: Server, tmp_path: Path) -> None:
    url, recorder = server.serve("/a", content(DATA)), Recorder()
    download([url], sha256(DATA), tmp_path / "a", sleep=never, progress=recorder)
    assert (["a"], (0, 1024), (1024, 1024)) == (
        recorder.names,
        recorder.seen[0],
        recorder.seen[-1],
    )


def test_download_is_silent_where_there_is_no_terminal(
    server: Server, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    url = server.serve("/a", content(DATA))
    download([url], sha256(DATA), tmp_path / "a", sleep=never)
    assert ("", "") == capsys.readouterr()


@contextmanager
def terminal(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], str]]:
    """Make the error stream a terminal; gives what it shows."""
    master, slave = pty.openpty()
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("NO_COLOR", "1")
    with open(slave, "w") as screen, open(master, "rb", buffering=0) as shown:
        monkeypatch.setattr(sys, "stderr", screen)
        os.set_blocking(master, False)
        yield lambda: b"".join(iter(lambda: shown.read(4096) or b"", b"")).decode()


def test_download_draws_a_bar_on_a_terminal(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = server.serve("/a", content(DATA))
    with terminal(monkeypatch) as screen:
        download([url], sha256(DATA), tmp_path / "data.bin", sleep=never)
        shown = screen()
    assert "data.bin" in shown
    assert "100%" in shown


def test_download_draws_no_second_bar(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = server.serve("/a", content(DATA))
    with terminal(monkeypatch) as screen:
        with on_terminal("first"):
            download([url], sha256(DATA), tmp_path / "second", sleep=never)
        shown = screen()
    assert "first" in shown
    assert "second" not in shown


def drawn(name: str, received: int, total: int | None) -> str:
    text = StringIO()
    console = Console(file=text, width=80, force_terminal=True, color_system=None)
    with bar(name, console) as report:
        report(received, total)
    return text.getvalue().replace("\x1b[2K", "").split("\r")[-1].splitlines()[0]


def test_bar_fits_a_terminal_of_80_columns() -> None:
    line = drawn("mnist.npz", 5_000_000, 10_000_000)
    assert (80, "mnist.npz", "50%") == (len(line), line[:9], line.split()[2])


def test_bar_cuts_a_long_name() -> None:
    line = drawn("a" * 100, 5_000_000, 10_000_000)
    assert (80, "a" * 23 + "… ") == (len(line), line[:25])


def test_bar_shows_no_percentage_of_an_unknown_total() -> None:
    line = drawn("mnist.npz", 5_000_000, None)
    assert "%" not in line
    assert 80 >= len(line)


def test_import_loads_neither_requests_nor_rich() -> None:
    heavy = "{'requests', 'urllib3', 'rich'}"
    code = f"import sys, pylightnix_fn.content.download; print({heavy} & set(sys.modules))"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)
    assert "set()\n" == found.stdout


# Local files


def test_copy_copies_the_content(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(DATA)
    copy_checked(tmp_path / "a", sha256(DATA), tmp_path / "b")
    assert DATA == (tmp_path / "b").read_bytes()


def test_copy_follows_a_link_to_a_file(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(DATA)
    (tmp_path / "link").symlink_to("a")
    copy_checked(tmp_path / "link", sha256(DATA), tmp_path / "b")
    assert (DATA, False) == ((tmp_path / "b").read_bytes(), (tmp_path / "b").is_symlink())


def test_copy_refuses_wrong_content(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(OTHER)
    with pytest.raises(ChecksumMismatch) as caught:
        copy_checked(tmp_path / "a", sha256(DATA), tmp_path / "b")
    error = caught.value
    expected = (str(tmp_path / "a"), sha256(DATA), sha256(OTHER), 1024)
    assert expected == (error.source, error.expected, error.found, error.size)
    assert not (tmp_path / "b").exists()


@pytest.mark.parametrize("path", ["missing", "file/below"])
def test_copy_tells_of_a_missing_file(path: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(DATA)
    with pytest.raises(LocalFileMissing):
        copy_checked(tmp_path / path, sha256(DATA), tmp_path / "b")


def test_copy_tells_of_a_folder(tmp_path: Path) -> None:
    with pytest.raises(NotRegularFile, match="a folder"):
        copy_checked(tmp_path, sha256(DATA), tmp_path / "b")


def test_copy_does_not_wait_at_a_pipe(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(NotRegularFile, match="a pipe"):
        copy_checked(tmp_path / "pipe", sha256(DATA), tmp_path / "b")


# Errors

MISMATCH = """\
wrong content at http://a.org/x

  expected  sha256 aa
  found     sha256 bb
  size      7 bytes
  url       http://b.org/x
  reason    404 Not Found

If the file was replaced on purpose, put the found sha256 in the stage."""

FAILED = """\
no URL gave 'x.tar'

  url     http://a.org/x
  reason  404 Not Found
  url     http://b.org/x
  reason  connection refused, 5 times

Check the URL and the network, or add a mirror."""


def test_checksum_mismatch_reads_well() -> None:
    others = (("http://b.org/x", "404 Not Found"),)
    assert MISMATCH == str(ChecksumMismatch("http://a.org/x", "aa", "bb", 7, others))


def test_download_failed_reads_well() -> None:
    attempts = (
        ("http://a.org/x", "404 Not Found"),
        ("http://b.org/x", "connection refused, 5 times"),
    )
    assert FAILED == str(DownloadFailed("x.tar", attempts))


@pytest.mark.parametrize(
    "error",
    [
        UrlRefused("ftp://a.org", "scheme"),
        ChecksumMalformed("ab"),
        ChecksumMismatch("http://a.org", "aa", "bb", 7, (("http://b.org", "404"),)),
        DownloadFailed("x", (("http://a.org", "404"),)),
        LocalFileMissing(Path("a")),
        NotRegularFile(Path("a"), "a folder"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_error_survives_a_pickle(error: PylightnixError) -> None:
    again = pickle.loads(pickle.dumps(error))
    assert (type(error), str(error)) == (type(again), str(again))
