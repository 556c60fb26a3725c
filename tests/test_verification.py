"""Verifying and mending a store: each kind of damage once, and what it is to be left alone."""

from __future__ import annotations

import errno
import fcntl
import os
import pickle
import shutil
import stat
import tempfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from threading import Thread

import pytest
from attrs import define, evolve
from scenarios import NOBODY, Counter, facts, listing, numbered, put, registered, unprivileged

from pylightnix_fn import DiskStore, DRef, Folder, Manager, RRef, instantiate, realize
from pylightnix_fn.errors.plan import BadParameter
from pylightnix_fn.errors.store import StoreFailed, StoreNotWritable
from pylightnix_fn.filesystem import Disk, Where
from pylightnix_fn.store.inspection import Aspect, Damage
from pylightnix_fn.store_protocol import Staging
from pylightnix_fn.upkeep.repairing import Repaired, rebuild, repair
from pylightnix_fn.upkeep.report import MOST_SHOWN, Report, Unreadable
from pylightnix_fn.upkeep.roots import add_root
from pylightnix_fn.upkeep.undoing import empty_trash
from pylightnix_fn.upkeep.verification import Verified, verify


@pytest.fixture
def disk(tmp_path: Path) -> DiskStore:
    return opened(tmp_path)


@pytest.fixture
def place() -> Iterator[Path]:
    """A folder of an ordinary user, as whom the test then runs: rights mean nothing to root."""
    with tempfile.TemporaryDirectory() as other:  # imports what such a user might not reach
        opened(Path(other)).close()
    folder = Path(tempfile.mkdtemp())
    if os.geteuid() == 0:
        os.chown(folder, NOBODY, NOBODY)
    with unprivileged():
        yield folder
    shutil.rmtree(folder)


def opened(folder: Path) -> DiskStore:
    return DiskStore.open(folder / "store", durability="off")


def spoil(path: Path, data: bytes = b"spoilt") -> None:
    """Change the content of a file, and nothing else."""
    modes = [(each, stat.S_IMODE(each.lstat().st_mode)) for each in (path.parent, path)]
    for each, mode in modes:
        each.chmod(mode | 0o200)
    path.write_bytes(data)
    for each, mode in modes:
        each.chmod(mode)


def lose(path: Path) -> None:
    """Take a file or a folder away, and change nothing else."""
    mode = stat.S_IMODE(path.parent.stat().st_mode)
    path.parent.chmod(0o755)
    if path.is_dir():
        path.chmod(0o755)
        shutil.rmtree(path)
    else:
        path.unlink()
    path.parent.chmod(mode)


def told(report: Report) -> list[tuple[str, str, Aspect]]:
    """The damages of a report: object, file, and how."""
    return [(each.reference, each.file, each.aspect) for each in report.damages]


def data_and_model(store: DiskStore) -> tuple[RRef[Folder], RRef[Folder]]:
    """A dataset, and a model that was built from it."""
    dataset = registered(store, "dataset")
    model = registered(store, "model", data=str(dataset))
    data = put(store, dataset, {"n": "1"})
    return data, put(store, model, {"n": "2"}, context={dataset: (data,)})


def two_stages(counter: Counter) -> Callable[[Manager], tuple[Manager, DRef[Folder]]]:
    def stage(m: Manager) -> tuple[Manager, DRef[Folder]]:
        m, data = counter.stage(m, "data")
        return counter.stage(m, "model", data)

    return stage


# What verify finds


def test_sound_store_is_clean(disk: DiskStore) -> None:
    data_and_model(disk)
    assert (True, 4, ()) == (verify(disk).is_clean, verify(disk).objects, verify(disk).foreign)


def test_store_without_objects_is_clean(disk: DiskStore) -> None:
    assert Report((), 0, 0) == verify(disk)


def test_size_is_that_of_configs_and_artifacts(disk: DiskStore) -> None:
    rref = put(disk, registered(disk, "a"), {"x": "12345"})
    config = disk.layout.config(rref.dref).stat().st_size
    assert config + 5 == verify(disk).size


