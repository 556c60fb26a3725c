"""Locks: who excludes whom, among threads, processes and forked children, and what is no lock."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from attrs import define
from children import child, ended, forked, in_child
from scenarios import NOBODY

from pylightnix_fn.filesystem import DISK
from pylightnix_fn.locks import Lock, acquired, children_keep_locks, locked


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where a lock may be."""
    return tmp_path / "lock"


def _taken(path: Path, *, shared: bool = False) -> Lock:
    lock = acquired(DISK, path, shared=shared)
    assert lock is not None
    return lock


def _is_free(path: Path) -> bool:
    lock = acquired(DISK, path, wait=False)
    if lock is not None:
        lock.release()
    return lock is not None


# Who excludes whom


def test_lock_excludes_another(path: Path) -> None:
    with locked(DISK, path):
        assert not _is_free(path)
    assert _is_free(path)


def test_shared_locks_stand_together(path: Path) -> None:
    with locked(DISK, path, shared=True):
        together = acquired(DISK, path, shared=True, wait=False)
        assert together is not None
        together.release()


def test_shared_lock_excludes_one_held_alone(path: Path) -> None:
    with locked(DISK, path, shared=True):
        assert not _is_free(path)


def test_lock_held_alone_excludes_shared_ones(path: Path) -> None:
    with locked(DISK, path):
        assert acquired(DISK, path, shared=True, wait=False) is None


def test_error_lets_go(path: Path) -> None:
    with pytest.raises(KeyError), locked(DISK, path):
        raise KeyError
    assert _is_free(path)


def test_lock_that_was_let_go_lets_go_of_nothing_else(path: Path) -> None:
    lock = _taken(path)
    lock.release()
    with path.open("rb") as another:  # which has the number of the descriptor now
        assert lock.descriptor == another.fileno()
        lock.release()
        assert b"" == another.read()


def test_lock_in_vain_leaves_no_descriptor(path: Path) -> None:
    with locked(DISK, path):
        before = os.listdir("/proc/self/fd")
        assert acquired(DISK, path, wait=False) is None
        assert before == os.listdir("/proc/self/fd")


@define(eq=False)
class Owners:
    """Counts who believes to be alone."""

    now: int = 0
    most: int = 0
    turns: int = 0

    def turn(self) -> None:
        self.now += 1
        self.most = max(self.most, self.now)
        time.sleep(0.0005)
        self.turns += 1
        self.now -= 1


def test_threads_exclude_each_other(path: Path) -> None:
    owners = Owners()

    def turns(_: int) -> None:
        for _ in range(10):
            with locked(DISK, path):
                owners.turn()

    with ThreadPoolExecutor(40) as threads:
        list(threads.map(turns, range(40)))
    assert (1, 400) == (owners.most, owners.turns)


def test_threads_without_a_lock_do_not_exclude_each_other() -> None:
    owners = Owners()
    with ThreadPoolExecutor(40) as threads:
        list(threads.map(lambda _: owners.turn(), range(400)))
    assert owners.most > 1


def test_processes_exclude_each_other(path: Path) -> None:
    counter = path.with_name("counter")
    counter.write_text("0", encoding="utf-8")

    def count() -> None:
        for _ in range(100):
            with locked(DISK, path):
                number = int(counter.read_text(encoding="utf-8"))
                counter.write_text(str(number + 1), encoding="utf-8")

    children = [forked(count) for _ in range(4)]
    assert [0] * 4 == [ended(each) for each in children]
    assert "400" == counter.read_text(encoding="utf-8")


# Processes that end, fork, or run programs


def test_killed_process_holds_nothing(path: Path) -> None:
    with child(lambda: _taken(path)) as process:
        assert not _is_free(path)
        os.kill(process, signal.SIGKILL)
        os.waitpid(process, 0)
        assert _is_free(path)


def test_forked_child_does_not_hold_what_its_parent_held(path: Path) -> None:
    lock = _taken(path)
    with child(lambda: not lock.is_held):
        lock.release()
        assert _is_free(path)


def test_forked_child_takes_nothing_from_its_parent(path: Path) -> None:
    with locked(DISK, path) as _:
        assert 0 == in_child(lambda: None)
        assert not _is_free(path)


def test_forked_child_cannot_let_go_for_its_parent(path: Path) -> None:
    lock = _taken(path)
    assert 0 == in_child(lock.release)
    assert not _is_free(path)
    lock.release()


def test_forked_child_may_be_part_of_the_work(path: Path) -> None:
    lock = _taken(path)
    with children_keep_locks(), child(lambda: lock.is_held) as process:
        lock.release()
        assert not _is_free(path)
        os.kill(process, signal.SIGKILL)
        os.waitpid(process, 0)
    assert _is_free(path)


def test_forked_child_is_part_of_no_other_work(path: Path) -> None:
    lock = _taken(path)
    with children_keep_locks():
        pass
    with child(lambda: not lock.is_held):
        lock.release()
        assert _is_free(path)


def test_threads_may_fork_while_others_take_locks(path: Path) -> None:
    with ThreadPoolExecutor(4) as threads:
        taking = threads.submit(_take_and_let_go, path, 2000)
        while not taking.done():
            assert 0 == in_child(lambda: _take_and_let_go(path.with_name("other"), 1))


def _take_and_let_go(path: Path, times: int) -> None:
    for _ in range(times):
        with locked(DISK, path):
            pass


def test_program_that_is_run_holds_nothing(path: Path) -> None:
    lock = _taken(path)
    with subprocess.Popen(["sleep", "60"], close_fds=False) as program:
        lock.release()
        try:
            assert _is_free(path)
        finally:
            program.kill()


# Files that go, or are no locks


def _remove(path: Path) -> None:
    path.unlink()


def _replace(path: Path) -> None:
    path.with_name("new").touch()
    path.with_name("new").rename(path)


@pytest.mark.parametrize("change", [_remove, _replace])
def test_file_that_others_lock_is_the_one_that_bears_the_name(
    path: Path, change: Callable[[Path], None]
) -> None:
    with ThreadPoolExecutor(1) as threads:
        with locked(DISK, path):
            waiting = threads.submit(_taken, path)
            time.sleep(0.1)
            assert not waiting.done()
            change(path)
        lock = waiting.result(timeout=20)
    assert os.stat(path).st_ino == os.fstat(lock.descriptor).st_ino
    assert not _is_free(path)
    lock.release()


def test_link_is_no_lock(path: Path) -> None:
    path.symlink_to("elsewhere")
    with pytest.raises(OSError, match="lock") as caught:
        acquired(DISK, path)
    assert errno.ELOOP == caught.value.errno
    assert not path.with_name("elsewhere").exists()


def test_pipe_is_no_lock(path: Path) -> None:
    os.mkfifo(path)
    before = os.listdir("/proc/self/fd")
    with pytest.raises(PermissionError, match="it is no file of ours"):
        acquired(DISK, path)
    assert before == os.listdir("/proc/self/fd")


def test_folder_is_no_lock(path: Path) -> None:
    path.mkdir()
    with pytest.raises(IsADirectoryError):
        acquired(DISK, path)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_file_of_somebody_else_is_no_lock(path: Path) -> None:
    path.touch()
    os.chown(path, NOBODY, NOBODY)
    with pytest.raises(PermissionError, match="it is no file of ours"):
        acquired(DISK, path)
