"""Lenses: walks through what a store holds."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from pathlib import Path

import pytest
from attrs import Factory, frozen
from scenarios import put, registered

from pylightnix_fn import (
    Artifact,
    Attempted,
    Build,
    Config,
    DiskStore,
    DRef,
    Folder,
    Manager,
    Many,
    MemoryStore,
    Realization,
    Store,
    artifact,
    at_least,
    attempt,
    build_wrapper,
    derive,
    dref_from,
    instantiate,
    latest,
    mkconfig,
    mkdrv,
    node,
    number,
    paused,
    realize,
    selfref,
    text,
)
from pylightnix_fn.errors.inplace import NoSuchPart, NotSeen
from pylightnix_fn.errors.plan import NotOne
from pylightnix_fn.errors.store import MissingObject
from pylightnix_fn.optics.lens import Lens, lens
from pylightnix_fn.shorthand.autostage import autostage


@frozen
class Fetch:
    """What a dataset is made from."""

    size: int = 3
    options: dict[str, list[int]] = Factory(lambda: {"a-b": [1, 2]})


@frozen
class Mnist:
    """A dataset."""

    npz: Path = Path("mnist.npz")
    about: Path = Path("in/about.json")
    remark: Artifact[str] = artifact("remark.txt", text)


@frozen
class Rates:
    """Parameters to share."""

    dataset: DRef[Mnist]
    rate: float = 0.5


@frozen
class Train:
    """What a model is made from."""

    dataset: DRef[Mnist]
    rates: DRef[Rates]


@frozen
class Model:
    """A model."""

    accuracy: Artifact[float] = artifact("accuracy.txt", number)


@frozen
class Compare:
    """Several models."""

    models: Many[Model]


def fetch(b: Build[Fetch, Mnist]) -> None:
    b.out.npz.write_bytes(b"\xff\xfe")
    b.out.about.write_text('{"shape": [28, {"rows": null}]}')
    b.out.remark.write("1.5")


def fit(b: Build[Train, Model]) -> None:
    b.out.accuracy.write(0.5 + b.site.sample / 4)


def model(m: Manager) -> tuple[Manager, DRef[Model]]:
    m, dataset = derive(m, Fetch(), Mnist(), fetch, code=None)
    m, rates = node(m, Rates(dataset))
    return derive(m, Train(dataset, rates), Model(), fit, code=None)


def models(m: Manager) -> tuple[Manager, DRef[Folder]]:
    m, dataset = derive(m, Fetch(), Mnist(), fetch, code=None)
    m, rates = node(m, Rates(dataset))
    m, those = derive(m, Train(dataset, rates), Model(), fit, at_least(2), code=None)
    return derive(m, Compare(those), Folder(), lambda b: None, code=None)


@pytest.fixture
def made(store: Store) -> Realization[Model]:
    return realize(instantiate(model), store)


@pytest.fixture
def seen(store: Store, made: Realization[Model]) -> Lens:
    return lens(store, made.rref)


# Steps


def test_parameter_has_its_value(seen: Lens) -> None:
    assert 0.5 == seen.rates.rate.value


def test_reference_leads_to_the_realization_that_was_used(
    seen: Lens, made: Realization[Model]
) -> None:
    [rref] = made.context[seen.dataset.dref]
    assert rref == seen.dataset.rref


def test_output_of_a_dependency_has_a_path(seen: Lens) -> None:
    assert seen.dataset.path / "mnist.npz" == seen.dataset.npz.path
    assert b"\xff\xfe" == seen.dataset.npz.path.read_bytes()


def test_walk_goes_through_shared_parameters(seen: Lens) -> None:
    assert seen.dataset.npz.path == seen.rates.dataset.npz.path


def test_walk_goes_into_json_artifacts(seen: Lens) -> None:
    assert 28 == seen.dataset.about.shape[0].value
    assert None is seen.dataset.about.shape[1].rows.value


def test_walk_goes_into_folders(seen: Lens) -> None:
    assert 28 == seen.dataset["in"]["about.json"].shape[0].value


def test_walk_goes_into_parameters(seen: Lens) -> None:
    assert [1, 2] == [each.value for each in seen.dataset.options["a-b"]]


def test_names_that_python_cannot_hold_have_underscores(seen: Lens) -> None:
    assert seen["accuracy.txt"].path == seen.accuracy_txt.path
    assert 1 == seen.dataset.options.a_b[0].value


def test_artifact_of_a_number_is_a_number(seen: Lens) -> None:
    assert 0.5 == seen.accuracy.value


def test_artifact_of_a_text_is_a_text(seen: Lens) -> None:
    assert "1.5" == seen.dataset.remark.value


def test_value_of_a_realization_is_its_parameters(seen: Lens) -> None:
    assert {"size": 3, "options": {"a-b": [1, 2]}} == seen.dataset.value


def test_context_is_that_of_the_realization(seen: Lens, made: Realization[Model]) -> None:
    assert made.context == seen.context
    assert {} == seen.dataset.context


def test_file_knows_its_realization(seen: Lens, made: Realization[Model]) -> None:
    texts = made.rref.text, made.dref.text
    assert texts == (seen.accuracy.rref.text, seen.accuracy.dref.text)


def test_output_of_a_function_is_seen(store: Store) -> None:
    @autostage
    def count(number: int = 3, out: Path = Path("out.txt")) -> None:
        out.write_text(str(number))

    found = lens(store, realize(instantiate(count), store))
    assert ("3", 3) == (found.out.value, found.number.value)


def test_output_of_an_attempt_is_seen(store: Store) -> None:
    def tried(m: Manager) -> tuple[Manager, DRef[Attempted[Mnist]]]:
        return derive(m, Fetch(), Attempted(Mnist()), attempt(fetch), code=None)

    found = lens(store, realize(instantiate(tried), store))
    assert found.path / "mnist.npz" == found.npz.path


# Starts


def test_realization_is_a_start(store: Store, made: Realization[Model]) -> None:
    assert made.path == lens(store, made).path


def test_derivation_is_seen_through_its_only_realization(
    store: Store, made: Realization[Model]
) -> None:
    assert made.rref.text == lens(store, made.dref).rref.text
    assert made.path / "accuracy.txt" == lens(store, Many(made.dref)).accuracy.path


def test_derivation_without_realizations_has_parameters(store: Store) -> None:
    closure = instantiate(model)
    store.register({each.dref: each.config for each in closure})
    found = lens(store, closure.targets[0])
    assert 3 == found.dataset.size.value
    with pytest.raises(NotOne):
        _ = found.dataset.path


def test_several_realizations_are_chosen_by_number(store: Store) -> None:
    found = lens(store, realize(instantiate(models), store)).models
    assert [0.5, 0.75] == sorted(float(str(found[n].accuracy.value)) for n in (0, 1))
    assert 2 == len(found.rrefs)


def test_several_realizations_are_not_one(store: Store) -> None:
    found = lens(store, realize(instantiate(models), store)).models
    with pytest.raises(NotOne):
        _ = found.path


def test_paused_build_is_a_start(store: Store) -> None:
    closure = instantiate(model)
    b = paused(closure, store, closure.targets[0], Train)
    (b.path / "accuracy.txt").write_text("0.25")
    assert 0.25 == lens(store, b).accuracy.value
    assert 3 == lens(store, b).dataset.size.value
    with pytest.raises(NotSeen):
        _ = lens(store, b).rref
    b.cancel()


def test_object_that_is_not_there_is_missing(store: Store) -> None:
    with pytest.raises(MissingObject):
        _ = lens(store, dref_from(f"dref:{'0' * 32}-gone")).value


# Configs that are dicts


def _seed(m: Manager) -> tuple[Manager, DRef[Folder]]:
    def build(b: Build[Config, Folder]) -> None:
        (b.path / "a.txt").write_text("of a")
        (b.path / "list.json").write_text("[1, 2]")

    realizer = build_wrapper(build)
    m, first = mkdrv(m, mkconfig({"name": "first", "out": [selfref, "a.txt"]}), latest(), realizer)
    config = mkconfig({"name": "second", "file": [first, "a.txt"], "escape": [first, "../x"]})
    return mkdrv(m, config, latest(), realizer)


def test_refpath_leads_to_a_file(store: Store) -> None:
    found = lens(store, realize(instantiate(_seed), store))
    assert "of a" == found.file.value
    assert "first" == found.file.dref.name


def test_promise_leads_to_a_file(store: Store) -> None:
    found = lens(store, realize(instantiate(_seed), store)).file.dref
    assert "of a" == lens(store, found).out.value


def test_file_of_json_is_a_list(store: Store) -> None:
    found = lens(store, realize(instantiate(_seed), store))
    assert [1, 2] == [each.value for each in found.list_json]


def test_refpath_leads_nowhere_else(store: Store) -> None:
    found = lens(store, realize(instantiate(_seed), store)).escape
    with pytest.raises(NotSeen):
        _ = found.path


def test_config_of_others_leads_nowhere_else(store: Store) -> None:
    outputs = {"a": "../../config.json", "b": {"path": "/etc/passwd", "codec": "text"}}
    dref = registered(store, "evil", outputs=outputs, fields={"n": 1}, code=None)
    seen = lens(store, put(store, dref, {"x.txt": "x"}))
    assert ["n", "x.txt"] == [name for name in ("n", "a", "b", "x.txt") if has(seen, name)]


def has(seen: Lens, name: str) -> bool:
    try:
        return seen[name] is not None
    except NoSuchPart:
        return False


# What is not there


def test_unknown_part_names_those_that_there_are(seen: Lens) -> None:
    with pytest.raises(NoSuchPart) as caught:
        _ = seen.dataset.npy
    assert ("lens.dataset", "'npy'") == (caught.value.lens, caught.value.part)
    assert "options, size, about, npz, remark, in, mnist.npz, remark.txt" == caught.value.there


def test_unknown_attribute_is_an_attribute_error(seen: Lens) -> None:
    assert not hasattr(seen, "nothing")


@pytest.mark.parametrize(
    "ask",
    [lambda seen: seen.rates.rate.path, lambda seen: seen.dataset.npz.value],
    ids=["path of a number", "value of bytes"],
)
def test_what_a_part_has_not_is_an_error(seen: Lens, ask: Callable[[Lens], object]) -> None:
    with pytest.raises(NotSeen, match="lens"):
        ask(seen)


# In notebooks


def test_completion_offers_all_names(seen: Lens) -> None:
    names = ["about", "in", "mnist_npz", "npz", "options", "path", "remark", "rref", "value"]
    assert set(names) <= set(dir(seen.dataset))


def test_lens_shows_what_it_looks_at(seen: Lens, made: Realization[Model]) -> None:
    assert f"<lens: {made.rref}>" == repr(seen)
    assert "<lens.rates.rate: 0.5>" == repr(seen.rates.rate)
    assert "<lens.dataset.options['a-b']: [1, 2]>" == repr(seen.dataset.options.a_b)


def test_lens_can_be_copied_and_pickled(tmp_path: Path) -> None:
    store = DiskStore.open(tmp_path / "store")
    seen = lens(store, realize(instantiate(model), store))
    assert seen.path == copy.copy(seen).path == pickle.loads(pickle.dumps(seen)).path


def test_store_in_memory_can_be_looked_at() -> None:
    store = MemoryStore()
    assert 0.5 == lens(store, realize(instantiate(model), store)).accuracy.value
