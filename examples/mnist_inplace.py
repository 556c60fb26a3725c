"""The MNIST walk-through in its own order and words, on a manager and a store kept in place.

What the walk-through left open stands here too: garbage collection, and the application.

    python examples/mnist_inplace.py [STORE]
"""

from __future__ import annotations

import os
import sys
from os.path import join
from pathlib import Path
from tempfile import mkdtemp

# First, let's prepare a separate storage for this demo.

from pylightnix_fn.inplace import current_store, store_initialize

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
store_initialize(sys.argv[1] if len(sys.argv) > 1 else join(mkdtemp(), "pylightnix_mnist_demo"))

# Stage 1: the dataset. The walk-through fetches it with `fetchurl`; here it lies beside this file.

from pylightnix_fn import DRef, fetchlocal
from pylightnix_fn.inplace import instantiate_inplace

mnist_dataset: DRef = instantiate_inplace(
    fetchlocal,
    name="mnist",
    mode="as-is",
    path=Path(__file__).parent / "data" / "mnist-12k.npz",
    filename="mnist.npz",
    sha256="f1ac121e0a19dc1d93d0b849f91d346223652d125289a4efc227173b439941cc",
)
print(mnist_dataset)

# Stage 2: the recognizer. Its config, ...

from pylightnix_fn import Config, RefPath, mkconfig


def mnist_config() -> Config:
    dataset: RefPath = [mnist_dataset, "mnist.npz"]
    learning_rate = 1e-3
    num_epoches = 1
    return mkconfig(locals())


# ... its matcher, ...

from pylightnix_fn import Matcher, match_latest


def mnist_match() -> Matcher:
    return match_latest()


# ... and its realizer.

from numpy import load
from tensorflow.keras.layers import Conv2D, Dense, Dropout, Flatten, Input, MaxPool2D
from tensorflow.keras.models import Sequential
from tensorflow.keras.utils import to_categorical

from pylightnix_fn import Build, build_cattrs, build_outpath, build_path


def mnist_model_net() -> Sequential:
    model = Sequential()
    model.add(Input((28, 28, 1)))
    model.add(Conv2D(32, kernel_size=(3, 3), activation="relu"))
    model.add(Conv2D(64, (3, 3), activation="relu"))
    model.add(MaxPool2D(pool_size=(2, 2)))
    model.add(Dropout(0.25))
    model.add(Flatten())
    model.add(Dense(128, activation="relu"))
    model.add(Dropout(0.5))
    model.add(Dense(10, activation="softmax"))
    return model


def mnist_build(b: Build) -> None:
    o = build_outpath(b)
    c = build_cattrs(b)

    with load(build_path(b, c.dataset)) as f:
        x_train, y_train = f["x_train"], f["y_train"]
        x_test, y_test = f["x_test"], f["y_test"]

    x_train = x_train.reshape(x_train.shape[0], 28, 28, 1).astype("float32") / 255
    y_train = to_categorical(y_train, 10)

    x_test = x_test.reshape(x_test.shape[0], 28, 28, 1).astype("float32") / 255
    y_test = to_categorical(y_test, 10)

    print("x_train shape:", x_train.shape)
    print(x_train.shape[0], "train samples")
    print(x_test.shape[0], "test samples")

    model = mnist_model_net()
    model.compile(loss="categorical_crossentropy", optimizer="adam", metrics=["accuracy"])
    model.fit(x_train, y_train, batch_size=32, epochs=c.num_epoches, verbose=0)
    accuracy = model.evaluate(x_test, y_test, verbose=0)[-1]
    model.save_weights(join(o, "model.weights.h5"))
    with open(join(o, "accuracy.txt"), "w") as accuracy_file:
        accuracy_file.write(f"{accuracy:.4f}")


# Putting it all together: instantiate, ...

from pylightnix_fn import Manager, build_wrapper, mkdrv


def model(m: Manager) -> tuple[Manager, DRef]:
    return mkdrv(m, mnist_config(), mnist_match(), build_wrapper(mnist_build))


mnist_model = instantiate_inplace(model)
print(mnist_model)

# ... realize, ...

from pylightnix_fn import RRef
from pylightnix_fn.inplace import realize_inplace

mnist1: RRef = realize_inplace(mnist_model)
print(mnist1)

# ... forced realize, ...

mnist2 = realize_inplace(mnist_model, force_rebuild=[mnist_model])
print(mnist2)

# ... and best match.

from pylightnix_fn import match_best
from pylightnix_fn.inplace import catref, lsref

print(lsref(mnist1))
print(catref(mnist1, ["accuracy.txt"]))
print(catref(mnist2, ["accuracy.txt"]))


def model_best(m: Manager) -> tuple[Manager, DRef]:
    return mkdrv(m, mnist_config(), match_best("accuracy.txt"), build_wrapper(mnist_build))


mnist_best = realize_inplace(instantiate_inplace(model_best))
print(catref(mnist_best, ["accuracy.txt"]))

# Stage 3: the application. It labels digits with whatever model is the best one.


def labels_config() -> Config:
    name = "labels"
    weights: RefPath = [mnist_model, "model.weights.h5"]
    dataset: RefPath = [mnist_dataset, "mnist.npz"]
    count = 10
    return mkconfig(locals())


def labels_build(b: Build) -> None:
    c = build_cattrs(b)
    with load(build_path(b, c.dataset)) as f:
        digits = f["x_test"][: c.count].reshape(c.count, 28, 28, 1).astype("float32") / 255
        truth = f["y_test"][: c.count]
    recognizer = mnist_model_net()
    recognizer.load_weights(build_path(b, c.weights))
    labels = recognizer.predict(digits, verbose=0).argmax(axis=1)
    with open(join(build_outpath(b), "labels.txt"), "w") as labels_file:
        labels_file.write(f"labels {labels.tolist()}\ntruth  {truth.tolist()}\n")


def labels(m: Manager) -> tuple[Manager, DRef]:
    return mkdrv(m, labels_config(), match_latest(), build_wrapper(labels_build))


print(*catref(realize_inplace(instantiate_inplace(labels)), ["labels.txt"]), sep="\n")

# Garbage collection: the models that are not the best. First what would go, then remove it.

from pylightnix_fn.inplace import rmref

garbage = [rref for rref in current_store().rrefs(mnist_model) if rref != mnist_best]
for rref in garbage:
    print("garbage:", rref, *catref(rref, ["accuracy.txt"]))
for rref in garbage:
    rmref(rref)
print("kept:", *current_store().rrefs(mnist_model))
