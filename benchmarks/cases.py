"""The cases of a run: pipelines of trivial stages, found again and made for the first time."""

from __future__ import annotations

from typing import Final

from attrs import evolve

from benchmarks.workload import FLOOR, OURS, Case, Contender, Goal, ahead_of, program, within

SHAPES: Final = ("chain", "fan-in", "layers")
SIZES: Final = (100, 1000, 10_000)
NAMES: Final = ("joblib", "doit", "redun", "snakemake", "pylightnix")
FIND: Final = "nothing to do"
MAKE: Final = "first run, nothing waits for the disk"
THREADS: Final = 8
SHARED: Final = 0.5
SHARE: Final = f"first run on {THREADS} threads, each stage on the disk"
SYNC: Final = "first run, each stage on the disk"


def size_label(shape: str, stages: int) -> str:
    """A case by its shape and size."""
    return f"{shape} of {stages:,}"


def finding(shape: str, stages: int, runs: int, smaller: int | None) -> Case:
    """All results are there."""
    goals = [
        within(2, FLOOR),
        ahead_of(NAMES),
        within(2, "diskcache"),
    ]
    if smaller is not None:
        label = size_label(shape, smaller)
        words = f"{stages // smaller} times the stages, at most 11 times the work"
        goals.append(Goal(words, 11.0, (OURS,), "work", "work", label))
    arguments = ("{folder}", shape, str(stages))
    floor = Contender(FLOOR, program("pipeline_floor", "find", *arguments, "off"), shares=OURS)
    contenders = (_ours(shape, stages, "off"), floor, *peers(shape, stages))
    label = size_label(shape, stages)
    family, stock = f"{FIND} {shape}", f"{label}, off"
    return Case(FIND, label, contenders, tuple(goals), runs=runs, family=family, stock=stock)


def making(shape: str, stages: int, runs: int, durability: str) -> Case:
    """No result is there; with ``batch`` each stage waits for the disk."""
    arguments = ("{folder}", shape, str(stages), durability)
    floor = Contender(FLOOR, program("pipeline_floor", "make", *arguments))
    everybody = (*peers(shape, stages), _python("dask", arguments[:3]))
    durable = durability == "batch"
    others = tuple(each for each in everybody if not durable or each.name == "redun")
    goals = (
        within(1.5 if durable else 2, FLOOR),
        ahead_of(("redun",) if durable else NAMES),
        *((_waits(stages),) if durable else ()),
    )
    ours = _ours(shape, stages, durability)
    workload, label = SYNC if durable else MAKE, size_label(shape, stages)
    # What peers do is the same with either durability, so that it is known already.
    family, stock = f"{MAKE} {shape}", "" if durable else f"{label}, off"
    contenders = (ours, floor, *others)
    return Case(workload, label, contenders, goals, True, runs, family=family, stock=stock)


def _waits(stages: int) -> Goal:
    # The store waits for the disk twice on its own account: once made, and for all configs.
    limit = (stages + 2) / stages
    return Goal("one wait for the disk a stage", limit, (), "syncs", per=stages)


def committing(stages: int, runs: int) -> Case:
    """Threads that come to an end at the same time share one wait for the disk."""
    arguments = ("{folder}", "fan-in", str(stages), "batch")
    contenders = (
        Contender(OURS, program("pipeline", *arguments, str(THREADS))),
        Contender(FLOOR, program("pipeline_floor", "make", *arguments)),
    )
    goals = (
        Goal(f"at most {SHARED} waits for the disk a stage", SHARED, (), "syncs", per=stages),
        within(1.5, FLOOR),
    )
    return Case(SHARE, size_label("fan-in", stages), contenders, goals, True, runs)


def peers(shape: str, stages: int) -> tuple[Contender, ...]:
    """Those who remember results, and the tools that look at the times of files."""
    arguments = ("{folder}", shape, str(stages))
    in_python = ("joblib", "doit", "redun", "diskcache", "pylightnix")
    tools = (
        ("snakemake", program("with_snakemake", "{folder}")),
        ("ninja", ("ninja", "-C", "{folder}")),
        ("make", ("make", "-s", "-C", "{folder}")),
    )
    return (
        *(_python(name, arguments) for name in in_python),
        *(
            Contender(name, words, name, stock=program("rules", name, *arguments))
            for name, words in tools
        ),
    )


def _ours(shape: str, stages: int, durability: str) -> Contender:
    return Contender(OURS, program("pipeline", "{folder}", shape, str(stages), durability))


def _python(name: str, arguments: tuple[str, ...]) -> Contender:
    return Contender(name, program(f"with_{name}", *arguments), name)


def pipelines(quick: bool) -> list[Case]:
    """Every shape and size, the smaller first; what is made in one case is found in the next."""
    if quick:
        few, many = finding("chain", 100, 3, None), finding("layers", 500, 3, None)
        made = [making("chain", 100, 3, durability) for durability in ("off", "batch")]
        return [made[0], few, evolve(many, contenders=_fast(many)), made[1], committing(100, 3)]
    cases = []
    for smaller, stages in zip((None, *SIZES), SIZES, strict=False):
        is_large = stages == SIZES[-1]
        for shape in SHAPES:
            cases.append(making(shape, stages, 3, "off"))
            cases.append(finding(shape, stages, 3 if is_large else 5, smaller))
        if not is_large:
            cases += [making(shape, stages, 3, "batch") for shape in SHAPES]
            cases.append(committing(stages, 3))
    return cases


def _fast(case: Case) -> tuple[Contender, ...]:
    slow = ("redun", "snakemake", "pylightnix")
    return tuple(each for each in case.contenders if each.name not in slow)