def test_changed_artifact_is_told_with_what_was_expected(disk: DiskStore) -> None:
    rref = put(disk, registered(disk), {"in/a": "data"})
    spoil(disk.folder(rref) / "in/a", b"date")
    (damage,) = verify(disk, quarantine=False).damages
    data, date = (f"sha256 {sha256(each).hexdigest()}" for each in (b"data", b"date"))
    assert Damage(rref.text, "in/a", "content", data, date) == damage


def test_damage_of_one_object_is_none_of_another(disk: DiskStore) -> None:
    dref = registered(disk)
    bad, good = (put(disk, dref, {"a": text}) for text in "xy")
    spoil(disk.folder(bad) / "a")
    verify(disk)
    assert (good,) == disk.rrefs(dref)


def test_quick_look_sees_sizes(disk: DiskStore) -> None:
    rref = put(disk, registered(disk), {"a": "data"})
    spoil(disk.folder(rref) / "a", b"longer than that")
    assert [(rref.text, "a", "content")] == told(verify(disk, quick=True))


def test_quick_look_reads_no_artifacts(disk: DiskStore) -> None:
    rref = put(disk, registered(disk), {"a": "data"})
    spoil(disk.folder(rref) / "a", b"date")
    assert verify(disk, quick=True).is_clean
    assert not verify(disk).is_clean


def test_mode_of_an_artifact_is_told(disk: DiskStore) -> None:
    rref = put(disk, registered(disk), {"a": "data"})
    (disk.folder(rref) / "a").chmod(0o644)
    assert (Damage(rref.text, "a", "mode", "0444", "0644"),) == verify(disk).damages


def test_lost_config_is_told(disk: DiskStore) -> None:
    rref = put(disk, registered(disk), {"a": "data"})
    lose(disk.layout.config(rref.dref))
    expected = Damage(rref.dref.text, "config.json", "missing", "a file", "nothing")
    assert (expected,) == verify(disk).damages


def test_derivation_that_was_half_deleted_is_told(disk: DiskStore) -> None:
    dref = registered(disk)
    lose(disk.layout.config(dref))
    assert [(dref.text, "config.json", "missing")] == told(verify(disk))


@pytest.mark.parametrize("of", ["derivation", "realization"])
def test_link_in_the_place_of_an_object_is_told(disk: DiskStore, of: str) -> None:
    rref = put(disk, registered(disk), {"a": "data"})
    reference = rref if of == "realization" else rref.dref
    path = disk.layout.located(reference)
    shutil.copytree(path, disk.root / "elsewhere")
    lose(path)
    path.symlink_to(disk.root / "elsewhere")
    assert [reference.text] == [each for each, _, _ in told(verify(disk))]


def test_context_without_what_is_needed_is_told(disk: DiskStore) -> None:
    data, model = data_and_model(disk)
    lose(disk.folder(data))
    expected = Damage(model.text, "context.json", "missing", data.text, "nothing")
    assert (expected,) == verify(disk).damages


def test_context_that_lacks_a_dependency_is_told(disk: DiskStore) -> None:
    dataset = registered(disk, "dataset")
    model = put(disk, registered(disk, "model", data=str(dataset)), {"n": "1"})
    expected = Damage(model.text, "context.json", "content", dataset.text, "no dependencies")
    assert (expected,) == verify(disk).damages


def test_context_with_another_dependency_is_told(disk: DiskStore) -> None:
    data = put(disk, registered(disk, "dataset"), {"n": "1"})
    other = put(disk, registered(disk, "other"), {"n": "2"}, context={data.dref: (data,)})
    expected = Damage(other.text, "context.json", "content", "no dependencies", data.dref.text)
    assert (expected,) == verify(disk).damages


def test_names_of_strangers_are_no_damage(disk: DiskStore) -> None:
    dref = registered(disk)
    (disk.layout.objects / "lost+found").mkdir()
    (disk.layout.derivation(dref) / ".DS_Store").touch()
    report = verify(disk)
    assert report.is_clean
    assert {"lost+found", f"{dref.text[5:]}/.DS_Store"} == set(report.foreign)


