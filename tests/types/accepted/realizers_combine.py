"""Realizers out of realizers keep their config and their outputs."""

from collections.abc import Callable
from typing import TypeVar, assert_type

from pipeline import Model, Sample, Train, fit, sample

from pylightnix_fn import (
    Build,
    DRef,
    Manager,
    Many,
    MemoryStore,
    Realization,
    Realizer,
    after,
    all_of,
    before,
    derive,
    fallback,
    instantiate,
    logged,
    realize,
    require,
    retry,
    run,
    samples,
    seeded,
    then,
    timeout,
)

C = TypeVar("C")
T = TypeVar("T")


def good(out: Model) -> bool:
    return out.accuracy.read() >= 0


def announced(b: Build[C, T]) -> None:
    print(b.name)


def twice(realizer: Realizer[C, T]) -> Realizer[C, T]:
    """A combinator of the user's."""

    def both_times(b: Build[C, T]) -> None:
        realizer(b)
        realizer(b)

    return both_times


Fit = Realizer[Train, Model]

assert_type(then(fit, fit), Fit)
assert_type(then(announced, fit), Fit)
assert_type(before(fit)(fit), Fit)
assert_type(after(fit)(fit), Fit)
assert_type(after(announced)(fit), Fit)
assert_type(retry(3)(fit), Fit)
assert_type(retry(3, on=OSError, wait=0.5)(fit), Fit)
assert_type(retry(3, on=(OSError, ValueError), wait=lambda failures: 2.0**failures)(fit), Fit)
assert_type(fallback(fit)(fit), Fit)
assert_type(fallback(fit, on=OSError)(fit), Fit)
assert_type(require(good)(fit), Fit)
assert_type(timeout(60)(fit), Fit)
assert_type(logged(fit), Fit)
assert_type(seeded(fit), Fit)
assert_type(samples(3)(fit), Fit)
assert_type(twice(fit), Fit)
assert_type(retry(3)(timeout(60.0)(seeded(logged(require(good)(fit))))), Fit)

careful: Callable[[Fit], Fit] = retry(3)
assert_type(careful(fit), Fit)


def models(m: Manager) -> tuple[Manager, Many[Model]]:
    m, numbers = sample(m)
    realizer = samples(3)(retry(2)(seeded(logged(require(good)(then(announced, twice(fit)))))))
    return derive(m, Train(numbers), Model(), realizer, all_of())


def copied(m: Manager) -> tuple[Manager, DRef[Sample]]:
    m, numbers = sample(m)
    return derive(m, Train(numbers), Sample(), run("cp {c.sample.numbers} {out.numbers}"))


store = MemoryStore()
several = realize(instantiate(models), store, rebuild=True)
assert_type(several, tuple[Realization[Model], ...])
assert len(several) == 3
copy = realize(instantiate(copied), store)
assert_type(copy, Realization[Sample])
assert len(copy.out.numbers.read_text(encoding="utf-8").split()) == 3
