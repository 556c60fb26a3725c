"""A result of known files is kept: ``keeping <who> <folder> <files> <KiB>``.

Told are the seconds that writing the files took and those that keeping them took, and by how much
memory grew meanwhile. The floor lists the files and hashes the same bytes on all cores.
"""

from __future__ import annotations

import os
import shutil
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from importlib import import_module
from pathlib import Path
from typing import Final

from benchmarks.programs.figures import most_resident, resident, tell

CHUNK: Final = 2**20


def written(folder: Path, files: int, kib: int) -> float:
    """Write the files, no two alike; the seconds that it took."""
    began = time.perf_counter()
    block = os.urandom(min(CHUNK, kib * 2**10))
    for number in range(files):
        with (folder / f"{number:05}").open("wb", buffering=0) as file:
            file.write(number.to_bytes(8, "big") + block[8:])
            for _ in range(kib * 2**10 // len(block) - 1):
                file.write(block)
    return time.perf_counter() - began


def ours(folder: Path, files: int, kib: int) -> None:
    """Write into a staging folder, and commit it; nothing waits for the disk."""
    from datetime import UTC, datetime

    from pylightnix_fn import DiskStore, mkconfig
    from pylightnix_fn.store_protocol import Facts

    store = DiskStore.open(folder / "store", durability="off")
    config = mkconfig({"name": "kept"})
    store.register({config.dref(): config})
    staging = store.stage(config.dref())
    wrote, before = written(staging.folder, files, kib), resident()
    began, now = time.perf_counter(), datetime.now(UTC)
    store.commit(staging, config.dref(), {}, Facts(now, now))
    spent = time.perf_counter() - began
    tell(write=wrote, keep=spent, memory_growth=max(0.0, most_resident() - before))


def floor(folder: Path, files: int, kib: int, cores: int) -> None:
    """List the files and hash the bytes, in as many parts as there are cores."""
    (folder / "out").mkdir()
    wrote, before = written(folder / "out", files, kib), resident()
    began = time.perf_counter()
    names = sorted(os.listdir(folder / "out"))
    paths = [f"{folder}/out/{name}" for name in names]
    size = files * kib * 2**10
    with ThreadPoolExecutor(cores) as threads:
        if files == 1:
            part = size // cores
            list(threads.map(lambda n: hashed(paths[0], n * part, part), range(cores)))
        else:
            groups = [paths[core::cores] for core in range(cores)]
            list(
                threads.map(lambda those: [hashed(each, 0, kib * 2**10) for each in those], groups)
            )
    spent = time.perf_counter() - began
    tell(write=wrote, keep=spent, memory_growth=max(0.0, most_resident() - before))


def hashed(path: str, start: int, size: int) -> str:
    """The sha256 of a part of a file."""
    found, descriptor = sha256(), os.open(path, os.O_RDONLY)
    os.lseek(descriptor, start, os.SEEK_SET)
    while size > 0 and (data := os.read(descriptor, min(CHUNK, size))):
        found.update(data)
        size -= len(data)
    os.close(descriptor)
    return found.hexdigest()


def original(folder: Path, files: int, kib: int) -> None:
    """The same with the original Pylightnix, which is given the folder."""
    pylightnix = import_module("pylightnix")
    storage = pylightnix.mkSS(str(folder))
    pylightnix.fsinit(storage)
    dref = pylightnix.mkdrv_(pylightnix.mkconfig({"name": "kept"}), S=storage)
    out = folder / "tmp" / "out"
    out.mkdir(parents=True)
    wrote, before = written(out, files, kib), resident()
    began = time.perf_counter()
    pylightnix.mkrealization(dref, {}, str(out), S=storage)
    spent = time.perf_counter() - began
    tell(write=wrote, keep=spent, memory_growth=max(0.0, most_resident() - before))


def main(who: str, place: str, count: str, kib: str) -> None:
    folder, files, size = Path(place), int(count), int(kib)
    if who == "ours":
        ours(folder, files, size)
    elif who == "pylightnix":
        original(folder, files, size)
    else:
        floor(folder, files, size, 1 if who == "one-core" else os.cpu_count() or 1)
    shutil.rmtree(folder / "out", ignore_errors=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
