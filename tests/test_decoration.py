"""`stage`: realizers as stages, by a decorator."""

from __future__ import annotations

import pickle

import cloudpickle
import pytest
from attrs import frozen

from pylightnix_fn import (
    Artifact,
    Build,
    DRef,
    Manager,
    MemoryStore,
    Resources,
    Version,
    artifact,
    at_least,
    best,
    derive,
    instantiate,
    number,
    realize,
    redefine,
    retry,
)
from pylightnix_fn.decoration import stage
from pylightnix_fn.errors.plan import UnpromisedRead


@frozen
class Train:
    """A config."""

    rate: float = 0.5


@frozen
class Model:
    """Outputs."""

    accuracy: Artifact[float] = artifact("accuracy.txt", number)


def plain(b: Build[Train, Model]) -> None:
    b.out.accuracy.write(b.config.rate)


@stage(outputs=Model(), matcher=best("accuracy.txt"))
def fit(b: Build[Train, Model]) -> None:
    b.out.accuracy.write(b.config.rate)


@stage(outputs=Model(), matcher=at_least(2), name="fits", code=Version("1"))
def fits(b: Build[Train, Model]) -> None:
    b.out.accuracy.write(float(b.site.sample))


@stage(outputs=Model())
@retry(2)
def stubborn(b: Build[Train, Model]) -> None:
    b.out.accuracy.write(1.0)


def test_stage_is_realized_as_a_derivation() -> None:
    assert 0.25 == realize(instantiate(fit, Train(0.25)), MemoryStore()).out.accuracy.read()


def test_stage_is_what_derive_makes() -> None:
    decorated = stage(outputs=Model())(plain)
    assert derive(Manager(), Train(), Model(), plain) == decorated(Manager(), Train())


def test_matcher_is_that_of_the_decorator() -> None:
    m, model = fit(Manager(), Train())
    assert best("accuracy.txt") == m.derivations[model].matcher


def test_matcher_is_no_part_of_the_key() -> None:
    chosen = stage(outputs=Model(), matcher=best("accuracy.txt"))(plain)
    assert stage(outputs=Model())(plain)(Manager(), Train())[1] == chosen(Manager(), Train())[1]


def test_matcher_for_several_gives_many() -> None:
    found = realize(instantiate(fits, Train()), MemoryStore())
    assert [0.0, 1.0] == sorted(each.out.accuracy.read() for each in found)


def test_name_can_be_given() -> None:
    assert "fits" == fits(Manager(), Train())[1].dref.name


def test_name_is_that_of_the_config_by_default() -> None:
    assert "train" == fit(Manager(), Train())[1].name


def test_combinators_go_below() -> None:
    m, model = stubborn(Manager(), Train())
    assert "retry(2)(stubborn)" == m.derivations[model].realizer


def test_code_is_part_of_the_key() -> None:
    m, model = fit(Manager(), Train())
    code = m.derivations[model].config.value()["code"]
    assert isinstance(code, dict)
    assert [f"{__name__}:fit"] == list(code)


def test_code_can_be_a_word() -> None:
    m, models = fits(Manager(), Train())
    assert "1" == m.derivations[models.dref].config.value()["code"]


def test_resources_are_those_of_the_decorator() -> None:
    large = Resources(cores=8)
    m, model = stage(outputs=Model(), resources=large)(plain)(Manager(), Train())
    assert large == m.derivations[model].resources


def test_realizer_can_be_had_again() -> None:
    def better(m: Manager) -> tuple[Manager, DRef[Model]]:
        m, model = fit(m, Train())
        return redefine(m, model, config=Train, realizer=stubborn.realizer)

    assert 1.0 == realize(instantiate(better), MemoryStore()).out.accuracy.read()


def test_stage_has_the_name_of_its_function() -> None:
    assert ("fit", "fits") == (fit.__name__, fits.__name__)


def test_derivations_travel() -> None:
    derivations = tuple(instantiate(fit, Train()))
    assert derivations == pickle.loads(cloudpickle.dumps(derivations))


def test_matcher_that_reads_what_is_not_promised_is_refused() -> None:
    decorated = stage(outputs=Model(), matcher=best("loss.txt"))(plain)
    with pytest.raises(UnpromisedRead, match=r"loss\.txt"):
        decorated(Manager(), Train())


def test_outputs_lie_where_they_are_promised() -> None:
    found = realize(instantiate(fit, Train()), MemoryStore())
    assert found.path / "accuracy.txt" == found.out.accuracy.path
