"""What was seen of realizations is remembered for as long as it is so, and no longer."""

from __future__ import annotations

import os
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scenarios import Counter, put, registered

from pylightnix_fn import DiskStore, RRef, gc, instantiate, realize, repair, undo
from pylightnix_fn.errors import DamagedObject, StoreFailed
from pylightnix_fn.filesystem import Disk, Where
from pylightnix_fn.matcher.candidate import Candidate, candidate
from pylightnix_fn.store.layout import BUILD_FILE
from pylightnix_fn.store.recollection import MOST, MOST_TEXT, SETTLED, Recollection, Seen
from pylightnix_fn.tree import Folder

READS: Final = frozenset({"n.txt"})
HOUR: Final = 3600 * 10**9  # nanoseconds


class CountedDisk(Disk):
    """The disk of the machine, whose reads are counted."""

    def __init__(self) -> None:
        self.reads = 0

    def read(self, descriptor: int, size: int) -> bytes:
        self.reads += 1
        return super().read(descriptor, size)


class OldDisk(CountedDisk):
    """A disk on which everything was changed an hour earlier than it was: so it is remembered."""

    def fstat(self, descriptor: int) -> os.stat_result:
        return earlier(super().fstat(descriptor))

    def lstat(self, path: Where, *, at: int | None = None) -> os.stat_result:
        return earlier(super().lstat(path, at=at))


def earlier(status: os.stat_result) -> os.stat_result:
    changed = {"st_mtime_ns": status.st_mtime_ns, "st_ctime_ns": status.st_ctime_ns - HOUR}
    return os.stat_result(tuple(status), changed)


class Looked:
    """A store of one derivation with two realizations, which were looked at before."""

    def __init__(self, place: Path, disk: CountedDisk | None = None) -> None:
        self.disk = disk or OldDisk()
        self.store = DiskStore.open(place / "store", durability="off", fs=self.disk)
        self.dref = registered(self.store)
        self.one = self.put("1", started=1)
        self.other = self.put("2", started=2)
        self.before = self.candidates()
        self.disk.reads = 0

    def put(self, number: str, started: float) -> RRef[Folder]:
        return put(self.store, self.dref, {"n.txt": number}, started=started)

    def candidates(self, reads: frozenset[str] = READS) -> tuple[Candidate, ...]:
        return self.store.candidates(self.dref, {}, reads)

    def again(self) -> tuple[Candidate, ...]:
        """The candidates as one sees them who remembers nothing."""
        store = DiskStore.open(self.store.root, durability="off", fs=self.disk)
        return store.candidates(self.dref, {}, READS)

    def record(self, rref: RRef[Folder]) -> Path:
        """The record of a build, to be damaged."""
        path = self.store.folder(rref) / BUILD_FILE
        path.chmod(0o644)
        return path


@pytest.fixture
def looked(tmp_path: Path) -> Looked:
    return Looked(tmp_path)


# What is remembered


def test_candidates_are_not_read_again(looked: Looked) -> None:
    assert looked.before == looked.candidates()
    assert 0 == looked.disk.reads


def test_candidates_are_read_again_by_another_store_value(looked: Looked) -> None:
    assert looked.before == looked.again()
    assert 0 < looked.disk.reads


def test_candidates_with_other_texts_are_read(looked: Looked) -> None:
    found = looked.candidates(frozenset({"n.txt", "m.txt"}))
    assert [{"n.txt": each.texts["n.txt"], "m.txt": None} for each in looked.before] == [
        each.texts for each in found
    ]


def test_realizations_of_another_context_are_not_among_those_remembered(looked: Looked) -> None:
    data = registered(looked.store, "data")
    context = {data: (put(looked.store, data, {}),)}
    rref = put(looked.store, looked.dref, {"n.txt": "3"}, context=context)
    assert [rref] == [each.rref for each in looked.store.candidates(looked.dref, context, READS)]
    assert looked.before == looked.candidates()


def test_what_has_just_been_written_is_read_again(tmp_path: Path) -> None:
    looked = Looked(tmp_path, CountedDisk())
    looked.candidates()
    assert 6 == looked.disk.reads


# What has changed since


def test_new_candidate_joins_those_remembered(looked: Looked) -> None:
    rref = looked.put("3", started=3)
    assert {looked.one, looked.other, rref} == {each.rref for each in looked.candidates()}


def test_removed_candidate_is_not_remembered(looked: Looked) -> None:
    looked.store.remove(looked.one)
    assert [looked.other] == [each.rref for each in looked.candidates()]


def test_candidate_that_came_back_is_there_again(looked: Looked) -> None:
    looked.store.close()
    gc(looked.store, delete=True, everything=True)
    assert () == looked.candidates()
    undo(looked.store)
    assert looked.before == looked.candidates()


def test_newest_build_time_counts_though_an_earlier_one_is_remembered(looked: Looked) -> None:
    looked.put("1", started=9)
    assert [9] == [
        each.started.timestamp() for each in looked.candidates() if each.rref == looked.one
    ]


def test_build_time_that_another_store_value_renewed_counts(looked: Looked) -> None:
    other = DiskStore.open(looked.store.root, durability="off")
    put(other, looked.dref, {"n.txt": "1"}, started=9)
    assert {2, 9} == {each.started.timestamp() for each in looked.candidates()}


def test_record_that_was_damaged_since_is_found(looked: Looked) -> None:
    looked.record(looked.one).write_text("{}")
    with pytest.raises(DamagedObject, match=looked.one.text):
        looked.candidates()


