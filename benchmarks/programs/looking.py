"""A stocked store is looked at: ``looking <who> list|collect|choose <folder>``.

``list`` prints nothing: it finds all names with what there is of each. ``collect`` plans what no
root needs. ``choose`` asks for the best realization twice. The floors list and read the same files.
"""

from __future__ import annotations

import json
import os
import sys
from importlib import import_module
from pathlib import Path

from benchmarks.programs.figures import telling
from benchmarks.programs.pipeline_floor import read
from benchmarks.programs.stocking import ROOTS


def listed(folder: str) -> None:
    """The names of a store with counts, sizes and times."""
    from pylightnix_fn import DiskStore, listing

    with telling("work"):
        listing(DiskStore.open(f"{folder}/store"))


def collected(folder: str) -> None:
    """A plan of what goes."""
    from pylightnix_fn import DiskStore, gc

    with telling("work"):
        gc(DiskStore.open(f"{folder}/store"))


def chosen(folder: str) -> None:
    """The best of a derivation by a number in a file, as a driver chooses."""
    from pylightnix_fn import DiskStore, Use, best

    with telling("opening"):
        store = DiskStore.open(f"{folder}/store")
        (dref,) = store.drefs()
    matcher = best("accuracy.txt")
    for time in ("first", "second"):
        with telling(time):
            verdict = matcher.choose(store.candidates(dref, {}, matcher.reads))
        if not isinstance(verdict, Use):
            raise AssertionError("nothing was chosen")


def list_floor(folder: str) -> None:
    """List each derivation, read the record of each realization."""
    objects = f"{folder}/store/store-v1"
    with telling("work"):
        for name in os.listdir(objects):
            for inner in os.listdir(f"{objects}/{name}"):
                if len(inner) == 32:
                    read(f"{objects}/{name}/{inner}/__build__.json")


def collect_floor(folder: str) -> None:
    """List all; read each config, context and record; look at each file's size."""
    objects = f"{folder}/store/store-v1"
    with telling("work"):
        for name in os.listdir(objects):
            json.loads(read(f"{objects}/{name}/config.json"))
            for inner in os.listdir(f"{objects}/{name}"):
                if len(inner) == 32:
                    place = f"{objects}/{name}/{inner}"
                    json.loads(read(f"{place}/context.json"))
                    json.loads(read(f"{place}/__build__.json"))
                    for each in os.listdir(place):
                        os.lstat(f"{place}/{each}")


def choose_floor(folder: str) -> None:
    """List the realizations; read context, record and number of each."""
    (objects,) = Path(folder, "store/store-v1").iterdir()
    for time in ("first", "second"):
        with telling(time):
            numbers = []
            for inner in os.listdir(objects):
                if len(inner) == 32:
                    read(f"{objects}/{inner}/context.json")
                    read(f"{objects}/{inner}/__build__.json")
                    numbers.append(float(read(f"{objects}/{inner}/accuracy.txt")))
            max(numbers)


def list_original(folder: str) -> None:
    """All references of a store of the original, and what each stage is called."""
    pylightnix = import_module("pylightnix")
    storage = pylightnix.mkSS(folder)
    with telling("work"):
        for rref in pylightnix.allrrefs(S=storage):
            pylightnix.rrefctx(rref, S=storage)


def collect_original(folder: str) -> None:
    """What would go from a store of the original."""
    pylightnix = import_module("pylightnix")
    storage = pylightnix.mkSS(folder)
    with telling("work"):
        roots = sorted(pylightnix.allrrefs(S=storage))[:ROOTS]
        pylightnix.store_gc([], roots, S=storage)


def main(who: str, task: str, folder: str) -> None:
    {
        "ours list": listed,
        "ours collect": collected,
        "ours choose": chosen,
        "floor list": list_floor,
        "floor collect": collect_floor,
        "floor choose": choose_floor,
        "pylightnix list": list_original,
        "pylightnix collect": collect_original,
    }[f"{who} {task}"](folder)


if __name__ == "__main__":
    main(*sys.argv[1:])
