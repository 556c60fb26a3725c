"""The cases beside pipelines: imports, plans, large results, full stores, workers."""

from __future__ import annotations

from typing import Final

from benchmarks.workload import FLOOR, OURS, Case, Contender, Goal, ahead_of, program, within

PIPELINE_NAMES: Final = (
    "from pylightnix_fn import Build, DiskStore, DRef, Folder, Manager,"
    " derive, instantiate, realize"
)


def _importing(name: str, statement: str, needs: str = "") -> Contender:
    code = (
        "import time; began = time.perf_counter(); exec({!r});"
        "print('{{\"work\": %f}}' % (time.perf_counter() - began))"
    )
    return Contender(name, ("{python}", "-c", code.format(statement)), needs)


def importing(peers: tuple[str, ...], runs: int) -> list[Case]:
    """The package, and the names that a pipeline uses; the second beside fewer peers."""
    floor = _importing(FLOOR, "import attrs, cattrs")
    others = [_importing(name, f"import {name}", name) for name in peers]
    goals = (
        within(1.3, FLOOR, "work", "at most 1.3 times `import attrs, cattrs`"),
        ahead_of(("joblib",), 0.25, "work"),
    )
    cases = (
        ("the package", "import pylightnix_fn", others),
        ("the names of a pipeline", PIPELINE_NAMES, others[:1]),
    )
    return [
        Case(
            "import",
            label,
            (_importing(OURS, statement), floor, *beside),
            goals,
            runs=runs,
            shown=("work",),
        )
        for label, statement, beside in cases
    ]


def planning(sizes: tuple[int, ...], runs: int) -> list[Case]:
    """Managers and plans of many stages."""
    cases = []
    for smaller, stages in zip((None, *sizes), sizes, strict=False):
        words = ("{folder}", "layers", str(stages))
        floor = Contender(FLOOR, program("planning", "floor", *words))
        label = f"{stages:,} stages"
        goals = [Goal("at most 20 µs each", 20e-6, (), "work", per=stages)]
        if smaller is not None:
            factor = stages / smaller
            last = Goal(
                f"linear: at most {1.1 * factor:g} times the work for {factor:g} times the stages",
                1.1 * factor,
                (OURS,),
                "work",
                "work",
                f"{smaller:,} stages",
            )
            goals.append(last)
        ours = Contender(OURS, program("planning", "derive", *words))
        cases.append(
            Case("manager", label, (ours, floor), tuple(goals), runs=runs, shown=("work",))
        )
    words = ("{folder}", "layers", str(sizes[-1]))
    ours = Contender(OURS, program("planning", "instantiate", *words))
    floor = Contender(FLOOR, program("planning", "floor", *words))
    scale = sizes[-1] / 100_000
    goals = [
        Goal(f"under {10 * scale:g} s", 10 * scale, (), "wall"),
        Goal("below 1 GB", 1e9 / 2**20, (), "memory"),
    ]
    label = f"{sizes[-1]:,} stages"
    return [*cases, Case("plan", label, (ours, floor), tuple(goals), runs=runs)]


def keeping(files: int, kib: int, runs: int) -> Case:
    """A result of one large file, or of many small ones."""
    words = ("{folder}", str(files), str(kib))
    contenders = (
        Contender(OURS, program("keeping", "ours", *words)),
        Contender(FLOOR, program("keeping", "floor", *words)),
        Contender("sha256, one core", program("keeping", "one-core", *words)),
        Contender("pylightnix", program("keeping", "pylightnix", *words), "pylightnix"),
    )
    goals = (
        within(1.2, FLOOR, "keep", "at most 1.2 times sha256 on all cores"),
        Goal("memory grows by less than 64 MiB", 64.0, (), "memory_growth"),
    )
    size = f"{kib // 2**10} MiB" if kib >= 2**10 else f"{kib} KiB"
    label = f"{files:,} file{'s' if files > 1 else ''} of {size}"
    return Case("keep a result", label, contenders, goals, True, runs, shown=("keep",))


