"""A local HTTP server that behaves, and misbehaves, to order, path by path."""

from __future__ import annotations

import gzip
import socket
import threading
from collections import defaultdict
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import TypeAlias

from attrs import frozen


@frozen
class Request:
    """What a client asked: names of headers are in lower case."""

    number: int  # of this path, from 0
    headers: Mapping[str, str]


@frozen
class Exchange:
    """One request, and the means to answer it byte by byte."""

    request: Request
    handler: BaseHTTPRequestHandler
    closing: threading.Event  # set when the server ends

    def head(self, status: int, headers: Mapping[str, str]) -> None:
        """Send the status and these headers."""
        self.handler.send_response(status)
        for name, value in headers.items():
            self.handler.send_header(name, value)
        self.handler.send_header("Connection", "close")
        self.handler.end_headers()

    def body(self, data: bytes | memoryview) -> None:
        """Send bytes of the body."""
        self.handler.wfile.write(data)


Behaviour: TypeAlias = Callable[[Exchange], None]


class Server:
    """Serves on 127.0.0.1 while it is entered; remembers all requests."""

    def __init__(self) -> None:
        self._behaviours: dict[str, Behaviour] = {}
        self._requests: defaultdict[str, list[Request]] = defaultdict(list)
        self._closing = threading.Event()
        self._server = _Threads(("127.0.0.1", 0), self._handler())
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))

    def __enter__(self) -> Server:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        self._closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def url(self, path: str) -> str:
        """The URL of a path."""
        return f"http://127.0.0.1:{self._server.server_address[1]}{path}"

    def serve(self, path: str, behaviour: Behaviour) -> str:
        """Let a path behave so from now on; its URL."""
        self._behaviours[path] = behaviour
        return self.url(path)

    def requests(self, path: str) -> tuple[Request, ...]:
        """All requests for a path so far."""
        return tuple(self._requests[path])

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                headers = {name.lower(): value for name, value in self.headers.items()}
                seen = server._requests[self.path]
                seen.append(Request(len(seen), headers))
                behaviour = server._behaviours.get(self.path, status(404))
                behaviour(Exchange(seen[-1], self, server._closing))
                self.close_connection = True

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002
                """Keep the test output quiet."""

        return Handler


class _Threads(ThreadingHTTPServer):
    daemon_threads = False  # so that server_close() waits for them

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that hangs up is no error of these tests."""


def content(data: bytes, headers: Mapping[str, str] | None = None) -> Behaviour:
    """Serve bytes; with an ETag or a date among the headers, ranges of them too."""
    return stopping(data, len(data), headers)


def stopping(data: bytes, at: int, headers: Mapping[str, str] | None = None) -> Behaviour:
    """As `content`, but hang up where the ``at``-th byte of the whole would come."""
    known = headers or {}

    def behave(exchange: Exchange) -> None:
        asked = exchange.request.headers
        versions = (known.get("ETag"), known.get("Last-Modified"))
        resume = "range" in asked and asked.get("if-range") in versions
        start = int(asked["range"].removeprefix("bytes=").removesuffix("-")) if resume else 0
        span = {"Content-Range": f"bytes {start}-{len(data) - 1}/{len(data)}"} if resume else {}
        length = {"Content-Length": str(len(data) - start)}
        exchange.head(206 if resume else 200, {**known, **length, **span})
        exchange.body(memoryview(data)[start:at])

    return behave


def raw(code: int, headers: Mapping[str, str], data: bytes = b"") -> Behaviour:
    """Send just this, whether it makes sense or not."""

    def behave(exchange: Exchange) -> None:
        exchange.head(code, headers)
        exchange.body(data)

    return behave


def status(code: int, headers: Mapping[str, str] | None = None) -> Behaviour:
    """Answer with a status and no content."""
    return raw(code, {**(headers or {}), "Content-Length": "0"})


def in_turn(*behaviours: Behaviour) -> Behaviour:
    """Behave in another way each time, and from the last one on always so."""

    def behave(exchange: Exchange) -> None:
        behaviours[min(exchange.request.number, len(behaviours) - 1)](exchange)

    return behave


def failing(times: int, then: Behaviour) -> Behaviour:
    """Answer 500 so many times at first."""
    return in_turn(*[status(500)] * times, then)


def redirect(location: str, code: int = 302) -> Behaviour:
    """Lead elsewhere."""
    return status(code, {"Location": location})


def wrong_length(data: bytes, claimed: int) -> Behaviour:
    """Claim another length than that of the bytes sent."""
    return raw(200, {"Content-Length": str(claimed)}, data)


def gzipped(data: bytes) -> Behaviour:
    """Send bytes compressed, whatever the client accepts."""
    packed = gzip.compress(data)
    return raw(200, {"Content-Length": str(len(packed)), "Content-Encoding": "gzip"}, packed)


def unframed(data: bytes) -> Behaviour:
    """Tell no length: the end of the connection is the end of the content."""
    return raw(200, {}, data)


def chunked(data: bytes, *, at: int | None = None) -> Behaviour:
    """Send chunks; hang up behind the ``at``-th byte."""
    sent = data[:at]
    half = len(sent) // 2
    parts = [b"%x\r\n%b\r\n" % (len(part), part) for part in (sent[:half], sent[half:]) if part]
    end = b"0\r\n\r\n" if at is None else b""
    return raw(200, {"Transfer-Encoding": "chunked"}, b"".join(parts) + end)


def stalling(data: bytes, at: int) -> Behaviour:
    """Fall silent after so many bytes; ``at < 0``: say nothing at all."""

    def behave(exchange: Exchange) -> None:
        if at >= 0:
            exchange.head(200, {"Content-Length": str(len(data))})
            exchange.body(data[:at])
        exchange.closing.wait(30)

    return behave


def refusing() -> str:
    """A URL at which nobody listens."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{listener.getsockname()[1]}/"
