"""The MNIST examples, run as a user runs them: real digits, real trainings."""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from http_server import Server, content

EXAMPLES = Path(__file__).parent.parent / "examples"


def run(example: str, *arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(EXAMPLES / example), *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def printed(example: str, *arguments: str, folder: Path) -> str:
    ended = run(example, *arguments, folder=folder)
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


@pytest.fixture(scope="module")
def first_run(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    folder = tmp_path_factory.mktemp("mnist")
    return folder, printed("mnist.py", folder=folder)


def test_mnist_trains_three_models(first_run: tuple[Path, str]) -> None:
    _, output = first_run
    assert "3 trainings took" in output


def test_mnist_chooses_the_best_of_its_models(first_run: tuple[Path, str]) -> None:
    _, output = first_run
    rows = re.findall(r"^ +(0\.\d{4}) +[\d.]+  [0-9a-f]{32}(.*)$", output, re.MULTILINE)
    assert len(rows) == 3
    assert max(accuracy for accuracy, _ in rows) == next(a for a, mark in rows if "best" in mark)


def test_mnist_recognises_more_than_93_of_100_digits(first_run: tuple[Path, str]) -> None:
    _, output = first_run
    accuracy = re.search(r"^accuracy  (0\.\d+)$", output, re.MULTILINE)
    assert accuracy is not None
    assert float(accuracy[1]) > 0.93


def test_mnist_tells_where_the_checkpoint_lies(first_run: tuple[Path, str]) -> None:
    _, output = first_run
    weights = re.search(r"^weights   (.+\.weights\.h5)$", output, re.MULTILINE)
    assert weights is not None
    assert Path(weights[1]).stat().st_size > 1_000_000


def test_mnist_trains_nothing_when_run_again(first_run: tuple[Path, str]) -> None:
    folder, _ = first_run
    assert "Nothing was trained" in printed("mnist.py", folder=folder)


def test_mnist_run_again_does_not_import_tensorflow(first_run: tuple[Path, str]) -> None:
    folder, _ = first_run
    command = [sys.executable, "-X", "importtime", str(EXAMPLES / "mnist.py")]
    ended = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)
    imported = {line.split("|")[-1].strip() for line in ended.stderr.splitlines() if "|" in line}
    assert "pylightnix_fn" in imported
    assert not imported & {"tensorflow", "keras", "numpy", "requests"}


def test_mnist_refuses_a_url_without_its_checksum(tmp_path: Path) -> None:
    ended = run("mnist.py", "--url", "https://example.org/mnist.npz", folder=tmp_path)
    assert ended.returncode == 2
    assert "--url and --sha256 belong together" in ended.stderr


def test_mnist_inplace_walks_through_to_the_end(tmp_path: Path) -> None:
    output = printed("mnist_inplace.py", str(tmp_path / "store"), folder=tmp_path)
    assert f"Initializing non-existing {tmp_path / 'store'}" in output
    assert "Overwriting matcher or realizer of derivation dref:" in output
    assert len(re.findall(r"^rref:[0-9a-f]{32}-[0-9a-f]{32}-unnamed$", output, re.MULTILINE)) == 2
    assert len(re.findall(r"^garbage: rref:", output, re.MULTILINE)) == 1
    kept = re.search(r"^kept: rref:([0-9a-f]{32})-([0-9a-f]{32})-unnamed$", output, re.MULTILINE)
    assert kept is not None
    derivation = tmp_path / "store" / "store-v1" / f"{kept[2]}-unnamed"
    assert {"config.json", kept[1]} == set(os.listdir(derivation))


def test_mnist_fetches_another_dataset(tmp_path: Path) -> None:
    with np.load(EXAMPLES / "data" / "mnist-12k.npz") as digits:
        np.savez(tmp_path / "few.npz", allow_pickle=False, **{k: digits[k][:2000] for k in digits})
    data = (tmp_path / "few.npz").read_bytes()
    with Server() as server:
        url = server.serve("/digits/few.npz", content(data))
        source = ("--url", url, "--sha256", hashlib.sha256(data).hexdigest())
        output = printed("mnist.py", *source, folder=tmp_path)
        again = printed("mnist.py", *source, folder=tmp_path)
    assert 1 == len(server.requests("/digits/few.npz"))
    assert "3 trainings took" in output
    assert "Nothing was trained" in again


def test_parallel_makes_the_same_however_it_runs(tmp_path: Path) -> None:
    output = printed("parallel.py", str(tmp_path), folder=tmp_path)
    rows = re.findall(r"^(\S.*?) +[\d.]+ s   (rref:\S+)$", output, re.MULTILINE)
    assert ["one after the other", "threads", "jobs=2", "a Dask cluster"] == [n for n, _ in rows]
    assert 1 == len({reference for _, reference in rows})
    assert "all references agree" in output
