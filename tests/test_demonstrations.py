"""The demonstrations, run as a user runs them, and twice: the second run builds nothing."""

from __future__ import annotations

import doctest
import hashlib
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import annealing
import hello
import namespaces
import nbformat
import numpy as np
import pytest
import sections
from http_server import Server, content
from namespaces import Names, names_in, needs_of, values_of
from nbclient import NotebookClient

from pylightnix_fn import (
    DiskStore,
    export_closure,
    import_closure,
    instantiate,
    log_of,
    realize,
    step,
)

ROOT = Path(__file__).parent.parent
EXAMPLES = ROOT / "examples"

compiles = pytest.mark.skipif(
    shutil.which("cc") is None or shutil.which("make") is None,
    reason="there is no C compiler, or no make",
)


def run(example: str, *arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-W", "error", str(EXAMPLES / example), *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def printed(example: str, *arguments: str, folder: Path) -> str:
    ended = run(example, *arguments, folder=folder)
    assert (0, "") == (ended.returncode, ended.stderr)
    return ended.stdout


# hello.py


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, str, str, int]]:
    """Two runs with an archive that a server has: their folder and outputs, and its requests."""
    folder, archive = tmp_path_factory.mktemp("hello"), hello.archived(hello.SMALL)
    with Server() as server:
        url = server.serve("/hello-0.1.tar.gz", content(archive))
        source = ("--url", url, "--sha256", hashlib.sha256(archive).hexdigest())
        first = printed("hello.py", *source, folder=folder)
        second = printed("hello.py", *source, folder=folder)
        yield folder, first, second, len(server.requests("/hello-0.1.tar.gz"))


@compiles
def test_hello_is_fetched_built_and_run(package: tuple[Path, str, str, int]) -> None:
    _, first, _, _ = package
    assert ["Hello, world!", "Built: source, package, greeting."] == first.splitlines()[-2:]


@compiles
def test_hello_run_again_builds_nothing(package: tuple[Path, str, str, int]) -> None:
    _, _, second, requests = package
    assert "Nothing was built: all of it was in the store." == second.splitlines()[-1]
    assert 1 == requests


@compiles
def test_hello_links_to_what_was_installed(package: tuple[Path, str, str, int]) -> None:
    folder, _, _, _ = package
    program = [str(folder / "result" / "root" / "usr" / "bin" / "hello"), "-g", "Hi"]
    assert "Hi\n" == subprocess.run(program, stdout=subprocess.PIPE, text=True, check=True).stdout


@compiles
def test_hello_with_other_words_only_runs(tmp_path: Path) -> None:
    printed("hello.py", "--small", folder=tmp_path)
    output = printed("hello.py", "--small", "--", "-g", "Good evening.", folder=tmp_path)
    assert ["Good evening.", "Built: greeting."] == output.splitlines()[-2:]


@compiles
def test_hello_built_once_more_is_the_same_with_its_log(tmp_path: Path) -> None:
    archive, store = tmp_path / "hello.tar.gz", DiskStore.open(tmp_path / "store")
    archive.write_bytes(hello.archived(hello.SMALL))
    closure = instantiate(hello.package, step(hello.small, archive))
    first = realize(closure, store)
    assert first.rref == realize(closure, store, rebuild=True).rref
    assert "checking for a C compiler" in str(log_of(store, first.rref))


def test_hello_refuses_another_archive(tmp_path: Path) -> None:
    with Server() as server:
        url = server.serve("/hello-0.1.tar.gz", content(b"something else"))
        ended = run("hello.py", "--url", url, "--sha256", 64 * "0", folder=tmp_path)
    assert 1 == ended.returncode
    assert ended.stderr.startswith(f"wrong content at {url}\n")


# annealing.py


@pytest.fixture(scope="module")
def walks(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str, str]:
    folder = tmp_path_factory.mktemp("annealing")
    first, second = (printed("annealing.py", folder=folder) for _ in range(2))
    return folder, first, second


def test_annealing_anneals_for_both_and_draws_once(walks: tuple[Path, str, str]) -> None:
    _, first, _ = walks
    assert "9 realizations were built" == first.splitlines()[-1]  # 2 landscapes, 6 walks, 1 picture


