"""What the commands print that do something, for people and programs; each has its own store."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Final

import pytest
from attrs import evolve, frozen
from cli_store import Shown, shown_store
from distributed import Client, LocalCluster
from syrupy.assertion import SnapshotAssertion
from test_cli import plx, steady

from pylightnix_fn import DiskStore

STAGES: Final = Path(__file__).with_name("cli_stages.py")


@frozen
class Case:
    """A line, what was done before it, and its exit code; what is known only here is in braces."""

    line: str
    before: tuple[str, ...] = ()
    code: int = 0
    damage: bool = False


EXPORTED: Final = ("export report closure.tar.zst",)
COLLECTED: Final = ("gc --delete",)
BUILT: Final = ("realize {stages}:train",)

CASES: Final = (
    Case("init --store new"),
    Case("export report closure.tar.zst"),
    Case("import closure.tar.zst --store new", EXPORTED),
    Case("import closure.tar.zst", EXPORTED),
    Case("copy report new"),
    Case("root add mine digits"),
    Case("root add ./result digits/"),
    Case("root rm final"),
    Case("gc --delete"),
    Case("gc --delete --keep-latest 1 --empty-trash"),
    Case("gc --delete --everything", ("root rm final",)),
    Case("undo", COLLECTED),
    Case("rm train/{slow} --yes"),
    Case("verify", code=1, damage=True),
    Case("repair", damage=True),
    Case("repair --orphans", damage=True),
    Case("optimise"),
    Case("path digits"),
    Case("path train/{best}"),
    Case("cat train/{best}/accuracy.txt"),
    Case("log train --store new", ("realize {stages}:train --store new",)),
    Case("graph report --format text"),
    Case("graph report --format mermaid"),
    Case("graph report --format dot"),
    Case("graph report --format svg"),
    Case("graph report --format html"),
    Case("graph report -o report.html"),
    Case("graph {stages}:train --set size=9"),
    Case("plan {stages}:train"),
    Case("plan {stages}:train --set learning_rate=0.1 -j 2", BUILT),
    Case("realize {stages}:train"),
    Case("realize {stages}:failing --keep-going", code=1),
    Case("runs train --stage {stages}:train", BUILT),
    Case("runs train --sort accuracy.txt --plot plot.svg"),
)


VARYING: Final = (
    (r"2026-11-(?!01)[0-9]{2}[ T][0-9:.]+[0-9](\+00:00)?", "now"),
    (r'("(seconds|makespan)": )0\.[0-9]+', r"\g<1>0"),
    (r"[0-9.]+ s\b", "0.0 s"),
    (r"collected-[0-9T]+-[0-9a-f]+", "collected-0"),
    # What the compression makes of it.
    (r"(sha256 {3}|\"sha256\": \")[0-9a-f]{64}", r"\g<1>0"),
    (r"( in |\"archive_size\": )[0-9.]+( kB)?\b", r"\g<1>0"),
)


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Shown:
    """A store that every test has a copy of."""
    shown = shown_store(tmp_path_factory.mktemp("template") / "_pylightnix")
    shown.store.close()
    return shown


@pytest.fixture
def shown(template: Shown, tmp_path: Path) -> Shown:
    root = tmp_path / "_pylightnix"
    shutil.copytree(template.store.root, root, symlinks=True)
    return evolve(template, store=DiskStore.open(root))


def run(line: str, shown: Shown, *more: str) -> tuple[int, str, str]:
    """The exit code of a line, and what it printed, without what differs from run to run."""
    _, best, _ = shown.trained
    known = {"stages": STAGES, "best": best.digest[:8], "slow": shown.slow.digest[:8]}
    root = shown.store.root
    words = line.format(**known).split()
    done = plx(*words, *more, store=root, cwd=root.parent, PATH="/nowhere")
    return done.returncode, _constant(done.stdout, shown), _constant(done.stderr, shown)


def _constant(text: str, shown: Shown) -> str:
    text = steady(text, shown).replace(str(shown.store.root.parent), "/work")
    text = text.replace(str(STAGES), "/work/cli_stages.py")
    text = re.sub(r"(?s)<(style|script)>.*?</\1>", r"<\1></\1>", text)
    for pattern, constant in VARYING:
        text = re.sub(pattern, constant, text)
    return text


@pytest.mark.parametrize("case", CASES, ids=lambda case: " + ".join((*case.before, case.line)))
@pytest.mark.parametrize("form", ["text", "json"])
def test_command_prints(case: Case, form: str, shown: Shown, snapshot: SnapshotAssertion) -> None:
    for line in case.before:
        assert 0 == run(line, shown)[0]
    if case.damage:
        _damage(shown)
    code, printed, errors = run(case.line, shown, *(["--json"] if form == "json" else []))
    assert (case.code, "") == (code, "" if code == case.code else errors)
    if form == "json" and printed:
        json.loads(printed)
    assert snapshot == (printed if form == "json" else printed + errors)


def _damage(shown: Shown) -> None:
    file = shown.store.folder(shown.data) / "x.npy"
    file.chmod(0o644)
    file.write_bytes(b"0" * file.stat().st_size)


def test_realize_builds_on_a_cluster(shown: Shown, snapshot: SnapshotAssertion) -> None:
    with (
        LocalCluster(n_workers=1, threads_per_worker=1, dashboard_address=None) as cluster,
        Client(cluster) as client,
    ):
        line = f"realize {{stages}}:train --dask {client.scheduler.address}"
        code, printed, errors = run(line, shown)
    assert (0, "") == (code, "" if code == 0 else errors)
    assert snapshot == printed + errors
