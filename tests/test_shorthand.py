"""`autostage`: plain functions as stages."""

from __future__ import annotations

import pickle
from pathlib import Path

import cloudpickle
import pytest

from pylightnix_fn import (
    DRef,
    Manager,
    MemoryStore,
    Realization,
    Store,
    Version,
    at_least,
    best,
    explain,
    instantiate,
    latest,
    realize,
)
from pylightnix_fn.errors.build import MissingOutput
from pylightnix_fn.errors.plan import (
    BadParameter,
    MalformedOutputs,
    NotJson,
    UnknownReference,
    UnpromisedRead,
)
from pylightnix_fn.shorthand.autostage import autostage
from pylightnix_fn.shorthand.call import Written


@autostage
def draw(count: int = 3, numbers: Path = Path("numbers.txt")) -> None:
    """Draw numbers."""
    numbers.write_text(" ".join(map(str, range(count))))


@autostage(matcher=best("total.txt"), name="the-total")
def total(sample: DRef[Written], factor: float = 1.0, *, result: Path = Path("total.txt")) -> None:
    words = sample.outputs.numbers.read_text().split()
    result.write_text(str(factor * sum(map(int, words))))


@autostage
def copied(sample: Written, copy: Path = Path("in/copy.txt")) -> None:
    copy.write_text(sample.numbers.read_text())


@autostage(matcher=at_least(2), code=None)
def several(number: int = 1, out: Path = Path("out.txt")) -> None:
    out.write_text(f"{number} {SEEN.pop()}")


SEEN = list(range(100))


@autostage
def joined(
    parts: tuple[Written, ...], more: list[DRef[Written]], out: Path = Path("out.txt")
) -> None:
    texts = [(each / "out.txt").read_text() for each in parts]
    texts += [each.outputs.numbers.read_text() for each in more]
    out.write_text(f"{len(parts)}; {texts[-1]}")


@autostage
def forgetful(out: Path = Path("out.txt")) -> None:
    pass


def totals(m: Manager, factor: float = 1.0) -> tuple[Manager, DRef[Written]]:
    m, sample = draw(m, count=4)
    return total(m, sample, factor)


def copies(m: Manager) -> tuple[Manager, DRef[Written]]:
    m, sample = draw(m, 2)
    return copied(m, sample)  # type: ignore[arg-type]  # what arrives is annotated


def made(store: Store | None = None, factor: float = 1.0) -> Realization[Written]:
    return realize(instantiate(totals, factor), MemoryStore() if store is None else store)


def test_stage_writes_its_outputs() -> None:
    assert "6.0" == made().out.result.read_text()


def test_arguments_take_the_place_of_defaults() -> None:
    assert "12.0" == made(factor=2.0).out.result.read_text()


def test_second_run_builds_nothing() -> None:
    store = MemoryStore()
    assert made(store).rref == made(store).rref


def test_outputs_are_a_folder() -> None:
    out = made().out
    assert out.result == out / "total.txt"


def test_outputs_are_listed() -> None:
    assert {"result", "path"} <= set(dir(made().out))


def test_unknown_output_names_those_that_there_are() -> None:
    with pytest.raises(AttributeError, match="no output is called 'totl'; there is: result"):
        _ = made().out.totl


def test_config_holds_the_parameters_without_outputs() -> None:
    _, dref = draw(Manager(), count=4)
    derivation = draw(Manager(), count=4)[0].derivations[dref]
    assert {"count": 4} == derivation.config.value()["fields"]
    assert {"numbers": "numbers.txt"} == derivation.config.value()["outputs"]


def test_name_is_that_of_the_function() -> None:
    assert "draw" == draw(Manager())[1].name


def test_name_can_be_given() -> None:
    m, sample = draw(Manager())
    assert "the-total" == total(m, sample)[1].name


def test_stage_keeps_the_name_and_docstring_of_its_function() -> None:
    assert ("draw", "Draw numbers.") == (getattr(draw, "__name__", ""), draw.__doc__)


def test_positions_and_names_of_arguments_make_one_key() -> None:
    assert draw(Manager(), 5)[1] == draw(Manager(), count=5)[1]


def test_default_makes_the_key_that_the_same_argument_makes() -> None:
    assert draw(Manager())[1] == draw(Manager(), count=3)[1]


def test_parameter_without_annotation_arrives_as_outputs() -> None:
    def stage(m: Manager) -> tuple[Manager, DRef[Written]]:
        m, sample = draw(m, 2)
        return autostage(_untyped)(m, sample)

    assert "0 1" == realize(instantiate(stage), MemoryStore()).out.copy.read_text()


def _untyped(sample, copy=Path("copy.txt")):  # type: ignore[no-untyped-def]  # as in a notebook
    copy.write_text(sample.numbers.read_text())


def test_parameter_annotated_as_outputs_arrives_so() -> None:
    assert "0 1" == realize(instantiate(copies), MemoryStore()).out.copy.read_text()


