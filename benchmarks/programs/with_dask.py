"""The pipeline with Dask's threads; it keeps nothing."""

from __future__ import annotations

import sys
from importlib import import_module

from benchmarks.programs.figures import telling
from benchmarks.programs.shapes import ends, shape, total

dask = import_module("dask")


def main(folder: str, name: str, count: str) -> None:
    with telling("work"):
        add, inputs = dask.delayed(total), shape(name, int(count))
        made: list[object] = []
        for number, needs in enumerate(inputs):
            made.append(add(number, [made[each] for each in needs]))
        dask.compute(*[made[each] for each in ends(inputs)])


if __name__ == "__main__":
    main(*sys.argv[1:])
