"""A pipeline realized: ``pipeline <folder> <shape> <stages> <durability> [<threads>]``.

Where stages wait for the disk, it is told how often the disk was waited for.
"""

from __future__ import annotations

import sys

from attrs import frozen

from benchmarks.programs.figures import tell, telling
from benchmarks.programs.shapes import ends, shape, total
from pylightnix_fn import Build, DiskStore, DRef, Folder, Manager, derive, instantiate, realize
from pylightnix_fn.filesystem import DISK, Disk
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


class Watched(Disk):
    """The file system of the machine, which counts what waits for the disk."""

    waits = 0

    def syncfs(self, descriptor: int) -> None:
        self.waits += 1
        super().syncfs(descriptor)


def main(folder: str, name: str, count: str, durability: Durability, threads: int) -> None:
    disk = Watched() if durability == "batch" else DISK
    with telling("work"):
        closure = instantiate(stages, shape(name, int(count)))
        store = DiskStore.open(f"{folder}/store", durability=durability, fs=disk)
        if threads > 1:
            from concurrent.futures import ThreadPoolExecutor  # others shall not pay for it

            with ThreadPoolExecutor(threads) as executor:
                realize(closure, store, executor=executor)
        else:
            realize(closure, store)
    if isinstance(disk, Watched):
        tell(syncs=disk.waits)


if __name__ == "__main__":
    folder, name, count, durability, *threads = sys.argv[1:]
    waits: Durability = "batch" if durability == "batch" else "off"
    main(folder, name, count, waits, int(threads[0]) if threads else 1)
