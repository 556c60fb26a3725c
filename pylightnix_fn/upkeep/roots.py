"""Roots: links that make an object stay, under ``roots`` by name, or anywhere by registration.

A link elsewhere makes its object stay for as long as it leads there; who deletes it, or lets it
lead elsewhere, has let the object go.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

from pylightnix_fn.errors.store import DamagedObject, LinkTaken, MissingObject, UnknownRoot
from pylightnix_fn.files import exists, is_folder, names_in
from pylightnix_fn.locks import locked
from pylightnix_fn.refs import checked_name
from pylightnix_fn.retention.inventory import Reference
from pylightnix_fn.store.backing import Backing, guarded
from pylightnix_fn.store.disk import DiskStore
from pylightnix_fn.store.durability import settle_names
from pylightnix_fn.store.layout import dref_of, rref_of
from pylightnix_fn.store.writer import Writer


def add_root(store: DiskStore, name: str, reference: Reference) -> None:
    """Let an object, and all that it was built from, stay until the root is removed.

    A root of this name is replaced. Errors: `MalformedName`, `MissingObject`.
    """
    path = store.layout.roots / checked_name(name)
    if path == store.layout.registered:
        raise LinkTaken(str(path), "the store keeps this name for itself")
    target = os.path.relpath(store.layout.located(reference), store.layout.roots)
    with guarded(store.layout):
        writer = store.backing.writer
        with locked(store.fs, store.layout.gate, shared=True):
            _check_there(store, reference)
            _put_link(store.backing, writer, target, path)


def remove_root(store: DiskStore, name: str) -> None:
    """Take a root away; its object stays until garbage is collected. `UnknownRoot` if none."""
    path = store.layout.roots / checked_name(name)
    with guarded(store.layout):
        if path == store.layout.registered or not exists(store.fs, path):
            known = sorted(each for each in roots_of(store.backing) if "/" not in each)
            raise UnknownRoot(name, ", ".join(known) or "none")
        store.fs.unlink(path)


def link(store: DiskStore, reference: Reference, path: Path | str) -> Path:
    """Make a link to an object, wherever it suits, and let the object stay while it is there.

    Replaces a link into this store; `LinkTaken` where there is anything else.
    """
    there, layout = Path(path).expanduser().absolute(), store.layout
    is_ours = there.is_symlink() and led_to(store.backing, there) is not None
    if os.path.lexists(there) and not is_ours:
        raise LinkTaken(str(there), "something else is there, which is not replaced")
    registered = layout.registered / sha256(os.fsencode(there)).hexdigest()[:32]
    with guarded(layout):
        writer = store.backing.writer
        with locked(store.fs, layout.gate, shared=True):
            _check_there(store, reference)
            _put_link(store.backing, writer, str(there), registered)
            beside = there.parent / f".{there.name[:200]}-{os.urandom(4).hex()}"
            store.fs.symlink(layout.located(reference), beside)
            store.fs.rename(beside, there)
    return there


def named_roots(store: DiskStore) -> Mapping[str, Reference]:
    """What must stay: by the name of its root, or the path of the link that leads to it."""
    with guarded(store.layout):
        return roots_of(store.backing)


def roots_of(backing: Backing) -> dict[str, Reference]:
    """The roots of a store; `DamagedObject` where one cannot be read: then nothing is safe."""
    fs, layout = backing.fs, backing.layout
    found: dict[str, Reference] = {}
    for name in names_in(fs, layout.roots):
        if layout.roots / name != layout.registered:
            with suppress(FileNotFoundError):  # it was taken away meanwhile
                found[name] = _named(backing, layout.roots / name)
    for name in names_in(fs, layout.registered):
        with suppress(FileNotFoundError):
            path = Path(fs.readlink(layout.registered / name))
            reference = led_to(backing, path)
            if reference is not None:
                found[str(path)] = reference
    return found


def forget_lost_links(backing: Backing) -> None:
    """Take away registrations of links that are not there any more; the gate must be held."""
    fs, layout = backing.fs, backing.layout
    for name in names_in(fs, layout.registered):
        if led_to(backing, Path(fs.readlink(layout.registered / name))) is None:
            fs.unlink(layout.registered / name)


def _check_there(store: DiskStore, reference: Reference) -> None:
    if not is_folder(store.fs, store.layout.located(reference)):
        raise MissingObject(reference.text, str(store.root))


def _put_link(backing: Backing, writer: Writer, target: str, path: Path) -> None:
    new = writer.staging / f"link-{os.urandom(8).hex()}"
    writer.fs.symlink(target, new)
    writer.fs.rename(new, path)
    settle_names(backing, [path.parent])


def _named(backing: Backing, path: Path) -> Reference:
    layout = backing.layout
    try:
        target = layout.roots / backing.fs.readlink(path)
    except FileNotFoundError:
        raise
    except OSError as error:
        raise DamagedObject(f"root '{path.name}'", str(path), str(error)) from error
    reference = _reference_at(Path(os.path.normpath(target)), layout.objects)
    if reference is None:
        raise DamagedObject(f"root '{path.name}'", str(path), "it leads to no object of the store")
    return reference


def led_to(backing: Backing, link: Path) -> Reference | None:
    """The object that a link anywhere leads to, be it there or not; `None` if to none."""
    try:
        target = link.parent / os.readlink(link)
    except OSError:
        return None
    real, objects = os.path.realpath(target), os.path.realpath(backing.layout.objects)
    return _reference_at(Path(real), Path(objects))


def _reference_at(path: Path, objects: Path) -> Reference | None:
    match path.relative_to(objects).parts if path.is_relative_to(objects) else ():
        case (derivation,):
            return dref_of(derivation)
        case (derivation, realization):
            dref = dref_of(derivation)
            return None if dref is None else rref_of(realization, dref)
        case _:
            return None
