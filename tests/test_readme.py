"""The README's code, run from top to bottom as one program, and checked by mypy as such."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("readme") / "readme.py"
    blocks = re.findall(r"^```python\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)
    assert len(blocks) >= 7
    path.write_text("\n".join(blocks), encoding="utf-8")
    return path


def test_readme_code_runs(program: Path) -> None:
    command = [sys.executable, "-W", "error", str(program)]
    ran = subprocess.run(command, capture_output=True, text=True, check=False, cwd=program.parent)
    assert (0, "") == (ran.returncode, ran.stderr)


def test_readme_code_passes_mypy(program: Path) -> None:
    command = [sys.executable, "-m", "mypy", "--config-file", str(ROOT / "mypy.ini"), str(program)]
    ran = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    assert ran.returncode == 0, ran.stdout


def test_readme_names_files_that_exist() -> None:
    links = re.findall(r"\]\(((?!http)[^)]+)\)", README)
    assert links
    assert [] == [link for link in links if not (ROOT / link).exists()]


SESSION = re.findall(r"^```console\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)


def shape(text: str) -> list[str]:
    """What was printed, but for hashes, numbers and times, and for the columns that these fill."""
    hashes = re.sub(r"(?<![.0-9a-f])[0-9a-f]{8,}", "#", text)
    numbers = re.sub(r"\d+([.:-]\d+)*(e-\d+)?", "0", hashes)
    return [" ".join(line.split()) for line in numbers.splitlines()]


def test_readme_session_prints_what_it_shows(tmp_path: Path) -> None:
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    (tmp_path / "_pylightnix").mkdir()
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    (session,) = SESSION
    for each in re.split(r"^\$ ", session, flags=re.MULTILINE)[1:]:
        command, _, printed = each.partition("\n")
        ran = subprocess.run(
            command,
            shell=True,
            cwd=tmp_path,
            env={"PATH": path, "COLUMNS": "80", "PYTHONUTF8": "1"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert 0 == ran.returncode, ran.stderr
        assert shape(printed) == shape(ran.stdout), command
