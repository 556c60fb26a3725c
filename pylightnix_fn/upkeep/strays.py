"""Names among the objects of a store that are no object's: put aside, broken, or of strangers."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

from attrs import frozen

from pylightnix_fn.files import exists, is_folder, names_in
from pylightnix_fn.refs import HASH_LENGTH, DRef, RRef
from pylightnix_fn.retention.inventory import Reference
from pylightnix_fn.store.backing import Backing
from pylightnix_fn.store.inspection import Damage
from pylightnix_fn.store.layout import CONFIG_FILE, Layout, dref_of, rref_of
from pylightnix_fn.store.trash import DAMAGED, move_away, new_bin
from pylightnix_fn.tree import Folder

_ASIDE: Final = ".damaged"  # follows the name of a realization that no listing is to see
_PUT_ASIDE: Final = re.compile(rf"([0-9a-f]{{{HASH_LENGTH}}}){re.escape(_ASIDE)}(-[0-9a-f]{{8}})?")
_LIKE_OURS: Final = re.compile(rf"[0-9a-f]{{{HASH_LENGTH}}}.*", re.DOTALL)


@frozen
class Stray:
    """A name that is no object's, among the derivations or in the folder of one."""

    name: str
    dref: DRef[Folder] | None = None

    def path(self, layout: Layout) -> Path:
        """Where it lies."""
        return (layout.objects if self.dref is None else layout.derivation(self.dref)) / self.name

    @property
    def is_like_ours(self) -> bool:
        """Whether it begins as the names of objects do; otherwise a stranger gave it."""
        return _LIKE_OURS.fullmatch(self.name) is not None

    @property
    def put_aside(self) -> RRef[Folder] | None:
        """The realization that was put aside under this name; `None` if it is another stray."""
        found = _PUT_ASIDE.fullmatch(self.name)
        return None if found is None or self.dref is None else rref_of(found[1], self.dref)

    def damage(self) -> Damage:
        """This stray as a damage of the object that it was, or of the folder that it is in."""
        rref = self.put_aside
        if rref is not None:
            return Damage(rref.text, ".", "extra", "nothing", f"{self.name}, put aside")
        reference = "store-v1" if self.dref is None else self.dref.text
        return Damage(reference, self.name, "extra", "nothing", "what looks like an object")


def strays(backing: Backing) -> Iterator[Stray]:
    """The names that are no object's."""
    fs, layout = backing.fs, backing.layout
    for name in names_in(fs, layout.objects):
        dref = dref_of(name)
        if dref is None:
            yield Stray(name)
        elif is_folder(fs, layout.objects / name):
            with suppress(PermissionError):  # which is told of the derivation itself
                for inner in names_in(fs, layout.objects / name):
                    if inner != CONFIG_FILE and rref_of(inner, dref) is None:
                        yield Stray(inner, dref)


def put_aside(backing: Backing, rref: RRef[object]) -> None:
    """Take a realization out of every listing, where it lies; the gate must be held alone."""
    path = backing.layout.realization(rref)
    aside = path.with_name(f"{path.name}{_ASIDE}")
    if exists(backing.fs, aside):
        aside = path.with_name(f"{path.name}{_ASIDE}-{os.urandom(4).hex()}")
    backing.fs.rename(path, aside)


def discard_stray(backing: Backing, stray: Stray) -> Reference | None:
    """Move what looks like an object to the trash; what it was. The gate must be held alone."""
    discard_path(backing, stray.path(backing.layout), stray.name)
    return stray.put_aside


def discard_path(backing: Backing, path: Path, name: str) -> None:
    """Move what lies here to the trash, under this name; the gate must be held alone."""
    move_away(backing, path, new_bin(backing, DAMAGED) / name)