def test_name_that_looks_like_an_object_is_told(disk: DiskStore) -> None:
    dref = registered(disk)
    (disk.layout.objects / f"{'0' * 32}-a.tmp").mkdir()
    (disk.layout.derivation(dref) / f"{'0' * 32}.tmp").mkdir()
    expected = {
        ("store-v1", f"{'0' * 32}-a.tmp", "extra"),
        (dref.text, f"{'0' * 32}.tmp", "extra"),
    }
    assert expected == set(told(verify(disk)))


def test_object_that_is_removed_meanwhile_is_no_damage(tmp_path: Path) -> None:
    writing = opened(tmp_path)
    rref = put(writing, registered(writing), {"a": "data", "b": "data"})

    def remove(path: Where) -> None:
        if path == "b":
            writing.remove(rref)

    store = DiskStore.open(tmp_path / "store", fs=WhenOpened(remove))
    assert verify(store).is_clean
    assert () == store.rrefs(rref.dref)


def test_object_that_is_made_whole_meanwhile_is_no_damage(tmp_path: Path) -> None:
    writing = opened(tmp_path)
    rref = put(writing, registered(writing), {"a": "data"})
    spoil(writing.folder(rref) / "a")

    def mend() -> None:
        mended.append(put(writing, rref.dref, {"a": "data"}))

    mended: list[RRef[Folder]] = []
    store = DiskStore.open(tmp_path / "store", fs=WhenLocked(mend))
    assert verify(store).is_clean
    assert [rref] == mended


def test_object_that_is_published_meanwhile_is_no_damage(tmp_path: Path) -> None:
    reports: list[Report] = []
    looking = Thread(target=lambda: reports.append(verify(opened(tmp_path))))

    def look() -> None:
        looking.start()
        looking.join(0.5)

    writing = DiskStore.open(tmp_path / "store", fs=WhenClosed(look), durability="off")
    put(writing, registered(writing), {"a": "data"})
    looking.join()
    assert [()] == [each.damages for each in reports]


def test_record_of_another_build_is_told(disk: DiskStore) -> None:
    dref = registered(disk)
    one, other = (staged(disk, dref, text) for text in "xy")
    first, second = facts(), evolve(facts(), sample=1)
    there = disk.commit(one, dref, {}, first).rref
    here = disk.commit(other, dref, {}, second).rref
    record = (disk.folder(there) / "__build__.json").read_bytes()
    spoil(disk.folder(here) / "__build__.json", record)
    assert [(here.text, "__build__.json", "content")] == told(verify(disk))


def staged(store: DiskStore, dref: DRef[object], text: str) -> Staging:
    staging = store.stage(dref)
    (staging.folder / "a").write_text(text, encoding="utf-8")
    return staging


def test_context_that_was_changed_is_told_itself(disk: DiskStore) -> None:
    _, model = data_and_model(disk)
    path = disk.folder(model) / "context.json"
    text = path.read_text(encoding="utf-8")
    digit = text.index("rref:") + len("rref:")
    spoil(path, f"{text[:digit]}{'1' if text[digit] == '0' else '0'}{text[digit + 1 :]}".encode())
    assert [(model.text, "context.json", "content")] == told(verify(disk))


def test_store_that_was_just_opened_removes_an_object(disk: DiskStore) -> None:
    rref = put(disk, registered(disk), {"a": "data"})
    disk.close()
    removing = Thread(target=DiskStore.open(disk.root).remove, args=[rref], daemon=True)
    removing.start()
    removing.join(10)
    assert not removing.is_alive(), "it waits for itself"
    assert () == disk.rrefs(rref.dref)


@define
class WhenClosed(Disk):
    """The disk, on which something happens before the folder of a realization is closed."""

    happens: Callable[[], None]

    def fchmod(self, descriptor: int, mode: int) -> None:
        if mode == 0o555 and "store-v1" in os.readlink(f"/proc/self/fd/{descriptor}"):
            self.happens()
        super().fchmod(descriptor, mode)


