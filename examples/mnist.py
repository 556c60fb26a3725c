"""The MNIST walk-through as typed functions: train, keep and choose models of digits.

Two trainings of the same recipe give two models, a matcher picks the better, and a third is forced.
All of them stay in the store; run it again, and nothing is trained.

    python examples/mnist.py [--epochs N] [--store FOLDER] [--url URL --sha256 SHA256]
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Final

from attrs import frozen
from digits import load, train

from pylightnix_fn import (
    Artifact,
    Build,
    Built,
    DiskStore,
    DRef,
    Event,
    Manager,
    Many,
    Realization,
    Started,
    artifact,
    at_least,
    derive,
    fetchlocal,
    fetchurl,
    instantiate,
    logged,
    match_best,
    number,
    realize,
    redefine,
    require,
)

BUNDLED: Final = Path(__file__).parent / "data" / "mnist-12k.npz"
BUNDLED_SHA256: Final = "f1ac121e0a19dc1d93d0b849f91d346223652d125289a4efc227173b439941cc"
ACCURACY: Final = "accuracy.txt"


@frozen
class Mnist:
    """The dataset: arrays of images and labels, to train with and to test with."""

    npz: Path = Path("mnist.npz")


@frozen
class Train:
    """What a training depends on."""

    dataset: DRef[Mnist]
    learning_rate: float = 1e-3
    epochs: int = 1


@frozen
class Model:
    """What a training gives: a checkpoint, and the share of test digits that it gets right."""

    weights: Path = Path("model.weights.h5")
    accuracy: Artifact[float] = artifact(ACCURACY, number)


def fit(b: Build[Train, Model]) -> None:
    digits = load(b.deref(b.config.dataset).npz)
    net, accuracy = train(digits, epochs=b.config.epochs, learning_rate=b.config.learning_rate)
    net.save_weights(b.out.weights)
    b.out.accuracy.write(accuracy)


def has_learnt(model: Model) -> bool:
    """Guessing gets one digit of ten right; what stays near that is no model to keep."""
    return model.accuracy.read() > 0.5


def dataset(m: Manager, url: str | None, sha256: str) -> tuple[Manager, DRef[Mnist]]:
    if url is None:
        outputs = Mnist()
        return fetchlocal(m, BUNDLED, sha256, name="mnist", filename="mnist.npz", outputs=outputs)
    return fetchurl(m, url, sha256, name="mnist", filename="mnist.npz", outputs=Mnist())


def model(m: Manager, epochs: int, url: str | None, sha256: str) -> tuple[Manager, DRef[Model]]:
    m, digits = dataset(m, url, sha256)
    config = Train(digits, epochs=epochs)
    return derive(m, config, Model(), logged(require(has_learnt)(fit)), match_best(ACCURACY))


def all_models(
    m: Manager, epochs: int, url: str | None, sha256: str
) -> tuple[Manager, Many[Model]]:
    """The same trainings, all of them: two at least."""
    m, trained = model(m, epochs, url, sha256)
    return redefine(m, trained, matcher=at_least(2))


class Wishes(argparse.Namespace):
    """What the command line asks for."""

    epochs: int = 1
    store: str = "_pylightnix"
    url: str | None = None
    sha256: str = BUNDLED_SHA256


def main() -> None:
    wishes = arguments()
    recipe = (wishes.epochs, wishes.url, wishes.sha256)
    store = DiskStore.open(wishes.store)
    costs: list[Built] = []
    print(f"store     {store.root}")

    best = instantiate(model, *recipe)
    several = instantiate(all_models, *recipe)
    for derivation in best:
        print(f"{derivation.name:<9} {derivation.dref}")

    models = realize(several, store, observe=narrated(costs))
    if len(models) < 3:
        print("\nforcing a third training")
        realize(best, store, rebuild=True, observe=narrated(costs))
        models = realize(several, store)
    report(models, realize(best, store), costs)


def arguments() -> Wishes:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--epochs", type=int, default=1, help="passes over the digits (1)")
    parser.add_argument("--store", default="_pylightnix", help="where results lie (_pylightnix)")
    parser.add_argument("--url", help="where to fetch another mnist.npz; the default is bundled")
    parser.add_argument("--sha256", help="the checksum of what --url leads to")
    wishes = parser.parse_args(namespace=Wishes())
    if (wishes.url is None) != (wishes.sha256 == BUNDLED_SHA256):
        parser.error("--url and --sha256 belong together")
    if wishes.epochs < 1:
        parser.error("--epochs must be 1 or more")
    return wishes


def narrated(costs: list[Built]) -> Callable[[Event], None]:
    """Tell of builds as they happen, and note what they cost."""

    def observe(event: Event) -> None:
        if isinstance(event, Started):
            print(f"\n{event.dref.name}: building, {event.why} ...", flush=True)
        elif isinstance(event, Built):
            costs.append(event)
            print(f"{event.dref.name}: {event.seconds:.1f} s\n    {event.rref}")

    return observe


def report(
    models: tuple[Realization[Model], ...], best: Realization[Model], costs: list[Built]
) -> None:
    print("\naccuracy   seconds  model")
    for each in sorted(models, key=lambda each: each.started):
        mark = "  <- best" if each.rref == best.rref else ""
        accuracy = each.out.accuracy.read()
        print(f"  {accuracy:.4f}  {each.seconds:8.1f}  {each.rref.digest}{mark}")
    print(f"\nbest      {best.rref}\nweights   {best.out.weights}")
    print(f"accuracy  {best.out.accuracy.read():.4f}\n")
    trained = [cost for cost in costs if cost.dref == best.dref]
    if trained:
        spent = sum(cost.seconds for cost in trained)
        print(f"{len(trained)} trainings took {spent:.1f} s; run it again, and none is needed.")
    else:
        print("Nothing was trained: all of it was in the store.")


if __name__ == "__main__":
    main()
