"""The session for notebooks: one manager, one store."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from pathlib import Path

import pytest

from pylightnix_fn import (
    Build,
    DRef,
    Folder,
    Manager,
    Many,
    RRef,
    build_wrapper,
    dref_from,
    inplace,
    match_latest,
    match_some,
    mkconfig,
    mkdrv,
    rref_from,
)
from pylightnix_fn.errors.build import DecodeFailed
from pylightnix_fn.errors.plan import MalformedStage, UnknownTarget
from pylightnix_fn.errors.store import MissingObject, NoStoreChosen, NoSuchFile, StillNeeded
from pylightnix_fn.inplace import (
    catref,
    current_manager,
    current_store,
    instantiate_inplace,
    lsref,
    realize_inplace,
    rmref,
    store_initialize,
)

Pair = tuple[Manager, DRef[Folder]]

UNKNOWN = dref_from(f"dref:{'0' * 32}-unknown")
NOWHERE = rref_from(f"rref:{'0' * 32}-{'0' * 32}-unknown")

pytestmark = pytest.mark.usefixtures("session")


@pytest.fixture
def root(session: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    store_initialize(tmp_path / "store")
    capsys.readouterr()
    return tmp_path / "store"


numbers = count()


def _build(b: Build) -> None:
    (b.path / "in").mkdir()
    (b.path / "in/a.txt").write_text("first\nsecond\n", encoding="utf-8")
    (b.path / "number.txt").write_text(str(next(numbers)), encoding="utf-8")


def _dataset(m: Manager) -> Pair:
    return mkdrv(m, mkconfig({"name": "dataset"}), match_latest(), _build)


def _model(m: Manager, dataset: DRef[Folder]) -> Pair:
    return mkdrv(m, mkconfig({"name": "model", "data": [dataset, "x"]}), match_latest(), _build)


# Stores


def test_new_store_is_announced(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    store_initialize(tmp_path / "store")
    assert f"Initializing non-existing {tmp_path / 'store'}\n" == capsys.readouterr().out
    assert (tmp_path / "store/store-v1").is_dir()


def test_existing_store_is_opened_in_silence(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store_initialize(root)
    assert "" == capsys.readouterr().out


def test_store_is_found_by_the_variable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYLIGHTNIX_ROOT", str(tmp_path / "store"))
    store_initialize()
    assert tmp_path / "store" == current_store().root


def test_store_lies_at_home_by_default(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("PYLIGHTNIX_ROOT", raising=False)
    store_initialize()
    assert tmp_path / "_pylightnix" == current_store().root


def test_staging_can_be_chosen(tmp_path: Path) -> None:
    store_initialize(custom_store=tmp_path / "store", custom_tmp=tmp_path / "staging")
    assert tmp_path / "staging" == current_store().layout.staging


@pytest.mark.parametrize(
    "act",
    [
        pytest.param(current_store, id="current_store"),
        pytest.param(lambda: lsref(UNKNOWN), id="lsref"),
        pytest.param(lambda: catref(NOWHERE, ["a"]), id="catref"),
        pytest.param(lambda: rmref(UNKNOWN), id="rmref"),
        pytest.param(lambda: realize_inplace(instantiate_inplace(_dataset)), id="realize_inplace"),
    ],
)
def test_store_must_be_chosen_first(act: Callable[[], object]) -> None:
    with pytest.raises(NoStoreChosen, match="store_initialize"):
        act()


# The manager


def test_instantiate_inplace_keeps_the_manager() -> None:
    dataset = instantiate_inplace(_dataset)
    model = instantiate_inplace(_model, dataset)
    assert [dataset, model] == sorted(current_manager().derivations, key=lambda each: each.name)


def test_instantiate_inplace_writes_nothing(root: Path) -> None:
    instantiate_inplace(_dataset)
    assert [] == list((root / "store-v1").iterdir())


def test_overwriting_is_printed_once(capsys: pytest.CaptureFixture[str]) -> None:
    def other(m: Manager) -> Pair:
        return mkdrv(m, mkconfig({"name": "dataset"}), match_latest(), lambda b: None)

    dataset = instantiate_inplace(_dataset)
    assert "" == capsys.readouterr().out
    instantiate_inplace(other)
    expected = (
        f"Overwriting matcher or realizer of derivation {dataset}, configured as:\n"
        "{'name': 'dataset'}\n"
    )
    assert expected == capsys.readouterr().out
    instantiate_inplace(_model, dataset)
    assert "" == capsys.readouterr().out


def test_stage_that_fails_leaves_the_manager_as_it_was() -> None:
    instantiate_inplace(_dataset)
    before = current_manager()

    def failing(m: Manager) -> Pair:
        m, _ = mkdrv(m, mkconfig({"name": "other"}), match_latest(), _build)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        instantiate_inplace(failing)
    assert before is current_manager()


def test_stage_that_returns_no_manager_is_refused() -> None:
    with pytest.raises(MalformedStage, match="lambda"):
        instantiate_inplace(lambda m: _dataset(m)[1])  # type: ignore[arg-type, return-value]


# Realizing


def test_realize_inplace_gives_a_reference(root: Path) -> None:
    dataset = instantiate_inplace(_dataset)
    rref = realize_inplace(dataset)
    assert dataset == rref.dref
    assert (rref,) == current_store().rrefs(dataset)


def test_realize_inplace_builds_once(root: Path) -> None:
    dataset = instantiate_inplace(_dataset)
    assert realize_inplace(dataset) == realize_inplace(dataset)


def test_forced_rebuild_gives_another_realization(root: Path) -> None:
    dataset = instantiate_inplace(_dataset)
    one, other = realize_inplace(dataset), realize_inplace(dataset, force_rebuild=[dataset])
    assert one != other
    assert other == realize_inplace(dataset)


def test_dependency_can_be_rebuilt_by_force(root: Path) -> None:
    dataset = instantiate_inplace(_dataset)
    model = instantiate_inplace(_model, dataset)
    one, other = realize_inplace(model), realize_inplace(model, force_rebuild=[dataset])
    assert one != other
    assert 2 == len(current_store().rrefs(dataset))


def test_many_realizations_are_a_tuple(root: Path) -> None:
    def stage(m: Manager) -> tuple[Manager, Many[Folder]]:
        return mkdrv(m, mkconfig({"name": "dataset"}), match_some(2), _build)

    assert 2 == len(realize_inplace(instantiate_inplace(stage)))


def test_reference_that_the_session_does_not_know_is_refused(root: Path) -> None:
    with pytest.raises(UnknownTarget, match="realize_inplace"):
        realize_inplace(UNKNOWN)


# Looking


@pytest.fixture
def made(root: Path) -> RRef[Folder]:
    return realize_inplace(instantiate_inplace(_dataset))


def test_lsref_of_a_realization_lists_its_artifacts(made: RRef[Folder]) -> None:
    assert ["context.json", "__buildtime__.txt", "in", "number.txt"] == lsref(made)


def test_lsref_of_a_derivation_lists_its_config_and_realizations(made: RRef[Folder]) -> None:
    assert sorted([made.digest, "config.json"]) == lsref(made.dref)


def test_catref_gives_the_lines_of_a_text(made: RRef[Folder]) -> None:
    assert ["first", "second"] == catref(made, ["in", "a.txt"])


@pytest.mark.parametrize(
    "names",
    [
        ["absent.txt"],
        ["in"],
        [],
        [""],
        ["in", "..", "number.txt"],
        ["..", "..", "config.json"],
        ["../config.json"],
        ["/etc/passwd"],
        ["in", "/etc/passwd"],
        ["a\0b"],
    ],
)
def test_catref_gives_nothing_but_files_of_the_realization(
    made: RRef[Folder], names: list[str]
) -> None:
    with pytest.raises(NoSuchFile) as caught:
        catref(made, names)
    assert "context.json, __buildtime__.txt, in, number.txt" == caught.value.found


@pytest.mark.parametrize("look", [lsref, rmref], ids=["lsref", "rmref"])
@pytest.mark.parametrize("reference", [UNKNOWN, NOWHERE], ids=["dref", "rref"])
def test_unknown_objects_are_missing(
    root: Path,
    look: Callable[[DRef[object] | RRef[object]], object],
    reference: DRef[object] | RRef[object],
) -> None:
    with pytest.raises(MissingObject, match="unknown"):
        look(reference)


def test_catref_of_an_unknown_realization_is_missing(root: Path) -> None:
    with pytest.raises(MissingObject, match="unknown"):
        catref(NOWHERE, ["a.txt"])


# Removing


def test_removed_realization_is_built_again(made: RRef[Folder]) -> None:
    rmref(made)
    assert made != realize_inplace(made.dref)


def test_removed_derivation_is_registered_again(made: RRef[Folder]) -> None:
    rmref(made.dref)
    assert () == current_store().drefs()
    assert made.dref == realize_inplace(made.dref).dref


def test_needed_objects_are_not_removed(made: RRef[Folder]) -> None:
    realize_inplace(instantiate_inplace(_model, made.dref))
    for reference in (made, made.dref):
        with pytest.raises(StillNeeded, match="model"):
            rmref(reference)


def test_session_is_the_only_state() -> None:
    assert (0, None) == (len(inplace._session.manager), inplace._session.store)


def test_catref_takes_a_single_name(made: RRef[Folder]) -> None:
    assert catref(made, ["number.txt"]) == catref(made, "number.txt")


def test_catref_of_what_is_no_text_says_so(root: Path) -> None:
    def write(b: Build) -> None:
        (b.path / "a.bin").write_bytes(b"\xff")

    config = mkconfig({"name": "binary"})
    dref = instantiate_inplace(mkdrv, config, match_latest(), build_wrapper(write))
    with pytest.raises(DecodeFailed, match=r"a\.bin"):
        catref(realize_inplace(dref), ["a.bin"])
