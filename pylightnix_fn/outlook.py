"""The dry driver: what `realize` would do, and why, found out without doing it.

Reads a store and writes nothing, not even what keeps others from collecting.
"""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median, median_low

from attrs import define

from pylightnix_fn.closure import Closure
from pylightnix_fn.errors.plan import BadParameter
from pylightnix_fn.explanation.step import (
    Context,
    Estimate,
    Hit,
    Miss,
    Outlook,
    Relative,
    RRefs,
    moves,
)
from pylightnix_fn.explanation.whole import Explanation, explanation
from pylightnix_fn.kinship import Kinship
from pylightnix_fn.manager import Derivation
from pylightnix_fn.matcher.candidate import Candidate
from pylightnix_fn.plan import Budget, Settle, Spent, next_round
from pylightnix_fn.refs import DRef
from pylightnix_fn.store_protocol import Record, Store


def explain(closure: Closure[object], store: Store, *, workers: int = 1) -> Explanation:
    """What `realize` would use and build, why, and for how long; nothing is written.

    ``workers`` is how many builds there may be at once. `RefusedByMatcher` where a matcher would
    refuse.
    """
    if workers < 1:
        raise BadParameter("explain", "workers", repr(workers), "1 or more")
    look = _Look(store, Kinship(store), {})
    steps = tuple(map(look.at, closure))
    return explanation(steps, {each.dref: each.dependencies for each in closure}, workers)


@define
class _Look:
    """One look at a store: what is known of its contents, and what is settled so far."""

    store: Store
    kinship: Kinship
    settled: dict[DRef[object], RRefs]

    def at(self, derivation: Derivation) -> Outlook:
        unsettled = [each.name for each in derivation.dependencies if each not in self.settled]
        if unsettled:
            why = f"its results depend on a build of {', '.join(dict.fromkeys(unsettled))}"
            return self.missed(derivation, why, 1, None)
        context = {each: self.settled[each] for each in derivation.dependencies}
        reads = derivation.matcher.reads
        candidates = self.store.candidates(derivation.dref, context, reads)
        step = next_round(derivation, candidates, Spent(), Budget())
        if isinstance(step, Settle):
            self.settled[derivation.dref] = step.rrefs
            return Hit(derivation.dref, step.rrefs, _choice(derivation, step.rrefs, candidates))
        why = f"{step.why} ({derivation.matcher.label})"
        return self.missed(derivation, why, step.n, context)

    def missed(
        self, derivation: Derivation, why: str, builds: int, context: Context | None
    ) -> Miss:
        """What must be built, beside what was built before instead.

        ``context`` is `None` where it is not known yet.
        """
        dref, own = derivation.dref, self.kinship.records(derivation.dref)
        if own:
            return Miss(dref, why, builds, _unlike(own, context), typical(dref, own))
        nearest = self.kinship.nearest(derivation)
        if nearest is None:
            return Miss(dref, why, builds)
        record, changes = nearest
        moved = () if context is None else moves(record.context, context)
        relative = Relative(record.rref.dref, record.facts.started, changes, moved)
        known = typical(relative.dref, self.kinship.records(relative.dref))
        return Miss(dref, why, builds, relative, known)


def _unlike(own: Sequence[Record], context: Context | None) -> Relative | None:
    """Of which inputs a derivation was built before: those most like the present ones.

    `None` where it was built of the present ones, too, or they are not known.
    """
    if context is None:
        return None
    compared = [(moves(each.context, context), each) for each in reversed(own)]
    moved, record = min(compared, key=lambda each: len(each[0]))
    return Relative(record.rref.dref, record.facts.started, (), moved) if moved else None


def typical(dref: DRef[object], records: Sequence[Record]) -> Estimate | None:
    """What a build costs by the middle of earlier ones; `None` where there are none."""
    if not records:
        return None
    spent = [(each.facts.stopped - each.facts.started).total_seconds() for each in records]
    size = median_low(each.size for each in records)
    return Estimate(dref, max(0.0, median(spent)), size, len(records))


def _choice(derivation: Derivation, rrefs: RRefs, candidates: tuple[Candidate, ...]) -> str:
    """By which matcher these were chosen, of how many, and for which numbers."""
    matcher = derivation.matcher
    chosen = [each for each in candidates if each.rref in rrefs]
    numbers = [
        f"{file} {number:g}"
        for file in sorted(matcher.reads)
        for each in (chosen if len(chosen) == 1 else ())
        if (number := each.number(file)) is not None
    ]
    return f"{matcher.label} of {len(candidates)}{': ' if numbers else ''}{', '.join(numbers)}"
