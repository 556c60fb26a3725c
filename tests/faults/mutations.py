"""Ways to damage one thing in a store, each of which leaves everything else as it is."""

from __future__ import annotations

import os
import secrets
import shutil
import stat
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Final, TypeAlias

from attrs import field, frozen

from pylightnix_fn import DiskStore, Folder, RRef
from pylightnix_fn.retention.inventory import Reference
from pylightnix_fn.store.layout import CONFIG_FILE

Mutation: TypeAlias = Callable[[Path], bool]
"""Damages the file or folder of this path; whether that made a difference."""

Place: TypeAlias = tuple[Reference, frozenset[str]]
"""An object that is damaged, and the files of which one must be named for it."""


@contextmanager
def opened_up(path: Path) -> Iterator[None]:
    """The right to change a file and the folder that it is in; their modes come back."""
    modes = [(each, stat.S_IMODE(each.lstat().st_mode)) for each in (path.parent, path)]
    for each, mode in modes:
        if not each.is_symlink():
            each.chmod(mode | 0o200)
    yield
    (folder, mode), (file, file_mode) = modes
    if stat.S_ISREG(file.lstat().st_mode if os.path.lexists(file) else 0):
        file.chmod(file_mode)
    folder.chmod(mode)


def change(path: Path, data: bytes) -> bool:
    """Give a file this content."""
    before = path.read_bytes()
    with opened_up(path):
        path.write_bytes(data)
    return data != before


def flip(where: float, bit: int, path: Path) -> bool:
    data = bytearray(path.read_bytes())
    if not data:
        return False
    data[min(len(data) - 1, int(where * len(data)))] ^= 1 << bit
    return change(path, bytes(data))


def cut(to: float, path: Path) -> bool:
    data = path.read_bytes()
    return change(path, data[: int(to * len(data))])


def cut_last(path: Path) -> bool:
    return change(path, path.read_bytes()[:-1])


def zero(begin: float, end: float, path: Path) -> bool:
    data = path.read_bytes()
    first, last = int(begin * len(data)), int(end * len(data))
    return change(path, data[:first] + bytes(last - first) + data[last:])


def append(data: bytes, path: Path) -> bool:
    return change(path, path.read_bytes() + data)


def remove(path: Path) -> None:
    """Take a file, a link or a folder away; the folder that it is in must be ours to change."""
    if path.is_dir() and not path.is_symlink():
        for each in (path, *(each for each in path.rglob("*") if each.is_dir())):
            each.chmod(0o755)
        shutil.rmtree(path)
    else:
        path.unlink()


def lose(path: Path) -> bool:
    mode = stat.S_IMODE(path.parent.stat().st_mode)
    path.parent.chmod(mode | 0o200)
    remove(path)
    path.parent.chmod(mode)
    return True


def replace(make: Callable[[Path], None], path: Path) -> bool:
    """Something else in the place of what is there."""
    mode = stat.S_IMODE(path.parent.stat().st_mode)
    path.parent.chmod(mode | 0o200)
    aside = path.with_name(secrets.token_hex(8))
    path.rename(aside)
    make(path)
    remove(aside)
    path.parent.chmod(mode)
    return True


def link_elsewhere(path: Path) -> None:
    path.symlink_to("elsewhere.txt")


def link_to_equal(elsewhere: Path, path: Path) -> bool:
    """A link to an equal file, or folder, in the place of what is there."""
    copy = elsewhere / secrets.token_hex(8)
    if path.is_dir():
        shutil.copytree(path, copy, symlinks=True)
    else:
        shutil.copy2(path, copy)
    return replace(lambda place: place.symlink_to(copy), path)


def with_mode(mode: int, path: Path) -> bool:
    before = stat.S_IMODE(path.stat().st_mode)
    path.chmod(mode)
    return before != mode


def made_folder(path: Path) -> None:
    path.mkdir(0o555)


def made_pipe(path: Path) -> None:
    os.mkfifo(path, 0o444)


def made_file(path: Path) -> None:
    path.touch(0o444)


def added(make: Callable[[Path], None], path: Path) -> bool:
    """Something where there must be nothing."""
    mode = stat.S_IMODE(path.parent.stat().st_mode)
    path.parent.chmod(mode | 0o200)
    make(path)
    path.parent.chmod(mode)
    return True


def emptied(folder: Path) -> bool:
    for each in tuple(folder.iterdir()):
        lose(each)
    return True


def swapped(one: Path, other: Path) -> bool:
    """Two files change places, with the modes that they must have there."""
    data = one.read_bytes(), other.read_bytes()
    change(one, data[1])
    return change(other, data[0])


