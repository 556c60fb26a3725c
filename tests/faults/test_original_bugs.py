"""What went wrong in the original Pylightnix, each as a scenario in which it must not."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from scenarios import Counter, config_of, facts, files, listing, numbered, put, registered

import pylightnix_fn
from pylightnix_fn import (
    Build,
    Config,
    DiskStore,
    DRef,
    Folder,
    Manager,
    RRef,
    dref_from,
    instantiate,
    latest,
    mkconfig,
    mkdrv,
    realize,
    rref_from,
)
from pylightnix_fn.classic import build_path
from pylightnix_fn.errors.message import PylightnixError
from pylightnix_fn.errors.plan import MalformedName, MalformedReference
from pylightnix_fn.errors.store import StillNeeded, StoreFailed
from pylightnix_fn.filesystem import Disk
from pylightnix_fn.store.inspection import damage_of
from pylightnix_fn.store.liveness import clear_after_dead

PATHS = [str(Path(each).parent) for each in (pylightnix_fn.__path__[0], Path(__file__).parent)]
ENVIRONMENT = {**os.environ, "PYTHONPATH": os.pathsep.join(PATHS)}


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[DiskStore]:
    store = DiskStore.open(tmp_path / "store")
    yield store
    store.close()


def _program(text: str, *arguments: object, options: tuple[str, ...] = ()) -> list[str]:
    return [sys.executable, *options, "-c", text, *map(str, arguments)]


def _ran(text: str, *arguments: object, options: tuple[str, ...] = ()) -> tuple[int, str]:
    ended = subprocess.run(
        _program(text, *arguments, options=options),
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    return ended.returncode, ended.stdout + ended.stderr


def _spoil(path: Path, data: bytes) -> None:
    path.parent.chmod(0o755)
    path.chmod(0o644)
    path.write_bytes(data)


# A process that was killed.


def test_leftovers_with_the_names_of_objects_stand_in_nobodys_way(disk: DiskStore) -> None:
    dref = registered(disk)
    rref = put(disk, dref, {"a.txt": "data"})
    folders = disk.layout.derivation(dref), disk.layout.realization(rref)
    for folder in folders:
        files({"config.json": "", "old/b.txt": "half"})(folder.with_name(f"{folder.name}.tmp"))
    disk.remove(rref)
    assert (dref, rref) == (registered(disk), put(disk, dref, {"a.txt": "data"}))
    assert ((dref,), (rref,)) == (disk.drefs(), disk.rrefs(dref))


def test_leftovers_with_the_names_of_objects_do_not_keep_them_from_being_removed(
    disk: DiskStore,
) -> None:
    dref = registered(disk)
    rref = put(disk, dref, {"a.txt": "data"})
    for reference in (rref, dref):
        files({"old/b.txt": "half"})(disk.root / "trash" / reference.text.partition(":")[2])
        files({"old/b.txt": "half"})(disk.layout.located(reference).with_suffix(".tmp"))
        disk.remove(reference)
    assert () == disk.drefs()


KILLED = """
import os, signal, sys
from pylightnix_fn import DiskStore
from pylightnix_fn.filesystem import Disk
from scenarios import put, registered

class Deadly(Disk):
    left = int(sys.argv[2])

    def rename(self, old, new, *, at=None, to=None):
        self.count()  # before a name is given, and after
        super().rename(old, new, at=at, to=to)
        self.count()

    def count(self):
        if Deadly.left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        Deadly.left -= 1

store = DiskStore.open(sys.argv[1], fs=Deadly())
dref = registered(store)
put(store, dref, {"in/a.txt": "data"})
store.remove(put(store, dref, {"in/a.txt": "other"}))
"""


def test_killed_around_any_rename_the_next_run_finds_a_whole_store(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    kills, ended = 0, -signal.SIGKILL
    while ended == -signal.SIGKILL:
        ended, said = _ran(KILLED, tmp_path / str(kills), kills)
        assert ended in (0, -signal.SIGKILL), said
        with_next = DiskStore.open(tmp_path / str(kills))
        dref = registered(with_next)
        rref = put(with_next, dref, {"in/a.txt": "data"})
        assert () == damage_of(with_next.fs, with_next.layout, rref)
        assert set() == {each.name for each in with_next.layout.derivation(dref).iterdir()} - {
            "config.json",
            *(each.digest for each in with_next.rrefs(dref)),
        }
        with_next.close()
        clear_after_dead(with_next.backing)
        assert [] == os.listdir(with_next.root / "tmp")
        kills += 1
    assert kills > 8
    record_property("counts", f"killed around a rename: {kills - 1} kills, no store harmed")


WORKING = """
import sys, time
from pylightnix_fn import DiskStore
from scenarios import files, registered

