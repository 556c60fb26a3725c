"""Publishing: a staged folder becomes an object, by one rename, when it will outlast a power cut.

Whoever publishes holds the gate together with others, and nothing is removed meanwhile. A name that
is taken proves nothing: what lies there is read as a whole before it is taken for ours.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Mapping
from pathlib import Path

from attrs import frozen

from pylightnix_fn.config import Config
from pylightnix_fn.errors.store import (
    DamagedObject,
    HashCollision,
    MissingObject,
    StagingElsewhere,
)
from pylightnix_fn.files import (
    delete,
    delete_emptied,
    exists,
    folder_at,
    is_folder,
    opened,
    read_file,
    write_file,
)
from pylightnix_fn.filesystem import FOLDER
from pylightnix_fn.locks import locked
from pylightnix_fn.outputs import LOG_FILE
from pylightnix_fn.realizer import Context
from pylightnix_fn.refs import DRef, RRef, rref
from pylightnix_fn.sealing import close_folders, seal, seal_file
from pylightnix_fn.store.backing import Backing
from pylightnix_fn.store.durability import barrier, settle_names
from pylightnix_fn.store.inspection import config_damage, realization_damage
from pylightnix_fn.store.layout import BUILD_FILE, CONFIG_FILE, MANIFEST_FILE
from pylightnix_fn.store.records import (
    MAX_MANIFEST,
    MAX_RECORD,
    Build,
    own_files,
    read_build,
    read_mapping,
    sha256_or_none,
)
from pylightnix_fn.store.trash import DAMAGED, move_to, new_bin
from pylightnix_fn.store.writer import new_staging
from pylightnix_fn.store_protocol import Facts, Staging, digest_of
from pylightnix_fn.tree import Folder, Tree


@frozen
class Sealed:
    """What a staged folder holds, now that it is read-only; ``whole`` is the sha256 of all."""

    dref: DRef[Folder]
    whole: str
    tree: Tree
    context: Context
    build: Build


def staged(backing: Backing, name: str) -> Staging:
    """A new, empty staging folder of this process."""
    return Staging(new_staging(backing.writer, name) / "out")


def publish_configs(backing: Backing, configs: Mapping[DRef[object], Config]) -> None:
    """Make a folder for each derivation, behind one barrier for all."""
    fs, layout = backing.fs, backing.layout
    home = staged(backing, "configs").home
    folders = {dref: home / str(number) for number, dref in enumerate(configs)}
    for dref, folder in folders.items():
        fs.mkdir(folder, 0o755)
        text = configs[dref].text
        write_file(fs, folder / CONFIG_FILE, text.encode(), sync=backing.syncs_files)
        if backing.syncs_files:
            settle_names(backing, [folder])
    barrier(backing)
    with locked(fs, layout.gate, shared=True):
        backing.writer.note([dref.text for dref in configs])
        for dref, folder in folders.items():
            if not _renamed(backing, folder, layout.derivation(dref)):
                _mend_config(backing, dref, configs[dref], folder)
        settle_names(backing, [layout.objects])
    delete(fs, home)


def _mend_config(backing: Backing, dref: DRef[object], config: Config, staged: Path) -> None:
    """The derivation has a folder already: let its config be the one that its name stands for."""
    fs, path = backing.fs, backing.layout.config(dref)
    found = read_file(fs, path, MAX_RECORD)
    if found == config.text.encode():
        return  # another process was faster
    if found is not None and all(
        each.is_harmless for each in config_damage(fs, backing.layout, dref)
    ):
        there = str(sha256_or_none(found))
        raise HashCollision(dref.text, there, config.digest, str(staged))
    fs.rename(staged / CONFIG_FILE, path)
    settle_names(backing, [path.parent])


def publish_realization(
    backing: Backing, staging: Staging, dref: DRef[object], context: Context, facts: Facts
) -> RRef[Folder]:
    """Make what was staged a realization; an equal one is taken instead, its times renewed."""
    tree = seal(staging.folder, dref.name, backing.fs, sync=backing.syncs_files)
    build = Build(facts, tree.size, facts.started, _kept_log(backing, staging, dref.name))
    sealed = Sealed(DRef(dref.text, Folder()), digest_of(tree, context), tree, context, build)
    return publish_sealed(backing, staging, sealed)


def publish_sealed(backing: Backing, staging: Staging, sealed: Sealed) -> RRef[Folder]:
    """Make a staged folder a realization that was sealed already, its log moved into it."""
    fs, layout, sync = backing.fs, backing.layout, backing.syncs_files
    tree, context, build = sealed.tree, sealed.context, sealed.build
    made = rref(sealed.whole, sealed.dref)
    for name, text in own_files(sealed.whole, tree, context, build).items():
        write_file(fs, staging.folder / name, text.encode(), sync=sync)
    close_folders(staging.folder, tree, fs, sync=sync)
    barrier(backing)
    target, writer = layout.realization(made), backing.writer
    while True:
        with locked(fs, layout.gate, shared=True):
            _check_needs(backing, sealed.dref, context)
            writer.note([made.text])
            # Closed under the lock: so nobody sees it open who holds the gate alone.
            published = _renamed(backing, staging.folder, target, mode=0o555)
        if published:
            settle_names(backing, [target.parent])
            break
        if _adopted(backing, made, sealed.whole, build, staging):
            break
    delete_emptied(fs, staging.home)
    return made


def _kept_log(backing: Backing, staging: Staging, name: str) -> str | None:
    """The sha256 of the log, which is kept beside the artifacts, if there is one."""
    if not exists(backing.fs, staging.log):
        return None
    content = seal_file(staging.log, name, backing.fs, sync=backing.syncs_files)
    backing.fs.rename(staging.log, staging.folder / LOG_FILE)
    return content


def _check_needs(backing: Backing, dref: DRef[object], context: Context) -> None:
    needs: list[DRef[object] | RRef[object]] = [dref]
    needs.extend(rref for rrefs in context.values() for rref in rrefs)
    for reference in needs:
        if not is_folder(backing.fs, backing.layout.located(reference)):
            raise MissingObject(reference.text, str(backing.layout.root))


def _renamed(backing: Backing, folder: Path, target: Path, mode: int | None = None) -> bool:
    """Rename a folder to its final name; whether nothing was there.

    Its mode comes after the rename, which needs the right to write it.
    """
    fs = backing.fs
    with opened(fs, folder, FOLDER) as it, opened(fs, target.parent, FOLDER) as there:
        try:
            fs.rename(folder, target.name, to=there)
        except OSError as error:
            if error.errno in (errno.ENOTEMPTY, errno.EEXIST):
                return False
            if error.errno == errno.EXDEV:
                layout = backing.layout
                raise StagingElsewhere(str(layout.root), str(layout.staging)) from error
            # Over a network, what was done may be reported as failed.
            if not is_folder(fs, target.name, at=there):
                raise
            if fs.lstat(target.name, at=there).st_ino != fs.fstat(it).st_ino:
                raise
        if mode is not None:
            fs.fchmod(it, mode)
    return True


def _close(backing: Backing, folder: Path) -> None:
    """Make the top read-only."""
    fs = backing.fs
    with (
        opened(fs, folder.parent, FOLDER) as parent,
        opened(fs, folder.name, FOLDER, at=parent) as it,
    ):
        fs.fchmod(it, 0o555)


def _adopted(
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
    settle_names(backing, [there.parent])  # who published it may not have come so far
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
