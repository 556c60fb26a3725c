"""What `realize` would do, may cost and does is told in types that can be taken apart."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import assert_never, assert_type

from pipeline import Model, model, models, report

from pylightnix_fn import (
    Budget,
    Built,
    Derivation,
    DiskStore,
    Downloading,
    DRef,
    Event,
    Explanation,
    Failed,
    Hit,
    Matched,
    MemoryStore,
    Miss,
    Plan,
    Planned,
    Realization,
    RRef,
    Skipped,
    Started,
    Store,
    Waiting,
    explain,
    instantiate,
    plan_of,
    realize,
)

seen: list[str] = []


def observe(event: Event) -> None:
    match event:
        case Matched(dref, rrefs):
            assert_type(dref, DRef[object])
            assert_type(rrefs, tuple[RRef[object], ...])
            seen.append("matched")
        case Started(_, why):
            assert_type(why, str)
            seen.append("started")
        case Built(_, rref, seconds, size):
            assert_type(rref, RRef[object])
            assert_type(seconds, float)
            assert_type(size, int)
            seen.append("built")
        case Failed(_, error, _):
            assert_type(error, Exception)
        case Skipped(_, because):
            assert_type(because, DRef[object])
        case Waiting(_, who):
            assert_type(who, str)
        case Downloading(_, _, received, total):
            assert_type(received, int)
            assert_type(total, int | None)
        case Planned(drefs):
            assert_type(drefs, tuple[DRef[object], ...])
        case _:
            assert_never(event)


def results(store: Store) -> Realization[Model]:
    """Any store will do."""
    return realize(instantiate(model), store, budget=Budget(builds=5), observe=observe)


closure = instantiate(report)
plan = plan_of(closure)
assert_type(plan, Plan)
assert_type(plan.ready(), tuple[DRef[object], ...])
assert_type(closure.targets, tuple[DRef[object], ...])
assert_type(list(closure), list[Derivation])

planned = explain(closure, MemoryStore())
assert_type(planned, Explanation)
assert_type(planned.misses, tuple[Miss, ...])
assert_type(planned.steps, tuple[Hit | Miss, ...])
assert len(planned.misses) == 4

with TemporaryDirectory() as folder:
    store = DiskStore.open(Path(folder) / "store")
    assert_type(store, DiskStore)
    assert_type(results(store), Realization[Model])
    assert_type(results(MemoryStore()), Realization[Model])
    result = results(store)
    assert_type(realize(instantiate(model), store, rebuild=True), Realization[Model])
    assert_type(realize(instantiate(model), store, rebuild=[result.dref]), Realization[Model])
    others = realize(instantiate(models), store, budget=Budget(10, seconds=60, repeats=2))
    assert_type(others, tuple[Realization[Model], ...])

assert seen[:3] == ["started", "built", "matched"]