@define
class WhenOpened(Disk):
    """The disk, on which something happens when a file is opened."""

    happens: Callable[[Where], None]

    def open(self, path: Where, flags: int, mode: int = 0o600, *, at: int | None = None) -> int:
        self.happens(path)
        return super().open(path, flags, mode, at=at)


@define
class WhenLocked(Disk):
    """The disk, on which something happens before a lock is held alone."""

    happens: Callable[[], None]

    def flock(self, descriptor: int, operation: int) -> None:
        if operation & fcntl.LOCK_EX:
            self.happens()
        super().flock(descriptor, operation)


@define
class NotReading(Disk):
    """The disk, on which files of one size cannot be read."""

    size: int
    error: int

    def pread(self, descriptor: int, size: int, offset: int) -> bytes:
        if os.fstat(descriptor).st_size == self.size:
            raise OSError(self.error, os.strerror(self.error))
        return super().pread(descriptor, size, offset)


def unreadable(folder: Path, error: int) -> tuple[DiskStore, RRef[Folder]]:
    """A store with a file that cannot be read, and one that can."""
    store = opened(folder)
    rref = put(store, registered(store), {"a": "x" * 12345})
    put(store, rref.dref, {"a": "x"})
    return DiskStore.open(store.root, fs=NotReading(12345, error)), rref


def test_object_on_a_failing_disk_is_told_and_left(tmp_path: Path) -> None:
    store, rref = unreadable(tmp_path, errno.EIO)
    report = verify(store)
    assert (Unreadable(rref.text, ".", "Input/output error"),) == report.unreadable
    assert not report.is_clean
    assert 2 == len(store.rrefs(rref.dref))


def test_repair_leaves_what_a_failing_disk_may_give_back(tmp_path: Path) -> None:
    store, rref = unreadable(tmp_path, errno.EIO)
    repaired = repair(store)
    assert ((), rref.text) == (repaired.discarded, repaired.unreadable[0].reference)
    assert 2 == len(store.rrefs(rref.dref))


def test_want_of_descriptors_is_no_damage(tmp_path: Path) -> None:
    store, rref = unreadable(tmp_path, errno.EMFILE)
    with pytest.raises(StoreFailed, match="Too many open files"):
        verify(store)
    assert 2 == len(store.rrefs(rref.dref))


# How verify is called


def test_every_object_is_told_with_its_size(disk: DiskStore) -> None:
    data, model = data_and_model(disk)
    seen: list[Verified] = []
    verify(disk, observe=seen.append)
    assert [(each, 4) for each in (1, 2, 3, 4)] == [(each.done, each.total) for each in seen]
    assert {data, model, data.dref, model.dref} == {each.reference for each in seen}
    assert verify(disk).size == sum(each.size for each in seen)


def test_observer_that_fails_breaks_nothing(disk: DiskStore) -> None:
    data_and_model(disk)

    def fail(verified: Verified) -> None:
        raise RuntimeError(verified)

    assert verify(disk).objects == verify(disk, observe=fail).objects


@pytest.mark.parametrize("jobs", [1, 3, 16])
def test_number_of_threads_makes_no_difference(disk: DiskStore, jobs: int) -> None:
    dref = registered(disk)
    made = [put(disk, dref, {"a": str(n)}) for n in range(40)]
    for rref in made[::3]:
        spoil(disk.folder(rref) / "a")
    expected = sorted((rref.text, "a", "content") for rref in made[::3])
    assert expected == told(verify(disk, quarantine=False, jobs=jobs))


def test_no_threads_are_refused(disk: DiskStore) -> None:
    with pytest.raises(BadParameter, match="jobs"):
        verify(disk, jobs=0)


def test_report_can_be_pickled(disk: DiskStore) -> None:
    rref = put(disk, registered(disk), {"a": "data"})
    spoil(disk.folder(rref) / "a")
    report = verify(disk)
    assert report == pickle.loads(pickle.dumps(report))


# What is put aside


