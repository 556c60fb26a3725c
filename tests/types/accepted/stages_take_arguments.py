"""The arguments of a stage are checked where it is instantiated, or made a step."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import assert_type

from pipeline import Model, Sample, model, models, sample

from pylightnix_fn import (
    Closure,
    DiskStore,
    DRef,
    Manager,
    Many,
    Realization,
    RRef,
    Stage,
    Step,
    best,
    instantiate,
    mapped,
    redefine,
    step,
)
from pylightnix_fn.inplace import (
    catref,
    current_manager,
    current_store,
    instantiate_inplace,
    lsref,
    realize_inplace,
    store_initialize,
)


def best_model(
    m: Manager, rate: float, *, file: str = "accuracy.txt"
) -> tuple[Manager, DRef[Model]]:
    m, fitted = model(m, rate)
    return redefine(m, fitted, matcher=best(file))


assert_type(instantiate(model, 0.5), Closure[Realization[Model]])
assert_type(instantiate(model, rate=0.5), Closure[Realization[Model]])
assert_type(instantiate(best_model, 1, file="remark.txt"), Closure[Realization[Model]])
assert_type(instantiate(models, n=2), Closure[tuple[Realization[Model], ...]])

assert_type(step(model, 0.5), Step[DRef[Model]])
assert_type(step(model, rate=0.5), Step[DRef[Model]])
assert_type(step(models, 3), Step[Many[Model]])
assert_type(mapped(model, [0.1, 0.2]), Step[tuple[DRef[Model], ...]])

stage: Stage[Sample] = sample
assert_type(instantiate(stage), Closure[Realization[Sample]])
stage_of_arguments: Stage[Model] = step(best_model, 0.1, file="accuracy.txt")
assert_type(instantiate(stage_of_arguments), Closure[Realization[Model]])

with TemporaryDirectory() as folder:
    store_initialize(Path(folder) / "store")
    assert_type(current_store(), DiskStore)

    fitted = instantiate_inplace(best_model, 0.3, file="accuracy.txt")
    assert_type(fitted, DRef[Model])
    several = instantiate_inplace(models, n=2)
    assert_type(several, Many[Model])
    both_of_them = instantiate_inplace(mapped(model, [0.1, 0.2]))
    assert_type(both_of_them, tuple[DRef[Model], ...])
    assert_type(current_manager(), Manager)

    realized = realize_inplace(fitted)
    assert_type(realized, RRef[Model])
    assert_type(realize_inplace(fitted, force_rebuild=[fitted]), RRef[Model])
    assert_type(realize_inplace(several), tuple[RRef[Model], ...])
    assert_type(lsref(realized), list[str])
    assert_type(catref(realized, ["remark.txt"]), list[str])
    assert catref(realized, ["remark.txt"]) == ["fitted"]
