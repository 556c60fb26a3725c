"""What a realizer of a config that is a dict may ask of its build."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from pylightnix_fn import (
    Build,
    DRef,
    Folder,
    Manager,
    Many,
    RefPath,
    Store,
    dref_from,
    instantiate,
    latest,
    match_some,
    mkconfig,
    mkdrv,
    realize,
    selfref,
)
from pylightnix_fn.classic import build_context, build_deref, build_name, build_paths
from pylightnix_fn.errors.build import UndeclaredInput
from pylightnix_fn.errors.plan import MalformedReference, NotOne

Look = Callable[[Build, DRef[Folder]], None]

FOREIGN = dref_from(f"dref:{'0' * 32}-foreign")


def write(b: Build) -> None:
    (b.path / "a.txt").write_text(str(b.site.sample))


def looking(m: Manager, look: Look) -> tuple[Manager, DRef[Folder]]:
    """A stage that looks at its build, and at two realizations of what it depends on."""
    m, several = mkdrv(m, mkconfig({"name": "several"}), match_some(2), write)

    def build(b: Build) -> None:
        look(b, several.dref)

    return mkdrv(m, mkconfig({"name": "looking", "input": several}), latest(), build)


def seen(store: Store, look: Look) -> None:
    realize(instantiate(looking, look), store)


def test_name_is_that_of_the_config(store: Store) -> None:
    names: list[str] = []
    seen(store, lambda b, dref: names.append(build_name(b)))
    assert ["looking"] == names


def test_context_holds_the_direct_dependencies(store: Store) -> None:
    def look(b: Build, dref: DRef[Folder]) -> None:
        assert {dref: 2} == {each: len(rrefs) for each, rrefs in build_context(b).items()}

    seen(store, look)


def test_realizations_of_a_dependency_are_those_of_the_context(store: Store) -> None:
    def look(b: Build, dref: DRef[Folder]) -> None:
        assert build_context(b)[dref] == build_deref(b, Many(dref))

    seen(store, look)


def test_several_realizations_are_not_one(store: Store) -> None:
    with pytest.raises(NotOne, match="several"):
        seen(store, lambda b, dref: print(build_deref(b, dref)))


def test_realization_that_the_config_does_not_name_is_undeclared(store: Store) -> None:
    with pytest.raises(UndeclaredInput, match="foreign"):
        seen(store, lambda b, dref: print(build_deref(b, FOREIGN)))


def test_paths_lie_in_each_realization(store: Store) -> None:
    def look(b: Build, dref: DRef[Folder]) -> None:
        assert ["0", "1"] == sorted(each.read_text() for each in build_paths(b, [dref, "a.txt"]))

    seen(store, look)


def test_paths_of_the_realization_itself_are_one(store: Store) -> None:
    def look(b: Build, dref: DRef[Folder]) -> None:
        assert (b.path / "in" / "b.txt",) == build_paths(b, [selfref, "in", "b.txt"])

    seen(store, look)


@pytest.mark.parametrize("refpath", [[], ["dref:x", "a"], [selfref, "..", "a"], [FOREIGN, "/a"]])
def test_path_that_is_no_refpath_is_refused(store: Store, refpath: RefPath) -> None:
    with pytest.raises(MalformedReference):
        seen(store, lambda b, dref: print(build_paths(b, refpath)))
