"""What to build first: that which the longest chain of work waits for.

Known are the times of earlier builds: of the same derivation, or else of one with the same name. A
guess that is wrong costs time, and nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Final

from attrs import define, field

from pylightnix_fn.errors.message import PylightnixError
from pylightnix_fn.plan import Plan
from pylightnix_fn.refs import DRef
from pylightnix_fn.store_protocol import Store

UNKNOWN: Final = 1.0  # seconds, where no build of anything is known
MOST_OF_NAME: Final = 8  # derivations of one name that are looked at


@define
class Urgency:
    """How urgent the builds of a plan are; looked up in the store when first asked for."""

    store: Store
    plan: Plan
    _times: dict[DRef[object], float | None] = field(factory=dict)
    _urgency: Mapping[DRef[object], float] | None = None
    _named: dict[str, list[DRef[object]]] | None = None
    _by_name: dict[str, float | None] = field(factory=dict)

    def before(self, dref: DRef[object]) -> float | None:
        """How many seconds the latest build took; `None` where none is known."""
        if dref not in self._times:
            own = self._latest(dref)
            self._times[dref] = self._of_name(dref.name) if own is None else own
        return self._times[dref]

    def of(self, dref: DRef[object]) -> float:
        """The seconds from the start of this build to the end of all that waits for it."""
        if self._urgency is None:
            self._urgency = self._critical()
        return self._urgency[dref]

    def _critical(self) -> dict[DRef[object], float]:
        graph, settled = self.plan.graph, self.plan.settled
        left = [dref for dref in graph.derivations if dref not in settled]
        known = {dref: self.before(dref) for dref in left}
        times = sorted(each for each in known.values() if each is not None) or [UNKNOWN]
        guess = times[len(times) // 2]
        urgency: dict[DRef[object], float] = {}
        for dref in reversed(left):  # dependents stand after what they need
            own = known[dref]
            after = (urgency[each] for each in graph.dependents[dref] if each in urgency)
            urgency[dref] = (guess if own is None else own) + max(after, default=0.0)
        return urgency

    def _of_name(self, name: str) -> float | None:
        if self._named is None:
            self._named = {}
            for dref in self.store.drefs():
                self._named.setdefault(dref.name, []).append(dref)
        if name not in self._by_name:
            known = (self._latest(each) for each in self._named.get(name, [])[:MOST_OF_NAME])
            self._by_name[name] = next((each for each in known if each is not None), None)
        return self._by_name[name]

    def _latest(self, dref: DRef[object]) -> float | None:
        facts = []
        for rref in self.store.rrefs(dref):
            with suppress(PylightnixError):  # damaged, or gone meanwhile
                facts.append(self.store.record(rref).facts)
        if not facts:
            return None
        newest = max(facts, key=lambda each: each.started)
        return max(0.0, (newest.stopped - newest.started).total_seconds())
