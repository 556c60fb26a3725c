"""Publishing: a staged folder becomes an object, by one rename, when it will outlast a power cut.

Whoever publishes holds the gate together with others, and nothing is removed meanwhile.
"""

from __future__ import annotations

import errno
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from attrs import frozen

from pylightnix_fn.config import Config
from pylightnix_fn.errors.store import MissingObject, StagingElsewhere
from pylightnix_fn.files import exists, is_folder, opened, write_file
from pylightnix_fn.filesystem import FOLDER
from pylightnix_fn.locks import locked
from pylightnix_fn.outputs import LOG_FILE
from pylightnix_fn.realizer import Context
from pylightnix_fn.refs import DRef, RRef, rref
from pylightnix_fn.sealing import close_folders, seal, seal_file
from pylightnix_fn.store.backing import Backing
from pylightnix_fn.store.durability import barrier, settle_names
from pylightnix_fn.store.layout import CONFIG_FILE
from pylightnix_fn.store.manifests import own_files
from pylightnix_fn.store.records import Build, read_record
from pylightnix_fn.store.writer import end_staging, new_staging
from pylightnix_fn.store_protocol import Facts, Record, Staging, digest_of
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
    folder = new_staging(backing.writer, name) / "out"
    backing.fs.mkdir(folder, 0o755)
    return Staging(folder)


def publish_configs(backing: Backing, configs: Mapping[DRef[object], Config]) -> None:
    """Make a folder for each derivation, behind one barrier for all."""
    fs, layout = backing.fs, backing.layout
    home = new_staging(backing.writer, "configs")
    folders = {dref: f"{home}/{number}" for number, dref in enumerate(configs)}
    for dref, folder in folders.items():
        fs.mkdir(folder, 0o755)
        text = configs[dref].text
        write_file(fs, f"{folder}/{CONFIG_FILE}", text.encode(), sync=backing.syncs_files)
        if backing.syncs_files:
            settle_names(backing, [folder])
    with opened(fs, layout.objects, FOLDER) as objects:
        barrier(backing, objects)
        with locked(fs, layout.gate, shared=True):
            backing.writer.note([dref.text for dref in configs])
            for dref, folder in folders.items():
                if not _renamed(backing, folder, dref.text[5:], objects):
                    from pylightnix_fn.store.adoption import mend_config

                    mend_config(backing, dref, configs[dref], Path(folder))
            settle_names(backing, [layout.objects])
    end_staging(backing.writer, home)


def publish_realization(
    backing: Backing, staging: Staging, dref: DRef[object], context: Context, facts: Facts
) -> Record:
    """Make what was staged a realization; an equal one is taken instead, its times renewed."""
    tree = seal(staging.folder, dref.name, backing.fs, sync=backing.syncs_files)
    build = Build(facts, tree.size, facts.started, _kept_log(backing, staging, dref.name))
    sealed = Sealed(DRef(dref.text, Folder()), digest_of(tree, context), tree, context, build)
    return publish_sealed(backing, staging, sealed)


def publish_sealed(backing: Backing, staging: Staging, sealed: Sealed) -> Record:
    """Make a staged folder a realization that was sealed already, its log moved into it."""
    fs, sync = backing.fs, backing.syncs_files
    tree, context, build = sealed.tree, sealed.context, sealed.build
    made, folder = rref(sealed.whole, sealed.dref), staging.folder
    record = Record(made, context, build.facts, tree.size)
    with opened(fs, folder, FOLDER) as top:
        for name, text in own_files(sealed.whole, tree, context, build).items():
            write_file(fs, name, text.encode(), sync=sync, at=top)
        close_folders(folder, tree, fs, sync=sync)
        barrier(backing, top)
        while not _published(backing, made, context, str(folder), top):
            from pylightnix_fn.store.adoption import adopted

            if adopted(backing, made, sealed.whole, build, staging):
                record = read_record(fs, backing.layout.realization(made), made)
                break
    settle_names(backing, [backing.layout.place(made.dref)])  # who was first may not have come here
    end_staging(backing.writer, staging.home)
    return record


def _published(
    backing: Backing, made: RRef[Folder], context: Context, folder: str, top: int
) -> bool:
    """Give a folder, open as ``top``, its final name; whether nothing was there."""
    fs, layout = backing.fs, backing.layout
    with locked(fs, layout.gate, shared=True), _derivation(backing, made.dref) as there:
        _check_needs(backing, context)
        backing.writer.note([made.text])
        is_new = _renamed(backing, folder, made.digest, there, top)
        if is_new:
            # It comes after the rename, which needs the right to write it. Closed under the lock:
            # so nobody sees it open who holds the gate alone.
            fs.fchmod(top, 0o555)
    return is_new


def _kept_log(backing: Backing, staging: Staging, name: str) -> str | None:
    """The sha256 of the log, which is kept beside the artifacts, if there is one."""
    if not exists(backing.fs, staging.log):
        return None
    content = seal_file(staging.log, name, backing.fs, sync=backing.syncs_files)
    backing.fs.rename(staging.log, staging.folder / LOG_FILE)
    return content


@contextmanager
def _derivation(backing: Backing, dref: DRef[object]) -> Iterator[int]:
    """The folder of a derivation, open; `MissingObject` if there is none."""
    fs, layout = backing.fs, backing.layout
    try:
        there = fs.open(layout.place(dref), FOLDER)
    except (FileNotFoundError, NotADirectoryError) as error:
        raise MissingObject(dref.text, str(layout.root)) from error
    try:
        yield there
    finally:
        fs.close(there)


def _check_needs(backing: Backing, context: Context) -> None:
    for reference in (each for rrefs in context.values() for each in rrefs):
        if not is_folder(backing.fs, backing.layout.place(reference)):
            raise MissingObject(reference.text, str(backing.layout.root))


def _renamed(backing: Backing, folder: str, name: str, there: int, it: int | None = None) -> bool:
    """Rename a folder, open as ``it``, to its name in an open one; whether nothing was there."""
    fs, layout = backing.fs, backing.layout
    try:
        fs.rename(folder, name, to=there)
    except OSError as error:
        if error.errno in (errno.ENOTEMPTY, errno.EEXIST):
            return False
        if error.errno == errno.EXDEV:
            raise StagingElsewhere(str(layout.root), str(layout.staging)) from error
        # Over a network, what was done may be reported as failed.
        if not is_folder(fs, name, at=there):
            raise
        if it is None:
            return False
        if fs.lstat(name, at=there).st_ino != fs.fstat(it).st_ino:
            raise
    return True