store = DiskStore.open(sys.argv[1])
files({"half.txt": "half"})(store.stage(registered(store)).folder)
print("staged", flush=True)
time.sleep(60)
"""


def test_what_a_killed_process_left_is_seen_and_taken_away(disk: DiskStore) -> None:
    with subprocess.Popen(
        _program(WORKING, disk.root), env=ENVIRONMENT, stdout=subprocess.PIPE, text=True
    ) as working:
        assert working.stdout is not None
        assert "staged\n" == working.stdout.readline()
        clear_after_dead(disk.backing)
        alive = [path.name for path in disk.root.glob("tmp/*/*/out/*")]
        working.kill()
    clear_after_dead(disk.backing)
    left = [os.listdir(disk.root / name) for name in ("tmp", "temproots")]
    assert (["half.txt"], [[], []]) == (alive, left)


# What a result is.


def test_outputs_with_other_names_are_other_results(disk: DiskStore) -> None:
    dref = registered(disk)
    made = [put(disk, dref, {name: "data"}) for name in ("a.txt", "b.txt")]
    assert 2 == len(set(made))
    for rref, name in zip(made, ("a.txt", "b.txt"), strict=True):
        assert "data" == (disk.folder(rref) / name).read_text(encoding="utf-8")


def _dangling(b: Build[Config, Folder]) -> None:
    (b.path / "link").symlink_to("absent")


def test_link_that_leads_nowhere_is_part_of_a_result(disk: DiskStore) -> None:
    def stage(m: Manager) -> tuple[Manager, DRef[Folder]]:
        return mkdrv(m, mkconfig({"name": "dangling"}), latest(), _dangling)

    made = realize(instantiate(stage), disk)
    assert "absent" == os.readlink(made.path / "link")
    assert () == damage_of(disk.fs, disk.layout, made.rref)


class Failing(Disk):
    """A file system that cannot list one folder."""

    def scandir(self, folder: int) -> list[os.DirEntry[str]]:
        found = super().scandir(folder)
        if "b.txt" in (each.name for each in found):
            raise OSError(5, os.strerror(5))
        return found


def test_result_that_cannot_be_read_as_a_whole_is_none(tmp_path: Path) -> None:
    store = DiskStore.open(tmp_path / "store", fs=Failing())
    dref = registered(store)
    with pytest.raises(StoreFailed, match="Input/output error"):
        put(store, dref, {"a.txt": "data", "in/b.txt": "data"})
    assert () == store.rrefs(dref)
    store.close()


def test_memory_does_not_grow_with_a_result(disk: DiskStore) -> None:
    def write(folder: Path) -> None:
        with (folder / "large").open("wb") as stream:
            stream.truncate(2**28)

    dref = registered(disk)
    tracemalloc.start()
    try:
        rref = put(disk, dref, write)
        assert () == damage_of(disk.fs, disk.layout, rref)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 2**23


# What a store holds.


def test_empty_config_is_mended_by_the_next_run(disk: DiskStore) -> None:
    counter = Counter()
    closure = instantiate(counter.stage, "one")
    made = realize(closure, disk)
    _spoil(disk.layout.config(made.dref), b"")
    assert made.rref == realize(closure, disk).rref
    assert (closure.derivations[made.dref].config.text, {"one": 1}) == (
        disk.config(made.dref).text,
        counter.builds,
    )


def test_edited_build_time_chooses_no_other_result(disk: DiskStore) -> None:
    closure = instantiate(Counter(numbered).stage, "one")
    old = realize(closure, disk)
    new = realize(closure, disk, rebuild=True)
    _spoil(old.path / "__buildtime__.txt", b"2999-01-01T00:00:00+00:00\n")
    assert new.rref == realize(closure, disk).rref
    found = {each.file for each in damage_of(disk.fs, disk.layout, old.rref)}
    assert "__buildtime__.txt" in found


def test_times_hold_the_century_and_the_zone(disk: DiskStore) -> None:
    rref = put(disk, registered(disk), {"a.txt": "data"}, started=2**32)
    text = (disk.folder(rref) / "__buildtime__.txt").read_text(encoding="utf-8")
    assert "2106-02-07T06:28:16+00:00\n" == text


def test_what_others_were_built_from_is_not_removed_before_them(disk: DiskStore) -> None:
    dataset = registered(disk, "dataset")
    model = registered(disk, "model", data=str(dataset))
    data = put(disk, dataset, {"n": "1"})
    made = put(disk, model, {"n": "2"}, context={dataset: (data,)})
    before = listing(disk.layout.objects)
    for needed in (data, dataset):
        with pytest.raises(StillNeeded, match=f"{made}|{model}"):
            disk.remove(needed)
    assert before == listing(disk.layout.objects)


USING = """
import sys
from pylightnix_fn import DiskStore, rref_from

