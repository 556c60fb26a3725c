"""Simulated annealing, by two people: each anneals, one sends, the other takes the better of both.

Annealing looks for the lowest place of a landscape by a walk that climbs, too, and less and less
as it cools. It is chance, so the same recipe ends in another valley each time: one derivation with
many realizations, each of them kept. Nothing here is `seeded`, on purpose: seeds are made from the
recipe and the number of the sample, so two people would find the same.

Alice and Bob run the same pipeline, each in a store of their own:

* *landscape*, the parameters, a `node`: several stages share them;
* *anneal*, a walk by SciPy's ``dual_annealing``, its local search switched off, and what it found;
* *draw*, a picture of the landscape with the walk in it, by Matplotlib.

Alice sends her best walk as one file: `export_closure` packs it with all that it was built from.
She tells the checksum over the telephone, and `import_closure` refuses any other file. No list of
results goes with it, and none is needed: references are made from contents, so Bob's store knows
at once what the walk is a result of, and that it was built from the parameters that he has, too.
His next `realize` sees it among his own. The matcher, ``worst("height.txt")``, takes the lowest,
whoever found it, and its picture is drawn; of another walk it would be another picture.

Run it again: nothing is annealed, sent in vain or drawn. ``--samples 5`` adds what is missing.

    python examples/annealing.py [--samples N] [--steps N] [--folder FOLDER]
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Final, TypeAlias

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

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
    artifact,
    at_least,
    derive,
    export_closure,
    import_closure,
    instantiate,
    node,
    npz_of,
    number,
    realize,
    redefine,
    worst,
)

Floats: TypeAlias = NDArray[np.float64]

HEIGHT: Final = "height.txt"


@frozen
class Landscape:
    """Rastrigin's: a bowl of this radius, full of hollows; the lowest is 0, in the middle."""

    radius: float = 5.12
    depth: float = 10.0


@frozen(eq=False)
class Walk:
    """All places that were tried, of shape ``(n, 2)``, and their heights, ``(n,)``."""

    places: Floats
    heights: Floats


@frozen
class Anneal:
    """How a landscape is searched: from how hot, and for how long."""

    landscape: DRef[Landscape]
    temperature: float = 5230.0
    steps: int = 100


@frozen
class Annealed:
    """What was found: the lowest height, and the walk that led there."""

    height: Artifact[float] = artifact(HEIGHT, number)
    walk: Artifact[Walk] = artifact("walk.npz", npz_of(Walk))


@frozen
class Draw:
    """What is drawn: a walk in its landscape."""

    landscape: DRef[Landscape]
    walk: DRef[Annealed]


@frozen
class Picture:
    """A drawing."""

    png: Path = Path("walk.png")


def height(landscape: Landscape, x: Floats, y: Floats) -> Floats:
    hollows = np.cos(2 * np.pi * x) + np.cos(2 * np.pi * y)
    return x**2 + y**2 + landscape.depth * (2 - hollows)


def anneal(b: Build[Anneal, Annealed]) -> None:
    from scipy.optimize import dual_annealing

    landscape = b.deref(b.config.landscape)
    places: list[tuple[float, float]] = []
    heights: list[float] = []

    def tried(place: Floats) -> float:
        found = float(height(landscape, *place))
        places.append((float(place[0]), float(place[1])))
        heights.append(found)
        return found

    dual_annealing(
        tried,
        [(-landscape.radius, landscape.radius)] * 2,
        maxiter=b.config.steps,
        initial_temp=b.config.temperature,
        no_local_search=True,
    )
    b.out.height.write(min(heights))
    b.out.walk.write(Walk(np.array(places), np.array(heights)))


def draw(b: Build[Draw, Picture]) -> None:
    from matplotlib.figure import Figure

    landscape, walk = b.deref(b.config.landscape), b.deref(b.config.walk).walk.read()
    line = np.linspace(-landscape.radius, landscape.radius, 300)
    lowest = walk.places[walk.heights.argmin()]
    figure = Figure(figsize=(6, 6))
    axes = figure.add_subplot()
    axes.contourf(line, line, height(landscape, *np.meshgrid(line, line)), 20, cmap="Greys")
    axes.scatter(walk.places[:, 0], walk.places[:, 1], s=6, c=np.arange(len(walk.places)))
    axes.plot(*lowest, "r+", markersize=16)
    axes.set_title(f"lowest of {len(walk.heights)} places: {walk.heights.min():.4f}")
    figure.savefig(b.out.png, metadata={"Software": None})  # which would name its version


def annealed(m: Manager, steps: int) -> tuple[Manager, DRef[Annealed]]:
    """The lowest of all that were found."""
    m, landscape = node(m, Landscape())
    return derive(m, Anneal(landscape, steps=steps), Annealed(), anneal, worst(HEIGHT))


def annealings(m: Manager, steps: int, samples: int) -> tuple[Manager, Many[Annealed]]:
    """All that were found, and so many at least."""
    m, walk = annealed(m, steps)
    return redefine(m, walk, matcher=at_least(samples))


def picture(m: Manager, steps: int) -> tuple[Manager, DRef[Picture]]:
    m, walk = annealed(m, steps)
    m, landscape = node(m, Landscape())
    return derive(m, Draw(landscape, walk), Picture(), draw)


class Wishes(argparse.Namespace):
    """What the command line asks for."""

    samples: int = 3
    steps: int = 100
    folder: str = "."


def arguments() -> Wishes:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--samples", type=int, default=3, help="walks that each of them makes (3)")
    parser.add_argument("--steps", type=int, default=100, help="steps of a walk (100)")
    parser.add_argument("--folder", default=".", help="where the stores of both lie (.)")
    return parser.parse_args(namespace=Wishes())


def main() -> None:
    wishes, built = arguments(), list[Built]()

    def observe(event: Event) -> None:
        if isinstance(event, Built):
            built.append(event)

    folder = Path(wishes.folder)
    alice, bob = DiskStore.open(folder / "alice"), DiskStore.open(folder / "bob")
    several = instantiate(annealings, wishes.steps, wishes.samples)
    best = instantiate(annealed, wishes.steps)

    realize(several, alice, observe=observe)
    realize(several, bob, observe=observe)
    parcel = export_closure(alice, [realize(best, alice).rref], folder / "from-alice.tar.zst")
    print(f"Alice sends {parcel}")
    print(f"Bob receives {import_closure(bob, parcel.path, sha256=parcel.sha256)}")

    drawn = realize(instantiate(picture, wishes.steps), bob, observe=observe)
    report(realize(several, bob), realize(best, bob), alice)
    print(f"\npicture {drawn.out.png}")
    print(f"{len(built)} realizations were built" if built else "Nothing was built.")


def report(
    walks: tuple[Realization[Annealed], ...], best: Realization[Annealed], alice: DiskStore
) -> None:
    """What Bob has now."""
    hers = {rref.text for rref in alice.rrefs(best.dref)}
    print("\nheight    found by  walk")
    for each in sorted(walks, key=lambda each: each.out.height.read()):
        finder = "Alice" if each.rref.text in hers else "Bob"
        mark = "  <- lowest" if each.rref == best.rref else ""
        print(f"{each.out.height.read():8.4f}  {finder:8}  {each.rref.digest}{mark}")


if __name__ == "__main__":
    main()
