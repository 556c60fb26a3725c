"""A store does what a model in memory says, whatever is done to it in whatever order.

Processes that die in the midst of an operation are a part of it: what they leave lies between what
was before and what was to be, and nobody has to tidy up after them.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Mapping
from itertools import chain
from pathlib import Path

import pytest
from attrs import frozen
from children import ended, forked
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from model import Model, Stored, needs_of
from ports import DEAD, Fault, FaultFs
from scenarios import put
from soundness import litter

from pylightnix_fn import (
    Config,
    DiskStore,
    DRef,
    MemoryStore,
    RRef,
    add_root,
    collections,
    empty_trash,
    gc,
    mkconfig,
    named_roots,
    remove_root,
    repair,
    undo,
    verify,
)
from pylightnix_fn.errors.store import MissingObject, StillNeeded
from pylightnix_fn.filesystem import DISK, FileSystem
from pylightnix_fn.realizer import Context
from pylightnix_fn.retention.inventory import Reference
from pylightnix_fn.store.inspection import damage_of
from pylightnix_fn.store.liveness import in_use
from pylightnix_fn.store.trash import binned_name

EXAMPLES, STEPS = 200, 50
LAST_CALL = 60  # of an operation, before which a process may die

_DATA = mkconfig({"name": "data"})
_TABLE = mkconfig({"name": "table", "data": str(_DATA.dref())})
_MODEL = mkconfig({"name": "model", "data": str(_DATA.dref()), "table": str(_TABLE.dref())})
_OTHER = mkconfig({"name": "other"})
CONFIGS: Mapping[DRef[object], Config] = {
    each.dref(): each for each in (_DATA, _TABLE, _MODEL, _OTHER)
}

derivations = st.sampled_from(sorted(CONFIGS, key=str))
variants = st.integers(0, 2)
choices = st.integers(0, 99)  # which of those that there are
root_names = st.sampled_from(["one", "two"])


@frozen
class Act:
    """An operation on a store, and what it does to a model when another process does it."""

    on_store: Callable[[DiskStore], object]
    on_model: Callable[[Model], object]


def needed_by(dref: DRef[object]) -> dict[DRef[object], Config]:
    """The configs of a derivation and all that it needs."""
    below = (needed_by(each.dref) for each in CONFIGS[dref].references)
    return {**dict(chain.from_iterable(each.items() for each in below)), dref: CONFIGS[dref]}


class StoreMachine(RuleBasedStateMachine):
    """One process that uses a store, others that die in it, and the model."""

    steps = crashes = deaths = 0

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.store = self.opened(DISK)
        self.model = Model()
        self.names = MemoryStore()  # names results as every store does, and forgets none
        self.names.register(CONFIGS)
        self.seen: dict[Reference, frozenset[Reference]] = {
            dref: frozenset(each.dref for each in config.references)
            for dref, config in CONFIGS.items()
        }

    def opened(self, fs: FileSystem) -> DiskStore:
        return DiskStore.open(self.folder / "store", durability="off", fs=fs)

    def teardown(self) -> None:
        try:
            for name in self.model.roots:
                remove_root(self.store, name)
            self.store.close()
            gc(self.store, delete=True, everything=True)
            empty_trash(self.store)
            self.store.close()
            assert ((), []) == (self.store.drefs(), litter(self.store.root))
        finally:
            shutil.rmtree(self.folder)

    # What is done

    @rule(dref=derivations)
    def register(self, dref: DRef[object]) -> None:
        act = self.registering(dref)
        act.on_store(self.store)
        act.on_model(self.model)
        self.model.pinned.update(needed_by(dref))

    def registering(self, dref: DRef[object]) -> Act:
        wanted = needed_by(dref)
        found = {each: Stored(self.seen[each]) for each in wanted}
        return Act(
            lambda store: store.register(wanted),
            lambda model: model.objects.update(
                {each: found[each] for each in found if each not in model.objects}
            ),
        )

    @rule(dref=derivations, variant=variants, number=choices)
    def build(self, dref: DRef[object], variant: int, number: int) -> None:
        context = self.context(dref, number)
        if context is None:
            return
        if dref not in self.model.objects:
            with pytest.raises(MissingObject):
                put(self.store, dref, {}, context=context)
            return
        act = self.building(dref, variant, context)
        made = act.on_store(self.store)
        act.on_model(self.model)
        assert isinstance(made, RRef)
        assert made in self.model.objects
        self.model.pinned.add(made)

    def building(self, dref: DRef[object], variant: int, context: Context) -> Act:
        content: dict[str, str | None] = {"a.txt": f"variant {variant}", "in/b.txt": ""}
        made = put(self.names, dref, content, context=context)
        self.seen[made] = needs_of(made, chain.from_iterable(context.values()))
        return Act(
            lambda store: put(store, dref, content, context=context),
            lambda model: model.objects.update({made: Stored(self.seen[made])}),
        )

    def context(self, dref: DRef[object], number: int) -> Context | None:
        """One realization of each dependency that is there; `None` where one has none."""
        context: dict[DRef[object], tuple[RRef[object], ...]] = {}
        for each in sorted((each.dref for each in CONFIGS[dref].references), key=str):
            found = [rref for rref in self.model.realizations() if rref.dref == each]
            if not found:
                return None
            context[each] = (found[number % len(found)],)
        return context

    @rule(number=choices)
    def pin(self, number: int) -> None:
        seen = sorted((each for each in self.seen if isinstance(each, RRef)), key=str)
        if not seen:
            return
        rref = seen[number % len(seen)]
        assert (rref in self.model.objects) == self.store.pin([rref])
        if rref in self.model.objects:
            self.model.pinned.update((rref, rref.dref))

    @rule()
    def let_go(self) -> None:
        self.store.close()
        self.model.pinned.clear()

    @rule(name=root_names, number=choices)
    def root(self, name: str, number: int) -> None:
        there = sorted(self.model.objects, key=str)
        if there:
            self.model.roots[name] = there[number % len(there)]
            add_root(self.store, name, self.model.roots[name])

    @rule(name=root_names)
    def unroot(self, name: str) -> None:
        if self.model.roots.pop(name, None) is not None:
            remove_root(self.store, name)

    @rule(number=choices)
    def remove(self, number: int) -> None:
        seen = sorted(self.seen, key=str)
        reference = seen[number % len(seen)]
        if reference not in self.model.objects:
            with pytest.raises(MissingObject):
                self.store.remove(reference)
        elif any(self.model.users(reference)):
            with pytest.raises(StillNeeded):
                self.store.remove(reference)
        else:
            self.store.remove(reference)
            self.model.remove(reference)

    @rule()
    def collect(self) -> None:
        self.both(COLLECT)

    @precondition(lambda self: self.model.bins)
    @rule(number=choices)
    def undo(self, number: int) -> None:
        self.both(self.undoing(number))

    def undoing(self, number: int) -> Act:
        chosen = number % len(self.model.bins)
        name = collections(self.store)[chosen]
        return Act(lambda store: undo(store, name), lambda model: model.undo(chosen))

    @rule()
    def empty(self) -> None:
        self.both(EMPTY)

    @precondition(lambda self: self.model.realizations())
    @rule(number=choices, cut=st.booleans())
    def damage(self, number: int, cut: bool) -> None:
        there = self.model.realizations()
        rref = there[number % len(there)]
        path = self.store.folder(rref) / "a.txt"
        path.chmod(0o644)
        path.write_text("" if cut else "VARIANT 9", encoding="utf-8")
        path.chmod(0o444)
        self.model.damage(rref)

    @rule()
    def mend(self) -> None:
        report = verify(self.store, jobs=1)
        troubles = {*self.model.damaged(), *(each for each, _ in self.model.dangling())}
        found = {each.reference for each in report.damages if not each.is_harmless}
        # What was built from something damaged may be told, too: by then that is put aside.
        beyond = {text for text in found if text not in {each.text for each in troubles}}
        assert beyond <= {each.text for each in self.model.built_from(self.model.damaged())}
        assert {each.text for each in troubles} <= found
        repair(self.store, report)
        self.model.repair()

    def both(self, act: Act) -> None:
        act.on_store(self.store)
        act.on_model(self.model)

    # Processes that die

    @rule(dref=derivations, at=st.integers(0, LAST_CALL))
    def die_registering(self, dref: DRef[object], at: int) -> None:
        self.crash(self.registering(dref), at)

    @rule(dref=derivations, variant=variants, number=choices, at=st.integers(0, LAST_CALL))
    def die_building(self, dref: DRef[object], variant: int, number: int, at: int) -> None:
        context = self.context(dref, number)
        if context is not None and dref in self.model.objects:
            self.crash(self.building(dref, variant, context), at)

    @rule(at=st.integers(0, LAST_CALL))
    def die_collecting(self, at: int) -> None:
        self.crash(COLLECT, at)

    @precondition(lambda self: self.model.bins)
    @rule(number=choices, at=st.integers(0, LAST_CALL))
    def die_undoing(self, number: int, at: int) -> None:
        self.crash(self.undoing(number), at)

    @rule(at=st.integers(0, LAST_CALL))
    def die_emptying(self, at: int) -> None:
        self.crash(EMPTY, at)

    @rule(number=choices, at=st.integers(0, LAST_CALL))
    def die_removing(self, number: int, at: int) -> None:
        there = sorted(self.model.objects, key=str)
        reference = there[number % len(there)] if there else _DATA.dref()
        kept = any(self.model.users(reference)) or self.model.is_in_use(reference)
        if there and not kept:
            act = Act(lambda store: store.remove(reference), lambda each: each.remove(reference))
            self.crash(act, at)

    @rule(at=st.integers(0, LAST_CALL))
    def die_mending(self, at: int) -> None:
        self.crash(MEND, at)

    def crash(self, act: Act, at: int) -> None:
        """Another process dies at a call of an operation, if it makes so many."""

        def work() -> None:
            fs = FaultFs(Fault(at, dies=True), is_armed=False)
            store = self.opened(fs)
            fs.is_armed = True
            act.on_store(store)
            fs.is_armed = False
            store.close()

        code = ended(forked(work))
        assert code in (0, DEAD)
        StoreMachine.crashes += 1
        StoreMachine.deaths += code == DEAD
        before, after = self.model, self.model.copy()
        act.on_model(after)
        self.model = after if code == 0 else self.between(before, after)

    def between(self, before: Model, after: Model) -> Model:
        """What is there now; it lies between the two, and nothing dangles that did not."""
        found: set[Reference] = {*self.store.drefs()}
        found.update(chain.from_iterable(map(self.store.rrefs, CONFIGS)))
        assert before.objects.keys() & after.objects.keys() <= found | before.damaged()
        assert found <= before.objects.keys() | after.objects.keys()
        damaged = {each for each in found if self.is_damaged(each)}
        assert damaged <= before.damaged() | after.damaged()
        now = Model(
            {each: Stored(self.seen[each], each in damaged) for each in found},
            set(before.pinned),
            dict(before.roots),
            [self.bin(each, before) for each in collections(self.store)],
        )
        assert now.dangling() <= before.dangling() | after.dangling() | {
            (each, need) for each, need in now.dangling() if need in before.damaged()
        }
        return now

    def is_damaged(self, reference: Reference) -> bool:
        damage = damage_of(self.store.fs, self.store.layout, reference)
        return any(not each.is_harmless for each in damage)

    def bin(self, name: str, before: Model) -> dict[Reference, Stored]:
        """A collection as it lies in the trash; what is damaged in it was so before."""
        known = {binned_name(each): each for each in self.seen}
        place = self.store.layout.trash / name
        damaged = {
            each
            for there in (before.objects, *before.bins)
            for each, stored in there.items()
            if stored.is_damaged
        }
        found = [known[each.name] for each in place.iterdir()]
        return {each: Stored(self.seen[each], each in damaged) for each in found}

    # What is looked at after each step

    @invariant()
    def store_holds_what_the_model_holds(self) -> None:
        StoreMachine.steps += 1
        drefs = self.store.drefs()
        found = {*drefs, *chain.from_iterable(map(self.store.rrefs, drefs))}
        assert self.model.objects.keys() == found

    @invariant()
    def store_needs_what_the_model_needs(self) -> None:
        for rref in self.model.realizations():
            used = chain.from_iterable(self.store.record(rref).context.values())
            assert self.model.objects[rref].needs == needs_of(rref, used)

    @invariant()
    def what_must_stay_is_what_the_model_says(self) -> None:
        assert self.model.pinned == in_use(self.store.backing).keys()
        assert self.model.roots == named_roots(self.store)

    @invariant()
    def trash_holds_what_the_model_holds(self) -> None:
        trash = self.store.layout.trash
        found = [
            {each.name for each in (trash / name).iterdir()} for name in collections(self.store)
        ]
        assert [set(map(binned_name, each)) for each in self.model.bins] == found


COLLECT = Act(lambda store: gc(store, delete=True, everything=True), lambda model: model.collect())
EMPTY = Act(empty_trash, lambda model: model.bins.clear())
MEND = Act(lambda store: repair(store, verify(store, jobs=1)), lambda model: model.repair())


def _run(examples: int, *, phases: tuple[Phase, ...] = (Phase.generate, Phase.shrink)) -> None:
    run_state_machine_as_test(
        StoreMachine,
        settings=settings(
            max_examples=examples,
            derandomize=examples <= EXAMPLES,  # the same histories every day; others in long runs
            stateful_step_count=STEPS,
            deadline=None,
            database=None,
            phases=phases,
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_store_does_what_the_model_says(
    scale: int, record_property: Callable[[str, object], None]
) -> None:
    StoreMachine.steps = StoreMachine.crashes = StoreMachine.deaths = 0
    _run(EXAMPLES * scale)
    record_property(
        "counts",
        f"model: {EXAMPLES * scale} runs, {StoreMachine.steps} states looked at, "
        f"{StoreMachine.deaths} of {StoreMachine.crashes} processes died",
    )
    assert StoreMachine.deaths > EXAMPLES * scale / 5


@pytest.mark.parametrize(
    ("function", "wrong"),
    [
        pytest.param(
            "pylightnix_fn.upkeep.planning.in_use", lambda backing: {}, id="forgets writers"
        ),
        pytest.param(
            "pylightnix_fn.upkeep.planning.roots_of", lambda backing: {}, id="forgets roots"
        ),
        pytest.param("pylightnix_fn.store.disk.users_of", lambda store, each: (), id="cuts off"),
    ],
)
def test_model_notices_a_store_that(
    function: str, wrong: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(function, wrong)
    with pytest.raises((AssertionError, pytest.fail.Exception)):
        _run(EXAMPLES, phases=(Phase.generate,))
