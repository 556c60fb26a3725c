"""The least: ``pipeline_floor find|make <folder> <shape> <stages> <durability>``.

To find: list each derivation's folder, read each context, hash each config. To make: a folder with
three files for each stage, renamed to where it belongs, after one ``syncfs`` if it is to last.
"""

from __future__ import annotations

import ctypes
import os
import sys
from hashlib import sha256

from benchmarks.programs.figures import telling
from benchmarks.programs.shapes import shape


def find(objects: str) -> None:
    """Look at all that a store holds."""
    for name in os.listdir(objects):
        place = f"{objects}/{name}"
        for inner in os.listdir(place):
            if len(inner) == 32:
                read(f"{place}/{inner}/context.json")
        sha256(read(f"{place}/config.json")).hexdigest()


def read(path: str) -> bytes:
    """The content of a file."""
    descriptor = os.open(path, os.O_RDONLY)
    data = os.read(descriptor, 2**20)
    os.close(descriptor)
    return data


def make(folder: str, inputs: list[list[int]], synced: bool) -> None:
    """Publish three small files for each stage."""
    for name in ("objects", "tmp"):
        os.mkdir(f"{folder}/{name}")
    top, syncfs = os.open(folder, os.O_RDONLY), ctypes.CDLL(None).syncfs if synced else None
    for number, needs in enumerate(inputs):
        new = f"{folder}/tmp/{number}"
        os.mkdir(new)
        write(f"{new}/config.json", f'{{"inputs":{needs},"number":{number}}}')
        write(f"{new}/context.json", f"{needs}")
        write(f"{new}/total.txt", f"{number}")
        if syncfs is not None:
            syncfs(top)
        os.rename(new, f"{folder}/objects/{number}")


def write(path: str, text: str) -> None:
    """A new file with this content."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o444)
    os.write(descriptor, text.encode())
    os.close(descriptor)


def main(task: str, folder: str, name: str, count: str, durability: str) -> None:
    with telling("work"):
        if task == "find":
            find(f"{folder}/store/store-v1")
        else:
            make(folder, shape(name, int(count)), durability == "batch")


if __name__ == "__main__":
    main(*sys.argv[1:])
