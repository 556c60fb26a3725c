"""Damage of every kind to every file of a store: found where it is, mended, nothing else changed.

A round damages many objects at once, each in one way. Then the store is verified, repaired, and
built again from the same recipes; it must be what it was.
"""

from __future__ import annotations

import os
import random
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import pytest
from attrs import Factory, define, field, frozen
from mutations import Damaging, Ways, ways_to_damage
from scenarios import facts, registered

from pylightnix_fn import DiskStore, DRef, Folder, RRef
from pylightnix_fn.realizer import Context
from pylightnix_fn.retention.inventory import Reference
from pylightnix_fn.upkeep.repairing import repair
from pylightnix_fn.upkeep.report import Report
from pylightnix_fn.upkeep.undoing import empty_trash
from pylightnix_fn.upkeep.verification import verify

MUTATIONS: Final = 2_000
AT_ONCE: Final = 24  # objects that are damaged in one round
KINDS: Final = 10
RESULTS: Final = 4  # of each kind
MOST_SHOWN: Final = 20

Recorded = Callable[[str, object], None]


@frozen
class Recipe:
    """How a derivation, and each of its realizations, is made again just as it was."""

    kind: int
    parameters: dict[str, object] = field(hash=False)
    context: Context = field(hash=False)

    def build(self, store: DiskStore, number: int) -> RRef[Folder]:
        dref = registered(store, f"kind-{self.kind}", **self.parameters)
        staging = store.stage(dref)
        write_artifacts(staging.folder, self.kind, number)
        if self.kind % 4 == 1:
            staging.log.write_text(f"{self.kind}\n{number}\n", encoding="utf-8")
        return store.commit(staging, dref, self.context, facts(number)).rref


def write_artifacts(folder: Path, kind: int, number: int) -> None:
    """Texts, bytes, zeros, programs, links, deep folders, empty ones, many files: by kind."""
    (folder / "number.txt").write_text(f"{kind}.{number}\n", encoding="utf-8")
    if kind % 2:
        data = random.Random(f"{kind} {number}").randbytes(3_000 + 100 * number)
        (folder / "weights.bin").write_bytes(data)
        (folder / "zeros.bin").write_bytes(bytes(2_000))
    if kind % 3 == 1:
        (folder / "deep/er/still").mkdir(parents=True)
        (folder / "deep/er/still/here.txt").write_text("down here", encoding="utf-8")
        (folder / "deep/up").symlink_to("../number.txt")
        (folder / "empty").mkdir()
        (folder / "nothing").touch()
    if kind % 3 == 2:
        (folder / "run.sh").write_text("#!/bin/sh\nexit 0\n", encoding="utf-8")
        (folder / "run.sh").chmod(0o755)
        (folder / "latest").symlink_to("run.sh")
    for each in range(30 if kind == 7 else 0):
        (folder / f"many-{each:02}").write_text(f"{each} of many", encoding="utf-8")