store = DiskStore.open(sys.argv[1])
print(store.pin([rref_from(sys.argv[2])]), flush=True)
sys.stdin.readline()
"""


def test_what_another_process_uses_is_not_removed(disk: DiskStore) -> None:
    rref = put(disk, registered(disk), {"a.txt": "data"})
    with subprocess.Popen(
        _program(USING, disk.root, rref),
        env=ENVIRONMENT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as user:
        assert user.stdout is not None
        assert "True\n" == user.stdout.readline()
        for reference in (rref, rref.dref):
            with pytest.raises(StillNeeded, match=f"in use by process {user.pid}"):
                disk.remove(reference)
        user.communicate("\n")
    disk.remove(rref)
    assert () == disk.rrefs(rref.dref)


BUILDING = """
import sys, time
from pylightnix_fn import DiskStore, instantiate, realize
from scenarios import Counter

def slowly(b, n):
    with open(sys.argv[2], "a") as builds:
        builds.write("built\\n")
    time.sleep(0.5)

print(realize(instantiate(Counter(slowly).stage, "one"), DiskStore.open(sys.argv[1])).rref)
"""


def test_processes_that_want_the_same_build_it_once(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    started = [
        subprocess.Popen(
            _program(BUILDING, tmp_path / "store", tmp_path / "builds"),
            env=ENVIRONMENT,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(4)
    ]
    made = {process.communicate(timeout=120)[0] for process in started}
    assert [0] * 4 == [process.returncode for process in started]
    assert 1 == len(made)
    assert "built\n" == (tmp_path / "builds").read_text(encoding="utf-8")
    record_property("counts", "one build for 4 processes that began at once")


# What is refused.

ESCAPING = "../../../outside"


@pytest.mark.parametrize(
    "make",
    [
        pytest.param(lambda: dref_from(f"dref:{ESCAPING}"), id="dref"),
        pytest.param(lambda: rref_from(f"rref:{ESCAPING}"), id="rref"),
        pytest.param(lambda: dref_from(f"dref:{'0' * 32}-../x"), id="name in a dref"),
        pytest.param(lambda: dref_from(f"dref:{'0' * 32}-a\n"), id="newline after a dref"),
        pytest.param(lambda: rref_from(f"rref:{'0' * 32}-{'0' * 32}-a\n"), id="after an rref"),
        pytest.param(lambda: config_of(data=f"dref:{ESCAPING}"), id="dref in a config"),
        pytest.param(lambda: config_of(data=f"dref:{'0' * 32}-a\n"), id="newline in a config"),
    ],
)
def test_reference_that_leads_elsewhere_is_refused(make: Callable[[], object]) -> None:
    with pytest.raises(MalformedReference):
        make()


@pytest.mark.parametrize("name", ["a\n", "../x", "a/b", "", "a\0"])
def test_name_that_no_folder_should_bear_is_refused(name: str) -> None:
    with pytest.raises(MalformedName):
        config_of(name=name)


# One for each way in: names, references, parameters, values, references in a program.
WITHOUT_ASSERTS = """
import sys
from pylightnix_fn import (
    DiskStore, dref_from, instantiate, latest, mkconfig, mkdrv, realize, retry, rref_from,
)
from pylightnix_fn.errors import PylightnixError
from pylightnix_fn.store.inspection import damage_of
from scenarios import Counter, put, registered

try:
    assert False
except AssertionError:
    sys.exit("asserts are on")

store = DiskStore.open(sys.argv[1])
dref = registered(store)
rref = put(store, dref, {"a.txt": "data"})
other = dref_from("dref:" + "0" * 32 + "-other")
absent = rref_from("rref:" + "0" * 32 + str(rref)[37:])

def write(**contents):
    return lambda: put(store, dref, {name.replace("_TXT", ".txt"): "" for name in contents})

