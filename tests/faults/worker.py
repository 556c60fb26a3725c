"""One of several processes that use a store all at once, and do there what they please.

A worker builds chains of three layers, reads again and again what it was promised would stay,
commits, removes, collects, brings back. What breaks a promise is an `AssertionError`, or any error
that no step allows for.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from hashlib import sha256
from itertools import chain
from mmap import mmap
from pathlib import Path
from typing import Final, TypeAlias

from attrs import Factory, define, field, frozen

from pylightnix_fn import (
    Build,
    Closure,
    DiskStore,
    DRef,
    Folder,
    Manager,
    Realization,
    RRef,
    add_root,
    collect,
    derive,
    empty_trash,
    gc,
    instantiate,
    keep_latest,
    keep_roots,
    named_roots,
    realize,
    remove_root,
    undo,
)
from pylightnix_fn.errors.store import MissingObject, StillNeeded, UnknownCollection, UnknownRoot
from pylightnix_fn.realizer import Context
from pylightnix_fn.store.inspection import damage_of
from pylightnix_fn.store_protocol import Facts

LAYERS: Final = 3
SEEDS: Final = range(12)
ROOTED: Final = range(2)  # seeds whose results may get a root, and are never removed by hand
VARIANTS: Final = 6  # results of one derivation in one context
COUNTS: Final = ("steps", "builds", "read", "lost", "refused", "collected", "moved", "back")


@frozen
class Tally:
    """Numbers that processes share; each has a row of its own, and a word for the end."""

    rows: int
    memory: mmap = field(init=False)

    @memory.default
    def _empty(self) -> mmap:
        return mmap(-1, 8 * (len(COUNTS) * self.rows + 1))

    def add(self, row: int, name: str, number: int = 1) -> None:
        """Count more."""
        place = 8 * (row * len(COUNTS) + COUNTS.index(name))
        self._put(place, self._at(place) + number)

    def totals(self) -> dict[str, int]:
        """The sums over all rows."""
        rows = range(self.rows)
        return {
            name: sum(self._at(8 * (row * len(COUNTS) + column)) for row in rows)
            for column, name in enumerate(COUNTS)
        }

    def end(self) -> None:
        """Let everybody see that it is over."""
        self._put(len(self.memory) - 8, 1)

    @property
    def is_over(self) -> bool:
        """Whether it is over."""
        return self._at(len(self.memory) - 8) == 1

    def _at(self, place: int) -> int:
        return int.from_bytes(self.memory[place : place + 8], "little")

    def _put(self, place: int, number: int) -> None:
        self.memory[place : place + 8] = number.to_bytes(8, "little")


@frozen
class Layer:
    """The config of one link of a chain."""

    seed: int
    inputs: list[DRef[Folder]]


def content(name: str, variant: str) -> bytes:
    """What a result holds: its derivation and its variant say it all, so that readers can tell."""
    return sha256(f"{name} {variant}".encode()).digest() * (10 + 100 * int(variant))


def check_read(folder: Path, name: str) -> None:
    """Read a result as a whole, without the store's help."""
    variant = (folder / "in/variant").read_text(encoding="utf-8")
    assert name == (folder / "name").read_text(encoding="utf-8"), folder
    assert content(name, variant) == (folder / "content").read_bytes(), folder


