"""The vocabulary of the original Pylightnix, for configs that are plain dicts."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from pylightnix_fn import (
    Build,
    Config,
    DRef,
    Folder,
    Manager,
    RefPath,
    Store,
    build_cattrs,
    build_config,
    build_outpath,
    build_path,
    build_wrapper,
    instantiate,
    match_all,
    match_best,
    match_exact,
    match_latest,
    match_only,
    match_some,
    mkconfig,
    mkdrv,
    realize,
    selfref,
)
from pylightnix_fn.errors.build import MissingOutput, UndeclaredInput
from pylightnix_fn.errors.plan import (
    MalformedName,
    MalformedOutputs,
    MalformedReference,
    UnknownReference,
)

Pair = tuple[Manager, DRef[Folder]]
Act = Callable[[Build], None]


def _nothing(b: Build) -> None:
    pass


def _write(name: str, text: str = "data") -> Act:
    def write(b: Build) -> None:
        (build_outpath(b) / name).write_text(text, encoding="utf-8")

    return write


def _stage(m: Manager, config: Config, act: Act = _nothing) -> Pair:
    return mkdrv(m, config, match_latest(), build_wrapper(act))


def _dataset(m: Manager) -> Pair:
    return _stage(m, mkconfig({"name": "dataset"}), _write("mnist.npz"))


# Configs


def test_config_is_made_of_local_variables() -> None:
    def config() -> Config:
        learning_rate = 1e-3
        num_epoches = 1
        return mkconfig(locals())

    assert {"learning_rate": 1e-3, "num_epoches": 1} == config().value()


def test_config_without_a_name_is_unnamed() -> None:
    _, dref = _stage(Manager(), mkconfig({"a": 1}))
    assert "unnamed" == dref.name


def test_key_is_the_config_alone() -> None:
    config = mkconfig({"name": "same"})
    (_, one), (_, other) = (_stage(Manager(), config, act) for act in (_nothing, _write("a")))
    assert one == other


def test_key_does_not_depend_on_the_order_of_parameters() -> None:
    one, other = mkconfig({"a": 1, "b": 2}), mkconfig({"b": 2, "a": 1})
    assert _stage(Manager(), one)[1] == _stage(Manager(), other)[1]


def test_name_that_cannot_be_borne_is_refused() -> None:
    with pytest.raises(MalformedName):
        _stage(Manager(), mkconfig({"name": "../evil"}))


def test_refpath_makes_a_dependency() -> None:
    m, dataset = _dataset(Manager())
    refpath: RefPath = [dataset, "mnist.npz"]
    m, model = _stage(m, mkconfig({"dataset": refpath}))
    assert (dataset,) == m.derivations[model].dependencies


def test_refpath_of_another_manager_is_refused() -> None:
    _, dataset = _dataset(Manager())
    with pytest.raises(UnknownReference, match=r"config\.dataset\[0\]"):
        _stage(Manager(), mkconfig({"dataset": [dataset, "mnist.npz"]}))


def test_second_derivation_with_the_same_config_replaces_the_first_with_a_note() -> None:
    config = mkconfig({"name": "same", "rate": 1})
    m, dref = _stage(Manager(), config, _nothing)
    m, _ = mkdrv(m, config, match_latest(), build_wrapper(_write("a")))
    (note,) = m.notes
    expected = (
        f"Overwriting matcher or realizer of derivation {dref}, configured as:\n"
        "{'name': 'same', 'rate': 1}"
    )
    assert expected == str(note)


def test_same_derivation_again_makes_no_note() -> None:
    config = mkconfig({"name": "same"})
    m, _ = _stage(Manager(), config)
    m, _ = _stage(m, config)
    assert () == m.notes


# Builds


def _seen(store: Store, parameters: dict[str, object], look: Callable[[Build], object]) -> object:
    """What a realizer over these parameters sees; the dataset is a parameter too."""
    seen: list[object] = []

    def stage(m: Manager) -> Pair:
        m, dataset = _dataset(m)
        config = mkconfig({"name": "model", "data": [dataset, "mnist.npz"], **parameters})
        return _stage(m, config, lambda b: seen.append(look(b)))

    realize(instantiate(stage), store)
    (only,) = seen
    return only


def _path(part: str = "data") -> Callable[[Build], Path]:
    return lambda b: build_path(b, getattr(build_cattrs(b), part))


def test_build_sees_its_parameters_as_attributes(store: Store) -> None:
    assert 0.5 == _seen(store, {"rate": 0.5}, lambda b: build_cattrs(b).rate)


def test_build_sees_its_config(store: Store) -> None:
    assert "model" == _seen(store, {}, lambda b: build_config(b).value()["name"])


def test_build_path_finds_the_file_of_a_dependency(store: Store) -> None:
    found = _seen(store, {}, lambda b: _path()(b).read_text(encoding="utf-8"))
    assert "data" == found


def test_build_path_takes_references_as_they_are(store: Store) -> None:
    def look(b: Build) -> str:
        (dataset,) = b.site.context
        return build_path(b, [dataset, "mnist.npz"]).read_text(encoding="utf-8")

    assert "data" == _seen(store, {}, look)


def test_build_path_of_a_reference_alone_is_its_folder(store: Store) -> None:
    def look(b: Build) -> bool:
        (dataset,) = b.site.context
        return (build_path(b, [dataset]) / "mnist.npz").is_file()

    assert _seen(store, {}, look)


def test_build_path_of_selfref_lies_in_the_own_folder(store: Store) -> None:
    def look(b: Build) -> bool:
        path = build_path(b, [selfref, "in", "a.txt"])
        return build_outpath(b) / "in" / "a.txt" == path

    assert _seen(store, {}, look)


@pytest.mark.parametrize(
    "names",
    [["..", "a"], ["../a"], ["in", "../../a"], ["/etc/passwd"], ["in", "/etc/passwd"], ["a\0b"]],
)
@pytest.mark.parametrize("own", [True, False])
def test_build_path_refuses_to_leave_the_realization(
    store: Store, names: list[str], own: bool
) -> None:
    def look(b: Build) -> None:
        (dataset,) = b.site.context
        with pytest.raises(MalformedReference):
            build_path(b, [selfref if own else dataset, *names])

    _seen(store, {}, look)


@pytest.mark.parametrize("refpath", [[], ["mnist.npz"], ["dref:../../x", "a"]])
def test_build_path_refuses_what_is_no_refpath(store: Store, refpath: RefPath) -> None:
    def look(b: Build) -> None:
        with pytest.raises(MalformedReference):
            build_path(b, refpath)

    _seen(store, {}, look)


def test_build_path_refuses_a_dependency_that_the_config_lacks(store: Store) -> None:
    stranger = mkconfig({"name": "stranger"}).dref()

    def look(b: Build) -> None:
        with pytest.raises(UndeclaredInput, match="stranger"):
            build_path(b, [stranger, "a"])

    _seen(store, {}, look)


# Promises


def _promising(m: Manager, act: Act, *parts: str) -> Pair:
    return _stage(m, mkconfig({"name": "model", "out": [selfref, *parts]}), act)


def test_kept_promise_is_a_result(store: Store) -> None:
    made = realize(instantiate(_promising, _write("in/a.txt"), "in", "a.txt"), store)
    assert "data" == (made.path / "in/a.txt").read_text(encoding="utf-8")


def test_broken_promise_is_an_error(store: Store) -> None:
    with pytest.raises(MissingOutput, match=r"a\.txt"):
        realize(instantiate(_promising, _write("b.txt"), "a.txt"), store)


@pytest.mark.parametrize(
    "parts",
    [["..", "a"], ["../a"], ["/etc/passwd"], ["in", "../../a"], ["context.json"], ["__x__"]],
)
def test_promise_that_no_realizer_can_keep_is_refused(parts: list[str]) -> None:
    with pytest.raises(MalformedOutputs) as caught:
        _promising(Manager(), _nothing, *parts)
    assert ("model", "/".join(parts)) == (caught.value.record, caught.value.found)


def test_promise_of_the_folder_itself_is_kept(store: Store) -> None:
    assert realize(instantiate(_promising, _nothing), store).path.is_dir()


# Matchers


def _accuracy(m: Manager, matcher: object, texts: list[str]) -> Pair:
    def write(b: Build) -> None:
        _write("accuracy.txt", texts.pop(0))(b)

    assert callable(matcher)
    return mkdrv(m, mkconfig({"name": "model"}), matcher(), build_wrapper(write))


def test_best_of_two_forced_builds_is_matched(store: Store) -> None:
    texts = ["0.9853", "0.9861"]
    for _ in range(2):
        realize(instantiate(_accuracy, match_latest, texts), store, rebuild=True)
    made = realize(instantiate(_accuracy, lambda: match_best("accuracy.txt"), texts), store)
    assert "0.9861" == (made.path / "accuracy.txt").read_text(encoding="utf-8")


def test_only_realization_is_matched(store: Store) -> None:
    made = realize(instantiate(_accuracy, match_only, ["1"]), store)
    assert made.rref == realize(instantiate(_accuracy, match_only, []), store).rref


def test_exact_realization_is_matched(store: Store) -> None:
    old = realize(instantiate(_accuracy, match_latest, ["1"]), store)
    realize(instantiate(_accuracy, match_latest, ["2"]), store, rebuild=True)
    made = realize(instantiate(_accuracy, lambda: match_exact(old.rref), []), store)
    assert old.rref == made.rref


def test_all_and_some_match_many(store: Store) -> None:
    config, numbers = mkconfig({"name": "model"}), iter("123")

    def write(b: Build) -> None:
        _write("n", next(numbers))(b)

    some = realize(instantiate(mkdrv, config, match_some(3), build_wrapper(write)), store)
    every = realize(instantiate(mkdrv, config, match_all(), build_wrapper(write)), store)
    assert 3 == len(some)
    assert some == every


def test_wrapped_function_keeps_its_name() -> None:
    m, dref = _stage(Manager(), mkconfig({"a": 1}))
    assert "_nothing" == m.derivations[dref].realizer
