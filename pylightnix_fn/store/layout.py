"""Where things lie below the root of a store; pure paths, no disk."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from attrs import frozen

from pylightnix_fn.refs import HASH_LENGTH, DRef, RRef, dref_from, is_dref, rref_from
from pylightnix_fn.tree import Folder

CONFIG_FILE: Final = "config.json"
MANIFEST_FILE: Final = "__manifest__.json"
BUILD_FILE: Final = "__build__.json"
TIME_FILE: Final = "__buildtime__.txt"

_REALIZATION: Final = re.compile(rf"[0-9a-f]{{{HASH_LENGTH}}}")


@frozen
class Layout:
    """The paths of a store; ``staging`` holds one folder for each build under way."""

    root: Path
    staging: Path

    @property
    def objects(self) -> Path:
        """What holds a folder for each derivation."""
        return self.root / "store-v1"

    @property
    def lock(self) -> Path:
        """Held while an object is published, renewed or removed."""
        return self.root / "locks" / "publish"

    def derivation(self, dref: DRef[object]) -> Path:
        """The folder of a derivation."""
        return self.objects / dref.text.removeprefix("dref:")

    def config(self, dref: DRef[object]) -> Path:
        """The config of a derivation."""
        return self.derivation(dref) / CONFIG_FILE

    def realization(self, rref: RRef[object]) -> Path:
        """The folder of a realization."""
        return self.derivation(rref.dref) / rref.digest

    def located(self, reference: DRef[object] | RRef[object]) -> Path:
        """The folder of a derivation or of a realization."""
        if isinstance(reference, DRef):
            return self.derivation(reference)
        return self.realization(reference)


def dref_of(folder: str) -> DRef[Folder] | None:
    """The derivation that a folder of this name holds; `None` if it holds none."""
    text = f"dref:{folder}"
    return dref_from(text) if is_dref(text) else None


def rref_of(folder: str, dref: DRef[object]) -> RRef[Folder] | None:
    """The realization that a folder of this name holds; `None` if it holds none."""
    if not _REALIZATION.fullmatch(folder):
        return None
    return rref_from(f"rref:{folder}-{dref.text.removeprefix('dref:')}")