@define(eq=False)
class Worker:
    """One process: what is pinned was promised to stay, what it has forgotten was not any more."""

    store: DiskStore
    name: str
    row: int
    tally: Tally
    chance: random.Random
    acts: Mapping[Act, int]
    pinned: set[RRef[object]] = Factory(set)
    forgotten: set[RRef[object]] = Factory(set)

    def run(self) -> None:
        """Do one thing after another until it is over."""
        self.check_root()
        while not self.tally.is_over:
            (act,) = self.chance.choices(list(self.acts), list(self.acts.values()))
            act(self)
            self.check_pinned()
            self.count("steps")

    def count(self, name: str, number: int = 1) -> None:
        self.tally.add(self.row, name, number)

    # What is read

    def check_pinned(self) -> None:
        """Something that was promised is there and whole, with all that it was built from."""
        if self.pinned:
            self.check(self.chance.choice(sorted(self.pinned, key=str)))

    def rely_on(self, rref: RRef[object]) -> None:
        """This was promised; it is read now, and may be read again later."""
        self.pinned.add(rref)
        self.check(rref)

    def check(self, rref: RRef[object]) -> None:
        """A result is there and whole, and so is all that it was built from."""
        found = [rref]
        for each in found:  # which grows meanwhile
            used = chain.from_iterable(self.store.record(each).context.values())
            found.extend(frozenset(used).difference(found))
        for each in found:
            check_read(self.store.folder(each), each.name)
            if self.chance.random() < 0.1:  # of what it costs to look at every byte
                self.inspect(each)
        self.count("read", len(found))

    def inspect(self, rref: RRef[object]) -> None:
        """What lies there is what its name says, as the store sees it."""
        for reference in (rref, rref.dref):
            damage = damage_of(self.store.fs, self.store.layout, reference)
            assert not [each for each in damage if not each.is_harmless], damage

    # What is done

    def layers(self, m: Manager, seed: int) -> tuple[Manager, DRef[Folder]]:
        """Layers, each over all that are below it."""
        m, dref = derive(m, Layer(seed, []), Folder(), self.write, name=f"s{seed}-0", code=None)
        made = [dref]
        for depth in range(1, LAYERS):
            layer, name = Layer(seed, list(made)), f"s{seed}-{depth}"
            m, dref = derive(m, layer, Folder(), self.write, name=name, code=None)
            made.append(dref)
        return m, dref

    def closure(self) -> Closure[Realization[Folder]]:
        return instantiate(self.layers, self.chance.choice(SEEDS))

    def write(self, b: Build[Layer, Folder]) -> None:
        for each in b.config.inputs:
            check_read(b.deref(each).path, each.name)
        self.fill(b.path, b.name)

    def fill(self, folder: Path, name: str) -> None:
        variant = str(self.chance.randrange(VARIANTS))
        (folder / "in").mkdir()
        (folder / "in/variant").write_text(variant, encoding="utf-8")
        (folder / "name").write_text(name, encoding="utf-8")
        (folder / "content").write_bytes(content(name, variant))
        self.count("builds")

    def realize(self) -> None:
        closure = self.closure()
        rebuild = [each for each in closure.derivations if self.chance.random() < 0.2]
        self.rely_on(realize(closure, self.store, rebuild=rebuild).rref)

    def pin(self) -> None:
        """Rely on something that somebody left here, or on something of before once more."""
        rref = self.any_rref(self.remembered())
        self.dawdle()
        if rref is not None and self.store.pin([rref]):
            self.rely_on(rref)
        else:
            self.count("lost")

    def commit(self) -> None:
        """A result over one that nobody pinned: either that stays, or the commit is refused."""
        closure = self.closure()
        self.store.register({each.dref: each.config for each in closure})
        dref, above, _ = (each.dref for each in closure)
        context: Context = {}
        known = [each for each in self.remembered() if each.dref == dref]
        used = self.any_rref(known or self.store.rrefs(dref))
        if used is not None and used.dref == dref:
            context, dref = {dref: (used,)}, above
        self.dawdle()
        staging = self.store.stage(dref)
        self.fill(staging.folder, dref.name)
        now = datetime.now(UTC)
        try:
            made = self.store.commit(staging, dref, context, Facts(now, now)).rref
        except MissingObject:
            self.count("lost")
        else:
            self.rely_on(made)

    def collect(self) -> None:
        policy = self.chance.choice([keep_roots, keep_latest(1)])
        plan = gc(self.store, policy)
        self.dawdle()
        moved = collect(self.store, plan, everything=True).moved
        self.count("collected")
        self.count("moved", len(moved))

    def remove(self) -> None:
        """Remove something by hand, but nothing that this process itself relies on."""
        rref = self.any_rref()
        if rref is None or rref in self.pinned or _seed(rref) in ROOTED:
            return
        reference = rref if self.chance.random() < 0.8 else rref.dref
        if isinstance(reference, DRef) and any(each.dref == reference for each in self.pinned):
            return
        try:
            self.store.remove(reference)
        except (MissingObject, StillNeeded):
            self.count("refused")

    def bring_back(self) -> None:
        with suppress(UnknownCollection):
            self.count("back", len(undo(self.store).restored))

    def empty(self) -> None:
        empty_trash(self.store)

    def root(self) -> None:
        """Let something stay, whatever happens to this process."""
        for rref in self.pinned:
            if _seed(rref) in ROOTED:
                add_root(self.store, self.name, rref)
                return

    def unroot(self) -> None:
        with suppress(UnknownRoot):
            remove_root(self.store, self.name)

    def check_root(self) -> None:
        """What the one before this process gave a root is there."""
        rooted = named_roots(self.store).get(self.name)
        if isinstance(rooted, RRef):
            self.check(rooted)

    def let_go(self) -> None:
        """What was promised to this process does not count any more, but what has a root does."""
        self.check_root()
        self.forgotten.update(self.pinned)
        self.pinned.clear()
        self.store.close()

    def dawdle(self) -> None:
        """Let others change what was just looked at."""
        time.sleep(self.chance.uniform(0, 0.03))

    def remembered(self) -> list[RRef[object]]:
        """What was forgotten, and is there all the same: others may be about to take it away."""
        layout = self.store.layout
        self.forgotten = {each for each in self.forgotten if layout.realization(each).is_dir()}
        return sorted(self.forgotten, key=str)

    def any_rref(self, known: Sequence[RRef[object]] = ()) -> RRef[object] | None:
        """One of those that are known, or else of all that are there."""
        if known and self.chance.random() < 0.8:
            return self.chance.choice(known)
        drefs = self.store.drefs()
        found = self.store.rrefs(self.chance.choice(drefs)) if drefs else ()
        return self.chance.choice(found) if found else None


Act: TypeAlias = Callable[[Worker], None]

ALL_SORTS: Final[Mapping[Act, int]] = {
    Worker.realize: 16,
    Worker.pin: 24,
    Worker.commit: 30,
    Worker.collect: 10,
    Worker.remove: 6,
    Worker.bring_back: 2,
    Worker.empty: 2,
    Worker.root: 4,
    Worker.unroot: 2,
    Worker.let_go: 24,
}

USING: Final[Mapping[Act, int]] = {Worker.commit: 50, Worker.pin: 50, Worker.let_go: 15}
COLLECTING: Final[Mapping[Act, int]] = {Worker.collect: 10, Worker.empty: 1}


def _seed(rref: RRef[object]) -> int:
    return int(rref.name[1 : rref.name.index("-")])
