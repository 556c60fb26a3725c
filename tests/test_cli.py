"""The command `plx`, as it is installed: what it prints for people, and for programs."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest
from cli_store import Shown, shown_store
from syrupy.assertion import SnapshotAssertion

PLX: Final = Path(sys.executable).with_name("plx")


def environment(store: Path | None, **variables: str) -> dict[str, str]:
    """What the program is told of where it runs."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    root = {} if store is None else {"PYLIGHTNIX_ROOT": str(store)}
    return {**kept, "COLUMNS": "80", "PYTHONUTF8": "1", **root, **variables}


def plx(
    *arguments: str,
    store: Path | None = None,
    cwd: Path | None = None,
    given: str = "",
    **variables: str,
) -> subprocess.CompletedProcess[str]:
    """One run of the installed program."""
    return subprocess.run(
        [PLX, *arguments],
        env=environment(store, **variables),
        cwd=cwd,
        input=given,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> Shown:
    shown = shown_store(tmp_path_factory.mktemp("shown") / "_pylightnix")
    shown.store.close()
    return shown


def steady(text: str, shown: Shown) -> str:
    """What was printed, without what differs from machine to machine."""
    text = text.replace(str(shown.store.root), "/work/_pylightnix")
    text = re.sub(r'("free": )\d+', r"\g<1>1", text)
    text = re.sub(r"(free +)\d[\d.]* [kMGT]?B", r"\g<1>1 GB", text)
    text = re.sub(r"tmp/\d+-[0-9a-f]{16}", "tmp/1-0", text)
    return re.sub(r"(-[a-z]+)-[0-9a-f]{8}\b", r"\g<1>-0", text)


def is_cut(line: str) -> bool:
    """Whether a line could be shorter: paths and references are not cut, so they can be copied."""
    return len(line.split()) > 1


LOOKING: Final = (
    "info",
    "ls",
    "ls tr*",
    "ls train",
    "ls report",
    "ls digits/",
    "find",
    "find learning_rate<0.01",
    "find accuracy.txt>0.98",
    "find --name train --newer 2026-11-01T15:30",
    "show digits",
    "show report",
    "show train/{best}",
    "tree train/{best}",
    "failures",
    "failures nobody",
    "runs train",
    "runs train --sort accuracy.txt",
    "runs train --sort accuracy.txt --ascending",
    "runs train --sort accuracy.txt --plot -",
    "runs train --sort accuracy.txt --over learning_rate --plot -",
    "diff train/{best} train/{first}",
    "diff train/{best} train/{slow}",
    "graph report",
    "graph report/",
    "why train/{best}",
    "why train/{first}",
    "deps report/",
    "rdeps digits",
    "root ls",
    "gc",
    "gc --keep-best 1 accuracy.txt",
    "du",
    "du train/{best}",
    "verify",
    "verify --quick",
)


def words(line: str, shown: Shown) -> list[str]:
    """A command line; in braces stand hashes that are known only here."""
    first, best, _ = shown.trained
    hashes = {"first": first.digest[:8], "best": best.digest[:8], "slow": shown.slow.digest[:8]}
    return line.format(**hashes).split()


@pytest.mark.parametrize("line", LOOKING)
def test_command_prints_text(line: str, shown: Shown, snapshot: SnapshotAssertion) -> None:
    done = plx(*words(line, shown), store=shown.store.root)
    assert done.returncode == 0, done.stderr
    assert [] == [each for each in done.stdout.splitlines() if len(each) > 80 and is_cut(each)]
    assert snapshot == steady(done.stdout, shown)


@pytest.mark.parametrize("line", LOOKING)
def test_command_prints_json(line: str, shown: Shown, snapshot: SnapshotAssertion) -> None:
    done = plx(*words(line, shown), "--json", store=shown.store.root)
    assert done.returncode == 0, done.stderr
    json.loads(done.stdout)
    assert snapshot == steady(done.stdout, shown)
