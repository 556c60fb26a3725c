"""Where content may come from, and the checksum that it is known by.

Pure: reads texts, never the network. What passes here is an http or https URL without credentials,
and a redirect that gives up no protection.
"""

from __future__ import annotations

import re
from urllib.parse import SplitResult, urljoin, urlsplit

from pylightnix_fn.errors.fetch import ChecksumMalformed, UrlRefused


def checked_sha256(text: str) -> str:
    """The checksum in lower case; anything but 64 digits raises ``ChecksumMalformed``.

    >>> checked_sha256("AB" * 32) == "ab" * 32
    True
    """
    if not re.fullmatch(r"[0-9A-Fa-f]{64}", text):
        raise ChecksumMalformed(text)
    return text.lower()


def checked_url(url: str) -> str:
    """The URL itself; one that must not be asked raises ``UrlRefused``.

    >>> checked_url("https://example.org/mnist.npz")
    'https://example.org/mnist.npz'
    """
    _split(url)
    return url


def redirected(url: str, location: str) -> str:
    """The URL that ``Location`` leads to from ``url``, held to the same rules.

    >>> redirected("https://example.org/a/b", "../c")
    'https://example.org/c'
    """
    try:
        there = urljoin(url, location)
    except ValueError:
        raise UrlRefused(public(location), "it is malformed") from None
    if _split(url).scheme == "https" and _split(there).scheme == "http":
        raise UrlRefused(public(there), "it leaves https for http")
    _split(there)
    return there


def public(url: str) -> str:
    """The URL without what may be secret: credentials, query and fragment.

    >>> public("https://me:secret@example.org/a?token=1")
    'https://***@example.org/a'
    """
    known = re.sub(r"^([A-Za-z][\w+.-]*://)?.*@", r"\1***@", url, flags=re.DOTALL)
    return re.split(r"[?#]", known)[0]


def _split(url: str) -> SplitResult:
    # urlsplit() drops tabs and line ends without a word, and what it takes for the host beside a
    # backslash differs from what HTTP clients take for it.
    if any(sign <= " " or sign in "\x7f\\" for sign in url):
        raise UrlRefused(public(url), "it contains blanks or backslashes")
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        raise UrlRefused(public(url), "it is malformed") from None
    if parts.scheme not in ("http", "https"):
        raise UrlRefused(public(url), f"scheme {parts.scheme!r} is neither http nor https")
    if "@" in parts.netloc:
        raise UrlRefused(public(url), "it contains credentials")
    if not parts.hostname:
        raise UrlRefused(public(url), "it names no host")
    return parts
