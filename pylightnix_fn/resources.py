"""What a build takes of a machine, and what there is: values to be compared.

Hints, not measurements: they keep builds apart, they do not confine them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from attrs import field, frozen

from pylightnix_fn.errors.message import shown
from pylightnix_fn.errors.plan import BadParameter


@frozen
class Resources:
    """What one build takes: cores, bytes of memory, and tokens that cannot be shared.

    A token stands for anything of which there are only so many, by any name: ``{"gpu": 1}``.

    >>> Resources(cores=2, tokens={"gpu": 1}).amounts()
    {'cores': 2, 'memory': 0, 'gpu': 1}
    """

    cores: float = 1
    memory: float = 0
    tokens: Mapping[str, float] = field(factory=dict, hash=False)

    def __attrs_post_init__(self) -> None:
        for name, amount in self.amounts().items():
            if not amount >= 0 or isinstance(amount, bool):
                raise BadParameter("Resources", name, shown(amount), "a number, 0 or more")
        for name in {"cores", "memory"} & self.tokens.keys():
            raise BadParameter("Resources", "tokens", name, "names other than the parameters'")

    def amounts(self) -> dict[str, float]:
        """How much of each, by name."""
        return {"cores": self.cores, "memory": self.memory, **self.tokens}


ONE_CORE: Final = Resources()


def lacking(needed: Resources, free: Mapping[str, float]) -> tuple[str, ...]:
    """The names of what there is not enough of; of a token nobody mentioned there is one.

    >>> lacking(Resources(cores=2, tokens={"gpu": 1}), {"cores": 1})
    ('cores',)
    """
    limits = {"cores": float("inf"), "memory": float("inf"), **free}
    amounts = needed.amounts().items()
    return tuple(name for name, amount in amounts if amount > limits.get(name, 1))


def without(free: Mapping[str, float], taken: Resources) -> dict[str, float]:
    """What is left while a build takes this much."""
    return _moved(free, taken, -1)


def with_returned(free: Mapping[str, float], taken: Resources) -> dict[str, float]:
    """What there is again when a build is over."""
    return _moved(free, taken, 1)


def _moved(free: Mapping[str, float], taken: Resources, sign: int) -> dict[str, float]:
    moved = dict(free)
    for name, amount in taken.amounts().items():
        if name in moved or name not in ("cores", "memory"):
            moved[name] = moved.get(name, 1) + sign * amount
    return moved
