"""What the code of a realizer is: which changes count, and which digests never lie."""

from __future__ import annotations

import ast
import functools
import gc
import importlib
import json
import linecache
import os
import shutil
import subprocess
import sys
import time
import types
import weakref
from collections.abc import Callable, Iterator
from pathlib import Path

import attr
import pytest
from code_samples import probe
from code_samples.pairs import PAIRS, Pair
from code_samples.probe import digests
from code_samples.project import loaded, write
from hypothesis import given
from hypothesis import strategies as st

import pylightnix_fn
from pylightnix_fn.code import Code, Version, code_of
from pylightnix_fn.code.bytecode import bytecode_digest, bytecode_tag, skeleton
from pylightnix_fn.code.mentions import Import, mentions
from pylightnix_fn.code.origin import Owner
from pylightnix_fn.code.syntax import syntax_digest
from pylightnix_fn.code.values import described
from pylightnix_fn.combinator.flow import retry, then

PROJECT = """
import math
import helpers

LIMIT = 3

def fit(b):
    return helpers.norm(math.sqrt(b)) + LIMIT

if __name__ == "__main__":
    import json
    from pylightnix_fn.code import code_of
    print(json.dumps(dict(code_of(fit).digests)))
# file: helpers.py
def norm(x):
    return x / 2
"""

BYTECODE = bytecode_tag() + ":"


def run(
    *arguments: object, python: str = sys.executable, seed: int = 0, text: str | None = None
) -> str:
    """What an interpreter of its own prints."""
    paths = [Path(pylightnix_fn.__file__).parents[1], Path(__file__).parent]
    paths.append(Path(attr.__file__).parents[1])
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(map(str, paths)),
        "PYTHONHASHSEED": str(seed),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    command = [python, *map(str, arguments)]
    done = subprocess.run(
        command, env=environment, input=text, capture_output=True, text=True, check=False
    )
    assert (0, "") == (done.returncode, done.stderr)
    return done.stdout


def interpreter(version: str) -> str:
    """An interpreter of that version; skips the test where there is none."""
    beside = sorted(Path(sys.base_prefix).parent.glob(f"{version}*/bin/python{version}"))
    candidates = [sys.executable, shutil.which(f"python{version}"), *map(str, beside)]
    ask = "import sys; print('%d.%d' % sys.version_info[:2])"
    for each in filter(None, candidates):
        done = subprocess.run([each, "-c", ask], capture_output=True, text=True, check=False)
        if done.stdout.strip() == version:
            return each
    pytest.skip(f"Python {version} is not here")


def made(text: str, **names: object) -> Callable[[object], object]:
    """The function ``fit`` of a text that is nowhere to be read."""
    space: dict[str, object] = {"__name__": "made", **names}
    exec(compile(text, "<nowhere>", "exec"), space)
    found = space["fit"]
    assert callable(found)
    return found


def digest_of(function: object) -> str:
    """The digest of the function itself, or of what stands for it."""
    return next(iter(code_of(function).digests.values()))


# Which changes count.


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: pair.name)
def test_code_changes_with_what_a_program_does(pair: Pair, tmp_path: Path) -> None:
    before, after = digests(tmp_path / "a", pair.before), digests(tmp_path / "b", pair.after)
    assert pair.same == (before == after)


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: pair.name)
def test_code_of_a_text_needs_no_bytecode(pair: Pair, tmp_path: Path) -> None:
    found = [*digests(tmp_path / "a", pair.before).values()]
    assert [] == [each for each in found if each.startswith("bytecode")]


@pytest.mark.parametrize("version", ["3.11", "3.12", "3.13"])
def test_code_is_the_same_in_every_process_and_version(version: str, tmp_path: Path) -> None:
    python = interpreter(version)
    expected = run(probe.__file__, tmp_path / "here", seed=1)
    assert expected == run(probe.__file__, tmp_path / "there", python=python, seed=20)


def test_code_keeps_its_digests_for_good(tmp_path: Path) -> None:
    expected = {
        "helpers:norm": "",
        "pipeline:fit": "",
    }
    assert expected == digests(tmp_path, PROJECT)


# Labels.


def test_labels_name_module_and_function(tmp_path: Path) -> None:
    assert ["helpers:norm", "pipeline:fit"] == list(digests(tmp_path, PROJECT))


def test_label_of_a_wrapper_is_that_of_its_own_code(tmp_path: Path) -> None:
    pair = next(each for each in PAIRS if each.name == "decorator")
    expected = ["pipeline:fit", "pipeline:scaled", "pipeline:scaled.<locals>.decorate.<locals>.wrapper"]
    assert expected == list(digests(tmp_path, pair.before))


def test_labels_of_equal_names_are_numbered(tmp_path: Path) -> None:
    text = "A = [lambda: 1, lambda: 2]\ndef fit(b): return A"
    expected = ["pipeline:<lambda>", "pipeline:<lambda>~2", "pipeline:fit"]
    assert expected == list(digests(tmp_path, text))


def test_script_has_the_code_of_the_module(tmp_path: Path) -> None:
    assert digests(tmp_path, PROJECT) == json.loads(run(tmp_path / "pipeline.py"))


def test_script_run_as_a_module_has_the_code_of_the_module(tmp_path: Path) -> None:
    expected = digests(tmp_path, PROJECT)
    script = f"import os, runpy; os.chdir({str(tmp_path)!r})\n"
    script += "import sys; sys.path.insert(0, ''); runpy.run_module('pipeline', run_name='__main__', alter_sys=True)"
    assert expected == json.loads(run("-c", script))
"""TO BE CONTINUED"""
