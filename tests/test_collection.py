"""Garbage: what goes, what is spared although it was planned, and what comes back."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from scenarios import files, put, registered

from pylightnix_fn import (
    DiskStore,
    GcPlan,
    Policy,
    RRef,
    add_root,
    collect,
    collections,
    empty_trash,
    gc,
    gc_plan,
    keep_best,
    keep_latest,
    keep_named,
    keep_roots,
    link,
    named_roots,
    remove_root,
    survey,
    undo,
    weigh,
    within,
)
from pylightnix_fn.errors import (
    DamagedObject,
    LinkTaken,
    MalformedName,
    MissingObject,
    NothingKept,
    UnknownCollection,
    UnknownRoot,
)
from pylightnix_fn.outputs import CONTEXT_FILE
from pylightnix_fn.retention.collection import Cost
from pylightnix_fn.retention.inventory import Reference
from pylightnix_fn.store.layout import BUILD_FILE
from pylightnix_fn.tree import Folder


class Made:
    """A store of two datasets, each with a model built from it, that nobody uses any more."""

    def __init__(self, place: Path) -> None:
        self.store = DiskStore.open(place / "store")
        self.data = registered(self.store, "data")
        self.model = registered(self.store, "model", data=str(self.data))
        self.old_data = put(self.store, self.data, {"n": "1"}, started=1)
        self.new_data = put(self.store, self.data, {"n": "2"}, started=2)
        self.worse = self.built("0.5", self.old_data, started=3)
        self.better = self.built("0.7", self.new_data, started=4)
        self.store.close()

    def built(self, accuracy: str, data: RRef[Folder], started: float) -> RRef[Folder]:
        context = {self.data: (data,)}
        written = {"accuracy.txt": accuracy}
        return put(self.store, self.model, written, context=context, started=started)

    def there(self) -> set[Reference]:
        store = self.store
        rrefs = {rref for dref in store.drefs() for rref in store.rrefs(dref)}
        return {*store.drefs(), *rrefs}

    def everything(self) -> set[Reference]:
        rrefs = {self.old_data, self.new_data, self.worse, self.better}
        return {self.data, self.model, *rrefs}


@pytest.fixture
def made(tmp_path: Path) -> Made:
    return Made(tmp_path)


def _size_of(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.iterdir())


def removed(plan: GcPlan) -> list[Reference]:
    return [each.reference for each in plan.removals]


# Dry, and not


def test_gc_is_dry_by_default(made: Made) -> None:
    plan = gc(made.store, keep_best(1, "accuracy.txt"))
    assert [made.old_data, made.worse] == removed(plan)
    assert made.everything() == made.there()


def test_gc_moves_to_the_trash_what_no_policy_keeps(made: Made) -> None:
    gc(made.store, keep_best(1, "accuracy.txt"), delete=True)
    assert made.everything() - {made.worse, made.old_data} == made.there()


def test_plan_tells_what_each_object_frees_and_cost(made: Made) -> None:
    plan = weigh(made.store, gc(made.store, keep_latest(1)))
    assert [made.old_data, made.worse] == removed(plan)
    sizes = [_size_of(made.store.folder(rref)) for rref in (made.old_data, made.worse)]
    assert (Cost(sizes[0], 1), Cost(sizes[1], 1)) == plan.costs


@pytest.mark.parametrize(
    "policy",
    [
        keep_roots,
        keep_latest(1),
        keep_best(1, "accuracy.txt"),
        keep_named("data"),
        keep_named("model") & keep_latest(1),
        keep_named("data") | keep_best(1, "accuracy.txt"),
        within(10**6),
    ],
    ids=lambda policy: str(policy.label),
)
def test_gc_plans_what_a_survey_of_everything_gives(made: Made, policy: Policy) -> None:
    whole = gc_plan(policy, survey(made.store, policy))
    plan = gc(made.store, policy)
    assert (whole.kept, whole.unneeded) == (plan.kept, plan.unneeded)
    assert whole == weigh(made.store, plan)


@pytest.mark.parametrize("file", [CONTEXT_FILE, BUILD_FILE])
def test_damaged_realization_is_not_the_latest(made: Made, file: str) -> None:
    path = made.store.folder(made.better) / file
    path.chmod(0o644)
    path.write_text("{", encoding="utf-8")
    assert made.better in gc(made.store, keep_latest(1)).unneeded


def test_plan_looks_at_nothing_that_goes(made: Made) -> None:
    for rref in (made.old_data, made.worse):
        for path in made.store.folder(rref).iterdir():
            path.unlink()
    add_root(made.store, "best", made.better)
    assert [made.old_data, made.worse] == removed(gc(made.store))


def test_what_is_gone_weighs_nothing(made: Made) -> None:
    plan = gc(made.store, keep_best(1, "accuracy.txt"), delete=True)
    assert (0, 0) == (weigh(made.store, plan).size, weigh(made.store, plan).seconds)


def test_collection_takes_referrers_first_in_whatever_order_they_are_planned(made: Made) -> None:
    planned = sorted(made.everything(), key=str)  # derivations come first
    forwards = collect(made.store, GcPlan((), tuple(planned), "nobody"), everything=True).moved
    undo(made.store)
    backwards = GcPlan((), tuple(planned[::-1]), "nobody")
    assert forwards == collect(made.store, backwards, everything=True).moved
    order = {each.text: place for place, each in enumerate(forwards)}
    assert order[made.worse.text] < order[made.old_data.text] < order[made.data.text]
    assert order[made.better.text] < order[made.model.text] < order[made.data.text]


def test_size_of_a_derivation_is_that_of_its_config_whole_or_not(made: Made) -> None:
    path = made.store.layout.config(made.model)
    path.chmod(0o644)
    path.write_text("damaged", encoding="utf-8")
    sizes: dict[Reference, int] = {each.dref: each.size for each in survey(made.store).derivations}
    assert made.store.layout.config(made.data).stat().st_size == sizes[made.data]
    assert len("damaged") == sizes[made.model]


def test_policy_that_keeps_nothing_needs_an_explicit_yes(made: Made) -> None:
    with pytest.raises(NothingKept) as caught:
        gc(made.store, keep_roots, delete=True)
    assert caught.value.objects == 6
    assert made.everything() == made.there()


def test_explicit_yes_removes_everything(made: Made) -> None:
    gc(made.store, delete=True, everything=True)
    assert set() == made.there()


def test_gc_of_an_empty_store_does_nothing(tmp_path: Path) -> None:
    store = DiskStore.open(tmp_path / "store")
    assert () == gc(store, delete=True).removals


# Roots


def test_root_keeps_an_object_and_what_it_was_built_from(made: Made) -> None:
    add_root(made.store, "best", made.better)
    made.store.close()
    gc(made.store, delete=True)
    assert {made.data, made.model, made.new_data, made.better} == made.there()


def test_root_that_was_removed_keeps_nothing(made: Made) -> None:
    add_root(made.store, "best", made.better)
    add_root(made.store, "other", made.worse)
    remove_root(made.store, "best")
    made.store.close()
    gc(made.store, delete=True)
    assert made.better not in made.there()


def test_roots_are_listed_by_name(made: Made) -> None:
    add_root(made.store, "best", made.better)
    add_root(made.store, "data", made.data)
    assert {"best": made.better, "data": made.data} == named_roots(made.store)


def test_root_of_the_same_name_is_replaced(made: Made) -> None:
    add_root(made.store, "best", made.worse)
    add_root(made.store, "best", made.better)
    assert {"best": made.better} == named_roots(made.store)


def test_root_of_a_missing_object_is_refused(made: Made) -> None:
    made.store.remove(made.worse)
    with pytest.raises(MissingObject):
        add_root(made.store, "best", made.worse)


@pytest.mark.parametrize("name", ["../x", "", "a/b", ".."])
def test_root_name_that_leads_elsewhere_is_refused(made: Made, name: str) -> None:
    with pytest.raises(MalformedName):
        add_root(made.store, name, made.better)


def test_root_may_not_take_the_place_of_the_registered_ones(made: Made) -> None:
    with pytest.raises(LinkTaken):
        add_root(made.store, "registered", made.better)


def test_missing_root_cannot_be_removed(made: Made) -> None:
    with pytest.raises(UnknownRoot, match="root 'best'"):
        remove_root(made.store, "best")


def test_root_that_leads_out_of_the_store_stops_everything(made: Made) -> None:
    (made.store.layout.roots / "odd").symlink_to("/etc/passwd")
    with pytest.raises(DamagedObject, match="it leads to no object"):
        gc(made.store, keep_latest(1), delete=True)
    assert made.everything() == made.there()


# Links elsewhere


def test_link_anywhere_keeps_its_object(made: Made, tmp_path: Path) -> None:
    path = link(made.store, made.better, tmp_path / "result")
    made.store.close()
    gc(made.store, delete=True)
    assert {made.data, made.model, made.new_data, made.better} == made.there()
    assert "0.7" == (path / "accuracy.txt").read_text(encoding="utf-8")


def test_link_that_was_deleted_keeps_nothing(made: Made, tmp_path: Path) -> None:
    link(made.store, made.better, tmp_path / "result").unlink()
    made.store.close()
    gc(made.store, delete=True, everything=True)
    assert set() == made.there()
    assert [] == os.listdir(made.store.layout.registered)


def test_link_is_led_elsewhere_by_linking_again(made: Made, tmp_path: Path) -> None:
    link(made.store, made.worse, tmp_path / "result")
    path = link(made.store, made.better, tmp_path / "result")
    assert {str(path): made.better} == named_roots(made.store)


@pytest.mark.parametrize("write", [files({"result": "mine"}), lambda at: (at / "result").mkdir()])
def test_link_replaces_nothing_of_the_user(made: Made, tmp_path: Path, write: object) -> None:
    assert callable(write)
    write(tmp_path)
    with pytest.raises(LinkTaken):
        link(made.store, made.better, tmp_path / "result")
    assert {} == named_roots(made.store)


def test_link_that_leads_elsewhere_is_not_replaced(made: Made, tmp_path: Path) -> None:
    (tmp_path / "result").symlink_to(tmp_path)
    with pytest.raises(LinkTaken):
        link(made.store, made.better, tmp_path / "result")


# Live processes


def test_what_this_process_was_given_stays(made: Made) -> None:
    assert made.store.pin([made.worse])
    gc(made.store, keep_best(1, "accuracy.txt"), delete=True)
    assert made.everything() == made.there()


PIN = """
import sys
from pylightnix_fn import DiskStore
from pylightnix_fn.refs import rref_from
print(DiskStore.open(sys.argv[1]).pin([rref_from(sys.argv[2])]), flush=True)
sys.stdin.read()
"""


def test_what_another_process_uses_stays_until_it_is_killed(made: Made) -> None:
    command = [sys.executable, "-c", PIN, str(made.store.root), made.worse.text]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert b"True\n" == process.stdout.readline()
        gc(made.store, keep_best(1, "accuracy.txt"), delete=True)
        assert made.everything() == made.there()
        process.kill()
    gc(made.store, keep_best(1, "accuracy.txt"), delete=True)
    assert made.worse not in made.there()


# Plans that are out of date


def test_what_was_pinned_since_the_plan_is_spared_with_what_it_needs(made: Made) -> None:
    plan = gc(made.store, keep_best(1, "accuracy.txt"))
    made.store.pin([made.worse])
    collection = collect(made.store, plan)
    assert ((), "") == (collection.moved, collection.name)
    assert {made.worse, made.old_data} == {each.reference for each in collection.spared}


def test_what_was_built_since_the_plan_keeps_what_it_needs(made: Made) -> None:
    plan = gc(made.store, keep_best(1, "accuracy.txt"))
    newer = made.built("0.6", made.old_data, started=9)
    made.store.close()
    assert (made.worse,) == collect(made.store, plan).moved
    assert {newer, made.old_data} <= made.there()


def test_what_is_gone_since_the_plan_is_passed_over(made: Made) -> None:
    plan = gc(made.store, keep_best(1, "accuracy.txt"))
    made.store.remove(made.worse)
    assert (made.old_data,) == collect(made.store, plan).moved


def test_plan_made_by_hand_removes_nothing_that_is_needed(made: Made) -> None:
    honest = gc(made.store, keep_latest(2))
    forged = GcPlan(honest.kept, (made.old_data,), "nobody")
    collection = collect(made.store, forged)
    assert ((), [made.old_data]) == (
        collection.moved,
        [each.reference for each in collection.spared],
    )


def test_unreadable_context_of_what_stays_stops_everything(made: Made) -> None:
    context = made.store.folder(made.better) / "context.json"
    context.chmod(0o644)
    context.write_text("{", encoding="utf-8")
    with pytest.raises(DamagedObject):
        gc(made.store, keep_best(1, "accuracy.txt"), delete=True)
    assert made.everything() == made.there()


# The trash


def test_undo_brings_everything_back(made: Made) -> None:
    gc(made.store, delete=True, everything=True)
    undone = undo(made.store)
    assert (made.everything(), ()) == (set(undone.restored), undone.left)
    assert made.everything() == made.there()
    assert made.store.folder(made.better).stat().st_mode & 0o777 == 0o555


def test_undo_takes_the_latest_collection_first(made: Made) -> None:
    gc(made.store, keep_best(1, "accuracy.txt"), delete=True)
    gc(made.store, delete=True, everything=True)
    undo(made.store)
    assert made.everything() - {made.worse, made.old_data} == made.there()
    undo(made.store)
    assert made.everything() == made.there()


def test_undo_leaves_what_was_built_again(made: Made) -> None:
    gc(made.store, keep_best(1, "accuracy.txt"), delete=True)
    made.store.register({made.data: made.store.config(made.data)})
    assert made.old_data == put(made.store, made.data, {"n": "1"}, started=1)
    undone = undo(made.store)
    assert ((made.worse,), (made.old_data,)) == (undone.restored, undone.left)


def test_undo_does_not_bring_back_what_lacks_parts(made: Made) -> None:
    gc(made.store, keep_best(1, "accuracy.txt"), delete=True)
    made.store.close()
    (bin_,) = collections(made.store)
    data = f"{made.old_data.digest}.{made.data.digest}"
    (made.store.layout.trash / bin_ / data).rename(made.store.root / "elsewhere")
    assert ((), (made.worse,)) == (undo(made.store).restored, undo(made.store).left)


def test_unknown_collection_cannot_be_undone(made: Made) -> None:
    with pytest.raises(UnknownCollection) as caught:
        undo(made.store, "collected-never")
    assert ("collected-never", "none") == (caught.value.name, caught.value.there)


def test_emptied_trash_gives_nothing_back(made: Made) -> None:
    plan = weigh(made.store, gc(made.store, keep_best(1, "accuracy.txt")))
    collect(made.store, plan)
    assert plan.size == empty_trash(made.store)
    assert () == collections(made.store)
    with pytest.raises(UnknownCollection):
        undo(made.store)


def test_damaged_objects_do_not_come_back(made: Made) -> None:
    artifact = made.store.folder(made.better) / "accuracy.txt"
    artifact.chmod(0o644)
    artifact.write_text("0.9", encoding="utf-8")
    made.built("0.7", made.new_data, started=4)  # finds the damage, and replaces it
    assert () == collections(made.store)
    assert "0.7" == (made.store.folder(made.better) / "accuracy.txt").read_text(encoding="utf-8")
