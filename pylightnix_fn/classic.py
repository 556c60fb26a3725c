"""The vocabulary of the original Pylightnix, for configs that are plain dicts.

A thin skin over the typed form: the config is just the user's dict, the realizer is not part of the
key, and outputs are a `Folder`. New pipelines are better off with `derive`.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path, PurePosixPath
from types import SimpleNamespace
from typing import Final, TypeAlias, TypeVar, overload

from attrs import frozen

from pylightnix_fn.config import Config, dependencies
from pylightnix_fn.encoding import selfref
from pylightnix_fn.errors.build import UndeclaredInput
from pylightnix_fn.errors.plan import MalformedOutputs, MalformedReference
from pylightnix_fn.manager import Derivation, Manager
from pylightnix_fn.matcher.candidate import AnyMatcher, ManyMatcher, Matcher
from pylightnix_fn.matcher.choice import all_of, at_least, best, exact, latest, only
from pylightnix_fn.outputs import Promise, why_no_output
from pylightnix_fn.realizer import Build, Context, Recipe, name_of, one
from pylightnix_fn.refs import DRef, Many, RRef, dref, dref_from, is_dref
from pylightnix_fn.tree import Folder

C = TypeVar("C")
T = TypeVar("T")
U = TypeVar("U")

RefPath: TypeAlias = "list[DRef[object] | str]"
"""A file of a dependency, ``[dref, "a"]``, or of the realization itself, ``[selfref, "a"]``."""

SeedRealizer: TypeAlias = Callable[[Build[Config, Folder]], None]

match_latest: Final = latest
match_best: Final = best
match_only: Final = only
match_all: Final = all_of
match_some: Final = at_least
match_exact: Final = exact


@frozen
class Wrapped:
    """A function of the user's as a realizer."""

    function: SeedRealizer

    def __call__(self, b: Build[Config, Folder]) -> None:
        self.function(b)

    @property
    def __name__(self) -> str:
        return name_of(self.function)


def build_wrapper(function: SeedRealizer) -> Wrapped:
    """The realizer of `mkdrv` that calls a function with the build."""
    return Wrapped(function)


@overload
def mkdrv(
    m: Manager, config: Config, matcher: Matcher, realizer: SeedRealizer
) -> tuple[Manager, DRef[Folder]]: ...
@overload
def mkdrv(
    m: Manager, config: Config, matcher: ManyMatcher, realizer: SeedRealizer
) -> tuple[Manager, Many[Folder]]: ...
def mkdrv(
    m: Manager, config: Config, matcher: AnyMatcher, realizer: SeedRealizer
) -> tuple[Manager, DRef[Folder] | Many[Folder]]:
    """Add a derivation whose key is its config alone.

    Another one with the same config is replaced, and the manager notes it.
    Errors: `UnknownReference`, `MalformedName`, `MalformedOutputs`.
    """
    reference = dref(config.digest, config.name, Folder())
    derivation = Derivation(
        reference,
        config,
        dependencies(config),
        matcher,
        Recipe(config, reference, realizer, realizer),
        name_of(realizer),
        tuple(_promise(config.name, path) for path in config.promises),
    )
    m = m.adding(derivation)
    return m, Many(reference) if isinstance(matcher, ManyMatcher) else reference


def _promise(name: str, path: str) -> Promise:
    label = f"[selfref, '{path}']"
    if path and (why := why_no_output(path)):
        raise MalformedOutputs(name, label, path, why)
    return Promise(label, path)


def build_outpath(b: Build[Config, Folder]) -> Path:
    """The folder to write artifacts into."""
    return b.path


def build_name(b: Build[C, T]) -> str:
    """What people call the derivation."""
    return b.name


def build_context(b: Build[C, T]) -> Context:
    """The realizations of the direct dependencies that this build sees."""
    return b.site.context


@overload
def build_deref(b: Build[C, T], reference: DRef[U]) -> RRef[U]: ...
@overload
def build_deref(b: Build[C, T], reference: Many[U]) -> tuple[RRef[U], ...]: ...
def build_deref(b: Build[C, T], reference: DRef[U] | Many[U]) -> RRef[U] | tuple[RRef[U], ...]:
    """The realization of a dependency that this build sees, or all of them for a `Many`.

    Errors: `UndeclaredInput`, and `NotOne`. For what lies in one, ``b.deref`` is shorter.
    """
    dref = reference if isinstance(reference, DRef) else reference.dref
    if dref not in b.site.context:
        raise UndeclaredInput(b.name, dref.text)
    found = tuple(RRef(each.text, dref.outputs) for each in b.site.context[dref])
    return found if isinstance(reference, Many) else one(dref, found)


def build_config(b: Build[Config, Folder]) -> Config:
    """The config of the derivation."""
    return b.config


def build_cattrs(b: Build[Config, Folder]) -> SimpleNamespace:
    """The parameters of the config as attributes."""
    return SimpleNamespace(**b.config.value())


def build_path(b: Build[Config, Folder], refpath: RefPath) -> Path:
    """Where the file of a RefPath lies.

    Errors: `UndeclaredInput`, `NotOne`, and `MalformedReference` for what is no RefPath.
    """
    first, path = _parted(refpath)
    return b.path / path if first is None else b.deref(first).path / path


def build_paths(b: Build[Config, Folder], refpath: RefPath) -> tuple[Path, ...]:
    """Where the file of a RefPath lies in each of the realizations that this build sees.

    Errors: those of `build_path`, but for `NotOne`.
    """
    first, path = _parted(refpath)
    folders = [b.path] if first is None else [each.path for each in b.deref(Many(first))]
    return tuple(folder / path for folder in folders)


def _parted(refpath: RefPath) -> tuple[DRef[Folder] | None, PurePosixPath]:
    """The derivation of a RefPath, `None` for the realization itself, and the path inside."""
    path = PurePosixPath(*(str(part) for part in refpath[1:]))
    if not refpath or path.is_absolute() or ".." in path.parts or "\0" in str(path):
        raise MalformedReference(repr(refpath), "[reference, name, ...] inside one realization")
    first = refpath[0]
    if first == selfref:
        return None, path
    if isinstance(first, str):
        if not is_dref(first):
            raise MalformedReference(repr(refpath), "[reference, name, ...]")
        first = dref_from(first)
    return DRef(first.text, Folder()), path
