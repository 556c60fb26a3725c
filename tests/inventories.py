"""Made-up inventories and policies, and what must hold of every plan and policy."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from functools import reduce
from itertools import chain
from operator import and_, or_

from attrs import evolve, frozen
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from matcher_laws import FEW, NONE

from pylightnix_fn.canonical import digest
from pylightnix_fn.refs import DRef, RRef, dref, rref
from pylightnix_fn.retention.choice import (
    keep_best,
    keep_latest,
    keep_named,
    keep_roots,
    newer_than,
    within,
)
from pylightnix_fn.retention.collection import gc_plan
from pylightnix_fn.retention.graph import Graph, graph_of
from pylightnix_fn.retention.inventory import (
    Inventory,
    Reference,
    StoredDerivation,
    StoredRealization,
)
from pylightnix_fn.retention.policy import Policy
from pylightnix_fn.retention.scope import Scope
from pylightnix_fn.tree import Folder

Pair = tuple[Policy, Policy]
Three = Callable[[Policy, Policy, Policy], Pair]
Rule = Callable[[set[RRef[object]], set[RRef[object]]], set[RRef[object]]]

TAKEN = datetime(2026, 1, 31, tzinfo=UTC)
DAY = timedelta(days=1)

quick = settings(
    max_examples=100, derandomize=True, database=None, deadline=None, report_multiple_bugs=False
)
expected = settings(quick, phases=[Phase.generate])  # for laws to be broken: any example will do


def derivation(
    name: str, *references: DRef[object], key: str = "", size: int = 1
) -> StoredDerivation:
    """A derivation whose config names others; ``key`` tells those of one name apart."""
    return StoredDerivation(dref(digest(name + key), name, Folder()), references, size)


def realization(
    of: StoredDerivation,
    artifacts: str,
    *inputs: RRef[object],
    age: float = 0,
    seconds: float = 60,
    size: int = 1,
    score: str | None = None,
) -> StoredRealization:
    """A realization that was built from others, so many days before the inventory was taken."""
    context: dict[DRef[object], tuple[RRef[object], ...]] = dict.fromkeys(of.references, ())
    for each in inputs:
        context[each.dref] = (*context.get(each.dref, ()), each)
    started = TAKEN - age * DAY
    return StoredRealization(
        rref(digest(artifacts), of.dref),
        context,
        started,
        started + timedelta(seconds=seconds),
        size,
        {"score": score},
    )


def inventory(
    *stored: StoredDerivation | StoredRealization, roots: Mapping[Reference, str] | None = None
) -> Inventory:
    """The inventory of a store that holds these."""
    return Inventory(
        TAKEN,
        tuple(each for each in stored if isinstance(each, StoredDerivation)),
        tuple(each for each in stored if isinstance(each, StoredRealization)),
        roots or {},
    )


def objects(inventory: Inventory) -> set[Reference]:
    """All that is there."""
    drefs: set[Reference] = {each.dref for each in inventory.derivations}
    return drefs | {each.rref for each in inventory.realizations}


def needs(inventory: Inventory) -> dict[Reference, set[Reference]]:
    """What each object needs, be it there or not."""
    needed: dict[Reference, set[Reference]] = {
        each.dref: set(each.references) for each in inventory.derivations
    }
    for each in inventory.realizations:
        needed[each.rref] = {each.rref.dref, *each.context, *chain(*each.context.values())}
    return needed


def closure(inventory: Inventory, starts: set[Reference]) -> set[Reference]:
    """Those of these objects that are there and all that they need, the slow way."""
    needed, reached = needs(inventory), set(starts)
    reached |= {each.dref for each in starts if isinstance(each, RRef)}
    while more := set(chain(*(needed.get(each, ()) for each in reached))) - reached:
        reached |= more | {each.dref for each in more if isinstance(each, RRef)}
    return reached & objects(inventory)


def size_of(inventory: Inventory, references: set[Reference]) -> int:
    """The bytes of these objects."""
    derivations = sum(each.size for each in inventory.derivations if each.dref in references)
    return derivations + sum(x.size for x in inventory.realizations if x.rref in references)


def kept(policy: Policy, inventory: Inventory) -> set[Reference]:
    """What stays by a policy."""
    return {each.reference for each in gc_plan(policy, inventory).kept}


def removed(policy: Policy, inventory: Inventory) -> set[Reference]:
    """What goes by a policy."""
    return {each.reference for each in gc_plan(policy, inventory).removals}


# What hypothesis draws.


@st.composite
def sound(draw: st.DrawFn) -> Inventory:
    """What a store may hold after several runs of pipelines."""
    derivations: list[StoredDerivation] = []
    realizations: list[StoredRealization] = []
    for number in range(draw(st.integers(1, 5))):
        below = draw(st.sets(st.sampled_from(derivations))) if derivations else set()
        name = draw(st.sampled_from(("data", "model")))
        references = [each.dref for each in below]
        stored = derivation(name, *references, key=str(number), size=draw(st.integers(0, 2)))
        derivations.append(stored)
        inputs = [each.rref for each in realizations if each.rref.dref in references]
        for build in range(draw(st.integers(0, 3))):
            chosen = draw(st.sets(st.sampled_from(inputs))) if inputs else set()
            realizations.append(
                realization(
                    stored,
                    str(build),
                    *chosen,
                    age=draw(st.integers(-1, 4)),
                    size=draw(st.integers(0, 5)),
                    score=draw(st.none() | st.sampled_from((*FEW, *NONE))),
                )
            )
    held = inventory(*derivations, *realizations)
    roots = draw(st.sets(st.sampled_from(sorted(objects(held), key=str)), max_size=3))
    return evolve(held, roots={each: f"root '{each.name}'" for each in roots})


@st.composite
def damaged(draw: st.DrawFn) -> Inventory:
    """A store in which objects are missing, and which may hold circles."""
    held = draw(sound())
    drefs = sorted((each.dref for each in held.derivations), key=str)
    rrefs = sorted((each.rref for each in held.realizations), key=str)
    derivations = [
        evolve(each, references={*each.references, *draw(st.lists(st.sampled_from(drefs)))})
        for each in held.derivations
        if draw(st.booleans())
    ]
    realizations = [
        evolve(each, context={**each.context, draw(st.sampled_from(drefs)): _some(draw, rrefs)})
        for each in held.realizations
        if draw(st.booleans())
    ]
    return evolve(held, derivations=tuple(derivations), realizations=tuple(realizations))


def _some(draw: st.DrawFn, rrefs: list[RRef[Folder]]) -> tuple[RRef[object], ...]:
    return tuple(draw(st.lists(st.sampled_from(rrefs), max_size=2)))


def shuffled(draw: st.DrawFn, inventory: Inventory) -> Inventory:
    """The same inventory in another order."""
    realizations = draw(st.permutations(inventory.realizations))
    turned = [
        evolve(each, context=dict(draw(st.permutations(list(each.context.items())))))
        for each in realizations
    ]
    return Inventory(
        inventory.taken,
        tuple(draw(st.permutations(inventory.derivations))),
        tuple(turned),
        dict(draw(st.permutations(list(inventory.roots.items())))),
    )


@st.composite
def twice(draw: st.DrawFn) -> tuple[Inventory, Inventory]:
    """An inventory in two orders."""
    held = draw(inventories)
    return held, shuffled(draw, held)


MAKERS: dict[str, Callable[[], Policy]] = {
    "keep_roots": lambda: keep_roots,
    "keep_latest": lambda: keep_latest(1),
    "keep_latest of several": lambda: keep_latest(2),
    "keep_best": lambda: keep_best(1, "score"),
    "keep_best of the lowest": lambda: keep_best(2, "score", lowest=True),
    "newer_than": lambda: newer_than(2 * DAY),
    "within": lambda: within(8),
    "keep_named": lambda: keep_named("model"),
    "either": lambda: keep_latest(1) | keep_best(1, "score"),
    "both": lambda: keep_named("data") & (keep_latest(2) | within(12)),
}

inventories = sound() | damaged()
builtins = st.sampled_from([make() for make in MAKERS.values()])


def _combined(policies: st.SearchStrategy[Policy]) -> st.SearchStrategy[Policy]:
    several = st.lists(policies, min_size=2, max_size=3)
    return st.builds(reduce, st.sampled_from((or_, and_)), several)


policies: st.SearchStrategy[Policy] = builtins | _combined(builtins)


# What must hold; each takes what it checks, so that a test can give it what is broken.


@frozen
class Mixed:
    """A user's way to combine policies: what one of them keeps, by a rule on the two answers."""

    one: Policy
    other: Policy
    rule: Rule

    def __call__(self, inventory: Inventory) -> Mapping[RRef[object], str]:
        answers = [set(each.keep(inventory)) for each in (self.one, self.other)]
        return dict.fromkeys(self.rule(*answers), "the rule of a user")