def test_annealing_run_again_builds_and_adds_nothing(walks: tuple[Path, str, str]) -> None:
    _, _, second = walks
    assert "Nothing was built." == second.splitlines()[-1]
    assert "Bob receives nothing added" in second


def test_annealing_shows_the_walks_of_both(walks: tuple[Path, str, str]) -> None:
    _, first, _ = walks
    rows = re.findall(r"^ +(\d+\.\d{4})  (Alice|Bob) +[0-9a-f]{32}(.*)$", first, re.MULTILINE)
    assert ["Alice", "Bob", "Bob", "Bob"] == sorted(finder for _, finder, _ in rows)
    assert ["  <- lowest", "", "", ""] == [mark for _, _, mark in rows]


def test_annealing_draws_a_picture(walks: tuple[Path, str, str]) -> None:
    _, first, _ = walks
    picture = Path(first.splitlines()[-2].removeprefix("picture "))
    assert b"\x89PNG" == (walks[0] / picture).read_bytes()[:4]


def test_annealing_takes_what_came_where_it_is_the_better(tmp_path: Path) -> None:
    sender, plan = DiskStore.open(tmp_path / "sender"), instantiate(annealing.annealed, steps=5)
    realize(instantiate(annealing.annealings, steps=5, samples=5), sender)
    theirs = realize(plan, sender)
    fresh = (DiskStore.open(tmp_path / f"receiver-{n}") for n in count())
    receiver = next(each for each in fresh if height_in(each) > theirs.out.height.read())
    export_closure(sender, [theirs.rref], tmp_path / "parcel")
    import_closure(receiver, tmp_path / "parcel")
    assert theirs.rref == realize(plan, receiver).rref


def height_in(store: DiskStore) -> float:
    """The lowest that was found; where nothing was, one walk is made."""
    return realize(instantiate(annealing.annealed, steps=5), store).out.height.read()


# mdrun.py

LOGGING = """\
from pathlib import Path

def log(text):
    with Path("log").open("a") as file:
        file.write(text)

log("1")
"""


def document_of(*codes: str) -> str:
    return "\n".join(f"Prose.\n\n```python\n{code.rstrip()}\n```\n" for code in codes)


def results_in(document: str) -> list[str]:
    found = re.findall(r"^```result\n(.*?)^```$", document, re.MULTILINE | re.DOTALL)
    return [str(each) for each in found]


def mdrun(folder: Path, *codes: str) -> tuple[str, str, str]:
    """Run these sections: what was reported, the document then, what sections logged at all."""
    (folder / "doc.md").write_text(document_of(*codes))
    output = printed("mdrun.py", "doc.md", folder=folder)
    log = folder / "log"
    return output, (folder / "doc.md").read_text(), log.read_text() if log.exists() else ""


def test_mdrun_pastes_results_below_their_sections(tmp_path: Path) -> None:
    _, document, _ = mdrun(tmp_path, "x = 2\nprint(x)", "y = 3", "print(x * y)\nprint(x + y)")
    assert ["2\n", "6\n5\n"] == results_in(document)


def test_mdrun_run_again_runs_nothing_and_changes_nothing(tmp_path: Path) -> None:
    _, document, _ = mdrun(tmp_path, LOGGING, "log('2')\nprint('two')")
    output = printed("mdrun.py", "doc.md", folder=tmp_path)
    assert "2 sections: 0 run, 2 found in the store\n" == output
    assert document == (tmp_path / "doc.md").read_text()
    assert "12" == (tmp_path / "log").read_text()


def test_mdrun_runs_only_what_follows_a_change(tmp_path: Path) -> None:
    mdrun(tmp_path, LOGGING, "n = 2\nlog('2')", "log('3')\nprint(n)", "log('4')\nprint(n + 1)")
    changed = "log('c')\nn += 5\nprint(n)"
    output, document, log = mdrun(
        tmp_path, LOGGING, "n = 2\nlog('2')", changed, "log('4')\nprint(n + 1)"
    )
    assert "4 sections: 2 run, 2 found in the store\n" == output
    assert ["7\n", "8\n"] == results_in(document)
    assert "1234" + "c4" == log


