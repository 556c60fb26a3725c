"""An attempt keeps the outputs of what it attempts, and a matcher its kind."""

from typing import assert_type

from attrs import frozen
from pipeline import Model, Sample, Train, fit, sample

from pylightnix_fn import (
    Build,
    DRef,
    Folder,
    Manager,
    Many,
    ManyMatcher,
    Matcher,
    MemoryStore,
    Realization,
    Realizer,
    all_of,
    at_least,
    best,
    derive,
    instantiate,
    latest,
    realize,
    retry,
    timeout,
)
from pylightnix_fn.combinator.attempt import Attempted, attempt, succeeded
from pylightnix_fn.combinator.history import give_up
from pylightnix_fn.failure import Failure


@frozen
class Judge:
    """What is judged."""

    model: DRef[Attempted[Model]]
    others: Many[Attempted[Model]]


assert_type(attempt(fit), Realizer[Train, Attempted[Model]])
assert_type(attempt(retry(3)(timeout(60)(fit))), Realizer[Train, Attempted[Model]])
assert_type(retry(3)(attempt(fit)), Realizer[Train, Attempted[Model]])
assert_type(give_up(after=3)(fit), Realizer[Train, Model])
assert_type(give_up()(attempt(fit)), Realizer[Train, Attempted[Model]])
assert_type(succeeded(latest()), Matcher)
assert_type(succeeded(best("accuracy.txt")), Matcher)
assert_type(succeeded(all_of()), ManyMatcher)


def judge(b: Build[Judge, Folder]) -> None:
    assert_type(b.failures, tuple[Failure, ...])
    first = b.deref(b.config.model)
    assert_type(first, Attempted[Model])
    assert_type(first.get(), Model)
    assert_type(first.value, Model)
    assert_type(first.succeeded, bool)
    assert_type(first.outcome.read(), str)
    assert_type([each.get() for each in b.deref(b.config.others) if each.succeeded], list[Model])


def models(m: Manager) -> tuple[Manager, Many[Attempted[Model]]]:
    m, numbers = sample(m)
    m, several = derive(
        m, Train(numbers, 0.2), Attempted(Model()), attempt(fit), succeeded(at_least(2))
    )
    assert_type(several, Many[Attempted[Model]])
    return m, several


def model(m: Manager) -> tuple[Manager, DRef[Attempted[Model]]]:
    m, numbers = sample(m)
    assert_type(numbers, DRef[Sample])
    m, one = derive(m, Train(numbers), Attempted(Model()), attempt(fit), latest())
    assert_type(one, DRef[Attempted[Model]])
    return m, one


def judged(m: Manager) -> tuple[Manager, DRef[Folder]]:
    m, one = model(m)
    m, several = models(m)
    return derive(m, Judge(one, several), Folder(), judge)


store = MemoryStore()
made = realize(instantiate(model), store)
assert_type(made, Realization[Attempted[Model]])
assert_type(made.out.get().accuracy.read(), float)
assert_type(store.failures(made.dref), tuple[Failure, ...])
assert made.out.get().remark.read() == "fitted"
assert realize(instantiate(judged), store).size == 0
