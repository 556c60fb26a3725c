"""What `plx` does with texts, modules and streams that are not what they should be."""

from __future__ import annotations

import json
import os
import pty
import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import pytest
from scenarios import facts, put, registered
from test_cli import PLX, environment, plx

from pylightnix_fn import DiskStore, Folder, RRef

ESCAPES: Final = "\x1b[31mred\x1b]0;title\x07\x9b5m\u202ebidi\rover\x08"
COMMANDS: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("hostile") / "_pylightnix"


@pytest.fixture(scope="module")
def hostile(root: Path) -> RRef[Folder]:
    """Its store, in which all texts hold what a terminal takes for commands."""
    store = DiskStore.open(root)
    dref = registered(store, "thing", note=ESCAPES, nested=[{ESCAPES: ESCAPES}])
    staging = store.stage(dref)
    (staging.folder / "number.txt").write_text("0.5\n")
    (staging.folder / "text.txt").write_text(ESCAPES)
    (staging.folder / "name\u202e").write_text("")
    staging.log.write_text(f"{ESCAPES}\n")
    hostile = store.commit(staging, dref, {}, facts()).rref
    put(store, registered(store, "thing", note="x"), {"text.txt": "x", "number.txt": "1"})
    store.close()
    return hostile


def on_terminal(*arguments: str, store: Path) -> str:
    """All that a run sends to its terminal, where the lines have their ends."""
    own, its = pty.openpty()
    variables = environment(store, TERM="xterm", PAGER="cat")
    with os.fdopen(own, "rb", buffering=0) as stream:
        process = subprocess.Popen(
            [PLX, *arguments], stdin=its, stdout=its, stderr=its, env=variables
        )
        os.close(its)
        text = b"".join(_read(stream.fileno())).decode()
        process.wait()
    return text.replace("\r\n", "\n")


def _read(descriptor: int) -> Iterator[bytes]:
    while True:
        try:
            data = os.read(descriptor, 2**16)
        except OSError:  # the other end was closed
            return
        if not data:
            return
        yield data


LINES: Final = (
    "ls thing",
    "find note~red",
    "show {one}",
    "tree {one}",
    "runs thing --sort number.txt",
    "runs thing --sort number.txt --over note --plot -",
    "runs thing --sort nothing",
    "graph {one}",
    "log {one}",
    "cat {one}/nothing",
    f"show {ESCAPES}",
    f"ls --{ESCAPES}",
    f"plan {ESCAPES}.py:x",
)


@pytest.mark.parametrize("line", LINES, ids=range(len(LINES)))
@pytest.mark.parametrize("form", ["text", "json"])
def test_texts_command_no_terminal(line: str, form: str, hostile: RRef[Folder], root: Path) -> None:
    words = line.replace("{one}", f"thing/{hostile.digest}").split(" ")
    text = on_terminal(*words, *(["--json"] if form == "json" else []), store=root)
    assert text.strip()
    assert [] == COMMANDS.findall(text)


def test_colours_of_a_log_are_left_out(tmp_path: Path) -> None:
    store = DiskStore.open(tmp_path)
    dref = registered(store, "thing")
    staging = store.stage(dref)
    staging.log.write_text("\x1b[1;31mred\x1b[0m\n")
    store.commit(staging, dref, {}, facts())
    assert "red\n" == on_terminal("log", "thing", store=tmp_path)


def test_json_of_what_is_no_text_is_refused(tmp_path: Path) -> None:
    put(store := DiskStore.open(tmp_path), registered(store, "thing"), _binary)
    done = plx("cat", "thing/x.bin", "--json", store=tmp_path)
    assert 2 == done.returncode
    assert "no text" in done.stderr


def _binary(folder: Path) -> None:
    (folder / "x.bin").write_bytes(b"\xff")


# Streams


@pytest.mark.parametrize("arguments", [["ls"], ["ls", "--json"], ["cat", "thing/text.txt"]])
def test_full_disk_is_told(arguments: list[str], tmp_path: Path) -> None:
    put(store := DiskStore.open(tmp_path), registered(store, "thing"), {"text.txt": "x"})
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [PLX, *arguments],
            env=environment(tmp_path),
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert (1, "plx: No space left on device\n") == (done.returncode, done.stderr)


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_closed_streams_are_no_files_of_the_store(closed: str, tmp_path: Path) -> None:
    module = _module(tmp_path, "print('printed')")
    command = f"exec {PLX} realize {module}:stage {closed}"
    done = subprocess.run(command, shell=True, env=environment(tmp_path / "store"), check=False)
    assert 0 == done.returncode
    done = subprocess.run([PLX, "verify"], env=environment(tmp_path / "store"), check=False)
    assert 0 == done.returncode


