"""A derivation to try realizers on, and realizers that do as they are told."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final, TypeAlias

from attrs import Factory, define, frozen

from pylightnix_fn import (
    Artifact,
    Build,
    Closure,
    DRef,
    Manager,
    Matcher,
    Realization,
    Realizer,
    Store,
    artifact,
    derive,
    instantiate,
    latest,
    realize,
    text,
)

LOG: Final = "__log__.txt"


@frozen
class Trial:
    """A config that says nothing of note."""

    label: str = "trial"


@frozen
class Note:
    """Outputs of one text."""

    text: Artifact[str] = artifact("note.txt", text)


Trying: TypeAlias = Realizer[Trial, Note]


def trial(realizer: Trying, matcher: Matcher = latest()) -> Closure[Realization[Note]]:  # noqa: B008
    """The closure of one derivation with this realizer, whatever its code."""

    def stage(m: Manager) -> tuple[Manager, DRef[Note]]:
        return derive(m, Trial(), Note(), realizer, matcher, code=None)

    return instantiate(stage)


def built(realizer: Trying, store: Store, *, rebuild: bool = False) -> Realization[Note]:
    """What a realizer makes in a store."""
    return realize(trial(realizer), store, rebuild=rebuild)


def writing(words: str) -> Trying:
    """Adds words to the note."""

    def write(b: Build[Trial, Note]) -> None:
        before = b.out.text.read() if b.out.text.path.exists() else ""
        b.out.text.write(before + words)

    return write


def doing(act: Callable[[Path], None]) -> Trying:
    """Does something in the folder, and writes the note."""

    def do(b: Build[Trial, Note]) -> None:
        act(b.path)
        b.out.text.write("done")

    return do


@define(eq=False)
class Failing:
    """Fails so many times, with a file left behind each time, and then writes the note."""

    times: int
    error: Callable[[int], Exception] = lambda n: ValueError(f"failure {n}")
    calls: int = 0
    found: list[list[str]] = Factory(list)

    def __call__(self, b: Build[Trial, Note]) -> None:
        self.calls += 1
        self.found.append(sorted(each.name for each in b.path.iterdir()))
        (b.path / f"left-{self.calls}").write_text("left", encoding="utf-8")
        if self.calls <= self.times:
            raise self.error(self.calls)
        b.out.text.write(f"call {self.calls}")