def link(target):
    return lambda: put(store, dref, lambda folder: (folder / "link").symlink_to(target))

def user(m):
    return mkdrv(m, mkconfig({"name": "user", "of": str(dref)}), latest(), print)

refused = {
    "name": lambda: mkconfig({"name": "a/b"}),
    "name with a newline": lambda: mkconfig({"name": "a\\n"}),
    "dref": lambda: dref_from("dref:../../x"),
    "rref": lambda: rref_from("rref:../../x"),
    "not a number": lambda: mkconfig({"name": "a", "x": float("nan")}),
    "tuple": lambda: mkconfig({"name": "a", "x": (1, 2)}),
    "realization in a config": lambda: mkconfig({"name": "a", "x": str(rref)}),
    "unknown dependency": lambda: instantiate(user),
    "stage that gives nothing": lambda: instantiate(lambda m: None),
    "number of attempts": lambda: retry(0),
    "number of results": lambda: latest(0),
    "root": lambda: DiskStore.open(""),
    "durability": lambda: DiskStore.open(sys.argv[1], durability="none"),
    "reserved name": write(__manifest__=1),
    "link outside": link("../../outside"),
    "absolute link": link("/etc/passwd"),
    "commit to an unknown derivation": lambda: put(store, other, {}),
    "built from an unknown result": lambda: put(store, dref, {}, context={dref: (absent,)}),
    "unknown object": lambda: store.config(other),
    "rebuilding what is unknown": lambda: realize(
        instantiate(Counter().stage, "one"), store, rebuild=[other]
    ),
}
for what, act in refused.items():
    try:
        act()
    except PylightnixError as error:
        str(error)
    else:
        print("not refused:", what)
print(len(refused), "refused", *damage_of(store.fs, store.layout, rref))
"""


def test_everything_is_refused_without_asserts_too(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    ended, said = _ran(WITHOUT_ASSERTS, tmp_path / "store", options=("-O",))
    assert (0, "20 refused\n") == (ended, said)
    record_property("counts", f"under python -O: {said.strip()}")


@pytest.mark.parametrize("part", ["..", "/etc", "a/../../b"])
def test_path_inside_a_dependency_leads_nowhere_else(disk: DiskStore, part: str) -> None:
    def look(b: Build[Config, Folder]) -> None:
        build_path(b, [dref, part])

    dref = registered(disk)
    put(disk, dref, {"a.txt": "data"})

    def stage(m: Manager) -> tuple[Manager, DRef[Folder]]:
        m, made = mkdrv(m, mkconfig({"name": "thing"}), latest(), _dangling)
        return mkdrv(m, mkconfig({"name": "user", "of": str(made)}), latest(), look)

    with pytest.raises(PylightnixError, match="inside one realization"):
        realize(instantiate(stage), disk)


# What is left behind.


def test_modes_are_never_opened_to_others() -> None:
    # While an object is deleted its folders can be written to: by their owner alone.
    seen: set[int] = set()

    class Watching(Disk):
        def fchmod(self, descriptor: int, mode: int) -> None:
            seen.add(mode)
            super().fchmod(descriptor, mode)

    _build_and_remove(Watching())
    assert {0o444, 0o555, 0o755} == seen


def _build_and_remove(fs: Disk) -> None:
    with tempfile.TemporaryDirectory() as place:
        store = DiskStore.open(Path(place) / "store", fs=fs)
        dref = registered(store)
        rref = put(store, dref, {"in/a.txt": "data"})
        store.remove(rref)
        store.close()


def test_build_that_was_renewed_keeps_the_newest_time(disk: DiskStore) -> None:
    dref = registered(disk)
    made: list[RRef[Folder]] = [put(disk, dref, {"a": ""}, started=time) for time in (2, 3, 1)]
    assert 1 == len(set(made))
    assert facts(3) == disk.record(made[0]).facts


KEYS = """
from pylightnix_fn import instantiate
from scenarios import Counter

print(instantiate(Counter().stage, "one").targets)
"""


def test_key_is_the_same_in_every_process(monkeypatch: pytest.MonkeyPatch) -> None:
    said = set()
    for seed in ("0", "1", "2"):
        monkeypatch.setitem(ENVIRONMENT, "PYTHONHASHSEED", seed)
        said.add(_ran(KEYS))
    ((ended, key),) = said
    assert (0, "(<dref:") == (ended, key[:7])