def stays_closed(
    order_of: Callable[[Graph, list[str]], list[str]], search: settings = quick
) -> None:
    """After each removal in this order, nothing refers to what was removed."""

    @search
    @given(policies, sound())
    def law(policy: Policy, inventory: Inventory) -> None:
        left, needed, graph = objects(inventory), needs(inventory), graph_of(inventory)
        planned = [each.text for each in gc_plan(policy, inventory).unneeded]
        for removed in (graph.objects[text] for text in order_of(graph, planned)):
            left.remove(removed)
            assert set() == {each for each in left if removed in needed[each]}

    law()


def ignores_order(*those: Policy, search: settings = quick) -> None:
    """The plan is the same, whatever the order in the inventory."""

    @search
    @given(twice())
    def law(pair: tuple[Inventory, Inventory]) -> None:
        inventory, other = pair
        for policy in those:
            assert gc_plan(policy, inventory) == gc_plan(policy, other), policy.label

    law()


def reads_what_it_declares(*those: Policy, search: settings = quick) -> None:
    """Texts that a policy does not declare make no difference."""

    @search
    @given(inventories)
    def law(inventory: Inventory) -> None:
        for policy in those:
            shown = evolve(
                inventory,
                realizations=tuple(
                    evolve(each, texts={k: v for k, v in each.texts.items() if k in policy.reads})
                    for each in inventory.realizations
                ),
            )
            assert kept(policy, inventory) == kept(policy, shown), policy.label

    law()


