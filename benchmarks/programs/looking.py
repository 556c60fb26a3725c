"""A stocked store is looked at: ``looking <who> list|contents|collect|weigh|choose <folder>``.

``list`` finds the references of all derivations and realizations, which is all that pylightnix
lists; ``contents`` the names with counts, times and sizes. ``collect`` plans what goes because no
root needs it: names, roots and what they need, as pylightnix's plan, whose roots are given to it;
``weigh`` adds the sizes and times of what goes. ``choose`` asks for the best realization twice.
The floors list and read the same files. Opening a store does not count.
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
    """All references."""
    from pylightnix_fn import DiskStore

    store = DiskStore.open(f"{folder}/store")
    with telling("work"):
        [rref for dref in store.drefs() for rref in store.rrefs(dref)]


def described(folder: str) -> None:
    """The names of a store with counts, sizes and times."""
    from pylightnix_fn import DiskStore, listing

    store = DiskStore.open(f"{folder}/store")
    with telling("work"):
        listing(store)


def collected(folder: str) -> None:
    """A plan of what goes."""
    from pylightnix_fn import DiskStore, gc

    store = DiskStore.open(f"{folder}/store")
    with telling("work"):
        gc(store)


def weighed(folder: str) -> None:
    """A plan of what goes, with what that frees."""
    from pylightnix_fn import DiskStore, gc, weigh

    store = DiskStore.open(f"{folder}/store")
    with telling("work"):
        weigh(store, gc(store))


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
    """List each derivation; a reference for each realization, in order."""
    objects = f"{folder}/store/store-v1"
    with telling("work"):
        [
            f"rref:{inner}-{name}"
            for name in sorted(os.listdir(objects))
            for inner in sorted(os.listdir(f"{objects}/{name}"))
            if len(inner) == 32
        ]


def realizations(objects: str, name: str) -> list[str]:
    """The paths of the realizations of a derivation."""
    place = f"{objects}/{name}"
    return [f"{place}/{inner}" for inner in os.listdir(place) if len(inner) == 32]


def contents_floor(folder: str) -> None:
    """List each derivation, read the record of each realization."""
    objects = f"{folder}/store/store-v1"
    with telling("work"):
        for name in os.listdir(objects):
            for place in realizations(objects, name):
                read(f"{place}/__build__.json")


def collect_floor(folder: str) -> None:
    """List each derivation; read each root, its config and its context."""
    with telling("work"):
        doomed(folder)


def weigh_floor(folder: str) -> None:
    """The same; of what goes, read each record and look at each file's size."""
    with telling("work"):
        for place in doomed(folder):
            if len(place.rpartition("/")[2]) == 32:
                json.loads(read(f"{place}/__build__.json"))
                for each in os.listdir(place):
                    os.lstat(f"{place}/{each}")
            else:
                os.lstat(f"{place}/config.json")


def doomed(folder: str) -> set[str]:
    """The paths of all that no root needs; here, nothing needs more than its derivation."""
    objects, roots = f"{folder}/store/store-v1", f"{folder}/store/roots"
    found: set[str] = set()
    for name in os.listdir(objects):
        found.add(f"{objects}/{name}")
        found.update(realizations(objects, name))
    for name in os.listdir(roots):
        if os.path.islink(f"{roots}/{name}"):
            place = os.path.normpath(f"{roots}/{os.readlink(f'{roots}/{name}')}")
            needing = json.loads(read(f"{place}/context.json"))
            needing |= json.loads(read(f"{place}/../config.json"))
            found -= {place, os.path.dirname(place)}
    return found


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
    """All references of a store of the original."""
    pylightnix = import_module("pylightnix")
    storage = pylightnix.mkSS(folder)
    with telling("work"):
        list(pylightnix.allrrefs(S=storage))


def collect_original(folder: str) -> None:
    """What would go from a store of the original, which has no roots of its own."""
    pylightnix = import_module("pylightnix")
    storage = pylightnix.mkSS(folder)
    roots = sorted(pylightnix.allrrefs(S=storage))[:ROOTS]
    with telling("work"):
        pylightnix.store_gc([], roots, S=storage)


def main(who: str, task: str, folder: str) -> None:
    {
        "ours list": listed,
        "ours contents": described,
        "ours collect": collected,
        "ours weigh": weighed,
        "ours choose": chosen,
        "floor list": list_floor,
        "floor contents": contents_floor,
        "floor collect": collect_floor,
        "floor weigh": weigh_floor,
        "floor choose": choose_floor,
        "pylightnix list": list_original,
        "pylightnix collect": collect_original,
    }[f"{who} {task}"](folder)


if __name__ == "__main__":
    main(*sys.argv[1:])
