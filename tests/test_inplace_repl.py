"""Builds by hand in a session: pause, go on, cancel."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from attrs import frozen

from pylightnix_fn import (
    Build,
    Config,
    DRef,
    Folder,
    Manager,
    Many,
    build_cattrs,
    build_outpath,
    derive,
    latest,
    match_some,
    mkconfig,
    mkdrv,
    selfref,
)
from pylightnix_fn.errors.build import MissingOutput
from pylightnix_fn.errors.inplace import NothingPaused
from pylightnix_fn.errors.plan import BadParameter, UnknownTarget
from pylightnix_fn.inplace import (
    Registry,
    catref,
    current_store,
    instantiate_inplace,
    repl_build,
    repl_cancel,
    repl_continue,
    repl_realize,
    using,
)


@pytest.fixture(autouse=True)
def place(tmp_path: Path) -> Iterator[None]:
    with using(tmp_path / "store", registry=Registry()):
        yield


def _build(b: Build[Config, Folder]) -> None:
    (build_outpath(b) / "a.txt").write_text("built")


def _first(m: Manager) -> tuple[Manager, DRef[Folder]]:
    config = mkconfig({"name": "first", "rate": 0.5, "out": [selfref, "a.txt"]})
    return mkdrv(m, config, latest(), _build)


def _second(m: Manager, first: DRef[Folder]) -> tuple[Manager, DRef[Folder]]:
    return mkdrv(m, mkconfig({"name": "second", "first": [first, "a.txt"]}), latest(), _build)


@pytest.fixture
def first() -> DRef[Folder]:
    return instantiate_inplace(_first)


@pytest.fixture
def second(first: DRef[Folder]) -> DRef[Folder]:
    return instantiate_inplace(_second, first)


def test_build_by_hand_becomes_a_realization(first: DRef[Folder]) -> None:
    repl_realize(first)
    b = repl_build(Config)
    (build_outpath(b) / "a.txt").write_text(f"by hand, {build_cattrs(b).rate}")
    rref = repl_continue()
    assert rref is not None
    assert ["by hand, 0.5"] == catref(rref, ["a.txt"])


def test_dependencies_are_built_before_the_pause(second: DRef[Folder]) -> None:
    b = repl_realize(second, Config)
    assert "built" == Path(b.deref(next(iter(b.site.context))).path / "a.txt").read_text()  # type: ignore[attr-defined]
    repl_cancel()


def test_pause_can_be_before_a_dependency(first: DRef[Folder], second: DRef[Folder]) -> None:
    b = repl_realize(second, force_interrupt=[first])
    (b.path / "a.txt").write_text("by hand")
    rref = repl_continue()
    assert rref is not None
    assert (second.text, ["built"]) == (rref.dref.text, catref(rref, ["a.txt"]))
    assert ["by hand"] == catref(current_store().rrefs(first)[0], ["a.txt"])


def test_pauses_come_in_the_order_of_building(first: DRef[Folder], second: DRef[Folder]) -> None:
    repl_realize(second, force_interrupt=[second, first])
    assert "first" == repl_build(Config).name
    (repl_build(Config).path / "a.txt").write_text("1")
    assert None is repl_continue()
    assert "second" == repl_build(Config).name
    rref = repl_continue()
    assert rref is not None
    assert second.text == rref.dref.text


def test_cancelled_build_leaves_nothing(first: DRef[Folder]) -> None:
    path = repl_realize(first).path
    (path / "a.txt").write_text("x")
    repl_cancel()
    assert () == current_store().rrefs(first)
    assert not path.exists()


def test_refused_build_can_be_mended(first: DRef[Folder]) -> None:
    b = repl_realize(first)
    with pytest.raises(MissingOutput):
        repl_continue()
    (b.path / "a.txt").write_text("mended")
    assert None is not repl_continue()


def test_next_pause_cancels_the_one_before(first: DRef[Folder], second: DRef[Folder]) -> None:
    before = repl_realize(first)
    b = repl_realize(second)
    assert (False, True) == (before.path.exists(), b.path.exists())
    repl_cancel()


def test_build_that_its_user_ended_is_no_obstacle(first: DRef[Folder]) -> None:
    repl_realize(first).cancel()
    repl_realize(first)
    repl_cancel()


def test_several_give_the_one_that_was_written() -> None:
    def several(m: Manager) -> tuple[Manager, Many[Folder]]:
        return mkdrv(m, mkconfig({"name": "several"}), match_some(1), _build)

    b = repl_realize(instantiate_inplace(several))
    (b.path / "a.txt").write_text("by hand")
    rref = repl_continue()
    assert rref is not None
    assert ["by hand"] == catref(rref, ["a.txt"])


@frozen
class Parameters:
    """A typed config."""

    rate: float = 0.5


def _typed(m: Manager) -> tuple[Manager, DRef[Folder]]:
    def build(b: Build[Parameters, Folder]) -> None:
        raise AssertionError("nobody runs this")

    return derive(m, Parameters(), Folder(), build, code=None)


def test_class_of_the_config_gives_types() -> None:
    b = repl_realize(instantiate_inplace(_typed), Parameters)
    assert (0.5, 0.5) == (b.config.rate, repl_build(Parameters).config.rate)
    repl_cancel()


def test_other_class_of_the_config_is_refused() -> None:
    repl_realize(instantiate_inplace(_typed))
    with pytest.raises(BadParameter, match="repl_build"):
        repl_build(Config)
    repl_cancel()


@pytest.mark.parametrize("act", [repl_continue, repl_cancel, lambda: repl_build(Config)])
def test_nothing_is_paused_at_first(act: object) -> None:
    assert callable(act)
    with pytest.raises(NothingPaused, match="repl_"):
        act()


def test_nothing_is_paused_afterwards(first: DRef[Folder]) -> None:
    repl_realize(first)
    repl_cancel()
    with pytest.raises(NothingPaused, match="repl_cancel"):
        repl_cancel()


def test_reference_that_the_session_does_not_know_is_refused() -> None:
    with using(registry=Registry()):
        foreign = instantiate_inplace(_first)
    with pytest.raises(UnknownTarget, match="repl_realize"):
        repl_realize(foreign)


@pytest.mark.parametrize("wanted", [True, False])
def test_pause_that_is_not_on_the_way_is_refused(
    first: DRef[Folder], second: DRef[Folder], wanted: bool
) -> None:
    with pytest.raises(BadParameter, match="force_interrupt"):
        repl_realize(first, force_interrupt=[second] if wanted else [])
