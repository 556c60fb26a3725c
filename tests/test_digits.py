"""The data of the MNIST example, and how it is read."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from pathlib import Path

import digits
import numpy as np
import pytest

EXAMPLES = Path(digits.__file__).parent
DATA = EXAMPLES / "data"
FILE = DATA / "mnist-12k.npz"


@pytest.fixture(scope="module")
def bundled() -> digits.Digits:
    return digits.load(FILE)


def test_bundled_file_is_the_one_its_readme_describes() -> None:
    readme = (DATA / "README.md").read_text(encoding="utf-8")
    assert f"sha256  {hashlib.sha256(FILE.read_bytes()).hexdigest()}\n" in readme
    assert f"size    {FILE.stat().st_size:,} bytes\n" in readme


def test_images_have_one_channel(bundled: digits.Digits) -> None:
    assert (10_000, 28, 28, 1) == bundled.x_train.shape
    assert (2_000, 28, 28, 1) == bundled.x_test.shape


def test_images_are_scaled_to_the_unit_interval(bundled: digits.Digits) -> None:
    for images in (bundled.x_train, bundled.x_test):
        assert np.dtype(np.float32) == images.dtype
        assert (0.0, 1.0) == (float(images.min()), float(images.max()))


def test_images_are_the_pixels_of_the_file(bundled: digits.Digits) -> None:
    with np.load(FILE, allow_pickle=False) as data:
        assert np.array_equal(data["x_test"], np.rint(bundled.x_test[..., 0] * 255))


def test_labels_are_one_hot(bundled: digits.Digits) -> None:
    for count, labels in ((10_000, bundled.y_train), (2_000, bundled.y_test)):
        assert np.dtype(np.float32) == labels.dtype
        assert (count, 10) == labels.shape
        assert {0.0, 1.0} == set(np.unique(labels))
        assert np.array_equal(np.ones(count), labels.sum(axis=1))


def test_labels_keep_the_order_of_the_file(bundled: digits.Digits) -> None:
    assert [5, 0, 4, 1, 9, 2, 1, 3, 1, 4] == bundled.y_train[:10].argmax(axis=1).tolist()
    assert [7, 2, 1, 0, 4, 1, 4, 9, 5, 9] == bundled.y_test[:10].argmax(axis=1).tolist()


def test_load_refuses_pickled_objects(tmp_path: Path) -> None:
    np.savez(tmp_path / "pickled.npz", x_train=np.array([{}], dtype=object))
    with pytest.raises(ValueError, match="allow_pickle=False"):
        digits.load(tmp_path / "pickled.npz")


def test_importing_digits_leaves_the_heavy_libraries_alone() -> None:
    code = "import sys, digits; print({'numpy', 'keras', 'tensorflow'} & set(sys.modules))"
    found = subprocess.run(
        [sys.executable, "-c", code], cwd=EXAMPLES, check=True, capture_output=True, text=True
    )
    assert "set()\n" == found.stdout
