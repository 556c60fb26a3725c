"""Closures: what stages make, checked and in order."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

import pytest
from dags import Node, Shape, chain, grown, node, nothing, shapes
from hypothesis import given, settings
from hypothesis import strategies as st

from pylightnix_fn.closure import Closure, closure_of, instantiate, ordered
from pylightnix_fn.composition import both, sequence, step
from pylightnix_fn.errors.plan import MalformedStage, UnknownReference, UnknownTarget
from pylightnix_fn.manager import Manager, derive
from pylightnix_fn.matcher.choice import all_of
from pylightnix_fn.realization import Realization
from pylightnix_fn.refs import DRef, Many, RRef
from pylightnix_fn.tree import Folder

U = TypeVar("U")
DRefs = tuple[DRef[object], ...]
Order = Callable[[Manager, DRefs], Iterable[DRef[object]]]

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
quick = settings(
    max_examples=100, derandomize=True, database=None, deadline=None, report_multiple_bugs=False
)


class Everything:
    """Two realizations of every derivation, of which the first is the one."""

    def one(self, dref: DRef[U]) -> Realization[U]:
        return self.many(Many(dref))[0]

    def many(self, many: Many[U]) -> tuple[Realization[U], ...]:
        dref = many.dref
        return tuple(
            Realization(
                RRef(f"rref:{digit * 32}-{dref.text[5:]}", dref.outputs),
                dref.outputs,
                Path("out"),
                {},
                NOON,
                NOON,
                0,
            )
            for digit in "01"
        )


ALL = Everything()


def several_nodes(m: Manager) -> tuple[Manager, Many[Folder]]:
    return derive(m, Node(5), Folder(), nothing, all_of(), code=None)


def two_nodes(m: Manager) -> tuple[Manager, list[DRef[Folder]]]:
    return grown(m, ((), (0,)))


# The order.


def order_is_sound(order: Order) -> None:
    """Dependencies first, each once, all that the targets need and nothing else."""

    @quick
    @given(shapes(), st.data())
    def law(shape: Shape, data: st.DataObject) -> None:
        m, drefs = grown(Manager(), shape)
        targets = tuple(data.draw(st.lists(st.sampled_from(drefs), max_size=4)))
        order_found = list(order(m, targets))
        assert len(set(order_found)) == len(order_found)
        assert needed(m, targets) == set(order_found)
        for place, dref in enumerate(order_found):
            assert set(m.derivations[dref].dependencies) <= set(order_found[:place])

    law()


def needed(m: Manager, targets: DRefs) -> set[DRef[object]]:
    found: set[DRef[object]] = set()
    for dref in targets:
        found |= {dref, *needed(m, m.derivations[dref].dependencies)}
    return found


def test_order_is_sound() -> None:
    order_is_sound(ordered)


@pytest.mark.parametrize(
    "broken",
    [
        lambda m, targets: reversed(list(ordered(m, targets))),
        lambda m, targets: ordered(m, tuple(m.derivations)),
        lambda m, targets: sorted(ordered(m, targets), key=str),
        lambda m, targets: targets,
        lambda m, targets: [*ordered(m, targets), *targets],
    ],
    ids=["reversed", "all there are", "sorted", "targets alone", "targets twice"],
)
def test_law_of_order_catches(broken: Order) -> None:
    with pytest.raises(AssertionError):
        order_is_sound(broken)


@given(shapes())
@quick
def test_closure_iterates_in_order(shape: Shape) -> None:
    closure = instantiate(grown, shape)
    m, drefs = grown(Manager(), shape)
    assert list(ordered(m, tuple(drefs))) == [each.dref for each in closure]
    assert len(closure) == len(set(drefs))


def test_chain_of_twenty_thousand_does_not_overflow() -> None:
    m, drefs = grown(Manager(), chain(20_000))
    assert drefs == list(ordered(m, (drefs[-1],)))


def test_order_visits_each_edge_once() -> None:
    """With as many paths as 3 to the 300th, nothing else ends."""
    layers = [tuple(range(3 * layer - 3, 3 * layer)) for layer in range(300)]
    shape = tuple(() if layer == 0 else layers[layer] for layer in range(300) for _ in range(3))
    m, drefs = grown(Manager(), shape)
    assert set(drefs[:-2]) == set(ordered(m, (drefs[-3],)))


# Equal stages, equal closures.


@given(shapes())
@quick
def test_equal_stages_give_equal_closures(shape: Shape) -> None:
    assert instantiate(grown, shape) == instantiate(grown, shape)


def test_closures_of_other_targets_differ() -> None:
    assert instantiate(node, 1) != instantiate(node, 2)
    m, made = two_nodes(Manager())
    assert closure_of(m, made[0], "stage") != closure_of(m, made[1], "stage")
    assert closure_of(m, made[0], "stage") != closure_of(m, [made[0]], "stage")


@pytest.mark.parametrize("stage", [two_nodes, several_nodes, step(node, 1)])
def test_closure_has_a_hash(stage: Callable[[Manager], tuple[Manager, DRef[Folder]]]) -> None:
    assert hash(instantiate(stage)) == hash(instantiate(stage))


def test_closure_can_be_pickled() -> None:
    closure = instantiate(two_nodes)
    copy: object = pickle.loads(pickle.dumps(closure))
    assert closure == copy
    assert isinstance(copy, Closure)
    assert [each.dref for each in closure] == [each.dref for each in copy]


def test_closure_does_not_change_with_the_list_that_a_stage_returned() -> None:
    kept: list[DRef[Folder]] = []

    def stage(m: Manager) -> tuple[Manager, list[DRef[Folder]]]:
        m, dref = node(m, 1)
        kept.append(dref)
        return m, kept

    closure = instantiate(stage)
    kept.clear()
    assert 1 == len(closure.shape(ALL))


def test_closure_carries_the_notes() -> None:
    def stage(m: Manager) -> tuple[Manager, DRef[Folder]]:
        m, _ = derive(m, Node(1), Folder(), nothing, all_of(), code=None)
        return node(m, 1)

    assert 1 == len(instantiate(stage).notes)


# What a stage returns, and what is given for it.


def test_instantiate_passes_on_all_arguments() -> None:
    assert instantiate(step(node, 3)).targets == instantiate(node, number=3).targets


def test_target_of_one_gives_one() -> None:
    closure = instantiate(node, 1)
    (dref,) = closure.targets
    assert ALL.one(dref) == closure.shape(ALL)


def test_target_of_many_gives_a_tuple() -> None:
    closure = instantiate(several_nodes)
    (dref,) = closure.targets
    assert ALL.many(Many(dref)) == closure.shape(ALL)


def test_target_of_a_pair_gives_a_pair() -> None:
    closure = instantiate(both(step(node, 1), step(node, 2)))
    one, two = closure.targets
    assert (ALL.one(one), ALL.one(two)) == closure.shape(ALL)


def test_target_of_a_sequence_gives_a_tuple() -> None:
    closure = instantiate(sequence(step(node, number) for number in range(3)))
    assert tuple(map(ALL.one, closure.targets)) == closure.shape(ALL)


def test_target_of_a_list_gives_a_list() -> None:
    closure = instantiate(two_nodes)
    assert list(map(ALL.one, closure.targets)) == closure.shape(ALL)


def test_target_of_a_dict_gives_a_dict() -> None:
    def stage(m: Manager) -> tuple[Manager, dict[str, DRef[Folder]]]:
        m, (one, two) = two_nodes(m)
        return m, {"one": one, "two": two}

    closure = instantiate(stage)
    one, two = closure.targets
    assert {"one": ALL.one(one), "two": ALL.one(two)} == closure.shape(ALL)


def test_target_may_be_nested() -> None:
    m, (one, two) = two_nodes(Manager())
    closure = closure_of(m, {"a": [one, (two, Many(one))], "b": ()}, "stage")
    expected = {"a": [ALL.one(one), (ALL.one(two), ALL.many(Many(one)))], "b": ()}
    assert (one, two, one) == closure.targets
    assert expected == closure.shape(ALL)


def test_target_of_nothing_needs_nothing() -> None:
    m, _ = two_nodes(Manager())
    assert 0 == len(closure_of(m, [], "stage"))


# What a stage must not return.


def returning(value: object) -> Callable[[Manager], tuple[Manager, DRef[Folder]]]:
    """A stage with a wrong annotation, as a program without a type checker may have."""

    def stage(m: Manager) -> object:
        return value

    untyped: list[Callable[[Manager], object]] = [stage]
    found: object = untyped[0]
    assert callable(found)
    return found


@pytest.mark.parametrize(
    ("value", "returned"),
    [
        (None, "NoneType"),
        (Manager(), "Manager"),
        ((1, Manager()), "(int, Manager)"),
        ((Manager(),), "(Manager)"),
        ((Manager(), 1, 2), "(Manager, int, int)"),
    ],
)
def test_stage_that_returns_no_manager_with_a_target_is_refused(
    value: object, returned: str
) -> None:
    with pytest.raises(MalformedStage) as caught:
        instantiate(returning(value))
    assert ("stage", returned, "(Manager, DRef)") == caught.value.args


@pytest.mark.parametrize(
    ("target", "returned"), [(None, "NoneType"), ("dref:x", "str"), ([[3]], "int"), ({1}, "set")]
)
def test_stage_that_returns_no_references_is_refused(target: object, returned: str) -> None:
    with pytest.raises(MalformedStage) as caught:
        instantiate(returning((Manager(), target)))
    expected = "references, or tuples, lists, dicts of them"
    assert ("stage", returned, expected) == caught.value.args


def test_malformed_stage_says_what_to_do() -> None:
    with pytest.raises(MalformedStage) as caught:
        instantiate(returning(None))
    assert str(caught.value) == (
        "stage 'stage' did not return a manager and what it made\n"
        "\n"
        "  returned  NoneType\n"
        "  expected  (Manager, DRef)\n"
        "\n"
        "End the stage with `return m, reference`, or with `return derive(m, ...)`."
    )


def test_unknown_target_says_what_to_do() -> None:
    def forgetful(m: Manager) -> tuple[Manager, DRef[Folder]]:
        _, dref = node(m, 1)
        return m, dref

    _, dref = node(Manager(), 1)
    with pytest.raises(UnknownTarget) as caught:
        instantiate(forgetful)
    assert str(caught.value) == (
        "stage 'forgetful' returned a reference that its manager does not know\n"
        "\n"
        f"  reference  {dref}\n"
        "\n"
        "Return the manager that made the reference: `return m, x` after `m, x = stage(m)`."
    )


def test_error_inside_of_a_stage_reaches_the_user_as_it_is() -> None:
    def stale(m: Manager) -> tuple[Manager, DRef[Folder]]:
        _, dref = node(m, 1)
        return node(m, 2, [dref])

    with pytest.raises(UnknownReference) as caught:
        instantiate(stale)
    assert "Node.inputs[0]" == caught.value.field