def test_folders_of_outputs_are_made() -> None:
    assert (realize(instantiate(copies), MemoryStore()).path / "in/copy.txt").is_file()


def test_matcher_for_several_gives_many() -> None:
    found = realize(instantiate(several), MemoryStore())
    assert 2 == len({each.out.out.read_text() for each in found})


def test_many_and_lists_of_references_arrive_dereferenced() -> None:
    def stage(m: Manager) -> tuple[Manager, DRef[Written]]:
        m, parts = several(m)
        m, sample = draw(m, 2)
        return joined(m, parts, [sample])  # type: ignore[arg-type]  # what arrives is annotated

    assert "2; 0 1" == realize(instantiate(stage), MemoryStore()).out.out.read_text()


def test_other_output_path_is_another_key() -> None:
    one, other = draw(Manager())[1], draw(Manager(), numbers=Path("other.txt"))[1]
    assert one != other
    assert Path("other.txt") == other.outputs.numbers


def test_missing_output_is_an_error() -> None:
    with pytest.raises(MissingOutput, match=r"forgetful\.out"):
        realize(instantiate(forgetful), MemoryStore())


def test_matcher_that_reads_what_is_not_promised_is_refused() -> None:
    with pytest.raises(UnpromisedRead, match=r"accuracy\.txt"):
        autostage(matcher=best("accuracy.txt"))(_writes)(Manager())


def _writes(number: int = 1, out: Path = Path("out.txt")) -> None:
    out.write_text(str(number))


def _doubles(number: int = 1, out: Path = Path("out.txt")) -> None:
    out.write_text(str(2 * number))


def test_code_is_part_of_the_key() -> None:
    keys = {autostage(name="x")(each)(Manager())[1] for each in (_writes, _doubles)}
    assert 2 == len(keys)


@pytest.mark.parametrize("code", [Version("1"), None])
def test_code_can_be_left_out_of_the_key(code: Version | None) -> None:
    keys = {autostage(name="x", code=code)(each)(Manager())[1] for each in (_writes, _doubles)}
    assert 1 == len(keys)


def test_matcher_is_no_part_of_the_key() -> None:
    keys = {autostage(matcher=each)(_writes)(Manager())[1] for each in (latest(), best("out.txt"))}
    assert 1 == len(keys)


def test_planning_writes_nothing() -> None:
    store = MemoryStore()
    explain(instantiate(totals), store)
    assert () == store.drefs()


def test_derivations_travel() -> None:
    derivations = tuple(instantiate(totals))
    assert derivations == pickle.loads(cloudpickle.dumps(derivations))


def test_function_may_change_its_arguments() -> None:
    def change(words: list[str], out: Path = Path("out.txt")) -> None:
        out.write_text(",".join(words))
        words.clear()

    store, closure = MemoryStore(), instantiate(autostage(change), ["a", "b"])
    realize(closure, store)
    assert "a,b" == realize(closure, store, rebuild=True).out.out.read_text()


# What is refused


def test_argument_that_the_function_does_not_take_is_refused() -> None:
    with pytest.raises(BadParameter, match=r"draw\(count: .*unexpected keyword argument 'cnt'"):
        draw(Manager(), cnt=1)  # type: ignore[call-arg]


def test_function_without_outputs_is_refused() -> None:
    def silent(number: int = 1) -> None:
        pass

    with pytest.raises(BadParameter, match="silent"):
        autostage(silent)(Manager())


@pytest.mark.parametrize("path", ["../x", "/x", "context.json", "."])
def test_output_outside_of_the_realization_is_refused(path: str) -> None:
    with pytest.raises(MalformedOutputs, match="numbers"):
        draw(Manager(), numbers=Path(path))


def test_output_that_would_hide_an_attribute_is_refused() -> None:
    def hiding(path: Path = Path("x")) -> None:
        pass

    with pytest.raises(MalformedOutputs, match="attribute of the folder"):
        autostage(hiding)(Manager())


def test_two_outputs_of_one_path_are_refused() -> None:
    def twice(a: Path = Path("x"), b: Path = Path("x")) -> None:
        pass

    with pytest.raises(MalformedOutputs, match="another has the same path"):
        autostage(twice)(Manager())


def test_argument_that_is_not_json_is_refused() -> None:
    with pytest.raises(NotJson, match=r"draw\.count"):
        draw(Manager(), count=(1, 2))  # type: ignore[arg-type]


def test_reference_of_another_manager_is_refused() -> None:
    _, sample = draw(Manager())
    with pytest.raises(UnknownReference, match=r"total\.sample"):
        total(Manager(), sample)


def test_word_for_the_code_that_no_key_can_hold_is_refused() -> None:
    def counted(n: int = 1, out: Path = Path("n.txt")) -> None:
        out.write_text(str(n))

    with pytest.raises(ValueError, match="lone surrogate"):
        autostage(code=Version("\ud800"))(counted)(Manager())
