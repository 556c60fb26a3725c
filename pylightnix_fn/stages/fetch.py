"""Stages whose content is known by its checksum: from the network, or from a file of the user's.

Planning checks what can be checked without asking anybody; nothing is asked before `realize`. The
checksum says what the content is, so mirrors and folders are no part of the key; the first URL is,
so that another URL with a forgotten checksum is noticed.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from typing import Final, Generic, Literal, TypeAlias, TypeVar, overload
from urllib.parse import unquote, urlsplit

from attrs import AttrsInstance, frozen

from pylightnix_fn.code import Version
from pylightnix_fn.content.source import checked_sha256, checked_url
from pylightnix_fn.errors.plan import BadParameter
from pylightnix_fn.manager import Manager, derive
from pylightnix_fn.matcher.choice import latest
from pylightnix_fn.outputs import why_no_output
from pylightnix_fn.realizer import Build
from pylightnix_fn.refs import DRef
from pylightnix_fn.stages.given import name_from
from pylightnix_fn.tree import Folder

T = TypeVar("T", bound=AttrsInstance)

Mode: TypeAlias = Literal["as-is", "unpack", "unpack,remove"]

_MODES: Final = ("as-is", "unpack", "unpack,remove")
_CODE: Final = Version("1")


@frozen
class FetchUrl:
    """The config of `fetchurl`."""

    url: str
    sha256: str
    filename: str
    mode: str


@frozen
class FetchLocal:
    """The config of `fetchlocal`."""

    sha256: str
    filename: str
    mode: str


@frozen
class _Downloading(Generic[T]):
    urls: tuple[str, ...]

    def __call__(self, b: Build[FetchUrl, T]) -> None:
        from pylightnix_fn.content.download import download  # no plan needs it, nor what it needs
        from pylightnix_fn.content.progress import reporter

        target = b.path / b.config.filename
        download(self.urls, b.config.sha256, target, sleep=b.site.sleep, progress=reporter())
        _opened(target, b.config.mode)

    @property
    def __name__(self) -> str:
        return "fetchurl"


@frozen
class _Copying(Generic[T]):
    source: Path

    def __call__(self, b: Build[FetchLocal, T]) -> None:
        from pylightnix_fn.content.local_file import copy_checked

        target = b.path / b.config.filename
        copy_checked(self.source, b.config.sha256, target)
        _opened(target, b.config.mode)

    @property
    def __name__(self) -> str:
        return "fetchlocal"


@overload
def fetchurl(
    m: Manager,
    url: str,
    sha256: str,
    *,
    name: str | None = None,
    mode: Mode = "as-is",
    filename: str | None = None,
    mirrors: Sequence[str] = (),
) -> tuple[Manager, DRef[Folder]]: ...
@overload
def fetchurl(
    m: Manager,
    url: str,
    sha256: str,
    *,
    outputs: T,
    name: str | None = None,
    mode: Mode = "as-is",
    filename: str | None = None,
    mirrors: Sequence[str] = (),
) -> tuple[Manager, DRef[T]]: ...
def fetchurl(
    m: Manager,
    url: str,
    sha256: str,
    *,
    outputs: AttrsInstance = Folder(),
    name: str | None = None,
    mode: Mode = "as-is",
    filename: str | None = None,
    mirrors: Sequence[str] = (),
) -> tuple[Manager, DRef[AttrsInstance]]:
    """A file from the network, whose content is known by its sha256.

    ``mirrors`` are other URLs of the same file, tried in order after ``url``. The file is named as
    the URL ends, or ``filename``. ``mode="unpack"`` unpacks a tar or zip archive beside it,
    ``"unpack,remove"`` keeps only what was in it. Errors while planning: `UrlRefused`,
    `ChecksumMalformed`, `BadParameter`; while realizing: `DownloadFailed`, `ChecksumMismatch`,
    `UnknownArchive`, `ArchiveRefused`.
    """
    urls = tuple(checked_url(each) for each in (url, *mirrors))
    file = _filename("fetchurl", filename, unquote(PurePosixPath(urlsplit(url).path).name))
    config = FetchUrl(url, checked_sha256(sha256), file, _mode("fetchurl", mode))
    realizer = _Downloading[AttrsInstance](urls)
    label = name_from(file) if name is None else name
    return derive(m, config, outputs, realizer, latest(), name=label, code=_CODE)


@overload
def fetchlocal(
    m: Manager,
    path: Path | str,
    sha256: str,
    *,
    name: str | None = None,
    mode: Mode = "as-is",
    filename: str | None = None,
) -> tuple[Manager, DRef[Folder]]: ...
@overload
def fetchlocal(
    m: Manager,
    path: Path | str,
    sha256: str,
    *,
    outputs: T,
    name: str | None = None,
    mode: Mode = "as-is",
    filename: str | None = None,
) -> tuple[Manager, DRef[T]]: ...
def fetchlocal(
    m: Manager,
    path: Path | str,
    sha256: str,
    *,
    outputs: AttrsInstance = Folder(),
    name: str | None = None,
    mode: Mode = "as-is",
    filename: str | None = None,
) -> tuple[Manager, DRef[AttrsInstance]]:
    """A file of the user's, by path and sha256; it is copied into the store.

    The path is no part of the key, so the same file elsewhere is the same stage. Relative paths
    start where the program runs. Errors while realizing: `LocalFileMissing`, `NotRegularFile`,
    `ChecksumMismatch`; otherwise as `fetchurl`.
    """
    file = _filename("fetchlocal", filename, Path(path).name)
    config = FetchLocal(checked_sha256(sha256), file, _mode("fetchlocal", mode))
    realizer = _Copying[AttrsInstance](Path(path))
    label = name_from(file) if name is None else name
    return derive(m, config, outputs, realizer, latest(), name=label, code=_CODE)


def _opened(archive: Path, mode: str) -> None:
    if mode == "as-is":
        return
    from pylightnix_fn.archive.unpack import unpack

    unpack(archive, archive.parent)
    if mode == "unpack,remove":
        archive.unlink()


def _filename(function: str, given: str | None, found: str) -> str:
    filename = found if given is None else given
    if "/" in filename or why_no_output(filename):
        raise BadParameter(function, "filename", repr(filename), "the name of a file")
    return filename


def _mode(function: str, mode: str) -> str:
    if mode not in _MODES:
        raise BadParameter(function, "mode", repr(mode), ", ".join(map(repr, _MODES)))
    return mode