def _module(folder: Path, code: str) -> Path:
    module = folder / "stages_of_user.py"
    module.write_text(
        "from pylightnix_fn import build_outpath, build_wrapper, latest, mkconfig, mkdrv\n"
        "def work(b):\n"
        "    build_outpath(b)\n"
        "    print('from the build')\n"
        "print('from the module')\n"
        "def stage(m):\n"
        f"    {code}\n"
        "    return mkdrv(m, mkconfig({'name': 'x'}), latest(), build_wrapper(work))\n"
    )
    return module


def test_what_modules_and_builds_print_is_no_part_of_the_output(tmp_path: Path) -> None:
    module = _module(tmp_path, "print('from the stage')")
    done = plx("realize", f"{module}:stage", "--json", store=tmp_path / "store")
    (rref,) = json.loads(done.stdout)
    assert rref.startswith("rref:")
    for part in ("module", "stage", "build"):
        assert f"from the {part}" in done.stderr


# Whose fault


def test_stage_that_raises_is_told_with_its_line(tmp_path: Path) -> None:
    module = _module(tmp_path, "raise ValueError('no such thing')")
    done = plx("plan", f"{module}:stage", store=tmp_path)
    assert 1 == done.returncode
    assert "ValueError: no such thing" in done.stderr
    assert f"{module}, line 7, in stage" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("code", ["raise SystemExit(0)", "raise BaseException('x')"])
def test_stage_that_ends_the_program_has_failed(code: str, tmp_path: Path) -> None:
    module = _module(tmp_path, code)
    done = plx("realize", f"{module}:stage", store=tmp_path)
    assert 1 == done.returncode
    assert "stages_of_user.py" in done.stderr
    assert "Traceback" not in done.stderr


def test_wrong_usage_is_told_in_one_paragraph(tmp_path: Path) -> None:
    done = plx("graph", store=tmp_path)
    assert 2 == done.returncode
    assert "plx graph: Missing argument 'REF|MODULE:STAGE'.\nSee `plx graph --help`.\n" == (
        done.stderr
    )


@pytest.mark.parametrize(
    ("arguments", "advice"),
    [
        (["show", "nothing"], "`plx ls`"),
        (["gc", "--delete"], "--everything"),
        (["ls", "--store", "nowhere"], "`plx init`"),
        (["import", str(Path(__file__)), "--store", "other"], "--max-size"),
    ],
)
def test_advice_speaks_of_commands(arguments: list[str], advice: str, tmp_path: Path) -> None:
    put(store := DiskStore.open(tmp_path / "store"), registered(store, "thing"), {})
    store.close()
    done = plx(*arguments, store=tmp_path / "store", cwd=tmp_path)
    assert advice in done.stderr.splitlines()[-1]


# Who may change a store


@contextmanager
def open_to_all(folder: Path) -> Iterator[None]:
    folder.chmod(0o777)
    yield
    folder.chmod(0o700)


def test_store_that_others_may_change_is_opened_if_we_trust_it(tmp_path: Path) -> None:
    DiskStore.open(root := tmp_path / "store")
    with open_to_all(root):
        refused = plx("ls", store=root)
        assert 1 == refused.returncode
        assert "--trust" in refused.stderr
        assert 0 == plx("ls", "--trust", store=root).returncode
        assert 0 == plx("--trust", "ls", store=root).returncode


def test_archive_may_unfold_into_what_it_is_allowed_to(tmp_path: Path) -> None:
    put(store := DiskStore.open(tmp_path / "one"), registered(store, "thing"), _large)
    plx("export", "thing", "thing.tar.zst", store=tmp_path / "one", cwd=tmp_path)
    refused = plx("import", "thing.tar.zst", store=tmp_path / "other", cwd=tmp_path)
    assert 1 == refused.returncode
    assert "--max-size" in refused.stderr
    allowed = ("import", "thing.tar.zst", "--max-size", "200M")
    done = plx(*allowed, store=tmp_path / "other", cwd=tmp_path)
    assert 0 == done.returncode


def _large(folder: Path) -> None:
    with (folder / "zeros").open("wb") as stream:
        stream.write(bytes(120_000_000))