def test_damaged_realization_is_seen_by_no_matcher(disk: DiskStore) -> None:
    rref = put(disk, registered(disk), {"a": "data"})
    spoil(disk.folder(rref) / "a")
    assert (rref,) == verify(disk).aside
    assert () == disk.candidates(rref.dref, {}, frozenset())


def test_damaged_realization_is_built_again(disk: DiskStore) -> None:
    counter = Counter()
    closure = instantiate(counter.stage, "one")
    made = realize(closure, disk)
    spoil(made.path / "label.txt")
    verify(disk)
    assert made.rref == realize(closure, disk).rref
    assert {"one": 2} == counter.builds


def test_object_that_was_put_aside_is_told_again(disk: DiskStore) -> None:
    rref = put(disk, registered(disk), {"a": "data"})
    spoil(disk.folder(rref) / "a")
    verify(disk)
    assert [(rref.text, ".", "extra")] == told(verify(disk))


def test_object_that_is_damaged_twice_is_put_aside_twice(disk: DiskStore) -> None:
    dref = registered(disk)
    rref = put(disk, dref, {"a": "data"})
    for _ in range(3):
        spoil(disk.folder(put(disk, dref, {"a": "data"})) / "a")
        verify(disk)
    names = [each for each in os.listdir(disk.layout.derivation(dref)) if "damaged" in each]
    assert 3 == len(names)
    assert (rref,) * 3 == repair(disk).discarded
    assert verify(disk).is_clean


def test_modes_alone_put_nothing_aside(disk: DiskStore) -> None:
    rref = put(disk, registered(disk), {"a": "data"})
    disk.folder(rref).chmod(0o777)
    assert () == verify(disk).aside
    assert (rref,) == disk.rrefs(rref.dref)


def test_nothing_is_put_aside_unasked(disk: DiskStore) -> None:
    rref = put(disk, registered(disk), {"a": "data"})
    spoil(disk.folder(rref) / "a")
    before = listing(disk.layout.objects)
    assert () == verify(disk, quarantine=False).aside
    assert before == listing(disk.layout.objects)


def test_read_only_store_is_verified_and_left(place: Path) -> None:
    store = opened(place)
    rref = put(store, registered(store), {"a": "data"})
    spoil(store.folder(rref) / "a")
    folders = [store.root, *(each for each in store.root.rglob("*") if each.is_dir())]
    store.layout.gate.chmod(0o400)
    for each in folders:
        each.chmod(0o555)
    before = listing(store.root)
    report = verify(DiskStore.open(store.root))
    assert ([(rref.text, "a", "content")], ()) == (told(report), report.aside)
    with pytest.raises(StoreNotWritable):
        repair(store, report)
    assert before == listing(store.root)
    for each in folders:
        each.chmod(0o755)


# Mending


def test_sound_store_needs_no_repair(disk: DiskStore) -> None:
    data_and_model(disk)
    before = listing(disk.layout.objects)
    assert Repaired() == repair(disk)
    assert (before, []) == (listing(disk.layout.objects), os.listdir(disk.layout.trash))


def test_modes_are_restored(disk: DiskStore) -> None:
    rref = put(disk, registered(disk), {"in/a": "data"})
    before = listing(disk.layout.objects)
    for name in ("in/a", "in", "context.json", "."):
        (disk.folder(rref) / name).chmod(0o777)
    disk.layout.config(rref.dref).chmod(0o644)
    assert {rref, rref.dref} == set(repair(disk).restored)
    assert before == listing(disk.layout.objects)
    assert 0o555 == stat.S_IMODE(disk.folder(rref).stat().st_mode)


def test_damaged_realization_goes_to_the_trash(disk: DiskStore) -> None:
    rref = put(disk, registered(disk), {"a": "data"})
    spoil(disk.folder(rref) / "a")
    assert (rref,) == repair(disk).discarded
    assert verify(disk).is_clean
    (found,) = disk.layout.trash.glob("*/*/a")
    assert b"spoilt" == found.read_bytes()


