"""Where things lie below the root of a store; pure paths, no disk."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import Final

from attrs import frozen

from pylightnix_fn.errors.plan import MalformedReference
from pylightnix_fn.refs import HASH_LENGTH, DRef, RRef, dref_from, is_dref, is_rref, rref_from
from pylightnix_fn.tree import Folder

CONFIG_FILE: Final = "config.json"
MANIFEST_FILE: Final = "__manifest__.json"
BUILD_FILE: Final = "__build__.json"
TIME_FILE: Final = "__buildtime__.txt"

_FOLDER: Final = Folder()


@frozen
class Layout:
    """The paths of a store; ``staging`` holds a folder for each process that builds."""

    root: Path
    staging: Path

    @cached_property
    def objects(self) -> Path:
        """What holds a folder for each derivation."""
        return self.root / "store-v1"

    @cached_property
    def format(self) -> Path:
        """What says how the store is laid out."""
        return self.root / "format.json"

    @cached_property
    def locks(self) -> Path:
        """What holds a lock for each build under way."""
        return self.root / "locks"

    @cached_property
    def gate(self) -> Path:
        """Shared while an object is pinned or published, held alone while objects go."""
        return self.locks / "gate"

    @cached_property
    def writers(self) -> Path:
        """What holds a file for each process that uses the store, with what it uses."""
        return self.root / "temproots"

    @cached_property
    def roots(self) -> Path:
        """What holds a link for each object that must stay."""
        return self.root / "roots"

    @cached_property
    def registered(self) -> Path:
        """What holds a link for each link elsewhere that makes an object stay."""
        return self.roots / "registered"

    @cached_property
    def trash(self) -> Path:
        """What was removed and not deleted yet, a folder for each time."""
        return self.root / "trash"

    @cached_property
    def unsynced(self) -> Path:
        """What says since when objects may be torn if the machine went down."""
        return self.root / "unsynced"

    @cached_property
    def reserve(self) -> Path:
        """A little room to give back where there is none left."""
        return self.root / "reserve"

    @cached_property
    def folders(self) -> tuple[Path, ...]:
        """Every folder that a store needs."""
        return (
            self.objects,
            self.staging,
            self.locks,
            self.writers,
            self.roots,
            self.registered,
            self.trash,
        )

    def lock(self, dref: DRef[object], context_digest: str) -> Path:
        """Held by who builds this derivation in this context."""
        return self.locks / f"{dref.digest}-{context_digest[:HASH_LENGTH]}"

    def derivation(self, dref: DRef[object]) -> Path:
        """The folder of a derivation."""
        return self.objects / dref.text[5:]

    def config(self, dref: DRef[object]) -> Path:
        """The config of a derivation."""
        return self.objects.joinpath(dref.text[5:], CONFIG_FILE)

    def realization(self, rref: RRef[object]) -> Path:
        """The folder of a realization."""
        return self.objects.joinpath(rref.text[6 + HASH_LENGTH :], rref.digest)

    @cached_property
    def _objects(self) -> str:
        return str(self.objects)

    def place(self, reference: DRef[object] | RRef[object]) -> str:
        """`located` as a text, for where many are looked at: paths take their time."""
        if isinstance(reference, DRef):
            return f"{self._objects}/{reference.text[5:]}"
        return f"{self._objects}/{reference.text[6 + HASH_LENGTH :]}/{reference.digest}"

    def located(self, reference: DRef[object] | RRef[object]) -> Path:
        """The folder of a derivation or of a realization."""
        if isinstance(reference, DRef):
            return self.derivation(reference)
        return self.realization(reference)


def dref_of(folder: str) -> DRef[Folder] | None:
    """The derivation that a folder of this name holds; `None` if it holds none."""
    try:
        return DRef(f"dref:{folder}", _FOLDER)
    except MalformedReference:
        return None


def rref_of(folder: str, dref: DRef[object]) -> RRef[Folder] | None:
    """The realization that a folder of this name holds; `None` if it holds none."""
    if len(folder) != HASH_LENGTH:
        return None
    try:
        return RRef(f"rref:{folder}-{dref.text[5:]}", _FOLDER)
    except MalformedReference:
        return None


def reference_of(text: str) -> DRef[Folder] | RRef[Folder] | None:
    """The reference that a text is as a whole; `None` if it is none."""
    if is_dref(text):
        return dref_from(text)
    return rref_from(text) if is_rref(text) else None
