"""Realizations as values: what `realize` gives back.

A realization's folder never changes, so the value that describes it cannot become untrue while
the store keeps it.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Generic, Protocol, TypeVar

from attrs import field, frozen

from pylightnix_fn.realizer import Context
from pylightnix_fn.refs import DRef, Many, RRef

T_co = TypeVar("T_co", covariant=True)
U = TypeVar("U")


@frozen
class Realization(Generic[T_co]):
    """One result: its reference, its outputs bound to where they lie, and what it cost.

    ``size`` is in bytes, times are in UTC.
    """

    rref: RRef[T_co]
    out: T_co
    path: Path
    context: Context = field(hash=False, repr=False)
    started: datetime
    stopped: datetime
    size: int

    @property
    def dref(self) -> DRef[T_co]:
        """The derivation that this is a result of."""
        return self.rref.dref

    @property
    def seconds(self) -> float:
        """How long it took to build."""
        return (self.stopped - self.started).total_seconds()

    def _repr_html_(self) -> str:
        from pylightnix_fn.html.forms import Facts, realization_html  # for notebooks
        from pylightnix_fn.showcase import shown_outputs

        needs = tuple((each.text, each.name) for those in self.context.values() for each in those)
        facts = Facts(self.started, self.seconds, self.size, str(self.path), needs)
        outputs = tuple(shown_outputs(self.out, self.path, self.size))
        return realization_html(self.rref.text, self.rref.name, facts, outputs)


class Chosen(Protocol):
    """The realizations that a finished plan has settled on."""

    def one(self, dref: DRef[U]) -> Realization[U]:
        """The chosen realization; `NotOne` where there are none or several."""

    def many(self, many: Many[U]) -> tuple[Realization[U], ...]:
        """The chosen realizations, in the matcher's order."""
