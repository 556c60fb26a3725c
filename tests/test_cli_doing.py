"""What `plx` does: builds, keeps, removes, moves; and how it ends when something is wrong."""

from __future__ import annotations

import json
import signal
import subprocess
from pathlib import Path
from typing import Final

import pytest
from cli_store import Shown, shown_store
from scenarios import facts, registered
from test_cli import PLX, environment, plx

from pylightnix_fn import DiskStore, DRef, Folder
from pylightnix_fn.cli.program import MODULES

STAGES: Final = Path(__file__).with_name("cli_stages.py")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Where a store is to be."""
    return tmp_path / "_pylightnix"


@pytest.fixture
def shown(root: Path) -> Shown:
    shown = shown_store(root)
    shown.store.close()
    return shown


def printed(*arguments: str, store: Path, cwd: Path | None = None) -> str:
    """What a run prints that succeeds."""
    done = plx(*arguments, store=store, cwd=cwd)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_realize_prints_the_reference_of_the_result(root: Path) -> None:
    text = printed("realize", f"{STAGES}:train", store=root).strip()
    (rref,) = (each.text for each in DiskStore.open(root).rrefs(named(root, "train")))
    assert rref == text


def named(root: Path, name: str) -> DRef[Folder]:
    (dref,) = (each for each in DiskStore.open(root).drefs() if each.name == name)
    return dref


def test_realize_tells_of_its_progress_on_the_error_stream(root: Path) -> None:
    done = plx("realize", f"{STAGES}:train", store=root)
    assert "built" in done.stderr
    assert "built" not in done.stdout


def test_realize_twice_builds_once(root: Path) -> None:
    once = printed("realize", f"{STAGES}:train", store=root)
    assert once == printed("realize", f"{STAGES}:train", store=root)


def test_realize_takes_arguments_of_the_stage(root: Path) -> None:
    settings = ("--set", "learning_rate=0.25", "--set", "size=9")
    printed("realize", f"{STAGES}:train", *settings, store=root)
    assert "0.75" == printed("cat", "train/accuracy.txt", store=root)


def test_realize_works_with_several_jobs(root: Path) -> None:
    one = printed("realize", f"{STAGES}:train", "-j", "2", store=root)
    assert one == printed("realize", f"{STAGES}:train", store=root)


def test_realize_rebuilds_what_it_is_told_to(root: Path) -> None:
    printed("realize", f"{STAGES}:train", store=root)
    done = plx("realize", f"{STAGES}:train", "--rebuild", "data", store=root)
    assert "a rebuild was asked for" in done.stderr


def test_realize_with_keep_going_builds_the_rest(root: Path) -> None:
    done = plx("realize", f"{STAGES}:failing", "--keep-going", store=root)
    assert 1 == done.returncode
    assert "loss is NaN" in done.stderr
    assert "xxx" == printed("cat", "data/data.txt", store=root)


def test_plan_builds_nothing(root: Path) -> None:
    assert "2 of 2" in printed("plan", f"{STAGES}:train", store=root)
    assert not root.exists()


def test_plan_says_what_changed(root: Path) -> None:
    printed("realize", f"{STAGES}:train", store=root)
    settings = ("--set", "learning_rate=0.25")
    text = printed("plan", f"{STAGES}:train", *settings, store=root)
    assert "learning_rate 0.01 -> 0.25" in text


def test_runs_mark_what_the_matcher_of_a_stage_chooses(root: Path) -> None:
    printed("realize", f"{STAGES}:train", store=root)
    text = printed("runs", "train", "--stage", f"{STAGES}:train", store=root)
    assert "> latest()" in text


def test_cat_prints_an_artifact_as_it_is(shown: Shown) -> None:
    text = printed("cat", f"train/{shown.trained[1].digest[:6]}/accuracy.txt", store=root_of(shown))
    assert "0.9847\n" == text


def root_of(shown: Shown) -> Path:
    return shown.store.root


def test_path_prints_the_folder(shown: Shown) -> None:
    text = printed("path", "digits/", store=root_of(shown)).strip()
    assert str(shown.store.folder(shown.data)) == text


def test_open_starts_a_shell_in_the_folder(shown: Shown) -> None:
    done = plx("open", "digits", store=root_of(shown), SHELL="/bin/pwd")
    assert str(shown.store.folder(shown.data)) == done.stdout.strip()


def test_log_prints_what_the_build_printed(root: Path) -> None:
    printed("realize", f"{STAGES}:train", store=root)
    assert "training with 0.01\n" == printed("log", "train", store=root)


def test_root_keeps_an_object_from_gc(shown: Shown) -> None:
    store = root_of(shown)
    printed("root", "add", "mine", f"train/{shown.slow.digest[:8]}", store=store)
    printed("gc", "--delete", store=store)
    assert shown.store.rrefs(shown.slow.dref)
    printed("root", "rm", "mine", store=store)
    printed("gc", "--delete", store=store)
    assert not shown.store.rrefs(shown.slow.dref)


def test_root_may_be_a_link_anywhere(shown: Shown, tmp_path: Path) -> None:
    printed("root", "add", "./result", "digits/", store=root_of(shown), cwd=tmp_path)
    assert shown.store.folder(shown.data) == (tmp_path / "result").resolve()


def test_gc_removes_nothing_unless_told_to(shown: Shown) -> None:
    before = shown.store.drefs()
    done = plx("gc", store=root_of(shown))
    assert before == shown.store.drefs()
    assert "--delete" in done.stderr


def test_undo_brings_back_what_gc_removed(shown: Shown) -> None:
    before = shown.store.drefs()
    printed("gc", "--delete", store=root_of(shown))
    assert before != shown.store.drefs()
    printed("undo", store=root_of(shown))
    assert before == shown.store.drefs()


def test_rm_asks_first(shown: Shown) -> None:
    reference = f"train/{shown.slow.digest[:8]}"
    done = plx("rm", reference, store=root_of(shown), given="n\n")
    assert 1 == done.returncode
    assert shown.store.rrefs(shown.slow.dref)
    done = plx("rm", reference, store=root_of(shown), given="y\n")
    assert 0 == done.returncode
    assert not shown.store.rrefs(shown.slow.dref)


def test_rm_refuses_what_is_needed(shown: Shown) -> None:
    done = plx("rm", "digits", "--yes", store=root_of(shown))
    assert 1 == done.returncode
    assert "needed by" in done.stderr
    assert shown.store.rrefs(shown.data.dref)


def test_rm_of_a_root_is_refused(shown: Shown) -> None:
    done = plx("rm", f"train/{shown.trained[1].digest[:8]}", "--yes", store=root_of(shown))
    assert 1 == done.returncode
    assert "root 'final'" in done.stderr


def test_verify_fails_where_something_is_damaged(shown: Shown) -> None:
    file = shown.store.folder(shown.data) / "x.npy"
    file.chmod(0o644)
    file.write_bytes(b"0" * file.stat().st_size)
    done = plx("verify", store=root_of(shown))
    assert 1 == done.returncode
    assert "x.npy" in done.stdout
    printed("repair", store=root_of(shown))
    assert not shown.store.rrefs(shown.data.dref)


def test_optimise_tells_what_it_saved(shown: Shown) -> None:
    assert "saved" in printed("optimise", store=root_of(shown))


def test_graph_is_written_as_a_page(shown: Shown, tmp_path: Path) -> None:
    page = tmp_path / "graph.html"
    printed("graph", "report/", "-o", str(page), store=root_of(shown))
    assert "<svg" in page.read_text()
    assert "http://" not in page.read_text().replace("http://www.w3.org/2000/svg", "")


@pytest.mark.parametrize(
    ("form", "begin"), [("mermaid", "flowchart"), ("dot", "digraph"), ("svg", "<")]
)
def test_graph_has_other_forms(shown: Shown, form: str, begin: str) -> None:
    assert printed("graph", "report/", "--format", form, store=root_of(shown)).startswith(begin)


def test_plot_is_written_as_a_picture(shown: Shown, tmp_path: Path) -> None:
    picture = tmp_path / "plot.svg"
    arguments = ("runs", "train", "--sort", "accuracy.txt", "--plot", str(picture))
    printed(*arguments, store=root_of(shown))
    assert picture.read_text().startswith("<svg")


def test_what_was_exported_can_be_imported(shown: Shown, tmp_path: Path) -> None:
    archive, other = tmp_path / "closure.tar.zst", tmp_path / "other"
    printed("export", "report", str(archive), store=root_of(shown))
    printed("import", str(archive), store=other)
    assert "16 B  report.html" in printed("tree", "report", store=other)


def test_export_gives_the_same_bytes_twice(shown: Shown, tmp_path: Path) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    for file in (one, other):
        printed("export", "report", str(file), store=root_of(shown))
    assert one.read_bytes() == other.read_bytes()


def test_copy_takes_objects_to_another_store(shown: Shown, tmp_path: Path) -> None:
    other = tmp_path / "other"
    printed("copy", "report", str(other), store=root_of(shown))
    assert "16 B  report.html" in printed("tree", "report", store=other)


def test_log_follows_a_build(root: Path, tmp_path: Path) -> None:
    store = DiskStore.open(root)
    dref = registered(store, "talk")
    staging = store.stage(dref)
    staging.log.write_text("begun\n")
    follower = subprocess.Popen(
        [PLX, "log", "-f", "talk"], env=environment(root), stdout=subprocess.PIPE, text=True
    )
    assert follower.stdout is not None
    assert "begun\n" == follower.stdout.readline()
    with staging.log.open("a") as stream:
        stream.write("done\n")
    store.commit(staging, dref, {}, facts())
    rest, _ = follower.communicate(timeout=30)
    assert "done\n" == rest
    assert 0 == follower.returncode


# Which store


def test_store_is_that_of_the_option(root: Path, tmp_path: Path) -> None:
    DiskStore.open(tmp_path / "named")
    done = plx("info", "--store", str(tmp_path / "named"), store=root)
    assert str(tmp_path / "named") in done.stdout


def test_option_may_stand_before_the_command(root: Path, tmp_path: Path) -> None:
    DiskStore.open(tmp_path / "named")
    done = plx("--store", str(tmp_path / "named"), "--json", "info", store=root)
    assert str(tmp_path / "named") == json.loads(done.stdout)["root"]


def test_store_is_the_nearest_upwards(root: Path, tmp_path: Path) -> None:
    DiskStore.open(root)
    deep = tmp_path / "a" / "b"
    deep.mkdir(parents=True)
    assert str(root) in plx("info", cwd=deep).stdout


def test_store_is_the_users_where_there_is_none_nearer(tmp_path: Path) -> None:
    done = plx("info", cwd=tmp_path, HOME=str(tmp_path), XDG_DATA_HOME=str(tmp_path / "data"))
    assert 3 == done.returncode
    assert str(tmp_path / "data" / "pylightnix") in done.stderr


def test_init_makes_a_store_here(tmp_path: Path) -> None:
    assert 0 == plx("init", cwd=tmp_path).returncode
    assert 0 == plx("info", cwd=tmp_path).returncode


# What is wrong


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["show", "nothing"], 3, "nothing"),
        (["show", "train"], 2, "candidates"),
        (["nonsense"], 2, "nonsense"),
        (["ls", "--nonsense"], 2, "--nonsense"),
        (["find", "size<"], 2, "condition"),
        (["gc", "--max-size", "plenty"], 2, "plenty"),
        (["gc", "--older-than", "soon"], 2, "soon"),
        (["runs", "train", "--sort", "nothing"], 3, "nothing"),
        (["undo"], 3, "undo"),
        (["import", "nowhere"], 3, "nowhere"),
        (["import", str(STAGES)], 1, "refused"),
        (["plan", "nomod:x"], 3, "nomod"),
        (["plan", "cli_stages"], 2, "MODULE:STAGE"),
        (["plan", f"{STAGES}:nothing"], 3, "nothing"),
        (["plan", f"{STAGES}:no_stage"], 2, "no_stage"),
        (["plan", f"{STAGES}:train", "--set", "rate=1"], 2, "rate"),
        (["plan", f"{STAGES}:train", "--set", "size=big"], 2, "big"),
        (["realize", f"{STAGES}:failing"], 1, "loss is NaN"),
        (["realize", f"{STAGES}:train", "--rebuild", "nothing"], 2, "nothing"),
        (["cat", "digits/nothing"], 3, "x.npy"),
        (["cat", "digits/../../../format.json"], 3, "x.npy"),
        (["log", "digits"], 3, "log"),
        (["log", "-f", "digits"], 3, "under way"),
    ],
)
def test_error_is_told_in_one_paragraph(
    shown: Shown, arguments: list[str], code: int, words: str
) -> None:
    done = plx(*arguments, store=root_of(shown))
    assert code == done.returncode
    assert words in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


def test_module_that_does_not_import_shows_where(root: Path, tmp_path: Path) -> None:
    module = tmp_path / "broken_module.py"
    module.write_text("x = 1\ny = x / 0\n")
    done = plx("plan", f"{module}:stage", store=root)
    assert 1 == done.returncode
    assert "line 2" in done.stderr
    assert "ZeroDivisionError" in done.stderr


def test_debug_shows_the_traceback(shown: Shown) -> None:
    assert "Traceback" in plx("show", "nothing", "--debug", store=root_of(shown)).stderr


def test_store_of_an_unknown_format_is_refused(root: Path) -> None:
    DiskStore.open(root)
    (root / "format.json").chmod(0o644)
    (root / "format.json").write_text('{"format":99}')
    done = plx("ls", store=root)
    assert 1 == done.returncode
    assert "format" in done.stderr


def test_file_in_place_of_a_store_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    done = plx("ls", store=tmp_path / "file")
    assert 1 == done.returncode
    assert "Traceback" not in done.stderr


def test_closed_pipe_ends_quietly(root: Path) -> None:
    store = DiskStore.open(root)
    for number in range(300):
        registered(store, f"name-{number}")
    done = subprocess.run(
        f"{PLX} find | head -1", shell=True, env=environment(root), capture_output=True, text=True
    )
    assert "300 objects\n" == done.stdout
    assert "" == done.stderr


def test_interrupt_ends_with_130(root: Path, tmp_path: Path) -> None:
    store = DiskStore.open(root)
    dref = registered(store, "talk")
    store.stage(dref).log.write_text("begun\n")
    follower = subprocess.Popen(
        [PLX, "log", "-f", "talk"],
        env=environment(root),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert follower.stdout is not None
    follower.stdout.readline()
    follower.send_signal(signal.SIGINT)
    _, errors = follower.communicate(timeout=30)
    assert 130 == follower.returncode
    assert "plx: interrupted" == errors.strip()


# How it looks


@pytest.mark.parametrize("name", ["", *MODULES, "root add", "root rm", "root ls"])
def test_help_fits_a_screen_and_has_an_example(name: str) -> None:
    text = plx(*name.split(), "--help").stdout
    assert len(text.splitlines()) <= 24
    assert max(map(len, text.splitlines())) <= 80
    assert "Example: plx" in text or "Example: cd" in text


def test_help_of_the_program_names_every_command() -> None:
    text = plx("--help").stdout
    assert [] == [name for name in MODULES if f"  {name} " not in text]


def test_shell_completes_names(shown: Shown) -> None:
    assert {"train"} == set(completed("tra", shown))


def test_shell_completes_hashes_after_a_slash(shown: Shown) -> None:
    digest = shown.trained[0].digest
    assert [f"train/{digest}"] == completed(f"train/{digest[:6]}", shown)


def completed(text: str, shown: Shown) -> list[str]:
    """What a shell offers for a reference that was begun."""
    words = f"plx show {text}"
    done = plx(
        store=root_of(shown), _PLX_COMPLETE="bash_complete", COMP_WORDS=words, COMP_CWORD="2"
    )
    assert (0, "") == (done.returncode, done.stderr)
    return [line.partition(",")[2] for line in done.stdout.splitlines()]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_shell_is_told_how_to_complete(shell: str, tmp_path: Path) -> None:
    done = plx(cwd=tmp_path, _PLX_COMPLETE=f"{shell}_source")
    assert (0, "") == (done.returncode, done.stderr)
    assert "_plx_completion" in done.stdout


def test_bash_completes_a_name(shown: Shown) -> None:
    script = f"""
        PATH={PLX.parent}:$PATH
        eval "$(_PLX_COMPLETE=bash_source plx)"
        COMP_WORDS=(plx show dig) COMP_CWORD=2
        _plx_completion plx dig show
        echo "${{COMPREPLY[*]}}"
    """
    done = subprocess.run(
        ["bash", "-c", script], env=environment(root_of(shown)), capture_output=True, text=True
    )
    assert ("digits\n", "") == (done.stdout, done.stderr)


def test_output_is_wider_where_there_is_room(shown: Shown) -> None:
    narrow = plx("runs", "train", store=root_of(shown)).stdout
    wide = plx("runs", "train", store=root_of(shown), COLUMNS="120").stdout
    assert "no room for" in narrow
    assert "no room for" not in wide
