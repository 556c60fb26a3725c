"""The original's MNIST walk-through, its own code in its own order, and what it prints.

Only these things are changed: the package's name, the dataset's URL and checksum, the two calls
that Keras 3 changed, and the number of digits. What is printed is compared with the document's,
references and accuracies by shape.
"""

from __future__ import annotations

import ast
import hashlib
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from http_server import Server, content

import pylightnix_fn
from pylightnix_fn import inplace
from pylightnix_fn.files import delete
from pylightnix_fn.filesystem import DISK

SHARED = Path(__file__).parent.parent.parent / "shared"
DOCUMENT = SHARED / "seed" / "MNIST.md"
DIGITS = SHARED / "data" / "mnist.npz"
STORE = Path("/tmp/pylightnix_mnist_demo")  # the document's own
TRAIN, TEST = 2000, 400

pytestmark = pytest.mark.skipif(
    not (DOCUMENT.exists() and DIGITS.exists()),
    reason="the walk-through's document and digits are not beside this checkout",
)

# Runs blocks as a notebook would: the value of a last expression is shown.
NOTEBOOK = """
import ast, contextlib, io, json, sys
shown, names = [], {}
for block in json.load(sys.stdin):
    tree = ast.parse(block)
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        exec(compile(tree, "<block>", "exec"), names)
        if last is not None:
            value = eval(compile(ast.Expression(last.value), "<block>", "eval"), names)
            if value is not None:
                print(repr(value))
    shown.append(printed.getvalue())
json.dump(shown, sys.stdout)
"""


def blocks() -> list[tuple[str, str]]:
    """Each block of code with what the document prints below it."""
    found = re.findall(
        r"^```python\n(.*?)^```\n(?:\n```\n(.*?)^```\n)?", DOCUMENT.read_text(), re.M | re.S
    )
    return [(code, shown) for code, shown in found]


def changed(code: str, url: str, sha256: str) -> str:
    code = re.sub(r"^from pylightnix import \(?([^()]*?)\)?$", _imports, code, flags=re.M)
    code = re.sub(r"url='[^']*'", f"url='{url}'", code)
    code = re.sub(r"sha256='[^']*'", f"sha256='{sha256}'", code)
    code = code.replace("'weights.h5'), save_format='h5'", "'model.weights.h5')")
    code = code.replace(", input_shape = (28,28,1)))", "))")
    return code.replace("model = Sequential()", "model = Sequential([Input((28,28,1))])").replace(
        "( Conv2D, MaxPool2D", "( Input, Conv2D, MaxPool2D"
    )


def _imports(match: re.Match[str]) -> str:
    names = [name.strip() for name in match[1].split(",")]
    kept = [name for name in names if name in inplace.__all__]
    pure = [name for name in names if name not in kept]
    assert set(pure) <= set(pylightnix_fn.__all__)
    lines = [f"from pylightnix_fn import {', '.join(pure)}"] if pure else []
    return "\n".join(
        lines + ([f"from pylightnix_fn.inplace import {', '.join(kept)}"] if kept else [])
    )


def shape(shown: str) -> str:
    """What is printed, without what differs from run to run."""
    shown = re.sub(r"[0-9a-f]{32}", "<hash>", shown)
    shown = re.sub(r"'0\.\d+'", "'<accuracy>'", shown)
    shown = shown.replace("'weights.h5'", "'model.weights.h5'")
    shown = shown.replace("60000", str(TRAIN)).replace("10000", str(TEST))
    return re.sub(r"^\{.*\}$", _sorted_dict, shown.strip(), flags=re.M)


def _sorted_dict(match: re.Match[str]) -> str:
    return json.dumps(ast.literal_eval(match[0]), sort_keys=True)


@pytest.fixture(scope="module")
def outputs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[tuple[str, str]]]:
    """What the document prints and what was printed, block by block."""
    path = tmp_path_factory.mktemp("served") / "mnist.npz"
    with np.load(DIGITS) as digits:
        counts = {"x_train": TRAIN, "y_train": TRAIN, "x_test": TEST, "y_test": TEST}
        np.savez(path, allow_pickle=False, **{name: digits[name][:n] for name, n in counts.items()})
    data = path.read_bytes()
    forget(STORE)
    with Server() as server:
        url = server.serve("/mnist.npz", content(data))
        code = [changed(code, url, hashlib.sha256(data).hexdigest()) for code, _ in blocks()]
        ran = subprocess.run(
            [sys.executable, "-c", NOTEBOOK],
            input=json.dumps(code),
            capture_output=True,
            text=True,
            check=False,
        )
    assert ran.returncode == 0, ran.stderr
    printed = json.loads(ran.stdout)
    yield [(shown, out) for (_, shown), out in zip(blocks(), printed, strict=True)]
    forget(STORE)


def forget(store: Path) -> None:
    if store.exists():
        delete(DISK, store)


def test_walkthrough_prints_what_the_document_says(outputs: list[tuple[str, str]]) -> None:
    assert [shape(shown) for shown, _ in outputs] == [shape(printed) for _, printed in outputs]


def test_walkthrough_has_all_its_blocks() -> None:
    assert len(blocks()) == 13
    assert sum(bool(shown) for _, shown in blocks()) == 10
