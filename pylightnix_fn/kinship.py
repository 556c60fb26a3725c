"""What a store has built before, and which of it is most like a derivation.

Relatives are derivations of the same name that were built at least once. Damaged records and
configs are passed over.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from heapq import nsmallest
from typing import Final, TypeAlias

from attrs import define, field, frozen

from pylightnix_fn.canonical import Json, canonical
from pylightnix_fn.comparison import Change, Place, differences
from pylightnix_fn.errors.message import PylightnixError
from pylightnix_fn.manager import Derivation
from pylightnix_fn.refs import DRef
from pylightnix_fn.store_protocol import Record, Store

CLOSE: Final = 8  # relatives whose configs are compared in full

Leaves: TypeAlias = frozenset[tuple[Place, str]]


@frozen
class _Relative:
    """A derivation that was built, with what its config says at each place."""

    dref: DRef[object]
    value: Json
    leaves: Leaves


@define
class Kinship:
    """What a store knows of earlier builds; looked up when first asked for."""

    store: Store
    _records: dict[DRef[object], tuple[Record, ...]] = field(factory=dict)
    _names: dict[str, list[DRef[object]]] | None = None
    _families: dict[str, tuple[_Relative, ...]] = field(factory=dict)

    def records(self, dref: DRef[object]) -> tuple[Record, ...]:
        """All realizations, those started last at the end."""
        if dref not in self._records:
            found = sorted(self._found(dref), key=lambda each: each.facts.started)
            self._records[dref] = tuple(found)
        return self._records[dref]

    def nearest(self, derivation: Derivation) -> tuple[Record, tuple[Change, ...]] | None:
        """The latest build of the relative with the fewest changes to this config, and those.

        Of several, the one that was built last.
        """
        value = derivation.config.value()
        leaves = frozenset(_leaves((), value))
        family = self._family(derivation.name)
        close = nsmallest(CLOSE, family, key=lambda each: _distance(each.leaves, leaves))
        compared = [(self.records(each.dref), differences(each.value, value)) for each in close]
        latest = [(records[-1], changes) for records, changes in compared if records]
        return min(
            latest,
            key=lambda each: (len(each[1]), -each[0].facts.started.timestamp()),
            default=None,
        )

    def _found(self, dref: DRef[object]) -> Iterator[Record]:
        for rref in self.store.rrefs(dref):
            with suppress(PylightnixError):  # damaged, or gone meanwhile
                yield self.store.record(rref)

    def _family(self, name: str) -> tuple[_Relative, ...]:
        if self._names is None:
            self._names = {}
            for dref in self.store.drefs():
                self._names.setdefault(dref.name, []).append(dref)
        if name not in self._families:
            self._families[name] = tuple(self._relatives(self._names.get(name, ())))
        return self._families[name]

    def _relatives(self, drefs: Sequence[DRef[object]]) -> Iterator[_Relative]:
        for dref in drefs:
            with suppress(PylightnixError):  # damaged, or gone meanwhile
                if self.store.rrefs(dref):
                    value = self.store.config(dref).value()
                    yield _Relative(dref, value, frozenset(_leaves((), value)))


def _leaves(at: Place, value: Json) -> Iterator[tuple[Place, str]]:
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield from _leaves((*at, key), item)
    elif isinstance(value, Sequence) and not isinstance(value, str):
        for index, item in enumerate(value):
            yield from _leaves((*at, index), item)
    else:
        yield at, canonical(value)


def _distance(old: Leaves, new: Leaves) -> int:
    """In how many places two values differ: quicker than the changes, and nearly their number.

    >>> _distance(frozenset({(("a",), "1"), (("b",), "2")}), frozenset({(("a",), "1")}))
    1
    """
    return max(len(old), len(new)) - len(old & new)