def choosing(realizations: int, runs: int) -> Case:
    """The best of many by a number in a file."""
    stock = program("stocking", OURS, "{folder}", "1", str(realizations))
    contenders = (
        Contender(OURS, program("looking", OURS, "choose", "{folder}"), stock=stock),
        Contender(FLOOR, program("looking", FLOOR, "choose", "{folder}"), shares=OURS),
    )
    goals = (
        within(1.5, FLOOR, "first"),
        Goal("the second time, at most a tenth", 0.1, (OURS,), "second", "first"),
    )
    label = f"of {realizations:,} realizations"
    return Case("choose the best", label, contenders, goals, runs=runs, shown=("first", "second"))


def looking(derivations: int, realizations: int, runs: int) -> list[Case]:
    """A full store is listed, and its garbage is found: what pylightnix does, and what it does not.

    Names and plans are compared with it. It knows no times and sizes, so nobody stands beside ours
    where these are asked for, but the floor.
    """
    label = f"{derivations:,} derivations of {realizations} realizations"
    floor, peer = within(2, FLOOR, "work"), ahead_of(("pylightnix",), 1 / 3, "work")

    def contender(name: str, task: str) -> Contender:
        words = ("{folder}", str(derivations), str(realizations))
        return Contender(
            name,
            program("looking", name, task, "{folder}"),
            "pylightnix" if name == "pylightnix" else "",
            OURS if name == FLOOR else "",
            () if name == FLOOR else program("stocking", name, *words),
        )

    return [
        Case(
            workload,
            label,
            tuple(contender(name, task) for name in (OURS, FLOOR, *peers)),
            (floor, peer) if peers else (floor,),
            runs=runs,
            shown=("work",),
        )
        for workload, task, peers in (
            ("list", "list", ("pylightnix",)),
            ("list with times and sizes", "contents", ()),
            ("plan of garbage", "collect", ("pylightnix",)),
            ("plan of garbage with sizes", "weigh", ()),
        )
    ]


def working(quick: bool, runs: int) -> list[Case]:
    """Stages that sleep, that compute, and that do nothing, on workers."""
    computing = 4 if quick else 16
    many = 2000 if quick else 10_000
    kinds = (
        ("64 stages that sleep, on 16 threads", "sleep", 64, 1.1),
        (f"{computing} stages that compute, on threads", "threads", computing, 1.1),
        (f"{computing} stages that compute, in processes", "processes", computing, 1.1),
        (f"{computing} stages that compute, on Dask", "dask", computing, 1.2),
    )
    cases = [
        Case(
            "workers",
            label,
            _workers(kind, count),
            (within(limit, "bare", "work", f"at most {limit} times the bare executor"),),
            True,
            runs,
            shown=("work",),
            traced=False,
        )
        for label, kind, count, limit in kinds
        if not (quick and kind == "dask")
    ]
    each = Goal("at most 100 µs for each stage", 100e-6, (), "work", per=many)
    label = f"{many:,} stages that do nothing, on threads"
    nothing = _workers("nothing", many)
    return [*cases, Case("workers", label, nothing, (each,), True, runs, ("work",), traced=False)]


def _workers(kind: str, count: int) -> tuple[Contender, ...]:
    needs = "dask" if kind == "dask" else ""
    return tuple(
        Contender(name, program("working", name, kind, "{folder}", str(count)), needs)
        for name in (OURS, "bare")
    )


def others(quick: bool) -> list[Case]:
    """All of these."""
    if quick:
        return [
            *importing(("joblib", "pylightnix"), 5),
            *planning((1000, 10_000), 3),
            keeping(1, 128 * 2**10, 3),
            keeping(1000, 10, 3),
            choosing(200, 3),
            *looking(50, 10, 3),
            *working(True, 2),
        ]
    return [
        *importing(("joblib", "redun", "doit", "snakemake", "diskcache", "dask", "pylightnix"), 9),
        *planning((10_000, 100_000), 3),
        keeping(1, 2**20, 3),
        keeping(10_000, 10, 3),
        choosing(1000, 5),
        *looking(1000, 10, 5),
        *working(False, 3),
    ]
