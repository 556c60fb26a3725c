"""A sweep without a path in it: fit curves to noisy points, find the config that predicts best.

Twelve configs, each sampled until its mean error is known well enough, a winner selected among
them, and a report: all pure functions from values to values. Run it again: nothing is computed.

    python examples/sweep.py [STORE]
"""

from __future__ import annotations

import sys
from math import sqrt
from statistics import fmean, stdev

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

from pylightnix_fn import (
    Built,
    DiskStore,
    DRef,
    Event,
    Inputs,
    Manager,
    Many,
    Value,
    derive,
    grid,
    instantiate,
    npz_of,
    number,
    pure,
    realize,
    seeded,
    select,
    text,
    until_confident,
    value,
)
from pylightnix_fn.matcher.student import quantile

Floats = NDArray[np.float64]


@frozen(eq=False)
class Points:
    """Points of a noisy curve, ``x`` and ``y`` of shape ``(n,)``."""

    x: Floats
    y: Floats


@frozen
class Draw:
    """How points are drawn."""

    count: int = 200
    noise: float = 0.3
    seed: int = 1


@frozen
class Fit:
    """A polynomial that is fitted to points; ``penalty`` keeps its coefficients small."""

    points: DRef[Value[Points]]
    degree: int = 1
    penalty: float = 0.0


@frozen
class Report:
    """What a report is about."""

    errors: list[Many[Value[float]]]
    configs: list[Fit]
    winner: DRef[Value[float]]


def drawn(inputs: Inputs[Draw]) -> Points:
    config = inputs.config
    generator = np.random.default_rng(config.seed)
    x = np.sort(generator.uniform(-1, 1, config.count))
    return Points(x, np.sin(4 * x) + generator.normal(0, config.noise, config.count))


def error(inputs: Inputs[Fit]) -> float:
    """The root mean square error on a random half of the points, after a fit to the others."""
    config, points = inputs.config, inputs.value(inputs.config.points)
    order = np.random.permutation(len(points.x))
    train, test = np.array_split(order, 2)
    powers = np.vander(points.x, config.degree + 1)
    gram = powers[train].T @ powers[train] + config.penalty * np.eye(config.degree + 1)
    coefficients = np.linalg.solve(gram, powers[train].T @ points.y[train])
    return float(np.sqrt(np.mean((powers[test] @ coefficients - points.y[test]) ** 2)))


def table(inputs: Inputs[Report]) -> str:
    lines = ["degree   penalty  samples   mean error, with its 95 % interval"]
    for config, errors in zip(inputs.config.configs, inputs.config.errors, strict=True):
        values = inputs.value(errors)
        width = quantile(0.95, len(values) - 1) * stdev(values) / sqrt(len(values))
        lines.append(
            f"{config.degree:6}  {config.penalty:8g}  {len(values):7}   "
            f"{fmean(values):.4f} +- {width:.4f}"
        )
    lines.append(f"best single error of the winner: {inputs.value(inputs.config.winner):.4f}")
    return "\n".join(lines) + "\n"


def fitted(m: Manager, config: Fit) -> tuple[Manager, Many[Value[float]]]:
    confident = until_confident("error.txt", half_width=0.02, at_least=3, at_most=12)
    return derive(m, config, value(number, "error.txt"), seeded(pure(error)), confident)


def sweep(m: Manager) -> tuple[Manager, DRef[Value[str]]]:
    m, points = derive(m, Draw(), value(npz_of(Points)), pure(drawn))
    configs = list(grid(Fit(points), degree=(1, 3, 5, 9), penalty=(1e-6, 1e-2, 1.0)))
    errors: list[Many[Value[float]]] = []
    for config in configs:
        m, sampled = fitted(m, config)
        errors.append(sampled)
    m, winner = select(m, errors, lambda outputs: outputs.value, lowest=True)
    return derive(m, Report(errors, configs, winner), value(text, "report.txt"), pure(table))


def main() -> None:
    built: list[Built] = []

    def count(event: Event) -> None:
        if isinstance(event, Built):
            built.append(event)

    store = DiskStore.open(sys.argv[1] if len(sys.argv) > 1 else "_pylightnix")
    report = realize(instantiate(sweep), store, observe=count)
    print(report.out.value.read())
    print(f"{len(built)} realizations were built; this report lies in\n{report.path}")


if __name__ == "__main__":
    main()
