"""The site of a build: what a realizer and its combinators may ask of the world.

One workshop serves one realization. What fails is moved aside, not deleted: everything that a
build wrote lies in its staging until the build has succeeded.
"""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from datetime import UTC, datetime
from pathlib import Path

from attrs import Factory, field, frozen

from pylightnix_fn.confinement import confined
from pylightnix_fn.errors.build import CommandFailed, UndeclaredInput
from pylightnix_fn.manager import Derivation
from pylightnix_fn.outputs import Files
from pylightnix_fn.realizer import Context
from pylightnix_fn.refs import DRef
from pylightnix_fn.store_protocol import Staging, Store

TAIL = 20  # lines of a log that an error shows


@frozen
class DiskFiles:
    """Files as they lie on a disk."""

    def read(self, path: Path) -> bytes:
        return path.read_bytes()

    def write(self, path: Path, data: bytes) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)


def _now() -> datetime:
    return datetime.now(UTC)


@frozen
class Workshop:
    """The site of one realization; ``others`` are those that `samples` asked for."""

    store: Store
    staging: Staging
    context: Context
    derivation: Derivation
    sample: int
    files: Files = Factory(DiskFiles)
    others: list[Workshop] = Factory(list)
    started: datetime = field(factory=_now)

    @property
    def folder(self) -> Path:
        return self.staging.folder

    def inputs(self, dref: DRef[object]) -> tuple[Path, ...]:
        if dref not in self.context:
            raise UndeclaredInput(self.derivation.name, dref.text)
        return tuple(self.store.folder(rref) for rref in self.context[dref])

    def another(self) -> Workshop:
        staging, sample = self.store.stage(self.derivation.dref), self.sample + 1
        other = workshop(self.store, staging, self.context, self.derivation, sample, self.others)
        self.others.append(other)
        return other

    def restart(self) -> None:
        aside = Path(tempfile.mkdtemp(prefix="failed-", dir=self.staging.home))
        os.rename(self.folder, aside / "out")
        self.folder.mkdir()
        make_parents(self)

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)

    def seed(self, number: int) -> None:
        if "tensorflow" in sys.modules:
            sys.modules["tensorflow"].random.set_seed(number)
        if "numpy" in sys.modules:
            sys.modules["numpy"].random.seed(number)
        sys.modules["random"].seed(number)

    @contextmanager
    def logging(self) -> Iterator[None]:
        with (
            self.staging.log.open("a", encoding="utf-8", buffering=1) as log,
            _descriptors(log.fileno()),
            redirect_stdout(log),
            redirect_stderr(log),
        ):
            yield

    def run(self, arguments: Sequence[str]) -> None:
        path = self.staging.log
        with path.open("ab") as log:
            began = log.tell()
            status = _status(arguments, self.folder, log.fileno())
        if status:
            printed = path.read_bytes()[began:].decode(errors="replace").splitlines()
            tail = "\n".join(printed[-TAIL:]) or "nothing"
            raise CommandFailed(self.derivation.name, shlex.join(arguments), status, tail)

    def within(self, seconds: float, work: Callable[[], None]) -> None:
        confined(work, seconds, self.derivation.name, self.derivation.realizer)


def workshop(
    store: Store,
    staging: Staging,
    context: Context,
    derivation: Derivation,
    sample: int,
    others: list[Workshop],
) -> Workshop:
    """A workshop with an empty folder, but for the folders of promised outputs."""
    made = Workshop(store, staging, context, derivation, sample, others=others)
    make_parents(made)
    return made


def make_parents(site: Workshop) -> None:
    """Make the folders that promised outputs lie in."""
    for promise in site.derivation.promises:
        (site.folder / promise.path).parent.mkdir(parents=True, exist_ok=True)


def _status(arguments: Sequence[str], folder: Path, log: int) -> str:
    """Why a command failed; empty if it did not."""
    try:
        ended = subprocess.run(
            arguments, cwd=folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log, check=False
        )
    except OSError as error:
        return f"it could not be started: {error.strerror}"
    if ended.returncode < 0:
        return f"ended by signal {-ended.returncode}"
    return f"exit code {ended.returncode}" if ended.returncode else ""


@contextmanager
def _descriptors(log: int) -> Iterator[None]:
    """Lead what children and compiled code print to a log."""
    sys.stdout.flush()
    sys.stderr.flush()
    kept = os.dup(1), os.dup(2)
    try:
        os.dup2(log, 1)
        os.dup2(log, 2)
        yield
    finally:
        for number, descriptor in enumerate(kept, start=1):
            os.dup2(descriptor, number)
            os.close(descriptor)
