"""What `realize` gives has the shape of what the stage makes: one, several, pair, list, dict."""

from typing import assert_type

from pipeline import Model, Report, Sample, model, models, report, sample

from pylightnix_fn import (
    Closure,
    DRef,
    Manager,
    Many,
    MemoryStore,
    Realization,
    at_least,
    both,
    instantiate,
    mapped,
    realize,
    redefine,
)

store = MemoryStore()


def pair(m: Manager) -> tuple[Manager, tuple[DRef[Sample], DRef[Model]]]:
    m, numbers = sample(m)
    m, fitted = model(m)
    return m, (numbers, fitted)


def listed(m: Manager) -> tuple[Manager, list[DRef[Model]]]:
    m, one = model(m, 0.1)
    m, other = model(m, 0.2)
    return m, [one, other]


def named(m: Manager) -> tuple[Manager, dict[str, DRef[Model]]]:
    m, one = model(m, 0.1)
    m, other = model(m, 0.2)
    return m, {"one": one, "other": other}


assert_type(instantiate(model), Closure[Realization[Model]])
assert_type(realize(instantiate(model), store), Realization[Model])

assert_type(instantiate(models), Closure[tuple[Realization[Model], ...]])
assert_type(realize(instantiate(models), store), tuple[Realization[Model], ...])

assert_type(instantiate(pair), Closure[tuple[Realization[Sample], Realization[Model]]])
numbers, fitted = realize(instantiate(pair), store)
assert_type(numbers, Realization[Sample])
assert_type(fitted, Realization[Model])

bulk = instantiate(mapped(model, (0.1, 0.2, 0.3)))
assert_type(bulk, Closure[tuple[Realization[Model], ...]])
assert len(realize(bulk, store)) == 3

assert_type(instantiate(listed), Closure[list[Realization[Model]]])
assert_type(realize(instantiate(listed), store), list[Realization[Model]])

assert_type(instantiate(named), Closure[dict[str, Realization[Model]]])
assert_type(realize(instantiate(named), store)["one"].out, Model)

assert_type(realize(instantiate(report), store), Realization[Report])

single, several = realize(instantiate(both(sample, models)), store)
assert_type(single, Realization[Sample])
assert_type(several, tuple[Realization[Model], ...])
several, single = realize(instantiate(both(models, sample)), store)


def triple(m: Manager) -> tuple[Manager, tuple[DRef[Sample], DRef[Model], DRef[Report]]]:
    m, numbers = sample(m)
    m, fitted = model(m)
    m, compared = report(m)
    return m, (numbers, fitted, compared)


first, second, third = realize(instantiate(triple), store)
assert_type((first.out, second.out, third.out), tuple[Sample, Model, Report])


def models_at(m: Manager, rate: float) -> tuple[Manager, Many[Model]]:
    m, fitted = model(m, rate)
    return redefine(m, fitted, matcher=at_least(2))


repeated = realize(instantiate(mapped(models_at, (0.3, 0.4))), store)
assert_type(repeated, tuple[tuple[Realization[Model], ...], ...])
