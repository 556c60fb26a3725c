"""Pipelines as plain lists: for each stage, the earlier stages that it needs."""

from __future__ import annotations

from typing import Final

MODULUS: Final = 1_000_003
LAYERS: Final = 10
INPUTS: Final = 3


def shape(name: str, stages: int) -> list[list[int]]:
    """What each stage needs.

    >>> shape("chain", 3), shape("fan-in", 3)
    ([[], [0], [1]], [[], [], [0, 1]])
    """
    if name == "chain":
        return [[number - 1] if number else [] for number in range(stages)]
    if name == "fan-in":
        return [[] for _ in range(stages - 1)] + [list(range(stages - 1))]
    width = max(INPUTS, stages // LAYERS)
    return [_below(number, width) for number in range(stages)]


def _below(number: int, width: int) -> list[int]:
    layer, place = divmod(number, width)
    if layer == 0:
        return []
    return [(layer - 1) * width + (place + step) % width for step in range(INPUTS)]


def ends(inputs: list[list[int]]) -> list[int]:
    """The stages that no other needs.

    >>> ends([[], [0], [0]])
    [1, 2]
    """
    needed = {each for those in inputs for each in those}
    return [number for number in range(len(inputs)) if number not in needed]


def total(number: int, values: list[int]) -> int:
    """What every stage computes."""
    return (number + sum(values)) % MODULUS
