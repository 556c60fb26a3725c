"""Plans: what to build next, as a frozen value that a driver advances.

Knows no store and no clock. Every order that respects `ready` gives the same result.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final, TypeAlias

from attrs import evolve, field, frozen
from rpds import HashTrieMap, List

from pylightnix_fn.closure import Closure
from pylightnix_fn.errors.build import MatcherFailed, RefusedByMatcher, UnsatisfiedMatcher
from pylightnix_fn.errors.plan import BadParameter, MalformedVerdict
from pylightnix_fn.manager import Derivation
from pylightnix_fn.matcher.candidate import Candidate, Matcher, Need, Never, Use
from pylightnix_fn.outputs import reason
from pylightnix_fn.realizer import Context
from pylightnix_fn.refs import DRef, RRef

RRefs: TypeAlias = tuple[RRef[object], ...]
_Turned: TypeAlias = "HashTrieMap[DRef[object], List[tuple[DRef[object], int]]]"

_NOBODY: Final[List[tuple[DRef[object], int]]] = List()


@frozen
class Graph:
    """What a closure's derivations wait for, and what waits for them.

    ``watching`` holds those of the dependents that look out for this one first: see `Plan`.
    """

    derivations: Mapping[DRef[object], Derivation]
    position: Mapping[DRef[object], int]
    dependents: Mapping[DRef[object], tuple[DRef[object], ...]]
    watching: Mapping[DRef[object], tuple[DRef[object], ...]]


def graph_of(closure: Closure[object]) -> Graph:
    """The graph of a closure."""
    dependents: dict[DRef[object], list[DRef[object]]] = {dref: [] for dref in closure.derivations}
    watching: dict[DRef[object], list[DRef[object]]] = {}
    for derivation in closure:
        for dependency in derivation.dependencies:
            dependents[dependency].append(derivation.dref)
        for last in derivation.dependencies[-1:]:
            watching.setdefault(last, []).append(derivation.dref)
    return Graph(
        closure.derivations,
        {dref: position for position, dref in enumerate(closure.derivations)},
        {dref: tuple(those) for dref, those in dependents.items()},
        {dref: tuple(those) for dref, those in watching.items()},
    )


@frozen
class Plan:
    """How far a closure has come: what is settled, what is ready, what failed or cannot be.

    What is not ready looks out for one dependency that is not settled, first the last of them. When
    that one is, it turns to another before it: one step for each edge of the graph in all, most of
    them without a change to be kept. ``turned`` holds who did, with how many are left to look at.
    """

    graph: Graph = field(repr=False)
    settled: HashTrieMap[DRef[object], RRefs]
    open: HashTrieMap[DRef[object], int]
    failed: HashTrieMap[DRef[object], Exception]
    skipped: HashTrieMap[DRef[object], DRef[object]]
    turned: _Turned = field(default=HashTrieMap(), eq=False, repr=False)

    def ready(self) -> tuple[DRef[object], ...]:
        """The derivations whose dependencies are settled, in the closure's order."""
        return tuple(sorted(self.open, key=self.graph.position.__getitem__))

    def freed_by(self, dref: DRef[object]) -> tuple[DRef[object], ...]:
        """The derivations that are ready since this one, the last of what they need, is settled."""
        return tuple(each for each in self.graph.dependents[dref] if each in self.open)

    def context(self, dref: DRef[object]) -> Context:
        """The realizations of the direct dependencies that a ready derivation sees."""
        return {each: self.settled[each] for each in self.graph.derivations[dref].dependencies}

    def advance(self, dref: DRef[object], rrefs: RRefs) -> Plan:
        """The plan in which a ready derivation is settled on these realizations."""
        settled, opened = self.settled.insert(dref, rrefs), self.open.remove(dref)
        turned = self.turned
        for dependent, left in self._watching(dref):
            needs = self.graph.derivations[dependent].dependencies
            while left and needs[left - 1] in settled:
                left -= 1
            if left:
                other = needs[left - 1]
                turned = turned.insert(
                    other, turned.get(other, _NOBODY).push_front((dependent, left))
                )
            else:
                opened = opened.insert(dependent, 0)
        # Not `evolve`, which takes as long as all the rest.
        return Plan(self.graph, settled, opened, self.failed, self.skipped, turned)

    def _watching(self, dref: DRef[object]) -> Iterator[tuple[DRef[object], int]]:
        """What looks out for a derivation, and how many of its dependencies may be unsettled."""
        derivations = self.graph.derivations
        for dependent in self.graph.watching.get(dref, ()):
            yield dependent, len(derivations[dependent].dependencies)
        yield from self.turned.get(dref, _NOBODY)

    def fail(self, dref: DRef[object], error: Exception) -> Plan:
        """The plan in which a ready derivation failed: what needs it is skipped.

        What needs several that failed is put down to the first of them in the closure's order.
        """
        skipped, position = self.skipped, self.graph.position
        stack = list(self.graph.dependents[dref])
        while stack:
            dependent = stack.pop()
            cause = skipped.get(dependent)
            if cause is None or position[dref] < position[cause]:
                skipped = skipped.insert(dependent, dref)
                stack.extend(self.graph.dependents[dependent])
        failed = self.failed.insert(dref, error)
        return evolve(self, failed=failed, skipped=skipped, open=self.open.remove(dref))

    def lost_with(self, dref: DRef[object]) -> tuple[DRef[object], ...]:
        """What is skipped if this fails, and is not yet, in the closure's order."""
        lost: set[DRef[object]] = set()
        stack = [dref]
        while stack:
            for each in self.graph.dependents[stack.pop()]:
                if each not in lost and each not in self.skipped:
                    lost.add(each)
                    stack.append(each)
        return tuple(sorted(lost, key=self.graph.position.__getitem__))

    def begun_again(self) -> Plan:
        """The plan for the same closure in which nothing is settled."""
        return _begun(self.graph)

    def failures(self) -> tuple[Exception, ...]:
        """The errors of what failed, in the closure's order."""
        ordered = sorted(self.failed, key=self.graph.position.__getitem__)
        return tuple(self.failed[dref] for dref in ordered)

    def done(self) -> bool:
        """Whether every derivation is settled."""
        return len(self.settled) == len(self.graph.derivations)


