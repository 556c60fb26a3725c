"""Realizers: a user's function that writes the artifacts of one derivation.

A realizer sees a `Build`: its config, its outputs record bound to an empty folder, and what it
depends on. All effects go through the `Site` that a driver gives.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Generic, Protocol, TypeAlias, overload

from attrs import field, frozen

from pylightnix_fn.canonical import digest
from pylightnix_fn.config import Config
from pylightnix_fn.encoding import kept
from pylightnix_fn.errors.build import WrongArgument
from pylightnix_fn.errors.message import shown
from pylightnix_fn.errors.plan import NotOne
from pylightnix_fn.outputs import Files, Promise, Sealed, bind
from pylightnix_fn.refs import DRef, Many, RRef
from pylightnix_fn.tree import Folder

if TYPE_CHECKING:
    # The defaults let `Build` stand for `Build[Config, Folder]`, the seed form.
    from typing_extensions import TypeVar

    from pylightnix_fn.failure import Failure

    C = TypeVar("C", default=Config)
    T = TypeVar("T", default=Folder)
    U = TypeVar("U")
else:
    from typing import TypeVar

    C = TypeVar("C")
    T = TypeVar("T")
    U = TypeVar("U")

Context: TypeAlias = Mapping[DRef[object], tuple[RRef[object], ...]]
Arguments: TypeAlias = Mapping[str, object]


class Site(Protocol):
    """What a driver gives to one build: the only door from a realizer to the world."""

    @property
    def folder(self) -> Path:
        """The folder to write into, empty at first."""

    @property
    def files(self) -> Files:
        """The files that artifacts are read from and written to."""

    @property
    def context(self) -> Context:
        """The realizations of the direct dependencies that this build sees."""

    def inputs(self, dref: DRef[object]) -> tuple[Path, ...]:
        """The folders of the chosen realizations; `UndeclaredInput` if the config lacks it."""

    @property
    def arguments(self) -> Arguments:
        """What was given for this run alone, by name."""

    @property
    def sample(self) -> int:
        """The number of this realization among those of its derivation and context, from 0."""

    @property
    def failures(self) -> tuple[Failure, ...]:
        """The failures on record of this derivation in this context, oldest first."""

    def another(self) -> Site:
        """The site of one realization more, which is kept with this one."""

    @property
    def later(self) -> tuple[Site, ...]:
        """The sites that were asked for after this one; `restart` drops them."""

    def check(self, promises: Iterable[Promise]) -> None:
        """`MissingOutput` unless these are there."""

    def restart(self) -> None:
        """Empty the folder; what lay in it stays beside it until the build has ended."""

    def fail(self, error: BaseException) -> tuple[str, str]:
        """Put a failure on record with what was written, and empty the folder.

        Gives the error in one line, and its traceback, both without the name of the folder: so
        equal failures have equal texts. What the machine had too little of is raised again.
        """

    def sleep(self, seconds: float) -> None:
        """Wait."""

    def seed(self, number: int) -> None:
        """Seed the generators of Python, numpy and TensorFlow, so far as they are imported."""

    def logging(self) -> AbstractContextManager[None]:
        """Let what this process and its children print go to the log of the realization."""

    def run(self, arguments: Sequence[str], variables: Mapping[str, str]) -> None:
        """Run a command in the folder, its output logged; `CommandFailed` if it fails.

        ``variables`` join those of its environment.
        """

    def within(self, seconds: float, work: Callable[[], None]) -> None:
        """Do work that can be ended from outside, and end it after a time with `TimedOut`."""


@frozen
class Build(Generic[C, T]):
    """One build under way, as its realizer sees it."""

    config: C
    dref: DRef[T]
    site: Site

    @property
    def name(self) -> str:
        """What people call the derivation."""
        return self.dref.name

    @property
    def seed(self) -> int:
        """A number for generators of one's own, from the derivation and the number of the sample.

        Sample k has the same one wherever it is drawn: ``numpy.random.default_rng(b.seed)``.
        """
        return int(digest(f"{self.dref.text}/{self.site.sample}")[:8], 16)

    @property
    def failures(self) -> tuple[Failure, ...]:
        """The failures on record of just this build: from the same inputs, oldest first.

        Those of earlier runs and other processes, until `forget_failures` deletes them.
        """
        return self.site.failures

    def argument(self, name: str, default: U) -> U:
        """What `realize` was given for this run alone: no part of the key, so of no result.

        For how much is printed, how many threads to use. `WrongArgument` if it is not of the type
        of the default.
        """
        value = self.site.arguments.get(name, default)
        if isinstance(value, type(default)):
            return value
        found, expected = shown(value), type(default).__name__
        raise WrongArgument(self.name, name, found, expected)

    @property
    def path(self) -> Path:
        """The folder to write into."""
        return self.site.folder

    @property
    def out(self) -> T:
        """The outputs record, bound to the folder to write into."""
        return bind(self.dref.outputs, self.site.folder, self.site.files)

    @overload
    def deref(self, reference: DRef[U]) -> U: ...
    @overload
    def deref(self, reference: Many[U]) -> tuple[U, ...]: ...
    def deref(self, reference: DRef[U] | Many[U]) -> U | tuple[U, ...]:
        """The outputs of a dependency, bound to where they lie; `NotOne` if there is not one."""
        dref = reference if isinstance(reference, DRef) else reference.dref
        files = Sealed(self.site.files)
        found = tuple(bind(dref.outputs, folder, files) for folder in self.site.inputs(dref))
        return found if isinstance(reference, Many) else one(dref, found)


def one(dref: DRef[object], found: tuple[U, ...]) -> U:
    """The only one of what was found; `NotOne` where there are none or several."""
    if len(found) != 1:
        raise NotOne(dref.text, len(found))
    return found[0]


Realizer: TypeAlias = Callable[[Build[C, T]], None]


@frozen
class Recipe(Generic[C, T]):
    """A realizer with its config and outputs: all that a site needs to run it.

    ``unkeyed`` is the realizer once more where the reference does not stand for its code: functions
    made anew by every call of a stage are unequal, though they do the same.
    """

    config: C
    dref: DRef[T]
    realizer: Realizer[C, T] = field(eq=False)
    unkeyed: Realizer[C, T] | None = None

    def __call__(self, site: Site) -> None:
        self.realizer(Build(kept(self.config), self.dref, site))


def name_of(function: object) -> str:
    """What people call a function: as it introduces itself in error texts.

    >>> name_of(len), name_of(partial(sorted, reverse=True))
    ('len', 'sorted')
    """
    if isinstance(function, partial):
        return name_of(function.func)
    name = getattr(function, "__qualname__", None) or getattr(function, "__name__", None)
    return name.rpartition("<locals>.")[2] if isinstance(name, str) else str(function)
