"""What a closure is made of: every object that some references need, in an order to publish it.

Nothing is copied yet, but everything is known: what is damaged, missing or cannot travel is found
here, before anything is written. Whatever is found is kept from garbage collection meanwhile.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from graphlib import TopologicalSorter
from itertools import chain
from typing import Final, TypeVar

from attrs import evolve, field, frozen

from pylightnix_fn.archive.budget import Budget, Limits
from pylightnix_fn.archive.member import Refusal, Symlink, check_symlink, components
from pylightnix_fn.archive.names import Names, Use
from pylightnix_fn.config import Config, dependencies
from pylightnix_fn.errors.plan import BadParameter
from pylightnix_fn.errors.store import DamagedObject, MissingObject
from pylightnix_fn.errors.transfer import NotTransferable
from pylightnix_fn.outputs import CONTEXT_FILE, LOG_FILE
from pylightnix_fn.realizer import Context
from pylightnix_fn.refs import DRef, RRef, rref_from
from pylightnix_fn.retention.inventory import Reference
from pylightnix_fn.store.backing import guarded
from pylightnix_fn.store.disk import DiskStore
from pylightnix_fn.store.layout import BUILD_FILE, CONFIG_FILE
from pylightnix_fn.store.manifests import own_files, read_manifest
from pylightnix_fn.store.records import Build, context_text, read_build, read_context
from pylightnix_fn.store_protocol import digest_of
from pylightnix_fn.transfer.declaration import DECLARATION_FILE, Declaration, why_too_large
from pylightnix_fn.tree import Entry, Folder, Kind, Tree

R = TypeVar("R", bound=Reference)

_USES: Final[Mapping[Kind, Use]] = {
    "file": Use.FILE,
    "directory": Use.FOLDER,
    "symlink": Use.LINK,
}


@frozen
class Crate:
    """A realization to be moved; ``whole`` is its sha256, ``size`` the bytes of all its files."""

    rref: RRef[Folder]
    context: Context = field(hash=False)
    build: Build = field(hash=False)
    whole: str
    log: Entry | None
    members: int
    size: int


@frozen
class Cargo:
    """A closure: configs and realizations, each after all that it needs.

    ``tops`` are what nothing else in it refers to.
    """

    configs: Mapping[DRef[object], Config] = field(hash=False)
    crates: tuple[Crate, ...]
    tops: tuple[Reference, ...]

    @property
    def declaration(self) -> Declaration:
        """What whoever receives it is told first."""
        sizes = [len(config.text.encode()) for config in self.configs.values()]
        return Declaration(
            len(sizes) + len(self.crates),
            len(sizes) + sum(crate.members for crate in self.crates),
            sum(sizes) + sum(crate.size for crate in self.crates),
            tuple(each.text for each in self.tops),
        )

    def without(self, rrefs: Collection[RRef[object]]) -> Cargo:
        """The same, but for these realizations."""
        return evolve(self, crates=tuple(each for each in self.crates if each.rref not in rrefs))


def gathered(store: DiskStore, references: Iterable[Reference], function: str) -> Cargo:
    """All that these references need: of a derivation configs only, of a realization the results.

    Errors: `MissingObject`, `DamagedObject`, `NotTransferable`.
    """
    wanted = tuple(references)
    if not wanted:
        raise BadParameter(function, "references", "()", "at least one reference")
    with guarded(store.layout):
        crates = _crates(store, [each for each in wanted if isinstance(each, RRef)])
        drefs = [each.dref if isinstance(each, RRef) else each for each in (*wanted, *crates)]
        configs = _configs(store, drefs)
    _check_contexts(crates, configs)
    needs = {dref: dependencies(config) for dref, config in configs.items()}
    chosen = {rref: _chosen(crate.context) for rref, crate in crates.items()}
    referred: set[Reference] = set(chain(*needs.values(), *chosen.values()))
    referred.update(rref.dref for rref in crates)
    objects: tuple[Reference, ...] = (*configs, *crates)
    cargo = Cargo(
        {dref: configs[dref] for dref in _ordered(needs)},
        tuple(crates[rref] for rref in _ordered(chosen)),
        tuple(sorted((each for each in objects if each not in referred), key=str)),
    )
    _check_text(f"{len(cargo.tops)} references", DECLARATION_FILE, cargo.declaration.text)
    return cargo


def _crates(store: DiskStore, rrefs: Iterable[RRef[object]]) -> dict[RRef[object], Crate]:
    found: dict[RRef[object], Crate] = {}
    left = list(rrefs)
    while left:
        rref = left.pop()
        if rref not in found:
            if not store.pin([rref]):
                raise MissingObject(rref.text, str(store.root))
            found[rref] = _crate(store, rref)
            left.extend(_chosen(found[rref].context))
    return found


def _crate(store: DiskStore, rref: RRef[object]) -> Crate:
    fs, folder = store.fs, store.layout.realization(rref)
    context, build = read_context(fs, folder, rref), read_build(fs, folder, rref)
    tree = read_manifest(fs, folder, rref, context)
    whole = digest_of(tree, context)
    if tree.size != build.size:
        raise DamagedObject(rref.text, BUILD_FILE, "its size is not that of the manifest")
    _check_names(rref, tree)
    _check_text(rref.text, CONTEXT_FILE, context_text(context))
    log = None if build.log is None else _log(store, rref, build.log)
    own = [len(text.encode()) for text in own_files(whole, tree, context, build).values()]
    members = len(own) + len(tree.entries) + (log is not None)
    size = sum(own) + tree.size + (log.size if log is not None else 0)
    return Crate(rref_from(rref.text), context, build, whole, log, members, size)


def _log(store: DiskStore, rref: RRef[object], sha256: str) -> Entry:
    try:
        size = store.fs.lstat(store.layout.realization(rref) / LOG_FILE).st_size
    except FileNotFoundError:
        raise DamagedObject(rref.text, LOG_FILE, "it is not there") from None
    return Entry(LOG_FILE, "file", size, content=sha256)


def _configs(store: DiskStore, drefs: Iterable[DRef[object]]) -> dict[DRef[object], Config]:
    found: dict[DRef[object], Config] = {}
    left = list(drefs)
    while left:
        dref = left.pop()
        if dref not in found:
            found[dref] = store.config(dref)
            _check_text(dref.text, CONFIG_FILE, found[dref].text)
            left.extend(dependencies(found[dref]))
    return found


def _chosen(context: Context) -> tuple[RRef[object], ...]:
    return tuple(chain.from_iterable(context.values()))


def _ordered(needs: Mapping[R, Iterable[R]]) -> Iterator[R]:
    """Each after what it needs, by text where nothing else decides."""
    sorter = TopologicalSorter(needs)
    sorter.prepare()  # no circle: every name is a hash over the names that it needs
    while sorter.is_active():
        ready = sorted(sorter.get_ready(), key=str)
        yield from ready
        sorter.done(*ready)


def _check_contexts(
    crates: Mapping[RRef[object], Crate], configs: Mapping[DRef[object], Config]
) -> None:
    for rref, crate in crates.items():
        if crate.context.keys() != set(configs[rref.dref].drefs):
            why = "it does not name the derivations that the config refers to"
            raise DamagedObject(rref.text, CONTEXT_FILE, why)


def _check_names(rref: RRef[object], tree: Tree) -> None:
    """Refuse what whoever receives it would refuse, such as names that differ by case only."""
    count, size = len(tree.entries), sum(2 * len(each.path) + 8 for each in tree.entries)
    names = Names(Budget(Limits(), count, 0, 8 * size))
    for entry in tree.entries:
        try:
            path = components(entry.path)
            names.claim(path, _USES[entry.kind], entry.path)
            if entry.kind == "symlink":
                check_symlink(Symlink(entry.path, entry.content), path)
        except Refusal as refusal:
            raise NotTransferable(rref.text, entry.path, refusal.why) from None


def _check_text(reference: str, file: str, text: str) -> None:
    if why := why_too_large(text.encode()):
        raise NotTransferable(reference, file, why)
