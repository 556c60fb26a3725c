"""The pipeline with diskcache: one SQLite file, looked up by the arguments of each stage."""

from __future__ import annotations

import sys
from importlib import import_module

from benchmarks.programs.figures import telling
from benchmarks.programs.shapes import shape, total

diskcache = import_module("diskcache")


def main(folder: str, name: str, count: str) -> None:
    with telling("work"), diskcache.Cache(f"{folder}/diskcache") as cache:
        values: list[int] = []
        for number, needs in enumerate(shape(name, int(count))):
            inputs = [values[each] for each in needs]
            value = cache.get((number, *inputs))
            if value is None:
                value = total(number, inputs)
                cache.set((number, *inputs), value)
            values.append(value)


if __name__ == "__main__":
    main(*sys.argv[1:])
