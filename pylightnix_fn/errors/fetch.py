"""Errors of fetching: what a URL, a local file or an archive did not live up to.

Names of archive members and answers of servers come from strangers: they are shown only in a form
that cannot move the cursor of a terminal. URLs arrive here without credentials.
"""

from __future__ import annotations

from pathlib import PurePath

from pylightnix_fn.errors.message import Facts, Message, PylightnixError

_SHOWN = 120  # characters of a stranger's name; the rest says nothing to a reader


def _printable(text: str) -> str:
    shown = text if text.isprintable() else ascii(text)
    return shown if len(shown) <= _SHOWN else f"{shown[:_SHOWN]}... ({len(text)} characters)"


def _listed(failures: tuple[tuple[str, str], ...]) -> Facts:
    return tuple(
        fact for url, reason in failures for fact in (("url", _printable(url)), ("reason", reason))
    )


class UrlRefused(PylightnixError, ValueError):
    """A URL that is never asked; ``url`` bears no credentials."""

    url: str
    why: str

    def message(self) -> Message:
        return Message(
            f"URL is not fit for a download: {self.why}",
            (("url", _printable(self.url)),),
            "Give an http or https URL; put credentials in ~/.netrc.",
        )


class ChecksumMalformed(PylightnixError, ValueError):
    """A text that is no sha256 checksum."""

    sha256: str

    def message(self) -> Message:
        return Message(
            "checksum is not a sha256 of 64 hexadecimal digits",
            (("sha256", _printable(self.sha256)), ("length", len(self.sha256))),
            "Take it from the publisher, or from `sha256sum <file>`.",
        )


class ChecksumMismatch(PylightnixError, ValueError):
    """Whole content with another checksum; ``others`` tells what the other URLs did."""

    source: str
    expected: str
    found: str
    size: int
    others: tuple[tuple[str, str], ...] = ()

    def message(self) -> Message:
        return Message(
            f"wrong content at {_printable(self.source)}",
            (
                ("expected", f"sha256 {self.expected}"),
                ("found", f"sha256 {self.found}"),
                ("size", f"{self.size} bytes"),
                *_listed(self.others),
            ),
            "If the file was replaced on purpose, put the found sha256 in the stage.",
        )


class DownloadFailed(PylightnixError, OSError):
    """No URL gave the content; ``attempts`` pairs each URL with its reason."""

    name: str
    attempts: tuple[tuple[str, str], ...]

    def message(self) -> Message:
        return Message(
            f"no URL gave {self.name!r}",
            _listed(self.attempts),
            "Check the URL and the network, or add a mirror."
            if self.attempts
            else "Give at least one URL.",
        )


class LocalFileMissing(PylightnixError, FileNotFoundError):
    """A local file that is not there."""

    path: PurePath

    def message(self) -> Message:
        return Message(
            f"local file {self.path.name!r} does not exist",
            (("path", self.path),),
            "Put the file there, or correct the path.",
        )


class NotRegularFile(PylightnixError, ValueError):
    """A path that leads to something else than a file, such as a folder."""

    path: PurePath
    found: str

    def message(self) -> Message:
        return Message(
            f"{self.path.name!r} is not a regular file",
            (("path", self.path), ("found", self.found)),
            "Name a file; pack a folder into an archive first.",
        )


class UnknownArchive(PylightnixError, ValueError):
    """A file whose content is no archive that can be unpacked."""

    path: PurePath

    def message(self) -> Message:
        return Message(
            f"{self.path.name!r} is not an archive of a known format",
            (("path", self.path), ("known", "tar, tar.gz, tar.bz2, tar.xz, zip")),
            "Fetch the file without unpacking it.",
        )


class ArchiveRefused(PylightnixError, ValueError):
    """An archive that is unsafe to unpack; ``member`` is ``None`` if none is to blame."""

    archive: PurePath
    member: str | None
    why: str

    def message(self) -> Message:
        return Message(self._headline(), self._facts(), self._hint())

    def _headline(self) -> str:
        return f"archive {self.archive.name!r} was refused: {self.why}"

    def _facts(self) -> Facts:
        archive: Facts = (("archive", self.archive),)
        return archive if self.member is None else (*archive, ("member", _printable(self.member)))

    def _hint(self) -> str:
        return "Fetch it without unpacking, and take what you need in a stage of your own."


class ArchiveDamaged(ArchiveRefused):
    """An archive that is cut short or that contradicts itself."""

    def _headline(self) -> str:
        return f"archive {self.archive.name!r} is damaged: {self.why}"

    def _hint(self) -> str:
        return "Fetch a sound copy; where the checksum matches, its publisher has to mend it."
