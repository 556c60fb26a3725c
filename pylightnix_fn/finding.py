"""Finding: one realization under way, so far as what is there serves; what is missing is left over.

The plan is a pure value; here it meets a store that others use, too. Nothing that only builds need
is loaded before there is something to build.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping

from attrs import Factory, define

from pylightnix_fn.asking import Task, looked_at
from pylightnix_fn.observer import Observer, unobserved
from pylightnix_fn.plan import Budget, BuildMore, Plan, RRefs
from pylightnix_fn.realizer import Arguments
from pylightnix_fn.refs import DRef, RRef
from pylightnix_fn.store_protocol import Store


@define
class Search:
    """One realization: the plan so far, what is to be looked at, what must be built."""

    store: Store
    observe: Observer
    budget: Budget
    rebuild: frozenset[DRef[object]]
    asserted: frozenset[DRef[object]]
    arguments: Mapping[DRef[object], Arguments]
    keep_going: bool
    plan: Plan
    fresh: deque[DRef[object]] = Factory(deque)
    found: list[RRef[object]] = Factory(list)
    missing: list[Task] = Factory(list)

    def __attrs_post_init__(self) -> None:
        self.fresh.extend(self.plan.ready())

    def all_stays(self) -> bool:
        """Settle what can be settled; whether all of it is still there, and will be.

        Where it is not, all is to `begin_again`.
        """
        while self.fresh:
            self.look_at(self.fresh.popleft())
        found, self.found = self.found, []
        return not found or self.store.pin(found)

    def begin_again(self) -> None:
        """Look at everything once more; what was built by now is not built once more."""
        self.missing.clear()
        self.rebuild = self.rebuild.difference(self.plan.settled)
        self.plan = self.plan.begun_again()
        self.fresh = deque(self.plan.ready())

    def look_at(self, dref: DRef[object]) -> None:
        """Settle a derivation on what there is, or note that it must be built."""
        derivation, context = self.plan.graph.derivations[dref], self.plan.context(dref)
        given = self.arguments.get(dref, {})
        task = Task(self.store, derivation, context, self.budget, dref in self.rebuild, None, given)
        try:
            step = looked_at(task)
            if isinstance(step, BuildMore) and dref in self.asserted:
                from pylightnix_fn.errors.build import NotRealized

                raise NotRealized(derivation.name, dref.text, step.why)
        except Exception as error:
            self.failed(dref, error, 0.0)
            return
        if isinstance(step, BuildMore):
            self.missing.append(task)
        else:
            self.found.extend(step.rrefs)
            self.settled(dref, step.rrefs)

    def settled(self, dref: DRef[object], rrefs: RRefs) -> None:
        """Go on with these realizations."""
        if self.observe is not unobserved:
            from pylightnix_fn.events import Matched

            self.observe(Matched(dref, rrefs))
        self.plan = self.plan.advance(dref, rrefs)
        self.fresh.extend(self.plan.freed_by(dref))

    def failed(self, dref: DRef[object], error: Exception, seconds: float) -> None:
        """Go on without, if we are to."""
        from pylightnix_fn.events import Failed, Skipped

        self.observe(Failed(dref, error, seconds))
        if not self.keep_going:
            raise error
        lost, self.plan = self.plan.lost_with(dref), self.plan.fail(dref, error)
        for each in lost:
            self.observe(Skipped(each, dref))
