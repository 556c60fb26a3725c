"""A pipeline of trivial stages, realized: ``pipeline <folder> <shape> <stages> <durability>``."""

from __future__ import annotations

import sys

from attrs import frozen

from benchmarks.programs.figures import telling
from benchmarks.programs.shapes import ends, shape, total
from pylightnix_fn import Build, DiskStore, DRef, Folder, Manager, derive, instantiate, realize
from pylightnix_fn.store.backing import Durability


@frozen
class Sum:
    """A stage that adds its number to what its inputs hold."""

    number: int
    inputs: list[DRef[Folder]]


def add(b: Build[Sum, Folder]) -> None:
    """Write the sum."""
    values = [int((b.deref(each) / "total.txt").read_text()) for each in b.config.inputs]
    (b.path / "total.txt").write_text(str(total(b.config.number, values)))


def stages(m: Manager, inputs: list[list[int]]) -> tuple[Manager, list[DRef[Folder]]]:
    """Every stage of a shape; those that no other needs are wanted."""
    made: list[DRef[Folder]] = []
    for number, needs in enumerate(inputs):
        m, dref = derive(m, Sum(number, [made[each] for each in needs]), Folder(), add)
        made.append(dref)
    return m, [made[each] for each in ends(inputs)]


def main(folder: str, name: str, count: str, durability: Durability) -> None:
    with telling("work"):
        closure = instantiate(stages, shape(name, int(count)))
        realize(closure, DiskStore.open(f"{folder}/store", durability=durability))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3], "batch" if sys.argv[4] == "batch" else "off")