def test_record_that_vanished_since_is_found(looked: Looked) -> None:
    folder = looked.store.folder(looked.one)
    folder.chmod(0o755)
    (folder / BUILD_FILE).unlink()
    with pytest.raises(DamagedObject, match=looked.one.text):
        looked.candidates()


def test_damage_is_found_as_often_as_one_looks(looked: Looked) -> None:
    looked.record(looked.one).write_text("{}")
    for _ in range(3):
        with pytest.raises(DamagedObject, match=looked.one.text):
            looked.candidates()


def test_result_that_was_repaired_is_seen_as_it_is(looked: Looked) -> None:
    looked.record(looked.one).write_text("{}")
    repair(looked.store)
    assert [looked.other] == [each.rref for each in looked.candidates()]
    looked.put("1", started=7)
    assert {2, 7} == {each.started.timestamp() for each in looked.candidates()}


def test_artifact_that_was_damaged_since_is_seen_as_it_was_whole(looked: Looked) -> None:
    path = looked.store.folder(looked.one) / "n.txt"
    path.chmod(0o644)
    path.write_text("damaged", encoding="utf-8")
    assert looked.before == looked.candidates()


def test_link_in_the_place_of_the_derivation_hides_what_is_remembered(
    looked: Looked, tmp_path: Path
) -> None:
    place = looked.store.layout.derivation(looked.dref)
    place.rename(tmp_path / "elsewhere")
    place.symlink_to(tmp_path / "elsewhere")
    assert () == looked.candidates()


def test_link_that_could_not_be_pinned_is_no_candidate(looked: Looked, tmp_path: Path) -> None:
    place = looked.store.folder(looked.one)
    place.rename(tmp_path / "elsewhere")
    place.symlink_to(tmp_path / "elsewhere")
    looked.store.close()
    assert not looked.store.pin([looked.one])
    assert [looked.other] == [each.rref for each in looked.candidates(frozenset())]


def test_realization_behind_a_link_is_not_waited_for(tmp_path: Path) -> None:
    closure = instantiate(lambda m: Counter().stage(m, "one"))
    disk = OldDisk()
    store = DiskStore.open(tmp_path / "store", durability="off", fs=disk)
    first = realize(closure, store)
    store.candidates(first.rref.dref, {}, frozenset())
    store.close()
    first.path.rename(tmp_path / "elsewhere")
    first.path.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(StoreFailed):  # the link is in the way
        realize(closure, store)
    repair(store)
    assert first.rref == realize(closure, store).rref


def put_new(looked: Looked, number: int) -> None:
    looked.put(str(number), started=number)


def put_later(looked: Looked, number: int) -> None:
    looked.put("1", started=10 + number)


def remove(looked: Looked, number: int) -> None:
    found = looked.store.rrefs(looked.dref)
    if found:
        looked.store.remove(found[number % len(found)])


def collect_and_undo(looked: Looked, number: int) -> None:
    looked.store.close()
    gc(looked.store, delete=True, everything=True)
    undo(looked.store)


Change = Callable[[Looked, int], None]
CHANGES: Final[tuple[Change, ...]] = (put_new, put_later, remove, collect_and_undo)


@settings(max_examples=25, deadline=None)
@given(changes=st.lists(st.tuples(st.sampled_from(CHANGES), st.integers(0, 9)), max_size=8))
def test_remembering_changes_no_answer(
    changes: list[tuple[Change, int]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    looked = Looked(tmp_path_factory.mktemp("looked"))
    for change, number in changes:
        change(looked, number)
        assert looked.again() == looked.candidates()


# How much is remembered


def seen(text: str = "1", changed: int = 0) -> Seen:
    return Seen((0, 0, changed), candidate("a", n_txt=text))


def recalled(*those: Seen, now: int = HOUR) -> int:
    """How many of these are remembered."""
    recollection = Recollection()
    new = {str(number): each for number, each in enumerate(those)}
    recollection.keep(("dref", "{}", READS), {}, new, now)
    return len(recollection.of(("dref", "{}", READS)))


def test_what_may_change_unnoticed_is_not_remembered() -> None:
    assert 1 == recalled(seen(changed=HOUR - SETTLED - 1), seen(changed=HOUR - SETTLED))


def test_what_changed_in_the_future_is_not_remembered() -> None:
    assert 0 == recalled(seen(changed=2 * HOUR))


def test_large_texts_are_not_remembered() -> None:
    assert 1 == recalled(seen("1" * MOST_TEXT), seen("1" * (MOST_TEXT + 1)))


def test_more_candidates_than_may_be_remembered_are_not() -> None:
    one = seen()
    assert MOST == recalled(*[one] * MOST)
    assert 0 == recalled(*[one] * (MOST + 1))


def test_what_was_seen_before_goes_where_it_gets_too_much() -> None:
    recollection = Recollection()
    half = {str(number): seen() for number in range(MOST // 2)}
    for name in "abc":
        recollection.keep((name, "{}", READS), {}, half, HOUR)
    assert [0, 0, MOST // 2] == [len(recollection.of((name, "{}", READS))) for name in "abc"]


def test_same_question_takes_its_room_once() -> None:
    recollection = Recollection()
    half = {str(number): seen() for number in range(MOST // 2)}
    for name in "abbb":
        recollection.keep((name, "{}", READS), {}, half, HOUR)
    assert [MOST // 2] * 2 == [len(recollection.of((name, "{}", READS))) for name in "ab"]


def test_another_process_is_given_nothing(looked: Looked) -> None:
    recollection, question = looked.store.backing.recollection, (looked.dref.text, "{}", READS)
    assert {} != recollection.of(question)
    assert {} == pickle.loads(pickle.dumps(recollection)).of(question)
