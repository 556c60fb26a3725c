"""Time, chance, output and processes around a realizer, all of it asked of the site.

Nothing here waits, prints, draws or starts anything itself.
"""

from __future__ import annotations

import copy
import shlex
from collections.abc import Callable, Mapping
from functools import partial
from string import Formatter
from types import SimpleNamespace
from typing import Generic, TypeVar

from attrs import evolve, field, frozen

from pylightnix_fn.encoding import fields_of
from pylightnix_fn.environment import environ
from pylightnix_fn.errors.plan import BadParameter
from pylightnix_fn.realizer import Build, Realizer, name_of
from pylightnix_fn.refs import DRef, Many

C = TypeVar("C")
T = TypeVar("T")


@frozen
class Timeout(Generic[C, T]):
    """See `timeout`."""

    realizer: Realizer[C, T]
    seconds: float

    def __call__(self, b: Build[C, T]) -> None:
        b.site.within(self.seconds, partial(self.realizer, b))

    @property
    def __name__(self) -> str:
        return f"timeout({self.seconds:g})({name_of(self.realizer)})"


def timeout(seconds: float) -> Callable[[Realizer[C, T]], Realizer[C, T]]:
    """End a realizer with all its children after some seconds, with `TimedOut`.

    It runs in a process of its own, forked from this one, so that it ends even where it hangs in C
    code; only what it writes comes back.
    """
    if not seconds > 0:
        raise BadParameter("timeout", "seconds", repr(seconds), "more than 0")
    return lambda realizer: Timeout(realizer, seconds)


@frozen
class Logged(Generic[C, T]):
    """See `logged`."""

    realizer: Realizer[C, T]

    def __call__(self, b: Build[C, T]) -> None:
        with b.site.logging():
            self.realizer(b)

    @property
    def __name__(self) -> str:
        return f"logged({name_of(self.realizer)})"


def logged(realizer: Realizer[C, T]) -> Realizer[C, T]:
    """Keep what a realizer and its children print, as ``__log__.txt`` beside the artifacts.

    The log is no part of the realization's hash.
    """
    return Logged(realizer)


@frozen
class Seeded(Generic[C, T]):
    """See `seeded`."""

    realizer: Realizer[C, T]
    # Results from before are others: seeding is part of the key.
    trace: str = field(default="seeded", init=False, repr=False, metadata={"key": True})

    def __call__(self, b: Build[C, T]) -> None:
        b.site.seed(b.seed)
        self.realizer(b)

    @property
    def __name__(self) -> str:
        return f"seeded({name_of(self.realizer)})"


def seeded(realizer: Realizer[C, T]) -> Realizer[C, T]:
    """Seed Python, numpy and TensorFlow from the derivation and the number of the sample.

    So sample k is the same wherever it is drawn, and samples differ. Generators of one's own take
    ``b.seed``: ``numpy.random.default_rng(b.seed)``. TensorFlow is seeded only where it is imported
    already: import it at the head of the module, not in the realizer.
    """
    return Seeded(realizer)


@frozen
class Samples(Generic[C, T]):
    """See `samples`."""

    realizer: Realizer[C, T]
    n: int

    def __call__(self, b: Build[C, T]) -> None:
        config = copy.deepcopy(b.config)  # a sample may change its own
        self.realizer(b)
        for _ in range(1, self.n):
            b = evolve(b, config=copy.deepcopy(config), site=b.site.another())
            self.realizer(b)

    @property
    def __name__(self) -> str:
        return f"samples({self.n})({name_of(self.realizer)})"


def samples(n: int) -> Callable[[Realizer[C, T]], Realizer[C, T]]:
    """Make ``n`` realizations in one build."""
    if n < 1:
        raise BadParameter("samples", "n", repr(n), "1 or more")
    return lambda realizer: Samples(realizer, n)


@frozen
class Command:
    """See `run`."""

    command: str = field(metadata={"key": True})

    def __call__(self, b: Build[C, T]) -> None:
        values = {"c": _inputs(b), "out": b.out}
        words = [_filled(word, values) for word in shlex.split(self.command)]
        b.site.run(words, environ(b))

    @property
    def __name__(self) -> str:
        return f"run({self.command!r})"


def run(command: str) -> Command:
    """Run a command: ``run("convert {c.source} {out.picture}")``.

    It is split into words as a shell would, then each word is filled in: ``c`` is the config with
    its references dereferenced, ``out`` the outputs; no shell sees the values. The command sees all
    of them as variables, too (`environ`). It is part of the key, its output is logged, and
    `CommandFailed` shows its last lines.
    """
    try:
        words = shlex.split(command)
        names = [name for word in words for _, name, _, _ in Formatter().parse(word)]
    except ValueError as error:
        raise BadParameter("run", "command", repr(command), f"words, but {error}") from error
    if not words:
        raise BadParameter("run", "command", repr(command), "a command with its arguments")
    for name in names:
        if name is not None and name.split(".")[0] not in ("c", "out"):
            expected = "{c.field} or {out.field}; {{ and }} for braces"
            raise BadParameter("run", "command", repr(command), expected)
    return Command(command)


def _filled(word: str, values: Mapping[str, object]) -> str:
    try:
        return word.format_map(values)
    except (LookupError, AttributeError, ValueError, TypeError) as error:
        expected = f"fields of config and outputs, but {error}"
        raise BadParameter("run", "command", repr(word), expected) from error


def _inputs(b: Build[C, T]) -> SimpleNamespace:
    fields = fields_of(b.config) or {}
    return SimpleNamespace(**{name: _dereferenced(b, value) for name, value in fields.items()})


def _dereferenced(b: Build[C, T], value: object) -> object:
    match value:
        case DRef():
            return b.deref(value)
        case Many():
            return b.deref(value)
        case list():
            return [_dereferenced(b, each) for each in value]
        case _:
            return value
