"""Errors of moving results from store to store, in an archive or without one."""

from __future__ import annotations

from pylightnix_fn.errors.fetch import ArchiveDamaged, ArchiveRefused
from pylightnix_fn.errors.message import Message, PylightnixError, shown


class ClosureRefused(ArchiveRefused):
    """An archive that holds no closure, or one that a store must not take."""

    def _hint(self) -> str:
        return "Have it exported anew by whom you trust; where it is only large, raise `limits`."


class ClosureDamaged(ClosureRefused, ArchiveDamaged):
    """An archive of a closure that is cut short or that contradicts itself."""

    def _hint(self) -> str:
        return "Get it again, or export it anew; objects that came before this are whole and stay."


class NotTransferable(PylightnixError, ValueError):
    """A result that no archive can hold, though its store does."""

    reference: str
    file: str
    why: str

    def message(self) -> Message:
        return Message(
            f"this object cannot be moved to another store: {self.why}",
            (("object", self.reference), ("file", shown(self.file))),
            "Write it under another name, or in smaller parts, and build it again.",
        )


class ArchiveNotWritten(PylightnixError, OSError):
    """An archive could not be written where it was to be."""

    path: str
    why: str

    def message(self) -> Message:
        return Message(
            "the archive could not be written",
            (("path", self.path), ("reason", self.why)),
            "Choose a folder that exists, may be written to, and has room; nothing was left there.",
        )


class PackageMissing(PylightnixError, ImportError):
    """A package that only some functions need is not installed."""

    package: str
    extra: str

    def message(self) -> Message:
        return Message(
            f"this needs the package '{self.package}'",
            (("package", self.package), ("extra", self.extra)),
            f"Install it: `pip install 'pylightnix-fn[{self.extra}]'`.",
        )
