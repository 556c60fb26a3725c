"""The winner of a selection has the outputs of its contenders."""

from typing import assert_type

from pipeline import Model, model, models

from pylightnix_fn import (
    DRef,
    Manager,
    Many,
    MemoryStore,
    Realization,
    instantiate,
    mapped,
    realize,
    select,
)


def winner(m: Manager) -> tuple[Manager, DRef[Model]]:
    m, contenders = mapped(model, (0.1, 0.2))(m)
    m, chosen = select(m, contenders, lambda out: out.accuracy)
    assert_type(chosen, DRef[Model])
    return m, chosen


def loser(m: Manager) -> tuple[Manager, DRef[Model]]:
    m, several = models(m)
    m, one = model(m)
    contenders: list[DRef[Model] | Many[Model]] = [several, one]
    m, many = select(m, [several], by=lambda out: out.accuracy, name="many")
    assert_type(many, DRef[Model])
    return select(m, contenders, lambda out: out.accuracy, lowest=True)


store = MemoryStore()
best, worst = realize(instantiate(winner), store), realize(instantiate(loser), store)
assert_type(best, Realization[Model])
assert_type(best.out.remark.read(), str)
assert worst.out.remark.read() == "fitted"
