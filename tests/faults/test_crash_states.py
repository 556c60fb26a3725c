"""Whatever a power cut leaves, the store is whole, and what was acknowledged is there."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from beginnings import EARLIER, NOW
from crash_states import Disk, Moment, laid_out, moments, seen
from recording import Acknowledged, Event, RecordFs, Synced
from scenarios import facts
from soundness import DAMAGED, View, backing_at, dangling, litter, view
from sweeping import MOST_SHOWN, workplace

from pylightnix_fn import DiskStore, DRef, PylightnixError, mkconfig
from pylightnix_fn.files import delete, write_file
from pylightnix_fn.filesystem import DISK, FileSystem
from pylightnix_fn.realizer import Context
from pylightnix_fn.store.backing import Durability
from pylightnix_fn.store.layout import reference_of
from pylightnix_fn.store.machine import Machine

Recorded = Callable[[str, object], None]

MOST = 256  # states of a moment; with more of them, and ``--faults``, more


def _built(root: Path, durability: Durability, fs: FileSystem, machine: Machine) -> Iterator[str]:
    """Make a store and two realizations in it; what is there for good, as it is known."""
    store = DiskStore.open(root, durability=durability, fs=fs, machine=machine)
    context: Context = {}
    for name in ("data", "model"):
        config = mkconfig({"name": name, "needs": [each.text for each in context]})
        store.register({config.dref(): config})
        yield config.dref().text
        staging = store.stage(config.dref())
        write_file(fs, staging.folder / "first.txt", name.encode() * 9)
        fs.mkdir(staging.folder / "deep")
        write_file(fs, staging.folder / "deep" / "second.txt", name.encode() * 9)
        fs.symlink("second.txt", staging.folder / "deep" / "link")
        write_file(fs, staging.log, b"it went well\n")
        made = store.commit(staging, config.dref(), context, facts(10)).rref
        yield made.text
        context = {config.dref(): (made,)}
    store.close()


def _recorded(place: Path, durability: Durability) -> tuple[Event, ...]:
    """What building does to the disk."""
    fs = RecordFs(place)
    for text in _built(place / "store", durability, fs, EARLIER):
        fs.acknowledge(text)
    return tuple(fs.events)


def _wrong(
    moment: Moment, disk: Disk, root: Path, durability: Durability, expected: View
) -> Iterator[str]:
    """What is wrong with a store after a power cut, and when the same is built again."""
    laid_out(disk, root.parent)
    try:
        DiskStore.open(root, durability=durability, machine=NOW).close()
        yield from _wrong_now(moment, root, durability, expected)
        list(_built(root, durability, DISK, NOW))
        again = view(root)
        if again != expected:
            yield f"built again it gave {again}"
        yield from dangling(root, again)
        yield from (f"{each} lies about" for each in litter(root))
    except PylightnixError as error:
        yield f"it raised {error!r}"
    finally:
        if root.exists():
            delete(DISK, root)


def _wrong_now(moment: Moment, root: Path, durability: Durability, expected: View) -> Iterator[str]:
    """What is wrong with a store that somebody has opened; without barriers much may be gone."""
    now = view(root)
    for text, state in now.items():
        is_lost_config = durability == "off" and not _has_file(root, text)
        if state != expected.get(text) and not is_lost_config:
            yield f"{text} is {state}"
    if durability != "off":
        yield from dangling(root, now)
        yield from (
            f"{each} was acknowledged, and is gone" for each in moment.acknowledged - now.keys()
        )


def _has_file(root: Path, text: str) -> bool:
    """Whether something is where the config of a derivation is to be, or it is none."""
    reference = reference_of(text)
    return not isinstance(reference, DRef) or backing_at(root).layout.config(reference).exists()


@pytest.mark.parametrize("durability", ["batch", "full", "off"])
def test_power_cut_at_any_moment_leaves_whole_store(
    durability: Durability, scale: int, record_property: Recorded
) -> None:
    found: list[str] = []
    different: set[int] = set()
    number, chance = 0, random.Random(0)
    with _places() as (made, cut, expected):
        for moment in moments(_recorded(made, durability)):
            for disk in moment.states(chance, MOST * scale):
                number += 1
                key = hash((_outside_staging(disk), moment.acknowledged))
                if key not in different:
                    different.add(key)
                    wrong = _wrong(moment, disk, cut / "store", durability, expected)
                    found.extend(f"after {len(moment.events)} steps: {each}" for each in wrong)
    record_property(
        "counts", f"power cut states, {durability}: {number:,}, {len(different):,} tried out"
    )
    assert [] == found[:MOST_SHOWN]


def _outside_staging(disk: Disk) -> tuple[object, ...]:
    """What the disk holds; what lies in staging folders only differs in what is cleared away."""
    return tuple(each for each in seen(disk) if not each[0].startswith("store/tmp/"))


@contextmanager
def _places() -> Iterator[tuple[Path, Path, View]]:
    """A folder to build in, one for what a power cut leaves, and what must come out."""
    with workplace() as place:
        made, cut, expected = place / "made", place / "cut", place / "expected"
        made.mkdir()
        cut.mkdir()
        list(_built(expected, "off", DISK, NOW))
        yield made, cut, view(expected)


def test_power_cut_without_barriers_is_found_to_tear_objects(record_property: Recorded) -> None:
    with _places() as (made, cut, expected):
        events = _recorded(made, "batch")
        first = next(i for i, each in enumerate(events) if isinstance(each, Acknowledged))
        unsynced = [each for each in events[first:] if not isinstance(each, Synced)]
        *_, last = moments((*events[:first], *unsynced))
        found = [
            each
            for disk in last.states(random.Random(0), MOST)
            for each in _wrong(last, disk, cut / "store", "batch", expected)
        ]
    torn = [each for each in found if DAMAGED in each]
    record_property("counts", f"power cut states, control: {len(torn)} torn objects")
    assert [] != torn