@define
class Campaign:
    """A store that is damaged and mended again and again."""

    store: DiskStore
    made: dict[RRef[Folder], tuple[Recipe, int]] = Factory(dict)
    counts: Counter[str] = Factory(Counter)
    files: set[tuple[Reference, str]] = Factory(set)
    problems: list[str] = Factory(list)

    def fill(self) -> None:
        """Derivations of all kinds; a third of them need results of an earlier one."""
        drefs: list[DRef[object]] = []
        for kind in range(KINDS):
            parameters: dict[str, object] = {"kind": kind, "text": "ü" * kind}
            context: Context = {}
            if kind % 3 == 2:
                before = drefs[kind // 2]
                parameters["of"] = str(before)
                context = {before: self.store.rrefs(before)[: 1 + kind % 2]}
            recipe = Recipe(kind, parameters, context)
            drefs.append(registered(self.store, f"kind-{kind}", **parameters))
            for number in range(RESULTS):
                self.made[recipe.build(self.store, number)] = recipe, number

    def users(self, rref: RRef[object]) -> Iterator[str]:
        """What was built from this."""
        for other, (recipe, _) in self.made.items():
            if rref in recipe.context.get(rref.dref, ()):
                yield other.text

    def round(self, chosen: list[Damaging], *, quarantine: bool) -> None:
        """Damage, find, mend, build again, and look whether all is as it was."""
        before = self.look()
        done = [each for each in chosen if each.act()]
        for each in done:
            self.counts[each.kind] += 1
            self.files.update((reference, file) for reference, fs in each.places for file in fs)
        report = verify(self.store, quarantine=quarantine)
        self.problems += self.wrong_in(report, done)
        repair(self.store, report)
        self.build_again()
        if not (after := verify(self.store)).is_clean:
            self.problems.append(f"after {', '.join(map(str, done))}: {after}")
        damaged = {reference.text[5:37] for each in done for reference, _ in each.places}
        self.problems += different(before, self.look(), damaged)
        empty_trash(self.store)

    def wrong_in(self, report: Report, done: list[Damaging]) -> Iterator[str]:
        """What a report missed, gave another name, or took for damage."""
        named: dict[str, set[str]] = {}
        for text, file in (
            *((each.reference, each.file) for each in report.damages),
            *((each.reference, each.file) for each in report.unreadable),
        ):
            named.setdefault(text, set()).add(file)
        for each in done:
            for reference, files in each.places:
                found = named.pop(reference.text, set())
                if not found & files:
                    yield f"{each}; told: {', '.join(sorted(found)) or 'nothing'}"
        gone = [each for each in report.aside if isinstance(each, RRef)]
        orphans = {text for rref in gone for text in self.users(rref)}
        for text in named.keys() - orphans:
            yield f"{text} is whole, and was told to be damaged: {named[text]}"

    def build_again(self) -> None:
        there = {rref for dref in self.store.drefs() for rref in self.store.rrefs(dref)}
        known = {dref: self.store.layout.config(dref).exists() for dref in self.store.drefs()}
        for rref, (recipe, number) in self.made.items():
            if rref not in there or not known.get(rref.dref, False):
                recipe.build(self.store, number)

    def look(self) -> dict[str, tuple[int, int, str]]:
        """All that lies in the store: modes, inodes and contents."""
        found: dict[str, tuple[int, int, str]] = {}
        objects = self.store.layout.objects
        for here, folders, names in os.walk(objects):
            for path in (Path(here, name) for name in (*folders, *names)):
                status = path.lstat()
                content = os.readlink(path) if path.is_symlink() else ""
                if path.is_file() and not path.is_symlink():
                    content = repr(path.read_bytes())
                found[str(path.relative_to(objects))] = status.st_mode, status.st_ino, content
        return found


def different(
    before: dict[str, tuple[int, int, str]], after: dict[str, tuple[int, int, str]], hit: set[str]
) -> Iterator[str]:
    """What is not as it was; what was not hit must even be the same file."""
    for name in sorted(before.keys() | after.keys()):
        old, new = before.get(name), after.get(name)
        was_hit = any(part[:32] in hit for part in name.split("/")[:2])
        if old is None or new is None or old[0] != new[0] or old[2] != new[2]:
            yield f"{name} was {old}, and is {new}"
        elif old[1] != new[1] and not was_hit:
            yield f"{name} was replaced, though it was whole"


def picked(ways: Ways, chance: random.Random, at_once: int) -> list[Damaging]:
    """A way for each of so many objects; no object is hit twice."""
    taken: dict[Reference, Damaging] = {}
    for reference in chance.sample(list(ways), len(ways)):
        of_file = chance.choice(list(ways[reference].values()))
        kind = chance.choice(sorted({each.kind for each in of_file}))
        way = chance.choice([each for each in of_file if each.kind == kind])
        if not any(each in taken for each, _ in way.places) and len(set(taken.values())) < at_once:
            taken.update((each, way) for each, _ in way.places)
    return list(dict.fromkeys(taken.values()))


@pytest.fixture(scope="module")
def campaign(tmp_path_factory: pytest.TempPathFactory) -> Campaign:
    root = tmp_path_factory.mktemp("damage")
    made = Campaign(DiskStore.open(root / "store", durability="off"))
    made.fill()
    return made


def test_store_to_be_damaged_is_whole(campaign: Campaign) -> None:
    report = verify(campaign.store)
    assert (True, KINDS * (1 + RESULTS)) == (report.is_clean, report.objects)


def test_damage_of_every_kind_is_found_and_mended(
    campaign: Campaign, scale: int, record_property: Recorded
) -> None:
    chance, rounds = random.Random(scale), 0
    elsewhere = campaign.store.root.parent / "elsewhere"
    elsewhere.mkdir()
    ways = ways_to_damage(campaign.store, elsewhere)
    while campaign.counts.total() < MUTATIONS * scale and len(campaign.problems) < MOST_SHOWN:
        rounds += 1
        campaign.round(picked(ways, chance, AT_ONCE), quarantine=rounds % 2 == 0)
    total = campaign.counts.total()
    record_property(
        "counts",
        f"damage: {total} mutations of {len(campaign.files)} files in {len(ways)} objects, "
        f"{rounds} rounds of damage, repair and rebuilding: "
        f"{', '.join(f'{n} {kind}' for kind, n in campaign.counts.most_common())}; "
        f"{len(campaign.problems)} problems",
    )
    assert [] == campaign.problems[:MOST_SHOWN]


def test_damage_that_is_not_looked_for_is_not_found(campaign: Campaign) -> None:
    """The control: a look that does not read artifacts misses what only reading them tells."""
    rref = next(iter(campaign.made))
    folder = campaign.store.root.parent / "control"
    folder.mkdir()
    ways = ways_to_damage(campaign.store, folder)[rref]["number.txt"]
    (flipped,) = (each for each in ways if each.label == "flipped: bit 0 at 0.0")
    assert flipped.act()
    assert verify(campaign.store, quick=True).is_clean
    assert [rref.text] == [each.reference for each in verify(campaign.store).damages]
    repair(campaign.store)
    campaign.build_again()