def test_mdrun_takes_comments_and_layout_for_no_change(tmp_path: Path) -> None:
    mdrun(tmp_path, "x = (1, 2)")
    output, _, _ = mdrun(tmp_path, "# a pair\nx = (\n    1, 2)")
    assert "1 sections: 0 run, 1 found in the store\n" == output


def test_mdrun_runs_all_once_more_for_what_cannot_be_kept(tmp_path: Path) -> None:
    opened = "import io\nstream = io.StringIO('text')\nlog('2')"
    mdrun(tmp_path, LOGGING, opened, "log('3')")
    output, document, log = mdrun(tmp_path, LOGGING, opened, "log('c')\nprint(stream.read())")
    assert output.endswith("Those before ran once more, in silence, to have stream.\n")
    assert ["text\n"] == results_in(document)
    assert "123" + "12c" == log


def test_mdrun_remembers_what_it_did_not_put_back(tmp_path: Path) -> None:
    opened = "import io\nstream = io.StringIO('text')"
    mdrun(tmp_path, opened, "x = 1", "print(x)")
    mdrun(tmp_path, opened, "x = 2", "print(x)")
    _, document, _ = mdrun(tmp_path, opened, "x = 2", "print(stream.read())")
    assert ["text\n"] == results_in(document)


def test_mdrun_tells_the_line_that_fails_and_keeps_what_was_before(tmp_path: Path) -> None:
    mdrun(tmp_path, "print(1)", "print(2)", "print(3)")
    document = (tmp_path / "doc.md").read_text().replace("print(2)", "print(two)")
    (tmp_path / "doc.md").write_text(document)
    ended = run("mdrun.py", "doc.md", folder=tmp_path)
    line = 1 + document.splitlines().index("print(two)")
    assert 1 == ended.returncode
    assert f'File "doc.md", line {line}, in <module>\n    print(two)\n' in ended.stderr
    assert ended.stderr.endswith("NameError: name 'two' is not defined\n")
    assert ["1\n"] == results_in((tmp_path / "doc.md").read_text())


def test_mdrun_fences_backticks_with_more_of_them() -> None:
    document = sections.with_results(document_of("pass"), ["```\n"])
    assert "````result\n```\n````" in document
    assert document == sections.with_results(document, ["```\n"])


def test_mdrun_takes_away_a_result_that_is_none_any_more() -> None:
    document = document_of("print(1)", "pass")
    pasted = sections.with_results(document, ["1\n", "2\n"])
    assert document == sections.with_results(pasted, ["", ""])


def test_mdrun_runs_the_readme(tmp_path: Path) -> None:
    shutil.copy(ROOT / "README.md", tmp_path)
    n = len(sections.sections_of((ROOT / "README.md").read_text(encoding="utf-8")))
    first, second = (printed("mdrun.py", "README.md", folder=tmp_path) for _ in range(2))
    assert f"{n} sections: {n} run, 0 found in the store\n" == first
    assert f"{n} sections: 0 run, {n} found in the store\n" == second


def test_namespace_keeps_values_and_arrays() -> None:
    value = {"pairs": [(1, 2.5), (None, True)], "bytes": b"\0"}
    names = names_in({"value": value, "array": np.arange(6.0).reshape(2, 3)})
    back = values_of(names)
    assert value == back["value"]
    assert np.arange(6.0).reshape(2, 3).tolist() == np.asarray(back["array"]).tolist()


def test_namespace_keeps_nothing_that_is_only_like_a_value() -> None:
    loop: list[object] = []
    loop.append(loop)
    like = {"infinity": float("inf"), "loop": loop, "number": np.float64(0), "set": {1}}
    assert ["infinity", "loop", "number", "set"] == names_in(like).others


def test_namespace_keeps_no_arrays_that_share_their_memory() -> None:
    array = np.zeros(3)
    assert ["array", "view"] == names_in({"array": array, "view": array[1:], "n": 1}).others