def needs_no_more_than_its_scope(
    those: st.SearchStrategy[Policy], search: settings = quick
) -> None:
    """What is beyond the scope of a policy makes no difference."""

    @search
    @given(those, inventories)
    def law(policy: Policy, inventory: Inventory) -> None:
        shown = within_scope(inventory, policy.scope)
        assert policy.keep(inventory) == policy.keep(shown), policy.label

    law()


def within_scope(inventory: Inventory, scope: Scope) -> Inventory:
    """What is left of an inventory where nobody looks further than a scope says."""
    if scope.depth == "everything":
        return inventory
    realizations = (
        evolve(each, context={}, size=0)
        if scope.depth == "records"
        else StoredRealization(each.rref, {}, TAKEN, TAKEN)
        for each in inventory.realizations
        if scope.has(each.rref.name)
    )
    return Inventory(inventory.taken, (), tuple(realizations), inventory.roots)


def keep_equally(
    *makers: Callable[[Policy, Policy, Policy], Pair], search: settings = quick
) -> None:
    """The two policies that are made of the same three keep the same."""

    @search
    @given(inventories, policies, policies, policies)
    def law(inventory: Inventory, a: Policy, b: Policy, c: Policy) -> None:
        for make in makers:
            one, other = make(a, b, c)
            assert kept(one, inventory) == kept(other, inventory), f"{one.label}; {other.label}"

    law()


def keeps_no_less(*makers: Callable[[Policy, Policy], Pair], search: settings = quick) -> None:
    """The second of two policies that are made of the same two keeps all that the first keeps."""

    @search
    @given(inventories, policies, policies)
    def law(inventory: Inventory, a: Policy, b: Policy) -> None:
        for make in makers:
            less, more = make(a, b)
            assert kept(less, inventory) <= kept(more, inventory), f"{less.label}; {more.label}"

    law()
