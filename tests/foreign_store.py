"""Another program, which knows of stores only what FORMAT.md says: it reads one, and writes to one.

Nothing but the standard library is imported here, and a test sees to that.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import re
import secrets
import stat
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TypeAlias

Json: TypeAlias = "bool | int | float | str | Sequence[Json] | Mapping[str, Json] | None"
Context: TypeAlias = Mapping[str, Sequence[str]]

DERIVATION = re.compile(r"([0-9a-f]{32})-([A-Za-z0-9_-]{1,222})")
REALIZATION = re.compile(r"[0-9a-f]{32}")
OWN = ("context.json", "__manifest__.json", "__build__.json", "__buildtime__.txt", "__log__.txt")
PIECE = 16 * 1024 * 1024
TIME = "2026-11-22T10:55:51+00:00"


def canonical(value: Json) -> bytes:
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return text.encode()


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


# Reading


def read(root: Path) -> dict[str, list[str]]:
    """The derivations of a store, and the realizations of each; all of it is checked."""
    assert b'{"format":1,"locks":"flock"}' == (root / "format.json").read_bytes()
    found: dict[str, list[str]] = {}
    for folder in sorted((root / "store-v1").iterdir()):
        if match := DERIVATION.fullmatch(folder.name):
            _check_derivation(folder, match[1], match[2])
            inside = sorted(each for each in folder.iterdir() if REALIZATION.fullmatch(each.name))
            for each in inside:
                _check_realization(each)
            names = [f"rref:{each.name}-{folder.name}" for each in inside]
            found[f"dref:{folder.name}"] = names
    return found


def _check_derivation(folder: Path, digest: str, name: str) -> None:
    text = (folder / "config.json").read_bytes()
    config = json.loads(text)
    assert canonical(config) == text
    assert (digest, name) == (sha256(text)[:32], config.get("name", "unnamed"))
    assert 0o444 == _mode(folder / "config.json")


def _check_realization(folder: Path) -> None:
    manifest = _loaded(folder / "__manifest__.json")
    entries = sorted(_entries(folder, ""), key=lambda entry: str(entry["path"]).encode())
    tree = sha256(canonical(entries))
    whole = sha256(canonical({"context": _loaded(folder / "context.json"), "tree": tree}))
    assert {"version": 1, "entries": entries, "tree": tree, "digest": whole} == manifest
    assert (folder.name, 0o555) == (whole[:32], _mode(folder))
    build = _loaded(folder / "__build__.json")
    assert build["of"] == folder.name
    check = build.pop("check")
    assert sha256(canonical(build)) == check
    assert f"{build['first']}\n".encode() == (folder / "__buildtime__.txt").read_bytes()
    log = folder / "__log__.txt"
    assert build["log"] == (sha256(log.read_bytes()) if log.exists() else None)
    assert build["size"] == sum(size for entry in entries if isinstance(size := entry["size"], int))


def _loaded(path: Path) -> dict[str, Json]:
    text = path.read_bytes()
    value: dict[str, Json] = json.loads(text)
    assert (canonical(value), 0o444) == (text, _mode(path))
    return value


def _entries(folder: Path, above: str) -> Iterator[dict[str, Json]]:
    for path in folder.iterdir():
        if above or path.name not in OWN:
            entry: dict[str, Json] = {"path": above + path.name, "kind": "file", "content": ""}
            entry.update(size=0, executable=False)
            if path.is_symlink():
                entry.update(kind="symlink", content=os.readlink(path))
            elif path.is_dir():
                assert 0o555 == _mode(path)
                entry.update(kind="directory")
                yield from _entries(path, f"{above}{path.name}/")
            else:
                mode, size, content = _mode(path), path.stat().st_size, _fingerprint(path)
                assert mode in (0o444, 0o555)
                entry.update(size=size, executable=mode == 0o555, content=content)
            yield entry


def _fingerprint(path: Path) -> str:
    with path.open("rb") as file:
        pieces = [hashlib.sha256(data).digest() for data in iter(lambda: file.read(PIECE), b"")]
    if len(pieces) > 1:
        return "pieces:" + sha256(b"".join(pieces))
    return pieces[0].hex() if pieces else sha256(b"")


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.lstat().st_mode)


# Writing


class Writer:
    """A process that writes to a store, seen by all others while it is open."""

    def __init__(self, root: Path) -> None:
        self.root, self.name = root, f"{os.getpid()}-{secrets.token_hex(8)}"
        self.file, self.place = root / "temproots" / self.name, root / "tmp" / self.name
        with locked(root / "locks/gate", fcntl.LOCK_SH):
            self.notes = os.open(self.file, os.O_CREAT | os.O_EXCL | os.O_RDWR | os.O_APPEND, 0o600)
            fcntl.flock(self.notes, fcntl.LOCK_EX)
        os.write(self.notes, b"another program\n")
        self.place.mkdir(mode=0o700)

    def close(self) -> None:
        self.file.unlink()
        self.place.rmdir()
        os.close(self.notes)

    def derivation(self, config: Mapping[str, Json]) -> str:
        """Write a derivation, and give its reference."""
        staged, text = self._staged(), canonical(config)
        _write(staged / "config.json", text, 0o444)
        folder = f"{sha256(text)[:32]}-{config.get('name', 'unnamed')}"
        self._publish(staged, f"dref:{folder}", self.root / "store-v1" / folder, [])
        return f"dref:{folder}"

    def realization(self, dref: str, artifacts: Mapping[str, bytes], context: Context) -> str:
        """Write a realization that holds these files, and give its reference."""
        staged, derivation = self._staged(), self.root / "store-v1" / dref.removeprefix("dref:")
        for name, data in artifacts.items():
            (staged / name).parent.mkdir(parents=True, exist_ok=True)
            _write(staged / name, data, 0o444)
        for folder in (each for each in staged.rglob("*") if each.is_dir()):
            folder.chmod(0o555)
        whole = _write_own_files(staged, context)
        needs = [derivation, *(self._folder(rref) for rrefs in context.values() for rref in rrefs)]
        rref = f"rref:{whole[:32]}-{derivation.name}"
        if self._publish(staged, rref, derivation / whole[:32], needs):
            (derivation / whole[:32]).chmod(0o555)
        return rref

    def _folder(self, rref: str) -> Path:
        _, digest, derivation = re.split("[:-]", rref, maxsplit=2)
        return self.root / "store-v1" / derivation / digest

    def _staged(self) -> Path:
        staged = self.place / secrets.token_hex(8)
        staged.mkdir(mode=0o755)
        return staged

    def _publish(self, staged: Path, reference: str, target: Path, needs: list[Path]) -> bool:
        """Give a folder its name; whether it was free."""
        os.sync()
        with locked(self.root / "locks/gate", fcntl.LOCK_SH):
            assert all(need.is_dir() for need in needs)
            os.write(self.notes, f"{reference}\n".encode())
            if target.exists():  # this program is the only one to write here
                _delete(staged)
                return False
            staged.rename(target)
            os.sync()
        return True


def _write_own_files(staged: Path, context: Context) -> str:
    entries = sorted(_entries(staged, ""), key=lambda entry: str(entry["path"]).encode())
    tree = sha256(canonical(entries))
    whole = sha256(canonical({"context": context, "tree": tree}))
    manifest: dict[str, Json] = {"version": 1, "entries": entries, "tree": tree, "digest": whole}
    build: dict[str, Json] = {"started": TIME, "stopped": TIME, "first": TIME, "sample": 0}
    build.update(versions={"other": "1"}, log=None, of=whole[:32])
    build["size"] = sum(size for entry in entries if isinstance(size := entry["size"], int))
    build["check"] = sha256(canonical(build))
    _write(staged / "context.json", canonical(context), 0o444)
    _write(staged / "__manifest__.json", canonical(manifest), 0o444)
    _write(staged / "__build__.json", canonical(build), 0o444)
    _write(staged / "__buildtime__.txt", f"{TIME}\n".encode(), 0o444)
    return whole


def _write(path: Path, data: bytes, mode: int) -> None:
    path.write_bytes(data)
    path.chmod(mode)


def _delete(folder: Path) -> None:
    for path in sorted(folder.rglob("*"), reverse=True):
        path.parent.chmod(0o755)
        path.rmdir() if path.is_dir() else path.unlink()
    folder.rmdir()


@contextmanager
def locked(path: Path, kind: int) -> Iterator[None]:
    while True:
        descriptor = os.open(path, os.O_CREAT | os.O_RDWR | os.O_NOFOLLOW, 0o600)
        fcntl.flock(descriptor, kind)
        if path.exists() and path.stat().st_ino == os.fstat(descriptor).st_ino:
            break
        os.close(descriptor)
    try:
        yield
    finally:
        os.close(descriptor)
