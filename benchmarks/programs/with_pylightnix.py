"""The pipeline with the original Pylightnix, the release of the package index."""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path

from benchmarks.programs.figures import telling
from benchmarks.programs.shapes import ends, shape, total

pylightnix = import_module("pylightnix")


def add(b: object) -> None:
    """Write the sum."""
    config = pylightnix.build_cattrs(b)
    values = []
    for reference in config.inputs:
        values.append(int(Path(pylightnix.build_path(b, [reference, "total"])).read_text()))
    place = Path(pylightnix.build_outpath(b), "total")
    place.write_text(str(total(config.number, values)))


def main(folder: str, name: str, count: str) -> None:
    storage = pylightnix.mkSS(folder)
    pylightnix.fsinit(storage)
    inputs = shape(name, int(count))

    def stages(r: object) -> list[object]:
        made: list[object] = []
        for number, needs in enumerate(inputs):
            config = {"name": "add", "number": number, "inputs": [made[each] for each in needs]}
            latest, wrapped = pylightnix.match_latest(), pylightnix.build_wrapper(add)
            made.append(pylightnix.mkdrv(pylightnix.mkconfig(config), latest, wrapped, r))
        return [made[each] for each in ends(inputs)]

    with telling("work"):
        pylightnix.realize(pylightnix.instantiate(stages, S=storage))


if __name__ == "__main__":
    main(*sys.argv[1:])
