"""What a garbage collection would remove, and why the rest stays.

Nothing that stays refers to anything removed. In which order it goes is for who removes it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import repeat

from attrs import evolve, frozen

from pylightnix_fn.canonical import Json
from pylightnix_fn.quantity import duration_text, size_text
from pylightnix_fn.refs import RRef
from pylightnix_fn.retention.graph import graph_of, reached
from pylightnix_fn.retention.inventory import Inventory, Reference
from pylightnix_fn.retention.policy import Policy, joined
from pylightnix_fn.retention.table import WIDTH, table


@frozen
class Kept:
    """An object that stays."""

    reference: Reference
    why: str


@frozen
class Removal:
    """An object to remove."""

    reference: Reference
    why: str


@frozen
class Cost:
    """The bytes that a removal frees, and the seconds that the build took of what goes."""

    size: int
    seconds: float


@frozen
class GcPlan:
    """What stays by a policy, by name, and what goes: each derivation before its realizations.

    ``costs`` are those of what goes, in this order; `None` while nobody has looked: see `weigh`.
    """

    kept: tuple[Kept, ...]
    unneeded: tuple[Reference, ...]
    policy: str
    costs: tuple[Cost, ...] | None = None

    @property
    def removals(self) -> tuple[Removal, ...]:
        """What goes, each with the reason."""
        why = "nothing that stays needs it"
        unkept = f"not kept by {self.policy}; {why}"
        return tuple(Removal(x, unkept if isinstance(x, RRef) else why) for x in self.unneeded)

    @property
    def size(self) -> int | None:
        """The bytes that the removals free; `None` while nobody has looked."""
        return None if self.costs is None else sum(each.size for each in self.costs)

    @property
    def seconds(self) -> float | None:
        """How long the builds took of what goes; `None` while nobody has looked."""
        return None if self.costs is None else sum(each.seconds for each in self.costs)

    @property
    def keeps_nothing(self) -> bool:
        """Whether there is something, and all of it goes."""
        return bool(self.unneeded) and not self.kept

    def __str__(self) -> str:
        return self.text()

    def json(self) -> Json:
        """All fields, the cost of each removal with it; references in full."""
        kept: list[Json] = [{"reference": str(x.reference), "why": x.why} for x in self.kept]
        removals: list[Json] = [
            {
                "reference": str(each.reference),
                "why": each.why,
                "size": None if cost is None else cost.size,
                "seconds": None if cost is None else cost.seconds,
            }
            for each, cost in self._weighed()
        ]
        return {"kept": kept, "removals": removals}

    def text(self, width: int = WIDTH) -> str:
        """What stays, and what goes, on lines of at most so many columns."""
        there, size, seconds = len(self.kept) + len(self.unneeded), self.size, self.seconds
        stay = f"keep {len(self.kept)} of {there}"
        go = f"remove {len(self.unneeded)} of {there}"
        if self.unneeded and size is not None and seconds is not None:
            go += f": {size_text(size)}, built in {duration_text(seconds)}"
        kept = [(each.reference.text, each.why) for each in self.kept]
        gone = [_row(*each) for each in sorted(self._weighed(), key=lambda each: _place(each[0]))]
        return "\n".join((stay, *table(kept, width), "", go, *table(gone, width)))

    def _weighed(self) -> Iterator[tuple[Removal, Cost | None]]:
        return zip(self.removals, self.costs or repeat(None), strict=False)


def _row(removal: Removal, cost: Cost | None) -> tuple[str, ...]:
    text, why = removal.reference.text, removal.why
    if cost is None:
        return (text, why)
    built_in = duration_text(cost.seconds) if isinstance(removal.reference, RRef) else ""
    return (text, size_text(cost.size), built_in, why)


def gc_plan(policy: Policy, inventory: Inventory) -> GcPlan:
    """What to keep and what to remove of an inventory, by a policy.

    The roots, what the policy keeps, and all that these need stay.
    """
    graph = graph_of(inventory)
    plan = plan_of(policy, inventory, sorted(graph.objects.values(), key=_family), graph.needed)
    seconds = {each.rref.text: each.seconds for each in inventory.realizations}
    texts = [each.text for each in plan.unneeded]
    return evolve(
        plan, costs=tuple(Cost(graph.sizes[text], seconds.get(text, 0)) for text in texts)
    )


def plan_of(
    policy: Policy,
    inventory: Inventory,
    objects: Sequence[Reference],
    needed: Callable[[str], Iterable[str]],
) -> GcPlan:
    """A plan for all these objects, by an inventory of what the policy asks for.

    What an object needs is asked only of those that stay. Costs are left out.
    """
    why = _reasons(policy, inventory, needed)
    kept = [Kept(each, why[each.text]) for each in objects if each.text in why]
    unneeded = [each for each in objects if each.text not in why]
    return GcPlan(tuple(sorted(kept, key=_place)), tuple(unneeded), policy.label)


def _reasons(
    policy: Policy, inventory: Inventory, needed: Callable[[str], Iterable[str]]
) -> Mapping[str, str]:
    """Why each of those stays that do, by the texts of their references."""
    starts = {root.text: why for root, why in inventory.roots.items()}
    there = {each.rref.text for each in inventory.realizations}
    for rref, why in policy.keep(inventory).items():
        if (text := rref.text) in there:
            starts[text] = joined(starts[text], why) if text in starts else why
    found = reached(starts, needed)
    return {each: starts[each] if each == by else f"needed by {by}" for each, by in found.items()}


def _place(listed: Kept | Removal) -> tuple[str, str]:
    return (listed.reference.name, listed.reference.text)


def _family(reference: Reference) -> tuple[str, str]:
    of = reference.dref if isinstance(reference, RRef) else reference
    return (of.text, reference.text)
