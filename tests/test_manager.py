"""The manager and the derivations that it holds."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from functools import partial
from hashlib import sha256
from pathlib import Path

import pytest
from attrs import define, evolve, field, frozen
from dags import Node, Shape, grown, node, nothing, shapes
from hypothesis import given, settings

from pylightnix_fn.classic import mkdrv
from pylightnix_fn.code import Version
from pylightnix_fn.composition import redefine
from pylightnix_fn.config import Config, mkconfig
from pylightnix_fn.errors.plan import (
    MalformedConfig,
    MalformedName,
    MalformedOutputs,
    NotJson,
    UnknownReference,
    UnpromisedRead,
)
from pylightnix_fn.manager import Derivation, Manager, Traced, derive, kebab
from pylightnix_fn.matcher.candidate import AnyMatcher, Matcher
from pylightnix_fn.matcher.choice import all_of, best, latest
from pylightnix_fn.outputs import Promise
from pylightnix_fn.realizer import Build, Recipe, name_of
from pylightnix_fn.refs import DRef, Many
from pylightnix_fn.tree import Folder

quick = settings(
    max_examples=100, derandomize=True, database=None, deadline=None, report_multiple_bugs=False
)


@frozen
class Train:
    dataset: DRef[Folder]
    rates: list[float] = field(factory=lambda: [0.1, 0.2])


@frozen
class Nothing:
    """A config without parameters."""


@frozen
class Model:
    weights: Path = Path("model.h5")
    accuracy: Path = Path("accuracy.txt")


def fit(b: Build[Train, Model]) -> None:
    b.out.weights.write_text("x")


def fit_again(b: Build[Train, Model]) -> None:
    b.out.weights.write_text("y")


def seed_fit(b: Build[Config, Folder]) -> None:
    """A realizer of the seed form."""


def with_data() -> tuple[Manager, DRef[Folder]]:
    return node(Manager(), 0)


# A manager is a value.


def test_derive_leaves_the_manager_it_was_given() -> None:
    before, _ = with_data()
    after, dref = node(before, 1)
    assert (1, 2) == (len(before), len(after))
    assert dref not in before
    assert dref in after


@given(shapes())
@quick
def test_equal_steps_give_equal_managers(shape: Shape) -> None:
    m, drefs = grown(Manager(), shape)
    assert (m, drefs) == grown(Manager(), shape)


@given(shapes())
@quick
def test_equal_managers_give_equal_results(shape: Shape) -> None:
    one, _ = grown(Manager(), shape)
    other, _ = grown(Manager(), shape)
    assert node(one, 99) == node(other, 99)


def test_law_of_equal_managers_catches_a_step_that_counts_its_calls() -> None:
    calls: list[int] = []

    def counting(m: Manager) -> tuple[Manager, DRef[Folder]]:
        calls.append(1)
        return node(m, len(calls))

    assert counting(Manager()) != counting(Manager())


def test_manager_does_not_depend_on_the_order_of_independent_steps() -> None:
    one, _ = node(node(Manager(), 1)[0], 2)
    other, _ = node(node(Manager(), 2)[0], 1)
    assert one == other


def test_manager_with_lists_in_configs_has_a_hash() -> None:
    m, dref = with_data()
    m, _ = derive(m, Train(dref), Model(), fit)
    assert hash(m) == hash(evolve(m))


def test_manager_can_be_pickled() -> None:
    m, dref = with_data()
    m, _ = derive(m, Train(dref), Model(), fit, best("accuracy.txt"))
    assert m == pickle.loads(pickle.dumps(m))


@given(shapes())
@quick
def test_deriving_again_changes_nothing(shape: Shape) -> None:
    m, drefs = grown(Manager(), shape)
    assert (m, drefs) == grown(m, shape)
    assert () == m.notes


# The key.


def test_dref_is_the_same_for_ever() -> None:
    """Whoever changes this makes every result of every user be built again."""
    m, data = with_data()
    _, model = derive(m, Train(data), Model(), fit, code=Version("1"))
    text = (
        f'{{"code":"1","fields":{{"dataset":"{data}","rates":[0.1,0.2]}},'
        '"name":"train","outputs":{"accuracy":"accuracy.txt","weights":"model.h5"}}'
    )
    assert f"dref:{sha256(text.encode()).hexdigest()[:32]}-train" == str(model)


@pytest.mark.parametrize(
    "make",
    [
        lambda m, data: derive(m, Train(data, [0.2, 0.1]), Model(), fit),
        lambda m, data: derive(m, Train(data, [0.1, 0.2, 0]), Model(), fit),
        lambda m, data: derive(m, Train(data), Model(Path("x")), fit),
        lambda m, data: derive(m, Train(data), Model(), fit_again),
        lambda m, data: derive(m, Train(data), Model(), fit, name="other"),
        lambda m, data: derive(m, Train(data), Model(), fit, code=None),
        lambda m, data: derive(m, Train(data), Model(), fit, code=Version("1")),
    ],
    ids=["fields", "length", "outputs", "code", "name", "no code", "version"],
)
def test_dref_changes_with(
    make: Callable[[Manager, DRef[Folder]], tuple[Manager, DRef[object]]],
) -> None:
    m, data = with_data()
    _, plain = derive(m, Train(data), Model(), fit)
    assert plain != make(m, data)[1]


def test_dref_keeps_ints_and_floats_apart() -> None:
    m, data = with_data()
    _, ints = derive(m, Train(data, [1]), Model(), fit)
    _, floats = derive(m, Train(data, [1.0]), Model(), fit)
    assert ints != floats


def test_dref_of_two_versions_differs() -> None:
    m, data = with_data()
    _, one = derive(m, Train(data), Model(), fit, code=Version("1"))
    _, two = derive(m, Train(data), Model(), fit, code=Version("2"))
    assert one != two


def test_dref_without_code_does_not_change_with_the_realizer() -> None:
    m, data = with_data()
    _, one = derive(m, Train(data), Model(), fit, code=None)
    _, two = derive(m, Train(data), Model(), fit_again, code=None)
    assert one == two


def test_dref_does_not_change_with_the_matcher() -> None:
    m, data = with_data()
    _, one = derive(m, Train(data), Model(), fit)
    _, many = derive(m, Train(data), Model(), fit, all_of())
    assert one == many.dref


def test_name_is_that_of_the_config_in_kebab_case() -> None:
    m, data = with_data()
    assert "train" == derive(m, Train(data), Model(), fit)[1].name
    assert "mine" == derive(m, Train(data), Model(), fit, name="mine")[1].name


@pytest.mark.parametrize("name", ["", "a b", "../x", "x" * 223, "ü"])
def test_name_that_cannot_be_borne_is_refused(name: str) -> None:
    m, data = with_data()
    with pytest.raises(MalformedName) as caught:
        derive(m, Train(data), Model(), fit, name=name)
    assert name == caught.value.name


@pytest.mark.parametrize(
    ("kebab_case", "name"),
    [
        ("train", "Train"),
        ("train-model", "TrainModel"),
        ("train-model2", "TrainModel2"),
        ("http-fetch", "HTTPFetch"),
        ("my-http-fetch", "MyHTTPFetch"),
        ("snake-case", "snake_case"),
        ("private", "_Private"),
    ],
)
def test_kebab(kebab_case: str, name: str) -> None:
    assert kebab_case == kebab(name)


# What a derivation holds.


def test_derivation_knows_its_parts() -> None:
    m, data = with_data()
    m, model = derive(m, Train(data), Model(), fit, best("accuracy.txt"), code=None)
    derivation = m.derivations[model]
    assert ("train", "fit", (data,)) == (
        derivation.name,
        derivation.realizer,
        derivation.dependencies,
    )
    weights, accuracy = derivation.promises
    assert Promise("Model.weights", "model.h5") == weights
    assert Promise("Model.accuracy", "accuracy.txt") == accuracy
    assert best("accuracy.txt") == derivation.matcher


def test_derivation_names_each_dependency_once() -> None:
    m, one = with_data()
    m, two = node(m, 1)
    m, both = node(m, 2, [two, one, two])
    assert (two, one) == m.derivations[both].dependencies


def test_derive_gives_many_for_a_matcher_of_many() -> None:
    m, data = with_data()
    _, many = derive(m, Train(data), Model(), fit, all_of())
    assert isinstance(many, Many)


def test_derivation_may_depend_on_many() -> None:
    m, many = derive(Manager(), Node(0), Folder(), nothing, all_of(), code=None)
    m, user = derive(m, Uses(many), Folder(), use, code=None)
    assert (many.dref,) == m.derivations[user].dependencies


@frozen
class Uses:
    several: Many[Folder]


def use(b: Build[Uses, Folder]) -> None:
    """Writes nothing."""


# Nobody can change a config afterwards.


def recipe_config(m: Manager, reference: DRef[object]) -> object:
    recipe = m.derivations[reference].recipe
    assert isinstance(recipe, Recipe)
    return recipe.config


def test_derivation_keeps_the_config_that_it_was_given() -> None:
    m, data = with_data()
    rates = [0.1]
    m, model = derive(m, Train(data, rates), Model(), fit)
    rates.append(0.9)
    assert Train(data, [0.1]) == recipe_config(m, model)


def test_derivation_keeps_lists_inside_of_lists() -> None:
    grid: list[list[object]] = [[1], [2]]
    m, dref = derive(Manager(), Grid(grid), Folder(), search)
    grid[0].append(7)
    assert Grid([[1], [2]]) == recipe_config(m, dref)
    assert (m, dref) == derive(Manager(), Grid([[1], [2]]), Folder(), search)


def test_derivation_keeps_dicts_and_records_inside_of_lists() -> None:
    inside = {"a": [1]}
    config = Grid([[inside, Grid([[2]])]])
    m, dref = derive(Manager(), config, Folder(), search)
    inside["a"].append(7)
    assert Grid([[{"a": [1]}, Grid([[2]])]]) == recipe_config(m, dref)


def test_derivation_keeps_a_config_that_cannot_change_as_it_is() -> None:
    config = Nothing()
    m, dref = derive(Manager(), config, Folder(), accept_nothing)
    assert config is recipe_config(m, dref)


def test_derivation_keeps_a_config_that_can_be_assigned_to() -> None:
    config = Open(1)
    m, dref = derive(Manager(), config, Folder(), accept_open)
    config.number = 2
    assert Open(1) == recipe_config(m, dref)


def test_derivation_keeps_what_a_config_holds_beside_its_fields() -> None:
    config = WithMore(1)
    vars(config)["more"] = [1]
    m, dref = derive(Manager(), config, Folder(), accept_more)
    vars(config)["more"].append(2)
    held = recipe_config(m, dref)
    assert [1] == vars(held)["more"]


@define
class Open:
    number: int


@frozen(slots=False)
class WithMore:
    number: int


def accept_nothing(b: Build[Nothing, Folder]) -> None:
    """Writes nothing."""


def accept_open(b: Build[Open, Folder]) -> None:
    """Writes nothing."""


def accept_more(b: Build[WithMore, Folder]) -> None:
    """Writes nothing."""


@frozen
class Grid:
    cells: list[list[object]]


def search(b: Build[Grid, Folder]) -> None:
    """Writes nothing."""


def test_derivation_keeps_the_references_of_its_config_as_they_are() -> None:
    m, data = derive(Manager(), Grid([]), Model(), write_model)
    m, model = derive(m, OnModel(data), Folder(), load)
    config = recipe_config(m, model)
    assert isinstance(config, OnModel)
    assert config.model.outputs is data.outputs


@frozen
class OnModel:
    model: DRef[Model]


def write_model(b: Build[Grid, Model]) -> None:
    """Writes nothing."""


def load(b: Build[OnModel, Folder]) -> None:
    """Writes nothing."""


# References that a manager does not know.


def test_unknown_reference_says_which_field_and_what_to_do() -> None:
    _, data = with_data()
    with pytest.raises(UnknownReference) as caught:
        derive(Manager(), Train(data), Model(), fit)
    assert str(caught.value) == (
        "config of 'train' refers to a derivation that its manager does not know\n"
        "\n"
        "  field      Train.dataset\n"
        f"  reference  {data}\n"
        "\n"
        "Thread the manager that made the reference: `m, x = stage(m)`, not `_, x = stage(m)`."
    )


def test_unknown_reference_inside_of_a_list_is_named_by_its_place() -> None:
    m, data = with_data()
    _, other = node(m, 1)
    with pytest.raises(UnknownReference) as caught:
        node(m, 2, [data, other])
    assert ("node", "Node.inputs[1]", other.text) == caught.value.args


def test_unknown_reference_of_a_dict_is_named_by_its_key() -> None:
    _, data = with_data()
    with pytest.raises(UnknownReference) as caught:
        mkdrv(Manager(), mkconfig({"a": {"b": [data.text]}}), latest(), seed_fit)
    assert ("unnamed", "config.a.b[0]", data.text) == caught.value.args


def test_stale_manager_is_refused_where_it_is_used() -> None:
    m = Manager()
    _, data = node(m, 0)
    m, _ = node(m, 1)  # threads the manager from before `data`
    with pytest.raises(UnknownReference):
        node(m, 2, [data])


def test_manager_of_another_branch_is_refused() -> None:
    m, root = with_data()
    left, a = node(m, 1, [root])
    right, b = node(m, 2, [root])
    with pytest.raises(UnknownReference) as caught:
        node(left, 3, [a, b])
    assert b.text == caught.value.reference
    assert b in right


# What cannot be derived.


def test_config_that_is_no_record_is_refused() -> None:
    with pytest.raises(MalformedConfig) as caught:
        # What mypy refuses is refused to those without it, too.
        derive(Manager(), {"a": 1}, Folder(), accept_dict)  # type: ignore[call-overload]
    assert ("dict", "an attrs class") == caught.value.args


def accept_dict(b: Build[dict[str, int], Folder]) -> None:
    """Writes nothing."""


def test_config_that_is_no_json_is_refused() -> None:
    m, data = with_data()
    with pytest.raises(NotJson) as caught:
        derive(m, Train(data, [float("nan")]), Model(), fit)
    assert "Train.rates[0]" == caught.value.field


def test_outputs_that_lead_elsewhere_are_refused() -> None:
    m, data = with_data()
    with pytest.raises(MalformedOutputs):
        derive(m, Train(data), Model(Path("../model.h5")), fit)


# Notes.


def seed(
    m: Manager, matcher: AnyMatcher, realizer: Callable[[Build[Config, Folder]], None]
) -> Manager:
    config = mkconfig({"name": "thing", "a": 1})
    return m.adding(evolve(_seed(config, realizer), matcher=matcher))


def _seed(config: Config, realizer: Callable[[Build[Config, Folder]], None]) -> Derivation:
    m, dref = mkdrv(Manager(), config, latest(), realizer)
    return m.derivations[dref]


def other_seed_fit(b: Build[Config, Folder]) -> None:
    """Another realizer of the seed form."""


def test_overwriting_is_noted_when_the_matcher_differs() -> None:
    m = seed(seed(Manager(), latest(), seed_fit), best("accuracy.txt"), seed_fit)
    assert 1 == len(m.notes)


def test_overwriting_is_noted_when_the_realizer_differs() -> None:
    m = seed(seed(Manager(), latest(), seed_fit), latest(), other_seed_fit)
    assert 1 == len(m.notes)


def test_nothing_is_noted_when_nothing_differs() -> None:
    m = seed(seed(Manager(), latest(), seed_fit), latest(), seed_fit)
    assert () == m.notes


def test_every_overwriting_is_noted_in_order() -> None:
    m = seed(Manager(), latest(), seed_fit)
    m = seed(seed(m, all_of(), seed_fit), latest(), seed_fit)
    assert 2 == len(m.notes)


def test_what_comes_later_takes_the_place() -> None:
    m = seed(seed(Manager(), latest(), seed_fit), all_of(), seed_fit)
    (derivation,) = m.derivations.values()
    assert all_of() == derivation.matcher


def test_note_says_what_was_overwritten() -> None:
    m = seed(seed(Manager(), latest(), seed_fit), all_of(), seed_fit)
    (dref,) = m.derivations
    assert str(m.notes[0]) == (
        f"Overwriting matcher or realizer of derivation {dref}, configured as:\n"
        "{'a': 1, 'name': 'thing'}"
    )


# What people call a function.


def test_name_of_a_function_inside_of_a_function_is_its_own() -> None:
    def inner() -> None: ...

    assert "inner" == name_of(inner)


def test_name_of_a_method_tells_its_class() -> None:
    assert "Manager.adding" == name_of(Manager.adding)


def test_name_of_a_partial_is_that_of_its_function() -> None:
    assert "fit" == name_of(partial(fit))


def test_name_of_a_value_is_how_it_shows_itself() -> None:
    assert "Version(word='3')" == name_of(Version("3"))


# What a matcher reads must be promised.


def fit_folder(b: Build[Train, Folder]) -> None:
    (b.path / "accuracy.txt").write_text("0.5")


def test_matcher_that_reads_what_nobody_promised_is_refused() -> None:
    m, data = with_data()
    with pytest.raises(UnpromisedRead, match="acuracy"):
        derive(m, Train(data), Model(), fit, best("acuracy.txt"))


def test_matcher_of_a_folder_may_read_anything() -> None:
    m, data = with_data()
    m, dref = derive(m, Train(data), Folder(), fit_folder, best("accuracy.txt"))
    assert dref in m


def test_redefine_to_a_matcher_that_reads_what_nobody_promised_is_refused() -> None:
    m, data = with_data()
    m, model = derive(m, Train(data), Model(), fit)
    with pytest.raises(UnpromisedRead, match="acuracy"):
        redefine(m, model, matcher=best("acuracy.txt"))


def test_matcher_reads_a_single_file_by_its_name() -> None:
    assert frozenset({"accuracy.txt"}) == Matcher("accuracy.txt", latest().choose).reads


# A realizer that a stage makes anew is the same one, where the key stands for its code.


def local_stage(m: Manager, *, code: Traced | None) -> tuple[Manager, DRef[Folder]]:
    def write(b: Build[Nothing, Folder]) -> None:
        (b.path / "a").write_text("a")

    return derive(m, Nothing(), Folder(), write, code=code)


def test_stage_with_a_realizer_of_its_own_is_a_function() -> None:
    one, other = (local_stage(Manager(), code=Traced()) for _ in range(2))
    assert one == other


def test_stage_with_a_realizer_of_its_own_overwrites_nothing() -> None:
    m, _ = local_stage(Manager(), code=Traced())
    assert () == local_stage(m, code=Traced())[0].notes


def test_realizer_whose_code_is_not_in_the_key_is_overwritten() -> None:
    m, dref = local_stage(Manager(), code=None)
    assert (dref,) == tuple(note.dref for note in local_stage(m, code=None)[0].notes)
