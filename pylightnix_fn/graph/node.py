"""The nodes of a graph: objects of a pipeline, what state they are in, what is known of them.

Knows no store: whoever looked into one says what was there at that moment.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Final, Literal, TypeAlias

from attrs import field, frozen

from pylightnix_fn.canonical import Json, parsed
from pylightnix_fn.quantity import duration_text, size_text
from pylightnix_fn.refs import DRef, RRef
from pylightnix_fn.tree import Entry, Folder

Reference: TypeAlias = DRef[object] | RRef[object]
State: TypeAlias = Literal["planned", "hit", "miss", "failed", "refused", "damaged", "missing"]

LEAST_LABEL: Final = 8  # characters
_DIGITS: Final = 6  # of a reference, where several nodes have one name


@frozen
class Look:
    """How a state is shown, and what it means; the colour reads on white and on black."""

    mark: str
    colour: str
    is_dashed: bool
    meaning: str


LOOKS: Final[Mapping[State, Look]] = MappingProxyType(
    {
        "planned": Look("○", "#7d8590", False, "no store was looked into"),
        "hit": Look("✓", "#2b9558", False, "in the store"),
        "miss": Look("+", "#3b82f6", True, "to be built"),
        "failed": Look("✗", "#d64545", True, "to be built; its latest build failed"),
        "refused": Look("⊘", "#b7791f", True, "its matcher takes nothing of what there is"),
        "damaged": Look("!", "#c036d3", False, "in the store, and damaged"),
        "missing": Look("?", "#e0527a", True, "referred to, and not there"),
    }
)


@frozen
class Result:
    """A realization: what it cost and what is in it; ``unlisted`` counts the artifacts besides.

    ``started`` is in UTC, ``size`` in bytes; an artifact that is a file has no hash here.
    """

    rref: RRef[Folder]
    started: datetime
    seconds: float
    size: int
    folder: str = ""
    artifacts: tuple[Entry, ...] = ()
    unlisted: int = 0

    def json(self) -> Json:
        """This realization as plain data."""
        return {
            "reference": self.rref.text,
            "started": self.started.isoformat(),
            "seconds": self.seconds,
            "size": self.size,
            "folder": self.folder,
            "artifacts": [each.json() for each in self.artifacts],
            "unlisted": self.unlisted,
        }


@frozen
class Node:
    """A derivation or a realization, and what it needs; ``why`` says how its state came about.

    ``config`` is its canonical text, empty where it cannot be known. ``results`` are what a
    derivation's matcher uses, or all that a store holds of it; of a realization, itself.
    """

    reference: Reference
    state: State
    needs: tuple[Reference, ...] = ()
    why: str = ""
    config: str = field(default="", repr=False)
    realizer: str = ""
    matcher: str = ""
    results: tuple[Result, ...] = field(default=(), repr=False)

    @property
    def name(self) -> str:
        """What people call it."""
        return self.reference.name

    @property
    def size(self) -> int | None:
        """The bytes of its results; `None` where there are none."""
        return sum(each.size for each in self.results) if self.results else None

    @property
    def seconds(self) -> float | None:
        """How long its results were built; `None` where there are none."""
        return sum(each.seconds for each in self.results) if self.results else None

    @property
    def cost(self) -> tuple[str, str]:
        """Its size and its time, as people read them; empty where there are none."""
        if self.size is None or self.seconds is None:
            return "", ""
        return size_text(self.size), duration_text(self.seconds)

    def json(self) -> Json:
        """This node as plain data."""
        return {
            "reference": self.reference.text,
            "name": self.name,
            "state": self.state,
            "why": self.why,
            "needs": [each.text for each in self.needs],
            "config": parsed(self.config) if self.config else None,
            "realizer": self.realizer,
            "matcher": self.matcher,
            "size": self.size,
            "seconds": self.seconds,
            "results": [each.json() for each in self.results],
        }


def labels(nodes: Sequence[Node], most: int) -> tuple[str, ...]:
    """Names that tell nodes apart, in ``most`` characters; with digits where names do not.

    Longer ones only where nothing shorter would do.
    """
    made = [_cut(each.name, most) for each in nodes]
    for more in (_with_digits, _with_both_digits):
        counts = Counter(made)
        made = [
            more(node, most) if counts[label] > 1 else label
            for node, label in zip(nodes, made, strict=True)
        ]
    counts = Counter(made)
    return tuple(
        node.reference.text if counts[label] > 1 else label
        for node, label in zip(nodes, made, strict=True)
    )


def _with_digits(node: Node, most: int) -> str:
    digits = node.reference.digest[:_DIGITS]
    return f"{_cut(node.name, most - len(digits) - 1)} {digits}"


def _with_both_digits(node: Node, most: int) -> str:
    reference = node.reference
    dref = reference if isinstance(reference, DRef) else reference.dref
    digits = f"{reference.digest[:_DIGITS]}-{dref.digest[:_DIGITS]}"
    return f"{_cut(node.name, most - len(digits) - 1)} {digits}"


def _cut(name: str, most: int) -> str:
    wide = max(most, LEAST_LABEL)
    return name if len(name) <= wide else f"{name[: wide - 1]}…"
