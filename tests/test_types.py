"""What mypy infers of pipelines, and what it refuses: the programs in `types`.

The accepted programs say with `assert_type` what each value is, and they run. Each of the refused
ones holds one mistake, on the line between `# error: [code] part of the message` and `# fixed:`,
which shows the line as it should be. With that line in its place, the program is accepted, so the
mistake alone is what mypy refuses.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import pytest
from attrs import frozen

ROOT = Path(__file__).parent.parent
ACCEPTED = sorted((ROOT / "tests/types/accepted").glob("*.py"))
REFUSED = sorted((ROOT / "tests/types/refused").glob("*.py"))
VOCABULARY = ROOT / "tests/types/accepted/pipeline.py"

MISTAKE = re.compile(
    r"^(?P<indent> *)# error: \[(?P<code>[a-z-]+)\] (?P<message>.+)\n"
    r"(?P<wrong>.+)\n"
    r"(?P=indent)# fixed: (?P<right>.+)$",
    re.MULTILINE,
)
ERROR = re.compile(r"^(?P<path>.+?):(?P<line>\d+): error: (?P<message>.*?)  \[(?P<code>[a-z-]+)\]$")


@frozen
class Error:
    """What mypy says of one line."""

    line: int
    code: str
    message: str


Errors = dict[str, list[Error]]


def by_name(paths: list[Path]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("path", paths, ids=[path.stem for path in paths])


def checked(*paths: Path) -> Errors:
    """The errors that mypy finds in these files, by the names of the files."""
    command = [sys.executable, "-m", "mypy", "--config-file", str(ROOT / "mypy.ini")]
    command += ["--no-pretty", "--show-error-codes", "--no-color-output", *map(str, paths)]
    ran = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    assert ran.returncode in (0, 1), ran.stdout + ran.stderr
    lines = [line for line in ran.stdout.splitlines() if ": error: " in line]
    found: Errors = {path.stem: [] for path in paths}
    for line in lines:
        error = ERROR.match(line)
        assert error is not None, line
        found.setdefault(Path(error["path"]).stem, []).append(
            Error(int(error["line"]), error["code"], error["message"])
        )
    return found


def mistake_in(path: Path) -> tuple[str, re.Match[str]]:
    """The text of a refused program, and the one mistake in it."""
    text = path.read_text(encoding="utf-8")
    mistakes = list(MISTAKE.finditer(text))
    assert len(mistakes) == 1, f"{path.name} marks {len(mistakes)} mistakes"
    assert text.count("# error:") == text.count("# fixed:") == 1
    return text, mistakes[0]


def with_mistake_removed(path: Path) -> str:
    text, mistake = mistake_in(path)
    right = mistake["indent"] + mistake["right"]
    return text[: mistake.start()] + right + text[mistake.end() :]


@cache
def errors_of_accepted() -> Errors:
    return checked(*ACCEPTED)


@cache
def errors_of_refused() -> Errors:
    return checked(VOCABULARY, *REFUSED)


@pytest.fixture(scope="module")
def errors_of_fixed(tmp_path_factory: pytest.TempPathFactory) -> Errors:
    folder = tmp_path_factory.mktemp("fixed")
    fixed = [folder / path.name for path in REFUSED]
    for path, copy in zip(REFUSED, fixed, strict=True):
        copy.write_text(with_mistake_removed(path), encoding="utf-8")
    return checked(VOCABULARY, *fixed)


@by_name(ACCEPTED)
def test_accepted_program_passes_mypy(path: Path) -> None:
    assert [] == errors_of_accepted()[path.stem]


@by_name(ACCEPTED)
def test_accepted_program_runs(path: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-W", "error", str(path)]
    ran = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert (0, "") == (ran.returncode, ran.stderr)


@by_name([path for path in ACCEPTED if path != VOCABULARY])
def test_accepted_program_says_what_it_promises(path: Path) -> None:
    assert "assert_type(" in path.read_text(encoding="utf-8")


@by_name(REFUSED)
def test_refused_program_is_refused_for_its_mistake(path: Path) -> None:
    text, mistake = mistake_in(path)
    line = text.count("\n", 0, mistake.start("wrong")) + 1
    errors = errors_of_refused()[path.stem]
    assert [(line, mistake["code"])] == sorted({(each.line, each.code) for each in errors})
    assert any(mistake["message"] in each.message for each in errors), errors


@by_name(REFUSED)
def test_refused_program_is_accepted_without_its_mistake(
    path: Path, errors_of_fixed: Errors
) -> None:
    assert [] == errors_of_fixed[path.stem]


def test_refused_programs_are_many() -> None:
    assert len(REFUSED) >= 100


def test_error_elsewhere_is_seen(tmp_path: Path) -> None:
    path = tmp_path / "wrong_type.py"
    path.write_text("one: int = 1\ntwo: str = one\n", encoding="utf-8")
    [error] = checked(path)["wrong_type"]
    assert (2, "assignment") == (error.line, error.code)


@pytest.mark.skipif(find_spec("basedpyright") is None, reason="basedpyright is not installed")
def test_pyright_agrees_on_accepted_programs(tmp_path: Path) -> None:
    settings = {
        "typeCheckingMode": "standard",
        "include": [str(VOCABULARY.parent)],
        "extraPaths": [str(ROOT), str(VOCABULARY.parent)],
        "pythonVersion": "3.11",
    }
    project = tmp_path / "pyrightconfig.json"
    project.write_text(json.dumps(settings), encoding="utf-8")
    command = [sys.executable, "-m", "basedpyright", "--project", str(project), "--outputjson"]
    command += ["--pythonpath", sys.executable]
    ran = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)
    told = json.loads(ran.stdout)
    assert len(ACCEPTED) == told["summary"]["filesAnalyzed"]
    assert [] == [each for each in told["generalDiagnostics"] if each["severity"] == "error"]
