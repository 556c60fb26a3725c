"""What the tests of fetching stages share: content to fetch, and what became of it."""

from __future__ import annotations

import hashlib
import io
import tarfile
import zipfile
from pathlib import Path

from attrs import frozen
from http_server import Server, content

from pylightnix_fn import Closure, Folder, Realization, Store, fetchurl, instantiate, realize
from pylightnix_fn.stages.fetch import Mode

DATA = b"some numbers\n" * 1000


@frozen
class Words:
    """What lies in a fetched file or archive."""

    path: Path = Path("sub/words.txt")


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def packed_tar(files: dict[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:gz") as archive:
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return stream.getvalue()


def packed_zip(files: dict[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return stream.getvalue()


def names(folder: Path) -> list[str]:
    """The files below a folder, but for the store's own."""
    paths = (each for each in folder.rglob("*") if each.is_file())
    found = sorted(str(each.relative_to(folder)) for each in paths)
    return [name for name in found if not name.startswith("__") and name != "context.json"]


def fetched(store: Store, data: bytes, name: str, mode: Mode) -> Realization[Folder]:
    with Server() as server:
        url = server.serve(f"/{name}", content(data))
        return realize(instantiate(fetchurl, url, sha256(data), mode=mode), store)


def is_unchanged(store: Store, closure: Closure[object]) -> bool:
    """Whether a store holds no realization of the targets, and nothing but their configs."""
    return all(store.rrefs(dref) == () for dref in closure.targets)
