"""The pipeline with redun: one task, with its database beside the results."""

from __future__ import annotations

import logging
import sys
from importlib import import_module

from benchmarks.programs.figures import telling
from benchmarks.programs.shapes import ends, shape, total

redun = import_module("redun")
config = import_module("redun.config")

sys.setrecursionlimit(100_000)
task = redun.task(namespace="bench", version="1")
add = task(total)


def everything(name: str, count: int) -> list[object]:
    """The expressions of all stages that no other needs."""
    made: list[object] = []
    inputs = shape(name, count)
    for number, needs in enumerate(inputs):
        made.append(add(number, [made[each] for each in needs]))
    return [made[each] for each in ends(inputs)]


main_task = task(everything)


def main(folder: str, name: str, count: str) -> None:
    logging.disable()
    database = {"backend": {"db_uri": f"sqlite:///{folder}/redun.db"}}
    with telling("work"):
        scheduler = redun.Scheduler(config=config.Config(database))
        scheduler.load()
        scheduler.run(main_task(name, int(count)))


if __name__ == "__main__":
    main(*sys.argv[1:])
