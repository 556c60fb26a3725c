"""A realizer and a plain function under a decorator are stages whose types are known."""

from __future__ import annotations

from pathlib import Path
from typing import assert_type

from pipeline import Draw, Sample

from pylightnix_fn import (
    Build,
    DRef,
    Manager,
    Many,
    Realization,
    at_least,
    best,
    instantiate,
    retry,
    step,
)
from pylightnix_fn.closure import Closure
from pylightnix_fn.decoration import stage
from pylightnix_fn.shorthand.autostage import autostage
from pylightnix_fn.shorthand.call import Written


@stage(outputs=Sample())
def draw(b: Build[Draw, Sample]) -> None:
    b.out.numbers.write_text(str(b.config.count))


@stage(outputs=Sample(), matcher=at_least(2))
@retry(3)
def draws(b: Build[Draw, Sample]) -> None:
    b.out.numbers.write_text(str(b.config.count))


@autostage
def count(data: DRef[Sample], factor: float = 1.0, out: Path = Path("out.txt")) -> None:
    assert_type(data.outputs.numbers, Path)
    out.write_text(str(factor * len(data.outputs.numbers.read_text())))


@autostage(matcher=best("out.txt"), name="counted")
def counted(data: DRef[Sample], out: Path = Path("out.txt")) -> None:
    out.write_text(data.outputs.numbers.read_text())


@autostage(matcher=at_least(3))
def counts(data: DRef[Sample], out: Path = Path("out.txt")) -> None:
    out.write_text(data.outputs.numbers.read_text())


assert_type(draw(Manager(), Draw()), tuple[Manager, DRef[Sample]])
assert_type(draws(Manager(), Draw()), tuple[Manager, Many[Sample]])
assert_type(instantiate(draw, Draw()), Closure[Realization[Sample]])
assert_type(instantiate(draws, config=Draw()), Closure[tuple[Realization[Sample], ...]])
assert_type(step(draw, Draw())(Manager()), tuple[Manager, DRef[Sample]])

m, sample = draw(Manager(), Draw())
assert_type(count(m, sample, factor=2.0), tuple[Manager, DRef[Written]])
assert_type(counted(m, sample), tuple[Manager, DRef[Written]])
assert_type(counts(m, sample, Path("a.txt")), tuple[Manager, Many[Written]])
assert_type(count(m, sample)[1].outputs.out, Path)
