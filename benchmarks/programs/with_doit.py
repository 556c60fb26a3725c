"""The pipeline with doit: a file for each stage, checked by its content."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

from benchmarks.programs.figures import telling
from benchmarks.programs.shapes import shape, total

command_base, command = import_module("doit.cmd_base"), import_module("doit.doit_cmd")


def add(number: int, sources: list[str], target: str) -> None:
    """Write the sum of what the sources hold."""
    values = [int(Path(each).read_text()) for each in sources]
    Path(target).write_text(str(total(number, values)))


def main(folder: str, name: str, count: str) -> None:
    out = Path(folder, "out")
    out.mkdir(exist_ok=True)

    def task_add() -> Iterator[dict[str, object]]:
        for number, needs in enumerate(shape(name, int(count))):
            sources, target = [f"{out}/{each}" for each in needs], f"{out}/{number}"
            action = (add, [number, sources, target])
            yield {
                "name": str(number),
                "actions": [action],
                "file_dep": sources,
                "targets": [target],
            }

    settings = {"dep_file": f"{folder}/doit.db", "verbosity": 0, "reporter": "zero"}
    with telling("work"):
        loader = command_base.ModuleTaskLoader({"DOIT_CONFIG": settings, "task_add": task_add})
        status = command.DoitMain(loader).run([])
    sys.exit(status)


if __name__ == "__main__":
    main(*sys.argv[1:])