FILES: Final[Mapping[str, Mutation]] = {
    **{
        f"flipped: bit {bit} at {where}": partial(flip, where, bit)
        for where in (0.0, 0.1, 0.37, 0.5, 0.81, 1.0)
        for bit in (0, 5, 7)
    },
    **{f"cut: to {to}": partial(cut, to) for to in (0.0, 0.01, 0.5, 0.9)},
    "cut: by a byte": cut_last,
    **{f"zeros: from {begin}": partial(zero, begin, end) for begin, end in ((0, 1), (0.5, 1))},
    **{
        f"longer: by {len(data)} bytes": partial(append, data)
        for data in (b"\0", b" \n", b"x" * 5_000)
    },
    "lost": lose,
    **{f"mode: {mode:o}": partial(with_mode, mode) for mode in (0o644, 0o555, 0o444, 0o4555, 0)},
    "replaced: by a link": partial(replace, link_elsewhere),
    "replaced: by a folder": partial(replace, made_folder),
    "replaced: by a pipe": partial(replace, made_pipe),
}
FOLDERS: Final[Mapping[str, Mutation]] = {
    "lost": lose,
    **{f"mode: {mode:o}": partial(with_mode, mode) for mode in (0o755, 0o777, 0o1555, 0)},
    "replaced: by a file": partial(replace, made_file),
    "replaced: by a link": partial(replace, link_elsewhere),
}
LINKS: Final[Mapping[str, Mutation]] = {
    "lost": lose,
    "replaced: by another link": partial(replace, link_elsewhere),
    "replaced: by a folder": partial(replace, made_folder),
    "replaced: by a file": partial(replace, made_file),
}
EXTRAS: Final = ("extra.txt", "__extra__.txt", "many-99", ".hidden", "\udcff", "line\nfeed")
MAKERS: Final = (made_file, made_folder, made_pipe, link_elsewhere)


@frozen
class Damaging:
    """A way to damage an object, or two that change a file with each other."""

    label: str
    places: tuple[Place, ...]
    act: Callable[[], bool] = field(eq=False)

    @property
    def kind(self) -> str:
        """The kind of damage, whatever its details."""
        return self.label.partition(":")[0]

    def __str__(self) -> str:
        where = (f"{'|'.join(sorted(files))} of {reference}" for reference, files in self.places)
        return f"{self.label}: {' and '.join(where)}"


Ways: TypeAlias = dict[Reference, dict[str, list[Damaging]]]
"""The ways to damage an object, by its files."""


def ways_to_damage(store: DiskStore, elsewhere: Path) -> Ways:
    """Every way to damage each object of a store, whole before; ``elsewhere`` is out of it."""
    ways: Ways = {}
    for dref in store.drefs():
        rrefs = store.rrefs(dref)
        path, label = store.layout.config(dref), "replaced: by a link to its like"
        ways[dref] = {
            CONFIG_FILE: [
                *_each(FILES, dref, CONFIG_FILE, path),
                _one(label, dref, CONFIG_FILE, partial(link_to_equal, elsewhere, path)),
            ]
        }
        for rref in rrefs:
            ways[rref] = _of_realization(store, rref, elsewhere)
        for one, other in pairwise(rrefs):
            for file, exchange in _exchanges(store, one, other):
                ways[one].setdefault(file, []).append(exchange)
    return ways


def _one(label: str, reference: Reference, file: str, act: Callable[[], bool]) -> Damaging:
    return Damaging(label, ((reference, frozenset([file])),), act)


def _each(
    mutations: Mapping[str, Mutation], reference: Reference, file: str, path: Path
) -> Iterator[Damaging]:
    for label, act in mutations.items():
        yield _one(label, reference, file, partial(act, path))


def _of_realization(
    store: DiskStore, rref: RRef[Folder], elsewhere: Path
) -> dict[str, list[Damaging]]:
    folder = store.folder(rref)
    paths = sorted(folder.rglob("*"))
    top = [
        _one(f"mode: {mode:o}", rref, ".", partial(with_mode, mode, folder))
        for mode in (0o755, 0o777, 0o500, 0)
    ]
    every = frozenset(str(path.relative_to(folder)) for path in paths)
    top.append(Damaging("emptied", ((rref, every),), partial(emptied, folder)))
    to_equal = partial(link_to_equal, elsewhere, folder)
    ways = {".": [*top, _one("replaced: by a link to its like", rref, ".", to_equal)]}
    for path in paths:
        file = str(path.relative_to(folder))
        kinds = LINKS if path.is_symlink() else FOLDERS if path.is_dir() else FILES
        ways[file] = list(_each(kinds, rref, file, path))
        if kinds is not LINKS:
            act = partial(link_to_equal, elsewhere, path)
            ways[file].append(_one("replaced: by a link to its like", rref, file, act))
    for file, more in _within(rref, folder, paths):
        ways[file].append(more)
    return ways


def _within(rref: RRef[Folder], folder: Path, paths: list[Path]) -> Iterator[tuple[str, Damaging]]:
    """What is too much in a realization, and files of it that change places."""
    for each in (folder, *(path for path in paths if path.is_dir() and not path.is_symlink())):
        for name in EXTRAS:
            for make in MAKERS:
                file = str((each / name).relative_to(folder))
                act = partial(added, make, each / name)
                yield (
                    str(each.relative_to(folder)),
                    _one(f"extra: {make.__name__}", rref, file, act),
                )
    files = [path for path in paths if path.is_file() and not path.is_symlink()]
    for one, other in pairwise(files):
        names = frozenset(str(each.relative_to(folder)) for each in (one, other))
        yield (
            str(one.relative_to(folder)),
            Damaging("swapped", ((rref, names),), partial(swapped, one, other)),
        )


def _exchanges(
    store: DiskStore, one: RRef[Folder], other: RRef[Folder]
) -> Iterator[tuple[str, Damaging]]:
    """Files of one name that two realizations change with each other."""
    here, there = store.folder(one), store.folder(other)
    for path in sorted(here.rglob("*")):
        name = path.relative_to(here)
        if path.is_file() and not path.is_symlink() and (there / name).is_file():
            places = tuple((rref, frozenset([str(name)])) for rref in (one, other))
            act = partial(swapped, path, there / name)
            yield str(name), Damaging("exchanged", places, act)