def plan_of(closure: Closure[object]) -> Plan:
    """The plan in which nothing is settled yet."""
    return _begun(graph_of(closure))


def _begun(graph: Graph) -> Plan:
    free = {dref: 0 for dref, each in graph.derivations.items() if not each.dependencies}
    return Plan(graph, HashTrieMap(), HashTrieMap(free), HashTrieMap(), HashTrieMap())


@frozen
class Budget:
    """How much a matcher may ask for in one `realize`, for one derivation.

    ``repeats`` bounds how often in a row a build may give a realization that was there before.
    """

    builds: int = field(default=100)
    seconds: float = field(default=float("inf"))
    repeats: int = field(default=3)

    def __attrs_post_init__(self) -> None:
        for name, value in (("builds", self.builds), ("repeats", self.repeats)):
            if value < 1:
                raise BadParameter("Budget", name, repr(value), "1 or more")
        if not self.seconds > 0:
            raise BadParameter("Budget", "seconds", repr(self.seconds), "more than 0")


@frozen
class Spent:
    """What was used of a budget so far."""

    builds: int = 0
    seconds: float = 0.0
    repeats: int = 0

    def with_build(self, repeated: bool) -> Spent:
        """After one build more, which gave a new realization or repeated one."""
        return Spent(self.builds + 1, self.seconds, self.repeats + 1 if repeated else 0)

    def at(self, seconds: float) -> Spent:
        """After so much time."""
        return Spent(self.builds, seconds, self.repeats)


@frozen
class Settle:
    """Go on with these realizations."""

    rrefs: RRefs


@frozen
class BuildMore:
    """Build this many, then ask the matcher again."""

    n: int
    why: str


def next_round(
    derivation: Derivation, candidates: tuple[Candidate, ...], spent: Spent, budget: Budget
) -> Settle | BuildMore:
    """What a derivation needs next, by its matcher and within its budget.

    Errors: `MalformedVerdict`, `RefusedByMatcher`, `UnsatisfiedMatcher`.
    """
    label = derivation.matcher.label
    try:
        verdict: object = derivation.matcher.choose(candidates)
    except Exception as error:
        raise MatcherFailed(derivation.name, label, reason(error)) from error
    match verdict:
        case Use(tuple() as rrefs):
            return _settled(derivation, rrefs, candidates)
        case Need(int() as n, why) if n >= 1:
            if limit := limit_reached(spent, budget):
                raise UnsatisfiedMatcher(derivation.name, label, why, spent.builds, limit)
            return BuildMore(min(n, budget.builds - spent.builds), why)
        case Never(why):
            raise RefusedByMatcher(derivation.name, label, why, len(candidates))
        case _:
            why = "a need is for a whole number, 1 or more"
            why = why if isinstance(verdict, Need) else "it is no verdict"
            raise MalformedVerdict(derivation.name, label, repr(verdict), why)


def _settled(derivation: Derivation, rrefs: RRefs, candidates: tuple[Candidate, ...]) -> Settle:
    label = derivation.matcher.label
    distinct = set(rrefs)
    if foreign := distinct.difference([each.rref for each in candidates]):
        shown = ", ".join(sorted(str(rref) for rref in foreign))
        why = "the matcher was not given these"
        raise MalformedVerdict(derivation.name, label, shown, why)
    if len(distinct) < len(rrefs):
        why = "it names a realization twice"
        raise MalformedVerdict(derivation.name, label, f"Use of {len(rrefs)}", why)
    if isinstance(derivation.matcher, Matcher) and len(rrefs) != 1:
        why = f"it chose {len(rrefs)} where one is wanted; a `ManyMatcher` may choose several"
        raise MalformedVerdict(derivation.name, label, f"Use of {len(rrefs)}", why)
    return Settle(rrefs)


def limit_reached(spent: Spent, budget: Budget) -> str:
    """What of a budget is used up, in words; empty while nothing is."""
    if spent.builds >= budget.builds:
        return f"{budget.builds} builds"
    if spent.repeats >= budget.repeats:
        return f"{spent.repeats} builds in a row gave a result that was there before"
    return f"{budget.seconds} seconds" if spent.seconds >= budget.seconds else ""
