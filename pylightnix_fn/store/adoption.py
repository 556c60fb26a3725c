"""Taking what is there already for what was to be published.

That a name is taken proves nothing: what lies there is read as a whole before it is taken for
equal.
"""

from __future__ import annotations

import os
from hashlib import sha256
from pathlib import Path

from pylightnix_fn.config import Config
from pylightnix_fn.errors.store import DamagedObject, HashCollision
from pylightnix_fn.files import folder_at, is_folder, opened, read_file, write_file
from pylightnix_fn.filesystem import FOLDER
from pylightnix_fn.locks import locked
from pylightnix_fn.refs import DRef, RRef
from pylightnix_fn.store.backing import Backing
from pylightnix_fn.store.durability import settle_names
from pylightnix_fn.store.inspection import config_damage, realization_damage
from pylightnix_fn.store.layout import BUILD_FILE, CONFIG_FILE, MANIFEST_FILE
from pylightnix_fn.store.manifests import MAX_MANIFEST
from pylightnix_fn.store.records import MAX_RECORD, Build, read_build, read_mapping
from pylightnix_fn.store.trash import DAMAGED, move_to, new_bin
from pylightnix_fn.store_protocol import Staging
from pylightnix_fn.tree import Folder


def mend_config(backing: Backing, dref: DRef[object], config: Config, staged: Path) -> None:
    """The derivation has a folder already: let its config be the one that its name stands for."""
    fs, path = backing.fs, backing.layout.config(dref)
    found = read_file(fs, path, MAX_RECORD)
    if found == config.text.encode():
        return  # another process was faster
    if found is not None and all(
        each.is_harmless for each in config_damage(fs, backing.layout, dref)
    ):
        there = sha256(found).hexdigest()
        raise HashCollision(dref.text, there, config.digest, str(staged))
    fs.rename(staged / CONFIG_FILE, path)
    settle_names(backing, [path.parent])


def adopted(
    backing: Backing, made: RRef[Folder], whole: str, build: Build, staging: Staging
) -> bool:
    """Take the realization that is there, or put it aside if it is damaged; whether it is taken."""
    there = backing.layout.realization(made)
    if _is_damaged(backing, made):
        with locked(backing.fs, backing.layout.gate):
            if _is_damaged(backing, made):  # still: another process may have mended it
                move_to(new_bin(backing, DAMAGED), backing, [made])
        return False
    try:
        found = read_mapping(backing.fs, there / MANIFEST_FILE, made.text, MAX_MANIFEST)["digest"]
    except DamagedObject:
        return False  # it went since it was looked at
    if found != whole:
        raise HashCollision(made.text, str(found), whole, str(staging.folder))
    with locked(backing.fs, backing.layout.gate):
        try:
            _renew(backing, made, build, staging)
        except (DamagedObject, FileNotFoundError):
            return False  # it went, or was changed, since it was looked at
    return True


def _is_damaged(backing: Backing, made: RRef[Folder]) -> bool:
    """Whether what is there is damaged; what goes while it is looked at is not."""
    try:
        damage = realization_damage(backing.fs, backing.layout, made)
    except FileNotFoundError:
        return False
    is_there = is_folder(backing.fs, backing.layout.realization(made))
    return is_there and any(not each.is_harmless for each in damage)


def _renew(backing: Backing, made: RRef[Folder], build: Build, staging: Staging) -> None:
    """Let the newest build time count; the record of the build is replaced in one step."""
    fs, there = backing.fs, backing.layout.realization(made)
    old = read_build(fs, there, made)
    if old.facts.started < build.facts.started:
        renewed = Build(build.facts, old.size, old.first, old.log)
        new = staging.home / os.urandom(8).hex()
        write_file(fs, new, renewed.text(made.digest).encode(), sync=backing.durability != "off")
        with opened(fs, there.parent, FOLDER) as parent, folder_at(fs, there.name, at=parent) as it:
            fs.rename(new, BUILD_FILE, to=it)
        settle_names(backing, [there])
    _close(backing, there)


def _close(backing: Backing, folder: Path) -> None:
    """Make the top read-only."""
    fs = backing.fs
    with (
        opened(fs, folder.parent, FOLDER) as parent,
        opened(fs, folder.name, FOLDER, at=parent) as it,
    ):
        fs.fchmod(it, 0o555)
