"""A small pipeline, which the other programs here and the refused ones speak of."""

from __future__ import annotations

import random
from pathlib import Path

from attrs import frozen

from pylightnix_fn import (
    Artifact,
    Build,
    DRef,
    Manager,
    Many,
    artifact,
    at_least,
    derive,
    number,
    text,
)


@frozen
class Draw:
    """How many numbers are drawn."""

    count: int = 3


@frozen
class Sample:
    """Numbers that were drawn, one a line."""

    numbers: Path = Path("numbers.txt")


@frozen
class Train:
    """What a model is fitted to, and how."""

    sample: DRef[Sample]
    rate: float = 0.1


@frozen
class Model:
    """A model that was fitted, how good it is, and a word about it."""

    weights: Path = Path("weights.txt")
    accuracy: Artifact[float] = artifact("accuracy.txt", number)
    remark: Artifact[str] = artifact("remark.txt", text)


@frozen
class Compare:
    """Several models, and one to compare them with."""

    models: Many[Model]
    baseline: DRef[Model]


@frozen
class Report:
    """A page of text."""

    page: Artifact[str] = artifact("page.txt", text)


def draw(b: Build[Draw, Sample]) -> None:
    lines = (f"{random.random()}\n" for _ in range(b.config.count))
    b.out.numbers.write_text("".join(lines), encoding="utf-8")


def fit(b: Build[Train, Model]) -> None:
    lines = b.deref(b.config.sample).numbers.read_text(encoding="utf-8").split()
    b.out.weights.write_text(" ".join(random.choices(lines, k=3)), encoding="utf-8")
    b.out.accuracy.write(random.random())
    b.out.remark.write("fitted")


def compare(b: Build[Compare, Report]) -> None:
    baseline = b.deref(b.config.baseline).accuracy.read()
    gains = (each.accuracy.read() - baseline for each in b.deref(b.config.models))
    b.out.page.write("\n".join(map(str, gains)))


def sample(m: Manager, count: int = 3) -> tuple[Manager, DRef[Sample]]:
    return derive(m, Draw(count), Sample(), draw)


def model(m: Manager, rate: float = 0.1) -> tuple[Manager, DRef[Model]]:
    m, numbers = sample(m)
    return derive(m, Train(numbers, rate), Model(), fit)


def models(m: Manager, n: int = 2) -> tuple[Manager, Many[Model]]:
    m, numbers = sample(m)
    return derive(m, Train(numbers, rate=0.5), Model(), fit, at_least(n))


def report(m: Manager) -> tuple[Manager, DRef[Report]]:
    m, baseline = model(m)
    m, others = models(m)
    return derive(m, Compare(others, baseline), Report(), compare)