def test_damaged_config_goes_to_the_trash_and_comes_back(disk: DiskStore) -> None:
    closure = instantiate(Counter().stage, "one")
    made = realize(closure, disk)
    (dref,) = closure.targets
    spoil(disk.layout.config(dref))
    assert (dref,) == repair(disk).discarded
    assert made.rref == realize(closure, disk).rref
    assert verify(disk).is_clean


def test_derivation_goes_with_the_last_of_its_results(disk: DiskStore) -> None:
    rref = put(disk, registered(disk), {"a": "data"})
    spoil(disk.layout.config(rref.dref))
    spoil(disk.folder(rref) / "a")
    assert {rref, rref.dref} == set(repair(disk).discarded)
    assert () == disk.drefs()
    assert verify(disk).is_clean


def test_link_in_the_place_of_a_derivation_is_not_followed(disk: DiskStore) -> None:
    rref = put(disk, registered(disk), {"a": "data"})
    path, elsewhere = disk.layout.derivation(rref.dref), disk.root / "elsewhere"
    shutil.copytree(path, elsewhere)
    lose(path)
    path.symlink_to(elsewhere)
    before = listing(elsewhere)
    assert (rref.dref,) == repair(disk).discarded
    assert (before, ()) == (listing(elsewhere), disk.drefs())


def test_lost_config_of_results_is_left_to_be_registered(disk: DiskStore) -> None:
    closure = instantiate(Counter().stage, "one")
    realize(closure, disk)
    (dref,) = closure.targets
    lose(disk.layout.config(dref))
    assert (dref,) == repair(disk).left
    realize(closure, disk)
    assert verify(disk).is_clean


def test_what_looks_like_an_object_goes_to_the_trash(disk: DiskStore) -> None:
    (disk.layout.objects / f"{'0' * 32}-a.tmp").mkdir()
    (disk.layout.objects / "lost+found").mkdir()
    repair(disk)
    assert ["lost+found"] == os.listdir(disk.layout.objects)
    assert verify(disk).is_clean


def test_old_report_is_not_trusted(disk: DiskStore) -> None:
    rref = put(disk, registered(disk), {"a": "data"})
    report = Report((Damage(rref.text, "a", "content", "this", "that"),), 2, 4)
    assert Repaired() == repair(disk, report)
    assert (rref,) == disk.rrefs(rref.dref)


def test_report_of_what_is_gone_is_no_error(disk: DiskStore) -> None:
    rref = put(disk, registered(disk), {"a": "data"})
    report = Report((Damage(rref.text, "a", "content", "this", "that"),), 2, 4)
    disk.remove(rref)
    assert Repaired() == repair(disk, report)


def test_what_was_built_from_damage_is_left(disk: DiskStore) -> None:
    data, model = data_and_model(disk)
    spoil(disk.folder(data) / "n")
    repaired = repair(disk)
    assert ((data,), (model,)) == (repaired.discarded, repaired.left)
    assert (model,) == disk.rrefs(model.dref)


def test_equal_result_makes_whole_what_was_built_from_damage(disk: DiskStore) -> None:
    data, _ = data_and_model(disk)
    spoil(disk.folder(data) / "n")
    repair(disk)
    put(disk, data.dref, {"n": "1"})
    assert verify(disk).is_clean


def test_what_was_built_from_damage_goes_on_demand(disk: DiskStore) -> None:
    data, model = data_and_model(disk)
    other = registered(disk, "other", of=str(model.dref))
    last = put(disk, other, {"n": "3"}, context={model.dref: (model,)})
    spoil(disk.folder(data) / "n")
    assert {data, model, last} == set(repair(disk, orphans=True).discarded)
    assert verify(disk).is_clean


def test_root_keeps_what_was_built_from_damage(disk: DiskStore) -> None:
    data, model = data_and_model(disk)
    add_root(disk, "best", model)
    spoil(disk.folder(data) / "n")
    repaired = repair(disk, orphans=True)
    assert ((data,), (model,)) == (repaired.discarded, repaired.left)


