"""The README's code, run from top to bottom as one program, and checked by mypy as such."""

from __future__ import annotations

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
