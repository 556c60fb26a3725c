"""The convolutional net of the MNIST walk-through, for Keras 3.

Knows digits and training, and nothing of pipelines. numpy and TensorFlow are imported by the
functions that need them, so that importing this module costs nothing.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, TypeAlias

from attrs import frozen

if TYPE_CHECKING:
    import numpy as np
    from keras import Sequential
    from numpy.typing import NDArray

    Bytes: TypeAlias = NDArray[np.uint8]
    Floats: TypeAlias = NDArray[np.float32]

LOG_LEVEL = "TF_CPP_MIN_LOG_LEVEL"
_importing = Lock()


@frozen(eq=False)
class Digits:
    """Digits to learn from and digits to test with.

    ``x_*`` are images, ``(n, 28, 28, 1)``, from 0 to 1; ``y_*`` their labels, ``(n, 10)``, one-hot.
    """

    x_train: Floats
    y_train: Floats
    x_test: Floats
    y_test: Floats


def load(path: Path) -> Digits:
    """Read the digits of an ``mnist.npz``."""
    import numpy as np

    with np.load(path, allow_pickle=False) as data:
        return Digits(
            x_train=_images(data["x_train"]),
            y_train=_one_hot(data["y_train"]),
            x_test=_images(data["x_test"]),
            y_test=_one_hot(data["y_test"]),
        )


def network() -> Sequential:
    """Make the untrained net: two convolutions, then two dense layers."""
    with _keras_on_tensorflow():
        from keras import Input, Sequential, layers

    return Sequential(
        [
            Input((28, 28, 1)),
            layers.Conv2D(32, (3, 3), activation="relu"),
            layers.Conv2D(64, (3, 3), activation="relu"),
            layers.MaxPool2D((2, 2)),
            layers.Dropout(0.25),
            layers.Flatten(),
            layers.Dense(128, activation="relu"),
            layers.Dropout(0.5),
            layers.Dense(10, activation="softmax"),
        ]
    )


def train(
    digits: Digits,
    *,
    epochs: int = 1,
    learning_rate: float = 1e-3,
    batch_size: int = 32,
    seed: int | None = None,
    verbose: bool = False,
) -> tuple[Sequential, float]:
    """Train a new net; return it with the share of test digits that it gets right.

    Without a ``seed`` every training starts from other weights and ends with another accuracy.
    """
    with _keras_on_tensorflow():
        from keras import optimizers, utils

    if seed is not None:
        utils.set_random_seed(seed)
    net = network()
    net.compile(optimizers.Adam(learning_rate), "categorical_crossentropy", metrics=["accuracy"])
    net.fit(digits.x_train, digits.y_train, batch_size, epochs, verbose=verbose)
    accuracy = net.evaluate(digits.x_test, digits.y_test, verbose=verbose)[-1]
    return net, round(accuracy, 6)  # it comes as a float32: the digits after these are noise


def _images(pixels: Bytes) -> Floats:
    import numpy as np

    return np.divide(pixels.reshape(len(pixels), 28, 28, 1), 255, dtype=np.float32)


def _one_hot(labels: Bytes) -> Floats:
    import numpy as np

    return np.eye(10, dtype=np.float32)[labels]


@contextmanager
def _keras_on_tensorflow() -> Iterator[None]:
    # While TensorFlow's libraries load, they write to descriptor 2 whatever the log level is.
    # Another log level than "3", set by the user, lets everything through.
    os.environ.setdefault("KERAS_BACKEND", "tensorflow")
    with _importing:
        if "keras" in sys.modules or os.environ.setdefault(LOG_LEVEL, "3") != "3":
            yield
            return
        stderr = os.dup(2)
        with tempfile.TemporaryFile() as banner:
            os.dup2(banner.fileno(), 2)
            try:
                yield
            finally:
                os.dup2(stderr, 2)
                os.close(stderr)