def test_process_keeps_what_was_built_from_damage(disk: DiskStore) -> None:
    data, model = data_and_model(disk)
    opened(disk.root.parent).pin([model])
    disk.close()
    spoil(disk.folder(data) / "n")
    assert (model,) == repair(disk, orphans=True).left


def test_emptied_trash_holds_nothing_of_a_repair(disk: DiskStore) -> None:
    rref = put(disk, registered(disk), {"in/a": "data"})
    spoil(disk.folder(rref) / "in/a")
    repair(disk)
    empty_trash(disk)
    assert [] == os.listdir(disk.layout.trash)


def test_rebuilding_makes_whole_what_was_built_from_damage(disk: DiskStore) -> None:
    counter = Counter()
    closure = instantiate(two_stages(counter))
    made = realize(closure, disk)
    for rref in (each for those in made.context.values() for each in those):
        spoil(disk.folder(rref) / "label.txt")
    assert made.rref == rebuild(closure, disk).rref
    assert {"data": 2, "model": 1} == counter.builds
    assert verify(disk).is_clean


def test_rebuilding_drops_what_was_built_from_another_result(disk: DiskStore) -> None:
    counter = Counter(numbered)
    closure = instantiate(two_stages(counter))
    made = realize(closure, disk)
    for rref in (each for those in made.context.values() for each in those):
        spoil(disk.folder(rref) / "label.txt")
    again = rebuild(closure, disk)
    assert (again.rref,) == disk.rrefs(made.rref.dref)
    assert verify(disk).is_clean


def test_rebuilding_leaves_what_others_may_make_whole(disk: DiskStore) -> None:
    _, model = data_and_model(disk)
    lose(disk.layout.realization(next(iter(disk.record(model).context.values()))[0]))
    rebuild(instantiate(Counter().stage, "one"), disk)
    assert (model,) == disk.rrefs(model.dref)


# Rights


@pytest.mark.parametrize("name", ["a", "in/a", "in", ".", "context.json", "__manifest__.json"])
def test_ordinary_user_gets_back_what_was_closed(place: Path, name: str) -> None:
    store = opened(place)
    rref = put(store, registered(store), {"a": "data", "in/a": "data"})
    before = listing(store.layout.objects)
    (store.folder(rref) / name).chmod(0)
    report = verify(store)
    assert [(rref.text, name)] == [(each.reference, each.file) for each in report.unreadable]
    assert (rref,) == repair(store, report).restored
    assert before == listing(store.layout.objects)


def test_ordinary_user_gets_back_a_closed_config(place: Path) -> None:
    store = opened(place)
    rref = put(store, registered(store), {"a": "data"})
    before = listing(store.layout.objects)
    store.layout.config(rref.dref).chmod(0)
    assert (rref.dref,) == repair(store).restored
    assert before == listing(store.layout.objects)


def test_ordinary_user_gets_back_a_closed_derivation(place: Path) -> None:
    store = opened(place)
    rref = put(store, registered(store), {"a": "data"})
    spoil(store.folder(rref) / "a")
    store.layout.derivation(rref.dref).chmod(0)
    assert (rref.dref.text,) == verify(store).damaged
    assert (rref,) == repair(store).discarded
    assert verify(store).is_clean


def test_ordinary_user_can_repair(place: Path) -> None:
    store = opened(place)
    rref = put(store, registered(store), {"in/a": "data"})
    spoil(store.folder(rref) / "in/a")
    assert (rref,) == repair(store).discarded
    assert verify(store).is_clean


# Interruptions


class _StoppedError(BaseException):
    """The program was interrupted."""


@define
class Stopping(Disk):
    """The disk, until one of the calls that change it is interrupted."""

    left: int

    def count(self) -> None:
        self.left -= 1
        if self.left == 0:
            raise _StoppedError

    def rename(
        self, old: Where, new: Where, *, at: int | None = None, to: int | None = None
    ) -> None:
        self.count()
        super().rename(old, new, at=at, to=to)

    def mkdir(self, path: Where, mode: int = 0o777, *, at: int | None = None) -> None:
        self.count()
        super().mkdir(path, mode, at=at)

    def fchmod(self, descriptor: int, mode: int) -> None:
        self.count()
        super().fchmod(descriptor, mode)

    def write(self, descriptor: int, data: bytes) -> int:
        self.count()
        return super().write(descriptor, data)


