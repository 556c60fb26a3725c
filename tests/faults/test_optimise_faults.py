"""Sharing equal files while calls fail, or the process dies at one of them."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from ports import DEAD, Fault, FaultFs
from scenarios import put, registered
from soundness import litter

from pylightnix_fn import DiskStore, PylightnixError
from pylightnix_fn.errors.store import StoreFailed
from pylightnix_fn.filesystem import DISK
from pylightnix_fn.store.backing import Backing
from pylightnix_fn.store.census import objects_of
from pylightnix_fn.store.inspection import damage_of
from pylightnix_fn.store.layout import Layout
from pylightnix_fn.upkeep.space import Optimised, optimise

ERRORS = (
    errno.EIO,
    errno.ENOSPC,
    errno.EDQUOT,
    errno.EACCES,
    errno.EROFS,
    errno.EMFILE,
    errno.ENOLCK,
    errno.ESTALE,
    errno.EMLINK,
    errno.ENOENT,
)


class Linking(FaultFs):
    """A disk with faults that clones nothing, as most do."""

    def clone(self, source: int, target: int) -> None:
        self.passing("clone", _refuse)


def _refuse() -> None:
    raise OSError(errno.EOPNOTSUPP, os.strerror(errno.EOPNOTSUPP))


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with equal files, in folders and beside them."""
    root = tmp_path_factory.mktemp("original") / "store"
    store = DiskStore.open(root, durability="off")
    for number in range(2):
        dref = registered(store, "thing", number=number)
        put(store, dref, {"a": "x" * 5000, "in/deep/b": "x" * 5000})
    put(store, registered(store, "last"), {"a": "x" * 5000, "c": "y"})
    store.close()
    shutil.rmtree(root / "unsynced")
    return root


def optimised(root: Path, fault: Fault | None) -> list[str]:
    """The calls made while equal files become one."""
    fs = Linking(fault)
    store = DiskStore.open(root, fs=fs)
    fs.is_armed = True
    try:
        optimise(store)
    finally:
        store.close()
    return fs.calls


def fails(root: Path, fault: Fault) -> bool:
    """Whether an error is told of; it is one of the library's own."""
    try:
        optimised(root, fault)
    except PylightnixError:
        return True
    return False


def is_killed(root: Path, fault: Fault) -> bool:
    """Whether a process that does the same dies of it."""
    child = os.fork()
    if child == 0:
        status = 1
        try:
            optimised(root, fault)
            status = 0
        finally:
            os._exit(status)
    return DEAD == os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def seen(root: Path) -> dict[str, bool]:
    """Every object, and whether all of it is whole but for modes."""
    backing = Backing(Layout(root, root / "tmp"))
    return {
        each.text: all(bad.is_harmless for bad in damage_of(DISK, backing.layout, each))
        for each in objects_of(backing)
    }


def swept(original: Path, root: Path, act: Callable[[Path], bool]) -> bool:
    """Do something to a copy of the store, look at it, and do it again as it should be."""
    shutil.copytree(original, root)
    before = seen(root)
    stopped = act(root)
    assert before == seen(root)
    again = DiskStore.open(root, fs=Linking())
    optimise(again)
    assert Optimised((), ()) == optimise(again)
    again.close()
    assert [] == litter(root)
    assert before == seen(root)
    inodes = {each.stat().st_ino for each in root.glob("store-v1/*/*/**/[ab]")}
    assert 1 == len(inodes)
    _delete(root)
    return stopped


def _delete(root: Path) -> None:
    for folder in root.rglob("*"):
        if folder.is_dir() and not folder.is_symlink():
            folder.chmod(0o755)
    shutil.rmtree(root)


def test_process_that_cannot_leave_the_gate_lets_go_of_its_file(
    original: Path, tmp_path: Path
) -> None:
    shutil.copytree(original, tmp_path / "first")
    calls = optimised(tmp_path / "first", None)
    closing = calls.index("close", calls.index("syncfs") + 2)  # of the gate, around a new writer
    shutil.copytree(original, tmp_path / "copy")
    with pytest.raises(StoreFailed):
        optimised(tmp_path / "copy", Fault(closing, errno.EIO))
    assert [] == litter(tmp_path / "copy")


def test_store_stays_whole_wherever_the_process_is_killed(
    original: Path, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    shutil.copytree(original, tmp_path / "first")
    calls = optimised(tmp_path / "first", None)
    for at in range(len(calls)):
        fault = Fault(at, dies=True)
        assert swept(original, tmp_path / "copy", partial(is_killed, fault=fault))
    record_property("counts", f"sharing equal files: killed at each of {len(calls)} calls")


@pytest.mark.parametrize("lasts", [False, True], ids=["once", "from then on"])
def test_store_stays_whole_whatever_fails(
    original: Path,
    tmp_path: Path,
    scale: int,
    lasts: bool,
    record_property: Callable[[str, object], None],
) -> None:
    shutil.copytree(original, tmp_path / "first")
    calls = optimised(tmp_path / "first", None)
    raised = trials = 0

    step = 1 if scale > 1 else 13  # every call meets one of the errors all the same, nearly
    for number, error in enumerate(ERRORS):
        for at in range(number % step, len(calls), step):
            fault = Fault(at, error, lasts=lasts)
            raised += swept(original, tmp_path / "copy", partial(fails, fault=fault))
            trials += 1
    assert 0 < raised <= trials
    how = "lasting" if lasts else "single"
    record_property("counts", f"sharing equal files: {trials} {how} errors, {raised} told")
