"""Sessions side by side: blocks, threads, tasks; and what a session does with its store."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from itertools import count
from pathlib import Path
from threading import Barrier

import pytest

from pylightnix_fn import (
    Build,
    DiskStore,
    DRef,
    Folder,
    Manager,
    Many,
    RRef,
    latest,
    match_some,
    mkconfig,
    mkdrv,
)
from pylightnix_fn.errors.store import LinkTaken, MissingObject, NoStoreChosen
from pylightnix_fn.inplace import (
    Registry,
    catref,
    current_manager,
    current_registry,
    current_storage,
    current_store,
    evaluate,
    fsinit,
    gc,
    gc_exceptions,
    instantiate_inplace,
    linkdref,
    linkrref,
    linkrrefs,
    lsref,
    realize_inplace,
    rootdrefs,
    rootrrefs,
    shell,
    store_initialize,
    using,
)

pytestmark = pytest.mark.usefixtures("session")

numbers = count()


def build(b: Build) -> None:
    (b.path / "a.txt").write_text(str(next(numbers)))


def stage(m: Manager, name: str = "thing") -> tuple[Manager, DRef[Folder]]:
    return mkdrv(m, mkconfig({"name": name}), latest(), build)


def names() -> set[str]:
    return {each.name for each in current_manager().derivations}


# Blocks


def test_block_works_on_its_own_store(tmp_path: Path) -> None:
    store_initialize(tmp_path / "around")
    with using(DiskStore.open(tmp_path / "inside")):
        assert tmp_path / "inside" == current_store().root
    assert tmp_path / "around" == current_store().root


def test_block_takes_the_path_of_a_store(tmp_path: Path) -> None:
    with using(tmp_path / "inside"):
        realize_inplace(instantiate_inplace(stage))
    assert 1 == len(DiskStore.open(tmp_path / "inside").drefs())


def test_block_needs_no_store_around_it(tmp_path: Path) -> None:
    with current_storage(tmp_path / "inside"):
        assert tmp_path / "inside" == current_store().root
    with pytest.raises(NoStoreChosen):
        current_store()


def test_inner_block_counts(tmp_path: Path) -> None:
    with using(tmp_path / "a"), using(tmp_path / "b"):
        assert tmp_path / "b" == current_store().root


def test_block_has_its_own_derivations() -> None:
    instantiate_inplace(stage, "around")
    with current_registry(Registry()):
        instantiate_inplace(stage, "inside")
        assert {"inside"} == names()
    assert {"around"} == names()


def test_registry_can_be_taken_up_again() -> None:
    registry = Registry()
    for name in ("one", "other"):
        with using(registry=registry):
            instantiate_inplace(stage, name)
    assert 2 == len(registry.manager)


def test_block_with_a_store_keeps_the_derivations(tmp_path: Path) -> None:
    with using(tmp_path / "inside"):
        dref = instantiate_inplace(stage)
    assert dref in current_manager()


def test_error_ends_the_block(tmp_path: Path) -> None:
    store_initialize(tmp_path / "around")
    with pytest.raises(ZeroDivisionError), using(tmp_path / "inside", registry=Registry()):
        raise ZeroDivisionError
    assert tmp_path / "around" == current_store().root


def test_store_that_is_chosen_in_a_block_is_the_blocks(tmp_path: Path) -> None:
    store_initialize(tmp_path / "around")
    with using(tmp_path / "inside"):
        store_initialize(tmp_path / "chosen")
        assert tmp_path / "chosen" == current_store().root
    assert tmp_path / "around" == current_store().root


# Threads and tasks


def test_threads_have_blocks_of_their_own(tmp_path: Path) -> None:
    inside = Barrier(4)

    def work(number: int) -> tuple[str, set[str]]:
        with using(tmp_path / str(number), registry=Registry()):
            instantiate_inplace(stage, f"stage-{number}")
            inside.wait(10)  # all are in their blocks at once
            return current_store().root.name, names()

    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(work, range(4)))
    assert [(str(number), {f"stage-{number}"}) for number in range(4)] == found


def test_thread_begins_outside_of_the_block_around_it(tmp_path: Path) -> None:
    store_initialize(tmp_path / "of-the-process")
    with using(tmp_path / "inside"), ThreadPoolExecutor(1) as pool:
        assert "of-the-process" == pool.submit(current_store).result().root.name
        assert "inside" == pool.submit(copy_context().run, current_store).result().root.name


def test_tasks_have_blocks_of_their_own(tmp_path: Path) -> None:
    async def work(number: int) -> tuple[str, set[str]]:
        with using(tmp_path / str(number), registry=Registry()):
            await asyncio.sleep(0)
            instantiate_inplace(stage, f"stage-{number}")
            await asyncio.sleep(0)
            return current_store().root.name, names()

    async def all_of_them() -> list[tuple[str, set[str]]]:
        return await asyncio.gather(*map(work, range(4)))

    assert [(str(n), {f"stage-{n}"}) for n in range(4)] == asyncio.run(all_of_them())


def test_task_begins_in_the_block_around_it(tmp_path: Path) -> None:
    async def root() -> Path:
        return current_store().root

    async def inside() -> Path:
        with using(tmp_path / "inside"):
            task = asyncio.create_task(root())
        return await task

    assert tmp_path / "inside" == asyncio.run(inside())


def test_threads_that_share_a_registry_lose_nothing() -> None:
    with ThreadPoolExecutor(8) as pool:
        drefs = set(pool.map(lambda n: instantiate_inplace(stage, f"stage-{n}"), range(200)))
    assert drefs == set(current_manager().derivations)


# Places


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({"PYLIGHTNIX_ROOT": "a"}, ("a", "a/tmp")),
        ({"PYLIGHTNIX_ROOT": "a", "PYLIGHTNIX_STORAGE": "b"}, ("b", "b/tmp")),
        ({"PYLIGHTNIX_ROOT": "a", "PYLIGHTNIX_TMP": "t"}, ("a", "t")),
        ({"HOME": "h"}, ("h/_pylightnix", "h/_pylightnix/tmp")),
    ],
)
def test_variables_say_where_a_store_lies(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    variables: dict[str, str],
    expected: tuple[str, str],
) -> None:
    for name in ("PYLIGHTNIX_ROOT", "PYLIGHTNIX_STORAGE", "PYLIGHTNIX_TMP"):
        monkeypatch.delenv(name, raising=False)
    for name, below in variables.items():
        monkeypatch.setenv(name, str(tmp_path / below))
    store = fsinit()
    places = store.root, store.layout.staging
    assert expected == tuple(str(each.relative_to(tmp_path)) for each in places)


def test_fsinit_chooses_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    fsinit(tmp_path / "store")
    assert "" == capsys.readouterr().out
    with pytest.raises(NoStoreChosen):
        current_store()


# Evaluating


def test_evaluate_realizes_what_a_stage_makes(tmp_path: Path) -> None:
    with using(tmp_path / "store"):
        rref = evaluate(stage, name="thing")
        assert [rref] == list(current_store().rrefs(rref.dref))


def test_evaluate_of_several_gives_all(tmp_path: Path) -> None:
    def several(m: Manager) -> tuple[Manager, Many[Folder]]:
        return mkdrv(m, mkconfig({"name": "thing"}), match_some(2), build)

    with using(tmp_path / "store"):
        assert 2 == len(evaluate(several))


# Links and garbage


@pytest.fixture
def made(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> RRef[Folder]:
    store_initialize(tmp_path / "store")
    capsys.readouterr()
    return evaluate(stage)


def test_link_leads_to_a_realization(made: RRef[Folder], tmp_path: Path) -> None:
    link = linkrref(made, tmp_path)
    assert tmp_path / "result-thing" == link
    assert catref(made, ["a.txt"]) == [(link / "a.txt").read_text()]


def test_link_has_the_name_that_is_given(made: RRef[Folder], tmp_path: Path) -> None:
    assert tmp_path / "best" == linkrref(made, tmp_path, "best")


def test_link_lies_here_by_default(
    made: RRef[Folder], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert tmp_path / "result-thing" == linkrref(made)


def test_links_of_one_name_have_numbers(made: RRef[Folder], tmp_path: Path) -> None:
    other = realize_inplace(made.dref, force_rebuild=[made.dref])
    links = linkrrefs([made, other], tmp_path)
    assert ["result-thing", "result-thing-2"] == [each.name for each in links]
    assert [made.digest, other.digest] == [each.resolve().name for each in links]


def test_link_leads_to_a_derivation(made: RRef[Folder], tmp_path: Path) -> None:
    assert (linkdref(made.dref, tmp_path) / "config.json").is_file()
    assert [made.dref] == rootdrefs()


def test_link_replaces_nothing_else(made: RRef[Folder], tmp_path: Path) -> None:
    (tmp_path / "result-thing").write_text("mine")
    with pytest.raises(LinkTaken):
        linkrref(made, tmp_path)


def test_linked_objects_are_roots(made: RRef[Folder], tmp_path: Path) -> None:
    linkrref(made, tmp_path)
    assert [made] == rootrrefs()


def test_links_of_others_become_roots(made: RRef[Folder], tmp_path: Path) -> None:
    (tmp_path / "links/deep").mkdir(parents=True)
    (tmp_path / "links/deep/mine").symlink_to(current_store().folder(made))
    (tmp_path / "links/elsewhere").symlink_to(tmp_path)
    (tmp_path / "links/file").symlink_to(current_store().folder(made) / "a.txt")
    assert [made] == gc_exceptions(tmp_path / "links")
    assert [made] == rootrrefs()


def test_garbage_is_what_no_link_leads_to(made: RRef[Folder], tmp_path: Path) -> None:
    other = evaluate(stage, "other")
    linkrref(made, tmp_path)
    current_store().close()  # what this process was given stays while it lives
    gc(delete=True)
    assert [made] == list(current_store().rrefs(made.dref))
    assert () == current_store().rrefs(other.dref)


def test_garbage_is_only_looked_at_by_default(made: RRef[Folder]) -> None:
    current_store().close()
    assert [made] == [each.reference for each in gc().removals if each.reference == made]
    assert ["a.txt"] == lsref(made)[2:]


# Shells


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "program"
    path.write_text(f"#!/bin/sh\npwd -P > '{tmp_path}/where'\nexit 3\n")
    path.chmod(0o755)
    monkeypatch.setenv("SHELL", str(path))
    return tmp_path / "where"


@pytest.mark.parametrize("of", [lambda rref: rref, lambda rref: rref.dref], ids=["rref", "dref"])
def test_shell_opens_in_the_folder_of_an_object(
    made: RRef[Folder],
    program: Path,
    of: Callable[[RRef[Folder]], RRef[Folder] | DRef[Folder]],
) -> None:
    assert 3 == shell(of(made))
    folder = current_store().layout.located(of(made))
    assert os.path.realpath(folder) == program.read_text().strip()


def test_shell_needs_the_object(made: RRef[Folder], program: Path) -> None:
    current_store().remove(made)
    with pytest.raises(MissingObject):
        shell(made)