def test_definition_that_uses_a_value_at_once_is_not_put_back() -> None:
    before = ["n = 1", "def f(x=n): return x", "n = 2"]
    assert ["f"] == needs_of(["f()"], before, Names({"n": "2"}, {}, ["f"])).lacking


def test_definition_that_was_bound_otherwise_is_not_put_back() -> None:
    before = ["def f(): return 1", "f = lambda: 2"]
    assert ["f"] == needs_of(["f()"], before, Names({}, {}, ["f"])).lacking


@pytest.mark.parametrize("module", [namespaces, sections], ids=lambda module: module.__name__)
def test_examples_in_docstrings_hold(module: object) -> None:
    tried = doctest.testmod(sys.modules[str(getattr(module, "__name__", ""))])
    assert tried.attempted > 0
    assert 0 == tried.failed


# notebook.ipynb

NOTEBOOK = EXAMPLES / "notebook.ipynb"
FEWER = "DIGITS = 300\nEPOCHS = 1\nMODELS = 2"


def as_it_lies() -> nbformat.NotebookNode:
    notebook: nbformat.NotebookNode = nbformat.read(  # type: ignore[no-untyped-call]  # it has no types
        NOTEBOOK, as_version=4
    )
    return notebook


def outputs_of(folder: Path) -> dict[str, str]:
    """Run the notebook on few digits: what its cells show, as HTML where they have it."""
    notebook = as_it_lies()
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert cells[0].source.startswith("DIGITS = ")
    cells[0].source = FEWER
    where = {"metadata": {"path": str(folder)}}
    NotebookClient(notebook, kernel_name="python3", resources=where).execute()
    return {cell.source: "".join(map(shown, cell.outputs)) for cell in cells}


def shown(output: nbformat.NotebookNode) -> str:
    if output.output_type == "stream":
        return str(output.text)
    return str(output.data.get("text/html", ""))


@pytest.fixture(scope="module")
def notebook(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, str], dict[str, str]]:
    folder = tmp_path_factory.mktemp("notebook")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(EXAMPLES))
        patch.setenv("JUPYTER_RUNTIME_DIR", str(folder / "runtime"))
        return outputs_of(folder), outputs_of(folder)


def ending(cells: dict[str, str], end: str) -> str:
    """What the cell shows whose code ends so."""
    [found] = [output for source, output in cells.items() if source.endswith(end)]
    return found


def test_notebook_trains_two_models(notebook: tuple[dict[str, str], dict[str, str]]) -> None:
    first, _ = notebook
    assert "built: mnist, few, train, train\n" == ending(first, 'or "nothing")')


def test_notebook_run_again_builds_nothing(
    notebook: tuple[dict[str, str], dict[str, str]],
) -> None:
    _, second = notebook
    assert "built: nothing\n" == ending(second, 'or "nothing")')


def test_notebook_shows_the_plan_as_a_drawing(
    notebook: tuple[dict[str, str], dict[str, str]],
) -> None:
    html = ending(notebook[0], "\nplan")
    assert "<b>Closure</b> of 3 derivations, 1 target" in html
    assert "<svg" in html


def test_notebook_shows_references_and_realizations(
    notebook: tuple[dict[str, str], dict[str, str]],
) -> None:
    assert "<b>train</b></code>" in ending(notebook[0], "plan.targets[0]")
    assert "<b>Realization</b>" in ending(notebook[0], "\nrealize(plan, store)".strip())


def test_notebook_is_kept_without_outputs() -> None:
    notebook = as_it_lies()
    assert not [cell for cell in notebook.cells if cell.get("outputs")]


def test_notebook_code_passes_mypy(tmp_path: Path) -> None:
    cells = as_it_lies().cells
    program = tmp_path / "program.py"
    program.write_text("\n".join(cell.source for cell in cells if cell.cell_type == "code"))
    command = [sys.executable, "-m", "mypy", "--config-file", str(ROOT / "mypy.ini")]
    command += [str(EXAMPLES / "digits.py"), str(program)]
    ran = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    assert (0, "") == (ran.returncode, ran.stderr), ran.stdout