def _much_damage(store: DiskStore) -> None:
    data, _ = data_and_model(store)
    dref = registered(store)
    one, two = (put(store, dref, {"in/a": text}) for text in "xy")
    spoil(store.folder(data) / "n")
    spoil(store.folder(one) / "in/a")
    (store.folder(two) / "in").chmod(0o700)
    alone = registered(store, "alone")
    spoil(store.layout.config(alone))
    store.close()


def test_repair_that_was_interrupted_can_begin_again(tmp_path: Path) -> None:
    call, is_done = 0, False
    while not is_done:
        call += 1
        _much_damage(opened(tmp_path / str(call)))
        is_done = _repaired_but_for(call, tmp_path / str(call) / "store")
        repair(opened(tmp_path / str(call)), orphans=True)
        report = verify(opened(tmp_path / str(call)))
        assert (True, 4) == (report.is_clean, report.objects), f"interrupted at call {call}"
    assert call > 10


def _repaired_but_for(call: int, root: Path) -> bool:
    """Whether a repair came to its end before it was to be interrupted."""
    fs = Stopping(10**6)
    store = DiskStore.open(root, fs=fs)
    fs.left = call
    with suppress(_StoppedError):
        repair(store, orphans=True)
    is_done, fs.left = fs.left > 0, 10**6
    store.close()
    return is_done


# Texts


def test_text_of_a_clean_report_says_what_was_looked_at() -> None:
    assert "whole: 3 objects, 12 kB" == str(Report((), 3, 12_345))


def test_text_of_a_report_is_a_table() -> None:
    rref = f"rref:{'a' * 32}-{'b' * 32}-model"
    dref = f"dref:{'c' * 32}-data"
    damages = (
        Damage(rref, "weights.bin", "content", f"sha256 {'1' * 64}", f"sha256 {'2' * 64}"),
        Damage(rref, "large", "content", f"sha256 pieces:{'1' * 64}", f"sha256 pieces:{'2' * 64}"),
        Damage(rref, "run.sh", "mode", "0555", "0755"),
        Damage(dref, "config.json", "content", "what the store wrote", "its hash is not the one"),
    )
    expected = """damaged: 2 of 7 objects, 1.5 MB

  rref:aaaaaaaa…-model
    weights.bin  sha256 11111111…  sha256 22222222…
    large        sha256 11111111…  sha256 22222222…
    run.sh       mode 0555         mode 0755

  dref:cccccccc…-data
    config.json  what the store wrote  its hash is not the one

`repair` restores modes and moves the rest to the trash."""
    assert expected == str(Report(damages, 7, 1_500_000))


def test_text_of_a_report_names_what_cannot_be_read() -> None:
    report = Report((), 1, 0, (Unreadable(f"dref:{'c' * 32}-x", ".", "Input/output error"),))
    assert "    .  to be read  Input/output error" in str(report).splitlines()


def test_text_of_a_report_fits_a_terminal() -> None:
    name = f"{'long/' * 40}\x1b[31m\udcff\n.txt"
    rref = f"rref:{'a' * 32}-{'b' * 32}-{'m' * 200}"
    damages = tuple(Damage(rref, f"{n}{name}", "extra", "x" * 99, "y" * 99) for n in range(999))
    lines = str(Report(damages, 1, 0)).splitlines()
    assert 80 == max(map(len, lines))
    assert all(line.isprintable() for line in lines)
    assert f"  and {999 - MOST_SHOWN} more" in lines


def test_text_of_a_repair_counts() -> None:
    dref = DRef(f"dref:{'c' * 32}-x", Folder())
    assert "2 restored; 1 moved to the trash" == str(Repaired((dref, dref), (dref,)))
    assert "nothing to repair" == str(Repaired())
