"""The site of a build: what a realizer and its combinators may ask of the world.

One workshop serves one realization. What fails is moved aside, not deleted: everything that a
build wrote lies in its staging until the build has succeeded.
"""

from __future__ import annotations

import importlib
import importlib.util
import os
import random
import shlex
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeAlias

from attrs import Factory, evolve, field, frozen

from pylightnix_fn.confinement import confined
from pylightnix_fn.disk_files import DiskFiles
from pylightnix_fn.errors.build import CommandFailed, GivenUp, MissingOutput, UndeclaredInput
from pylightnix_fn.failure import Failure, one_line
from pylightnix_fn.manager import Derivation
from pylightnix_fn.outputs import Files, Promise
from pylightnix_fn.printing import printing_to, run_logged
from pylightnix_fn.realizer import Arguments, Context
from pylightnix_fn.refs import DRef, RRef
from pylightnix_fn.remains import as_utf8, record, shortage, text_of, traceback_of
from pylightnix_fn.store_protocol import Staging, Store
from pylightnix_fn.tree import Folder

_Made: TypeAlias = tuple[Staging, int, datetime]


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
    arguments: Arguments
    files: Files = Factory(DiskFiles)
    others: list[Workshop] = Factory(list)
    started: datetime = field(factory=_now)

    @property
    def folder(self) -> Path:
        return self.staging.folder

    def inputs(self, dref: DRef[object]) -> tuple[Path, ...]:
        found = self._chosen(dref, self.context)
        if found is None:
            raise UndeclaredInput(self.derivation.name, dref.text)
        return tuple(self.store.folder(rref) for rref in found)

    def _chosen(self, dref: DRef[object], context: Context) -> tuple[RRef[object], ...] | None:
        """The realizations in a context, or in those of the parameters that are shared in it."""
        if dref in context:
            return context[dref]
        for need, rrefs in context.items():
            if self.store.config(need).value().get("node") is True:
                for rref in rrefs:
                    found = self._chosen(dref, self.store.record(rref).context)
                    if found is not None:
                        return found
        return None

    def another(self) -> Workshop:
        sample = max(each.sample for each in (self, *self.others)) + 1
        staging = self.store.stage(self.derivation.dref)
        other = evolve(self, staging=staging, sample=sample, started=_now())
        make_parents(other)
        self.others.append(other)
        return other

    @property
    def later(self) -> tuple[Workshop, ...]:
        return tuple(each for each in self.others if each.sample > self.sample)

    @property
    def failures(self) -> tuple[Failure, ...]:
        found = self.store.failures(self.derivation.dref)
        return tuple(each for each in found if each.context == self.context)

    def check(self, promises: Iterable[Promise]) -> None:
        derivation = self.derivation
        for promise in promises:
            folder = self.folder
            path = folder / promise.path
            if not (path.is_file() if promise.is_file else path.exists()):
                found = ", ".join(sorted(each.name for each in folder.glob("*"))) or "nothing"
                raise MissingOutput(
                    derivation.name, derivation.realizer, promise.label, str(path), found
                )

    def restart(self) -> None:
        home = self.folder.parent  # there, now that the folder was asked for
        self._empty_into(Path(tempfile.mkdtemp(prefix="failed-", dir=home)))

    def fail(self, error: BaseException) -> tuple[str, str]:
        if shortage(error):
            raise error
        texts = one_line(type(error).__name__, text_of(error)), traceback_of(error)
        why, trace = (text.replace(str(self.folder), "<folder>") for text in texts)
        if isinstance(error, GivenUp):  # it is on record
            self.restart()
            return why, trace
        home = self.staging.home
        place = Path(tempfile.mkdtemp(prefix=f"{home.name}-", dir=home.parent))
        self._empty_into(place)
        with suppress(FileNotFoundError):  # nothing was logged
            shutil.copyfile(self.staging.log, place / self.staging.log.name)
        self.note(error, place)
        return why, trace

    def note(self, error: BaseException, place: Path, others: Iterable[Path] = ()) -> None:
        """Put a failure on record, with what was left at these places."""
        failure = Failure(
            DRef(self.derivation.dref.text, Folder()),
            self.context,
            self.sample,
            self.started,
            _now(),
            as_utf8(type(error).__name__),
            text_of(error),
            place,
            tuple(others),
        )
        record(failure, self.derivation.config.text, error)

    def _empty_into(self, aside: Path) -> None:
        with suppress(FileNotFoundError):  # the realizer may have moved it away itself
            self.folder.chmod(0o755)  # renaming a folder needs the right to write it
            os.rename(self.folder, aside / "out")
        for later in self.later:
            self.others.remove(later)
            with suppress(FileNotFoundError):  # nobody has asked for its folder
                os.rename(later.staging.home, aside / f"sample-{later.sample}")
        self.staging.place.mkdir(parents=True, exist_ok=True)
        make_parents(self)

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)

    def seed(self, number: int) -> None:
        if "tensorflow" in sys.modules:
            sys.modules["tensorflow"].random.set_seed(number)
        if importlib.util.find_spec("numpy"):  # a realizer may import it after this
            importlib.import_module("numpy").random.seed(number)
        random.seed(number)

    def logging(self) -> AbstractContextManager[None]:
        return printing_to(self.staging.log)

    def run(self, arguments: Sequence[str], variables: Mapping[str, str]) -> None:
        status, tail = run_logged(arguments, self.folder, self.staging.log, variables)
        if status:
            raise CommandFailed(self.derivation.name, shlex.join(arguments), status, tail)

    def within(self, seconds: float, work: Callable[[], None]) -> None:
        state, known = random.getstate(), len(self.others)

        def there() -> tuple[_Made, ...]:
            random.setstate(state)  # Python seeds it anew in a process that was forked
            work()
            made = self.others[known:]
            return tuple((each.staging, each.sample, each.started) for each in made)

        try:
            made = confined(there, seconds, self.derivation.name, self.derivation.realizer)
        finally:
            _branch_off()
        for staging, sample, started in made:
            self.others.append(evolve(self, staging=staging, sample=sample, started=started))


def _branch_off() -> None:
    """Let generators go another way than in the process that was forked."""
    random.seed(random.getrandbits(64))
    if "numpy" in sys.modules:
        generator = sys.modules["numpy"].random
        generator.seed(generator.randint(2**32, size=4, dtype="uint32"))


def workshop(
    store: Store,
    staging: Staging,
    context: Context,
    derivation: Derivation,
    sample: int,
    arguments: Arguments,
) -> Workshop:
    """A workshop with an empty folder, but for the folders of promised outputs."""
    made = Workshop(store, staging, context, derivation, sample, arguments)
    make_parents(made)
    return made


def make_parents(site: Workshop) -> None:
    """Make the folders that promised outputs lie in."""
    for promise in site.derivation.promises:
        if "/" in promise.path:
            (site.folder / promise.path).parent.mkdir(parents=True, exist_ok=True)
