"""The pipeline with joblib: one memoized function, called in order."""

from __future__ import annotations

import sys
from importlib import import_module

from benchmarks.programs.figures import telling
from benchmarks.programs.shapes import shape, total

joblib = import_module("joblib")


def main(folder: str, name: str, count: str) -> None:
    with telling("work"):
        remembered = joblib.Memory(f"{folder}/joblib", verbose=0).cache(total)
        values: list[int] = []
        for number, needs in enumerate(shape(name, int(count))):
            values.append(remembered(number, [values[each] for each in needs]))


if __name__ == "__main__":
    main(*sys.argv[1:])
